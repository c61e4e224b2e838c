import './explain.css';
import { useId, useRef, useState } from 'react';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { LookupStep, ObjectDetail } from '../../shared/ipc/engine.ts';
import { wholeTime } from '../tree/format.ts';
import { CommandButton, Hint } from './Copy.tsx';
import { layerLetter } from './ranges.ts';
import { factCommand, Section } from './Section.tsx';
import { SentenceText, safe, Value } from './Sentence.tsx';
import { WayPicture } from './WayPicture.tsx';
import { wayRuns } from './way.ts';
import { layerLines, roleOf } from './words.ts';
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
      <div className="insp-words">
        {detail.explanation.map((sentence, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the sentences of one answer never move
          <p key={index}>
            <SentenceText sentence={sentence} facts={facts} />
          </p>
        ))}
      </div>
      <Rules steps={detail.steps} facts={facts} />
      {runs.length <= MOST_WAY_ROWS && (
        <Section title="From name to inode" commands={factCommand(detail.commands, 'inode', real)}>
          <WayPicture detail={detail} facts={facts} name={name} />
        </Section>
      )}
      {telling.slice(0, 1).map((one) => (
        <XattrBlock key={`${one.layer} ${one.name}`} xattr={one} detail={detail} facts={facts} short />
      ))}
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

/** The rules of the lookup as one line; each says its sentence on hover, and opens its step when pressed. */
function Rules({ steps, facts }: { steps: LookupStep[]; facts: ListObject }) {
  const [open, setOpen] = useState<number | null>(null);
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  if (steps.length === 0) return null;
  const rules = steps.map((step, index) => ({ step, index })).filter(firstOfRule);
  return (
    <>
      <div className="insp-rules">
        {rules.map(({ step, index }) => (
          <span key={step.rule}>
            <Hint text={safe(step.says)}>
              <button
                type="button"
                aria-expanded={open === index}
                aria-controls={id}
                onClick={() => setOpen(open === index ? null : index)}
              >
                {safe(step.rule)}
              </button>
            </Hint>
          </span>
        ))}
      </div>
      <ol id={id} ref={list} className="insp-steps" hidden={open === null} aria-label="Steps of the lookup">
        {open !== null &&
          steps.map((step, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: steps are told in order and never move
              key={index}
              aria-current={step.rule === steps[open]?.rule ? 'step' : undefined}
            >
              <b className={`mono c-${roleOf(facts, step.layer)}`}>{layerLetter(step.layer)}</b>
              <span>
                {safe(step.found)} <span className="dim">· {safe(step.rule)}</span>
                <small>{safe(step.says)}</small>
              </span>
            </li>
          ))}
      </ol>
    </>
  );
}

const firstOfRule = ({ step }: { step: LookupStep }, at: number, all: { step: LookupStep }[]): boolean =>
  all.findIndex((other) => other.step.rule === step.rule) === at;

/** Every fact with the command that shows it by hand. */
function Facts({ detail }: { detail: ObjectDetail }) {
  const count = detail.commands.length;
  if (count === 0) return null;
  return (
    <details className="insp-by-hand">
      <summary>
        By hand: {count} {count === 1 ? 'fact and its command' : 'facts and their commands'}
      </summary>
      <table className="insp-fields">
        <tbody>
          {detail.commands.map((one) => (
            <tr key={`${one.fact} ${one.command}`}>
              <th scope="row">{safe(one.fact)}</th>
              <td className="mono">
                <Value>{one.value}</Value>
              </td>
              <td className="r">
                <CommandButton fact={one.fact} command={one.command} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
