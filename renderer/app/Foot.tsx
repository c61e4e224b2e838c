import { runCommand } from '../commands/registry.ts';
import { useFindings } from '../state/findings.ts';
import { useSession } from '../state/session.ts';
import { plural, probeFacts, readFacts } from './words.ts';

/** How much was found: the way to the findings. */
function FindingCounts() {
  const totals = useFindings((found) => found.totals);
  const isOpen = useSession((session) => session.stack !== null);
  if (!isOpen || totals === null) return null;
  const grave = totals.errors + totals.warnings;
  const parts = [grave > 0 ? plural(grave, 'finding') : null, totals.notes > 0 ? plural(totals.notes, 'note') : null];
  return (
    <button type="button" className="foot-button" title="Findings (Ctrl M)" onClick={() => runCommand('findings')}>
      {parts.filter(Boolean).join(', ') || 'no findings'}
    </button>
  );
}

/** Counts at the left, kernel and probe at the right. */
export function Foot() {
  const stack = useSession((session) => session.stack);
  const state = useSession((session) => session.viewState);
  const hello = useSession((session) => session.hello);
  const left = stack ? readFacts(state, stack.facts) : ['nothing read yet'];
  return (
    <footer className="foot">
      {left.map((text) => (
        <span key={text}>{text}</span>
      ))}
      <FindingCounts />
      <span className="grow" />
      {probeFacts(hello).map((text) => (
        <span key={text}>{text}</span>
      ))}
    </footer>
  );
}
