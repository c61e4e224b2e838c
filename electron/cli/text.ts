import type { Sentence } from '../../shared/ipc/engine.ts';

/** Text on a terminal: colours, widths, tables, wrapped sentences. */

export type Paint = (text: string, colour: Colour) => string;
export type Colour = 'upper' | 'lower' | 'data' | 'dim' | 'bold' | 'warn';

const CODES: Record<Colour, string> = { upper: '32', lower: '34', data: '35', dim: '2', bold: '1', warn: '33' };

/** Colours on a terminal, unless NO_COLOR is set (to anything but nothing) or the terminal is dumb. */
export function paintFor(isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): Paint {
  if (!isTerminal || env.NO_COLOR || env.TERM === 'dumb') return (text) => text;
  return (text, colour) => (text === '' ? '' : `${ESCAPE}[${CODES[colour]}m${text}${ESCAPE}[0m`);
}

/** A table: columns padded to their widest cell. Cells may hold colours, so widths are given by the plain texts. */
export function table(head: string[], rows: string[][], right: number[] = []): string {
  const widths = head.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, width(row[column] ?? '')), width(title)),
  );
  const draw = (cells: string[]): string =>
    cells
      .map((cell, column) => {
        const pad = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        return right.includes(column) ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(draw).join('\n')}\n`;
}

/** What `paintFor` writes. */
const ESCAPE = '\x1b';
const COLOURS = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

const SEGMENTER = new Intl.Segmenter();

/** Columns that a text takes; wide (East Asian, emoji) characters take two, joined ones none. */
export function width(text: string): number {
  const plain = text.replace(COLOURS, '');
  if (/^[ -~]*$/.test(plain)) return plain.length;
  let columns = 0;
  for (const { segment } of SEGMENTER.segment(plain)) {
    columns += isWide(segment.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return columns;
}

/** Blocks that terminals draw two columns wide (Unicode East Asian Width W and F, coarsely). */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** A sentence for a terminal, wrapped to its columns, layers in their colours. */
export function paragraph(sentence: Sentence, columns: number, paint: Paint): string {
  const words = sentence.flatMap(({ text, as, layer }) => {
    const colour: Colour | null =
      as === 'layer'
        ? layer === 0
          ? 'upper'
          : 'lower'
        : as === 'mark' || as === 'option' || as === 'strong'
          ? 'bold'
          : null;
    return text.split(/(?<= )/).map((word) => ({ word, colour }));
  });
  let out = '';
  let column = 0;
  for (let i = 0; i < words.length; ) {
    // Pieces that no space parts stay together.
    let end = i + 1;
    while (end < words.length && !(words[end - 1] as { word: string }).word.endsWith(' ')) end++;
    const unit = words.slice(i, end);
    const length = unit.reduce((sum, { word }) => sum + width(word), 0);
    if (column > 0 && column + length - 1 > columns) {
      out = `${out.trimEnd()}\n`;
      column = 0;
    }
    for (const { word, colour } of unit) out += colour === null ? word : paint(word, colour);
    column += length;
    i = end;
  }
  return out.trimEnd();
}
