import './explain.css';
import './inodes.css';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { SeverityIcon } from '../findings/Severity.tsx';
import { ChangedSection } from '../history/HistoryTab.tsx';
import { wholeTime } from '../tree/format.ts';
import { CommandButton } from './Copy.tsx';
import { factCommand, Section } from './Section.tsx';
import { SentenceText, safe, Value } from './Sentence.tsx';
import { HowToRead, NumberSection } from './ShownNumbers.tsx';
import { WayPicture } from './WayPicture.tsx';
import { capital, Words } from './Words.tsx';
import { wayRuns } from './way.ts';
import { layerLines } from './words.ts';
import { XattrBlock } from './Xattrs.tsx';

/** More rows than this and the strip on its side is a list, in the tab Layers. */
const MOST_WAY_ROWS = 12;

/** Words first: what is seen here and why, the rules that decided it, and what would change it. */
export function Explain({ detail, facts, name }: { detail: ObjectDetail; facts: ListObject; name: string }) {
  const runs = wayRuns(layerLines(facts, detail.row, detail.object));
  const born = detail.row.since;
  const telling = detail.xattrs.filter((one) => one.counts && one.layer === detail.row.real?.layer);
  const real = detail.row.real?.layer;
  return (
    <>
      <Words detail={detail} facts={facts} />
      {runs.length <= MOST_WAY_ROWS && (
        <Section title="From name to number" commands={factCommand(detail.commands, 'inode', real)}>
          <WayPicture detail={detail} facts={facts} name={name} />
        </Section>
      )}
      <NumberSection detail={detail} facts={facts} />
      {telling.slice(0, 1).map((one) => (
        <XattrBlock key={`${one.layer} ${one.name}`} xattr={one} detail={detail} facts={facts} short />
      ))}
      <GraveFindings detail={detail} facts={facts} />
      <ChangedSection detail={detail} facts={facts} />
      <HowToRead facts={facts} />
      {born !== null && (
        <Section title="In the upper since" commands={factCommand(detail.commands, 'in the upper since')}>
          <p className="insp-note">
            {born === 'unknown' ? (
              <>
                <i className="unknown">unknown</i>: the upper’s filesystem keeps no birth time.
              </>
            ) : (
              <>
                <b>{wholeTime(born)}</b>, the birth of the upper’s inode.
              </>
            )}
          </p>
        </Section>
      )}
      {detail.wouldChange.length > 0 && (
        <Section title="What would change it">
          <ul className="insp-changes">
            {detail.wouldChange.map((sentence, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the sentences of one answer never move
              <li key={index}>
                <SentenceText sentence={sentence} facts={facts} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {detail.madeBy && (
        <Section title="Made by" commands={[{ fact: 'what made it', value: '', command: detail.madeBy.command }]}>
          <p className="insp-note">{safe(detail.madeBy.about)}</p>
          <pre className="insp-made">{detail.madeBy.command.split('\n').map(safe).join('\n')}</pre>
        </Section>
      )}
      <Facts detail={detail} />
    </>
  );
}

/** What misleads or is refused, with its cure; cause and evidence stand in the tab Finding. */
function GraveFindings({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const grave = detail.findings.filter(({ severity }) => severity !== 'note');
  if (grave.length === 0) return null;
  return (
    <Section title={grave.length === 1 ? 'Finding' : 'Findings'}>
      {grave.map(({ code, severity, title, cure }) => (
        <div key={code} className="insp-finding">
          <p className={`insp-finding-code f-${severity}`}>
            <SeverityIcon of={severity} />
            {code}
          </p>
          <p>
            {capital(title)}. <b>Cure:</b> <SentenceText sentence={cure} facts={facts} />
          </p>
        </div>
      ))}
    </Section>
  );
}

/** Every fact with the command that shows it by hand. */
function Facts({ detail }: { detail: ObjectDetail }) {
  const count = detail.commands.length;
  if (count === 0) return null;
  return (
    <details className="insp-by-hand">
      <summary>
        By hand: {count} {count === 1 ? 'fact and its command' : 'facts and their commands'}
      </summary>
      <ul>
        {detail.commands.map((one) => (
          <li key={`${one.fact} ${one.command}`}>
            <span>
              {safe(one.fact)} <Value mono>{one.value}</Value>
            </span>
            <CommandButton fact={one.fact} command={one.command} />
          </li>
        ))}
      </ul>
    </details>
  );
}
