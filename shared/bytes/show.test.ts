import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asBytes, type Bytes, bytesOfBase64, bytesOfText, textOfBytes } from './bytes.ts';
import { jsonField, shellQuote, spansForEyes, textForEyes, textForJson } from './show.ts';

const anyBytes = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 40 })
  .map((list) => asBytes(String.fromCharCode(...list)));
const anyText = fc.string({ unit: 'binary' });
const textBytes = anyText.map((text) => bytesOfText(text.toWellFormed().replaceAll('\0', '')));
const bothBytes = fc.oneof(anyBytes, textBytes);

/** The bytes of a path in which each byte that is no UTF-8 is written `\\xNN`; exact where no such letters were there. */
const unescaped = (text: string): string =>
  text
    .split(/(\\x[0-9a-f]{2})/)
    .map((part, i) => (i % 2 === 1 ? String.fromCharCode(Number.parseInt(part.slice(2), 16)) : bytesOfText(part)))
    .join('');

test('the text for JSON is the bytes where they are UTF-8, and else tells each bad byte', () => {
  fc.assert(
    fc.property(bothBytes, (bytes: Bytes) => {
      const text = textForJson(bytes);
      expect(text.isWellFormed()).toBe(true);
      const whole = textOfBytes(bytes);
      if (whole !== null) expect(text).toBe(whole);
      else if (!/\\x[0-9a-f]{2}/.test(bytes)) expect(unescaped(text)).toBe(bytes);
    }),
  );
  expect(textForJson(asBytes('\xff\xef\xbb\xbfa'))).toBe('\\xff\ufeffa');
});

test('the bytes come back exactly from the field in JSON', () => {
  fc.assert(
    fc.property(bothBytes, (bytes: Bytes) => {
      const field: { name?: string; nameB64?: string } = JSON.parse(JSON.stringify(jsonField('name', bytes)));
      const exact = field.nameB64 === undefined ? bytesOfText(field.name as string) : bytesOfBase64(field.nameB64);
      expect(exact).toBe(bytes);
      expect(field.nameB64 === undefined).toBe(textOfBytes(bytes) !== null);
    }),
  );
});

test('what eyes see holds no control, bidi or invisible character', () => {
  const deceiver = fc.constantFrom(
    ...['\0', '\n', '\x1b', '\x7f', '\u0085', '\u061c', '\u200b', '\u200e', '\u202e', '\u2028', '\u2066', '\ufeff'],
    '\u{e0041}',
  );
  const withDeceivers = fc.array(fc.oneof(deceiver, anyText), { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(withDeceivers.map(bytesOfText), anyBytes), (bytes: Bytes) => {
      expect(textForEyes(bytes)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b\u2060-\u2064\ufeff]/u);
      expect(textForEyes(bytes)).not.toMatch(/[\u{e0000}-\u{e007f}]/u);
    }),
  );
});

/** What a shell hands to a program for each of the words. */
function wordsIn(shell: string, words: string[]): string[] {
  const script = `printf '%s\\0' ${words.join(' ')}`;
  const { stdout, status } = spawnSync(shell, ['-s'], { input: Buffer.from(script, 'utf8') });
  expect(status).toBe(0);
  return stdout.toString('latin1').split('\0').slice(0, -1);
}

test('bash takes each quoted word as exactly its bytes', () => {
  const shellLetters = fc
    .array(fc.constantFrom(...' \'"\\$`!*?~#&;|<>(){}[]=-\n\t0aé\xff'), { maxLength: 12 })
    .map((letters) => asBytes(letters.join('')));
  fc.assert(
    fc.property(fc.array(fc.oneof(bothBytes, shellLetters), { minLength: 1, maxLength: 40 }), (list) => {
      expect(wordsIn('bash', list.map(shellQuote))).toEqual(list);
    }),
    { numRuns: 40 },
  );
});

test('no other shell is needed for plain text', () => {
  const list = ['', '-n', "it's", 'a b', '$HOME', '`id`', '\\', 'é', '*'].map(bytesOfText);
  expect(wordsIn('sh', list.map(shellQuote))).toEqual(list);
  expect(shellQuote(asBytes(''))).toBe("''");
});

test('a quoted word shows a terminal nothing that acts', () => {
  fc.assert(
    fc.property(bothBytes, (bytes: Bytes) => {
      expect(shellQuote(bytes)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
});

test('the pieces are the text, cut', () => {
  fc.assert(
    fc.property(fc.oneof(anyBytes, textBytes), (bytes: Bytes) => {
      expect(
        spansForEyes(bytes)
          .map((span) => span.text)
          .join(''),
      ).toBe(textForEyes(bytes));
    }),
  );
});

test('an escape is told from the same letters in a name', () => {
  expect(spansForEyes(asBytes('a\nb'))).toEqual([
    { text: 'a', escape: false },
    { text: '\\n', escape: true },
    { text: 'b', escape: false },
  ]);
  expect(spansForEyes(asBytes('a\\nb'))).toEqual([{ text: 'a\\nb', escape: false }]);
});

test('bytes that are no UTF-8, bidi controls and ESC are escapes', () => {
  expect(spansForEyes(asBytes('\xff\xfe'))).toEqual([{ text: '\\xff\\xfe', escape: true }]);
  expect(spansForEyes(bytesOfText('\u202etxt'))).toEqual([
    { text: '\\u{202e}', escape: true },
    { text: 'txt', escape: false },
  ]);
  expect(spansForEyes(asBytes('\x1b[2J'))[0]).toEqual({ text: '\\e', escape: true });
});
