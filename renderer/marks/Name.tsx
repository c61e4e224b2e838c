import type { Bytes } from '../../shared/bytes/bytes.ts';
import { spansForEyes } from '../../shared/bytes/show.ts';

/** Bytes as text for eyes; what is an escape, and not the name's own letters, has a tint of its own. */
export function Name({ bytes }: { bytes: Bytes }) {
  const spans = spansForEyes(bytes);
  if (spans.length === 1 && spans[0]?.escape === false) return spans[0].text;
  return spans.map((span, at) =>
    span.escape ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one name never move
      <span key={at} className="escape">
        {span.text}
      </span>
    ) : (
      span.text
    ),
  );
}
