import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  arrayOfBytes,
  asBytes,
  base64OfBytes,
  bytesOfArray,
  bytesOfBase64,
  bytesOfText,
  compareBytes,
  hexOfBytes,
  joinBytes,
  textOfBytes,
} from './bytes.ts';

const anyArray = fc.uint8Array({ maxLength: 64 });
const anyBytes = anyArray.map(bytesOfArray);
const anyText = fc.string({ unit: 'binary' });

test('an array comes back from bytes, also where it is long', () => {
  fc.assert(
    fc.property(anyArray, (array) => {
      expect(arrayOfBytes(bytesOfArray(array))).toEqual(array);
    }),
  );
  const long = Uint8Array.from({ length: 20_001 }, (_, i) => (i * 31) & 0xff);
  expect(arrayOfBytes(bytesOfArray(long))).toEqual(long);
});

test('a text comes back from its bytes, its byte order mark too', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(textOfBytes(bytesOfText(text))).toBe(text);
      expect(arrayOfBytes(bytesOfText(text))).toEqual(new Uint8Array(Buffer.from(text, 'utf8')));
    }),
  );
  expect(textOfBytes(bytesOfText('\ufeffa'))).toBe('\ufeffa');
});

test('bytes have a text only where they are its UTF-8', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = textOfBytes(bytes);
      if (text === null) expect(Buffer.from(bytes, 'latin1').toString('utf8')).toContain('\ufffd');
      else expect(bytesOfText(text)).toBe(bytes);
    }),
  );
});

test.each([
  ['a lone continuation', '\x80'],
  ['an overlong slash', '\xc0\xaf'],
  ['a surrogate', '\xed\xa0\x80'],
  ['beyond U+10FFFF', '\xf4\x90\x80\x80'],
  ['a cut sequence', 'a\xe2\x82'],
])('%s is no text', (_, bytes) => expect(textOfBytes(asBytes(bytes))).toBeNull());

test('bytes come back from base64 and from hex', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(bytesOfBase64(base64OfBytes(bytes))).toBe(bytes);
      expect(base64OfBytes(bytes)).toBe(Buffer.from(bytes, 'latin1').toString('base64'));
      expect(Buffer.from(hexOfBytes(bytes), 'hex').toString('latin1')).toBe(bytes);
    }),
  );
  expect(() => bytesOfBase64('a*')).toThrow();
});

test('the order is that of memcmp', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      expect(compareBytes(a, b)).toBe(Buffer.compare(arrayOfBytes(a), arrayOfBytes(b)));
    }),
  );
});

test('a name below the root has no slash before it', () => {
  expect(joinBytes(asBytes(''), asBytes('a'))).toBe('a');
  expect(joinBytes(asBytes('a/b'), asBytes('\xff'))).toBe('a/b/\xff');
});
