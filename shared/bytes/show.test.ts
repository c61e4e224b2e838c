import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asBytes, type Bytes, bytesOfText } from './bytes.ts';
import { spansForEyes, textForEyes } from './show.ts';

const anyBytes = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 40 })
  .map((list) => asBytes(String.fromCharCode(...list)));
const textBytes = fc.string({ unit: 'binary' }).map((text) => bytesOfText(text.toWellFormed().replaceAll('\0', '')));

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
