import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { Sentence, Span } from '../../shared/ipc/engine.ts';
import { NumberText } from './NumberText.tsx';
import { roleOf } from './words.ts';

/** A text of the engine, with whatever a name in it could hide made visible. */
export const safe = (text: string): string => textForEyes(bytesOfText(text));

/** A sentence whose layers have their role's colour, and whose marks and options stand as code. */
export function SentenceText({ sentence, facts }: { sentence: Sentence; facts: ListObject }) {
  return sentence.map((span, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the spans of one sentence never move
    <SpanText key={index} span={span} facts={facts} />
  ));
}

export function SpanText({ span, facts }: { span: Span; facts: ListObject }) {
  const text = safe(span.text);
  switch (span.as) {
    case 'layer':
      return <b className={span.layer === undefined ? undefined : `c-${roleOf(facts, span.layer)}`}>{text}</b>;
    case 'mark':
    case 'option':
    case 'path':
      return <code className={`span-${span.as}`}>{text}</code>;
    case 'inode':
      return /^\d+$/.test(span.text) ? (
        <NumberText number={span.text} what="inode number" />
      ) : (
        <span className="mono">{text}</span>
      );
    case 'number':
      return <span className="mono">{text}</span>;
    case 'strong':
      return <b>{text}</b>;
    case 'text':
      return text === 'unknown' ? <i className="unknown">unknown</i> : text;
  }
}

/** A value, italic where it is `unknown`. */
export function Value({ children, mono = false }: { children: string; mono?: boolean }) {
  if (children === 'unknown') return <i className="unknown">unknown</i>;
  return mono ? <span className="mono">{safe(children)}</span> : safe(children);
}
