/** A piece of a text, and whether the query found it there. */
export type Piece = { text: string; hit: boolean };

/**
 * Where a query stands in a text: its last occurrence (in a path the name counts most), else its letters in order, as
 * late as they come. Case is ignored. A text without a match is one piece.
 */
export function matchPieces(text: string, query: string): Piece[] {
  const hits = query === '' ? null : (occurrence(text, query) ?? subsequence(text, query));
  if (hits === null) return [{ text, hit: false }];
  const pieces: Piece[] = [];
  for (let i = 0; i < text.length; i++) {
    const hit = hits.has(i);
    const last = pieces.at(-1);
    if (last?.hit === hit) last.text += text[i];
    else pieces.push({ text: text[i] as string, hit });
  }
  return pieces;
}

function occurrence(text: string, query: string): Set<number> | null {
  const at = text.toLowerCase().lastIndexOf(query.toLowerCase());
  return at < 0 ? null : new Set(Array.from({ length: query.length }, (_, i) => at + i));
}

function subsequence(text: string, query: string): Set<number> | null {
  const low = text.toLowerCase();
  const letters = query.toLowerCase();
  const hits = new Set<number>();
  let at = text.length;
  for (let i = letters.length - 1; i >= 0; i--) {
    at = at === 0 ? -1 : low.lastIndexOf(letters[i] as string, at - 1);
    if (at < 0) return null;
    hits.add(at);
  }
  return hits;
}

/** How well a query fits a title, the smaller the better: at its start, at a word's, somewhere, letters in order. */
export function fitOf(title: string, query: string): number | null {
  const at = title.toLowerCase().indexOf(query.toLowerCase());
  if (at === 0) return 0;
  const word = title.toLowerCase().indexOf(` ${query.toLowerCase()}`);
  if (word >= 0) return 1;
  if (at > 0) return 2;
  return subsequence(title, query) === null ? null : 3;
}
