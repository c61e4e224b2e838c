import { ClipboardList, FileCode2 } from 'lucide-react';
import { useContext, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { reportText, scriptOf } from '../../shared/report/index.ts';
import { observedOf } from '../actions/verify.ts';
import { AnnounceContext, Hint } from '../inspector/Copy.tsx';
import { copyText } from '../inspector/clipboard.ts';
import { Section } from '../inspector/Section.tsx';
import { addNotice, useSession } from '../state/session.ts';

type What = 'report' | 'script';

const HINTS: Record<What, string> = {
  report:
    'Plain text of 72 columns, to be mailed: kernel, parameters, the line of mountinfo, layers, lookup, bytes, numbers',
  script: 'A shell script that builds the smallest stack which shows the same, and takes it away again',
};

/** What one mails about an object: a report, and a script that builds the like of it. Made when they are asked for. */
export function ReportSection({ path }: { path: Bytes }) {
  return (
    <Section title="To mail and to try elsewhere">
      <div className="report-buttons">
        <ReportButton path={path} what="report" />
        <ReportButton path={path} what="script" />
      </div>
    </Section>
  );
}

function ReportButton({ path, what }: { path: Bytes; what: What }) {
  const [state, setState] = useState<'idle' | 'making' | 'copied'>('idle');
  const announce = useContext(AnnounceContext);
  const Icon = what === 'report' ? ClipboardList : FileCode2;
  const copy = async (): Promise<void> => {
    setState('making');
    const problem = await copyReport(path, what);
    setState(problem === null ? 'copied' : 'idle');
    if (problem !== null) return addNotice(problem, 'warning');
    announce(`${what} copied`);
    setTimeout(() => setState('idle'), 1500);
  };
  return (
    <Hint text={HINTS[what]}>
      <button type="button" disabled={state === 'making'} onClick={() => void copy()}>
        <Icon className="i" aria-hidden />
        {state === 'copied' ? 'Copied' : what === 'report' ? 'Copy report' : 'Copy script'}
      </button>
    </Hint>
  );
}

/** Puts it on the clipboard. Answers why it could not, in a sentence; null where it stands there. */
async function copyReport(path: Bytes, what: What): Promise<string | null> {
  const { client, stack } = useSession.getState();
  if (!client || !stack) return 'No stack is open.';
  try {
    const { meta, detail, facts, version } = await client.call('report', { view: stack.view, path });
    const made =
      what === 'script'
        ? scriptOf(meta, detail, facts)
        : { script: reportText({ meta, detail, facts, version, observed: observedOf(path) }) };
    if ('refused' in made) return made.refused;
    return (await copyText(made.script)) ? null : 'The clipboard could not be written.';
  } catch (error) {
    return failureOf(error).message;
  }
}
