import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asBytes, bytesOfArray, bytesOfText } from '../../shared/bytes/bytes.ts';
import { bytesOfTyped, joinTyped, splitTyped, typedOfBytes } from './typed-path.ts';

describe('typed paths', () => {
  it('are text, or the shell’s own quoting for what is none', () => {
    expect(bytesOfTyped('/srv/größe')).toBe(bytesOfText('/srv/größe'));
    expect(bytesOfTyped("$'/srv/\\xff\\'\\\\\\n\\101'")).toBe("/srv/\xff'\\\nA");
    expect(bytesOfTyped("$'unclosed")).toBe("$'unclosed");
    expect(typedOfBytes(asBytes('/a b'))).toBe('/a b');
    expect(typedOfBytes(asBytes('/\xff'))).toBe("$'/\\xff'");
  });

  it('come back as they were, whatever the bytes', () => {
    const path = fc
      .array(fc.integer({ min: 1, max: 255 }), { maxLength: 20 })
      .map((bytes) => bytesOfArray(Uint8Array.from(bytes)));
    fc.assert(
      fc.property(path, (bytes) => {
        expect(bytesOfTyped(typedOfBytes(bytes))).toBe(bytes);
      }),
    );
    fc.assert(
      fc.property(path, (rest) => {
        const bytes = asBytes(`$'${rest}'`);
        expect(bytesOfTyped(typedOfBytes(bytes))).toBe(bytes);
      }),
    );
  });

  it('split where a name may follow', () => {
    expect(splitTyped('/srv/im')).toEqual({ directory: '/srv', prefix: 'im' });
    expect(splitTyped('/im')).toEqual({ directory: '/', prefix: 'im' });
    expect(splitTyped('/srv/')).toEqual({ directory: '/srv', prefix: '' });
    expect(splitTyped('srv')).toBeNull();
    expect(splitTyped('')).toBeNull();
    expect(joinTyped(asBytes('/'), asBytes('srv'))).toBe('/srv/');
    expect(joinTyped(asBytes('/srv'), asBytes('\xff'))).toBe("$'/srv/\\xff/'");
  });
});
