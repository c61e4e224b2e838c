import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitOf, matchPieces } from './match.ts';

const marked = (text: string, query: string): string =>
  matchPieces(text, query)
    .map((piece) => (piece.hit ? `[${piece.text}]` : piece.text))
    .join('');

describe('matchPieces', () => {
  it('marks the last occurrence, whatever its case', () => {
    expect(marked('etc/passwd/passwd', 'PASS')).toBe('etc/passwd/[pass]wd');
  });
  it('marks letters in order where the query is no part of the text', () => {
    expect(marked('srv/www/index.html', 'swi')).toBe('[s]rv/ww[w]/[i]ndex.html');
  });
  it('marks nothing for no match and no query', () => {
    expect(marked('etc', 'x')).toBe('etc');
    expect(marked('etc', '')).toBe('etc');
    expect(marked('', 'x')).toBe('');
    expect(marked('ab', 'abb')).toBe('ab');
  });
  it('loses no letter, and its hits spell the query', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/', 'c'), maxLength: 20 });
    fc.assert(
      fc.property(text, text, (path, query) => {
        const pieces = matchPieces(path, query);
        expect(pieces.map((piece) => piece.text).join('')).toBe(path);
        const hits = pieces.filter((piece) => piece.hit).map((piece) => piece.text);
        if (hits.length > 0) expect(hits.join('').toLowerCase()).toBe(query.toLowerCase());
      }),
    );
  });
});

describe('fitOf', () => {
  it('puts a start before a word, a word before a part, a part before letters in order', () => {
    const titles = ['Copy path', 'Choose columns…', 'About Stratoscope', 'Close this stack'];
    expect(titles.map((title) => fitOf(title, 'co'))).toEqual([0, 1, 2, 3]);
    expect(fitOf('Close this stack', 'xyz')).toBeNull();
    expect(fitOf('Keys', '')).toBe(0);
  });
});
