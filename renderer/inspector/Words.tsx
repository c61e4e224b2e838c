import { useId, useState } from 'react';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { LookupStep, ObjectDetail, Sentence, Span } from '../../shared/ipc/engine.ts';
import { Hint } from './Copy.tsx';
import { layerLetter } from './ranges.ts';
import { SentenceText, SpanText, safe } from './Sentence.tsx';
import { roleOf } from './words.ts';

/**
 * The explanation. Where it cites a rule of the lookup, the rule says its sentence on hover and opens the steps, in
 * which those that it decided are lit.
 */
export function Words({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const { steps, explanation } = detail;
  const [open, setOpen] = useState<string | null>(null);
  const id = useId();
  const says = new Map(steps.map((step) => [step.rule, step.says]));
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
            {[...says.keys()].map((name, at) => (
              <span key={name}>
                {at > 0 && ' · '}
                {rule(name)}
              </span>
            ))}
          </p>
        )}
      </div>
      <div id={id}>{open !== null && <Steps steps={steps} lit={open} facts={facts} />}</div>
    </>
  );
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
