/** A run of bytes of a value that the same fields come from. `fields` holds indices; empty where none claims it. */
export type ByteGroup = { from: number; to: number; hex: string; fields: number[] };

type Range = { from: number; to: number };

/**
 * Cuts a value (hex, two digits a byte) at the borders of its fields, so that each group can be lit with the fields
 * that come from it. Fields without bytes (from = to) belong to no group; ranges beyond the value are cut short.
 */
export function groupBytes(hex: string, fields: readonly Range[]): ByteGroup[] {
  const length = hex.length / 2;
  const cuts = new Set([0, length]);
  for (const { from, to } of fields) {
    if (from < to) for (const cut of [from, to]) if (cut < length) cuts.add(cut);
  }
  const borders = [...cuts].sort((a, b) => a - b);
  const groups: ByteGroup[] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    const from = borders[i] as number;
    const to = borders[i + 1] as number;
    const claimed = fields.flatMap((field, index) =>
      field.from < field.to && field.from < to && field.to > from ? [index] : [],
    );
    groups.push({ from, to, hex: hex.slice(from * 2, to * 2), fields: claimed });
  }
  return groups;
}

/** `byte 4`, `bytes 5 to 20`, or `no byte`: where a field stands, for those who cannot see it lit. Counted from 0. */
export function rangeWords({ from, to }: Range): string {
  if (from >= to) return 'no byte';
  return to - from === 1 ? `byte ${from}` : `bytes ${from} to ${to - 1}`;
}

/** Hex cut into pieces of so many bytes, where a line may break. */
export function hexPieces(hex: string, bytes: number): string[] {
  const out: string[] = [];
  for (let at = 0; at < hex.length; at += bytes * 2) out.push(hex.slice(at, at + bytes * 2));
  return out;
}

/** A field as it is shown: `label` and `text`, from the bytes [from, to). */
export type ShownField = Range & { label: string; text: string };

/**
 * The fields for a short picture: three or more neighbours of one byte each (the header of a handle) become one, so
 * that what they introduce stands first.
 */
export function condense(fields: readonly ShownField[]): ShownField[] {
  const out: ShownField[] = [];
  for (let i = 0; i < fields.length; ) {
    let end = i;
    while (fields[end]?.from === (fields[i] as ShownField).from + end - i && isByte(fields[end] as ShownField)) end++;
    if (end - i >= 3) {
      const run = fields.slice(i, end);
      const text = run.map((field) => `${field.label} ${field.text}`).join(', ');
      out.push({ label: 'header', text, from: (run[0] as ShownField).from, to: (run.at(-1) as ShownField).to });
      i = end;
    } else out.push(fields[i++] as ShownField);
  }
  return out;
}

const isByte = ({ from, to }: Range): boolean => to - from === 1;
