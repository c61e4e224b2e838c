import { useId, useState } from 'react';
import type { ListObject } from '../../shared/contract/scan.ts';
import { NUMBER_ROWS, type NumberRow } from '../../shared/inodes/rows.ts';
import type { LookupStep, ObjectDetail, Sentence, Span } from '../../shared/ipc/engine.ts';
import { Hint } from './Copy.tsx';
import { layerLetter } from './ranges.ts';
import { SentenceText, SpanText, safe } from './Sentence.tsx';
import { roleOf } from './words.ts';

/**
 * The explanation. Where it cites a rule of the lookup, the rule says its sentence on hover and opens the steps, in
 * which those that it decided are lit; a row of the table of numbers opens its own.
 */
export function Words({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const { steps, explanation } = detail;
  const [open, setOpen] = useState<string | null>(null);
  const id = useId();
  const lookup = new Map(steps.map((step) => [step.rule, step.says]));
  const says = new Map([...lookup, ...numberRule(detail)]);
  const isRule = (span: Span): boolean => span.as === 'strong' && says.has(span.text);
  const cites = (sentence: Sentence): boolean => sentence.some(isRule);
  const rule = (name: string) => (
    <Hint text={safe(says.get(name) ?? name)}>
      <button
        type="button"
        className="insp-rule"
        aria-expanded={open === name}
        aria-controls={id}
        onClick={() => setOpen(open === name ? null : name)}
      >
        {safe(name)}
      </button>
    </Hint>
  );
  return (
    <>
      <div className="insp-words">
        {explanation.map((sentence, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the sentences of one answer never move
          <p key={index} className={cites(sentence) ? 'insp-rules' : undefined}>
            {cites(sentence) ? (
              sentence.map((span, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the spans of one sentence never move
                <span key={at}>{isRule(span) ? rule(span.text) : <SpanText span={span} facts={facts} />}</span>
              ))
            ) : (
              <SentenceText sentence={sentence} facts={facts} />
            )}
          </p>
        ))}
        {steps.length > 0 && !explanation.some(cites) && (
          <p className="insp-rules">
            {[...lookup.keys()].map((name, at) => (
              <span key={name}>
                {at > 0 && ' · '}
                {rule(name)}
              </span>
            ))}
          </p>
        )}
      </div>
      <div id={id}>
        {open !== null && lookup.has(open) && <Steps steps={steps} lit={open} facts={facts} />}
        {open !== null && !lookup.has(open) && <p className="insp-note">{safe(capital(says.get(open) ?? ''))}.</p>}
      </div>
    </>
  );
}

/** The text with a capital at its beginning. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The row of the table of numbers that holds for the object, with its sentence; nothing where it shows none. */
function numberRule({ object }: ObjectDetail): [string, string][] {
  const why = object.shown?.why ?? '';
  return why in NUMBER_ROWS ? [[why, NUMBER_ROWS[why as NumberRow]]] : [];
}

/** The lookup, layer by layer. */
const Steps = ({ steps, lit, facts }: { steps: LookupStep[]; lit: string; facts: ListObject }) => (
  <ol className="insp-steps" aria-label="Steps of the lookup">
    {steps.map((step, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: steps are told in order and never move
      <li key={index} aria-current={step.rule === lit ? 'step' : undefined}>
        <b className={`mono c-${roleOf(facts, step.layer)}`}>{layerLetter(step.layer)}</b>
        <span>
          {safe(step.found)} <span className="dim">· {safe(step.rule)}</span>
          <small>{safe(step.says)}</small>
        </span>
      </li>
    ))}
  </ol>
);
