import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asBytes, bytesOfArray, bytesOfText } from '../../shared/bytes/bytes.ts';
import { exactText, shellWord } from './copy.ts';

const said = (word: string): string =>
  bytesOfArray(execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'buffer' }));

describe('exactText', () => {
  it('gives UTF-8 as it is, controls and all', () => {
    expect(exactText(bytesOfText('srv/größe\n.txt'))).toBe('srv/größe\n.txt');
  });
  it('gives what is not UTF-8 as a shell word', () => {
    expect(exactText(asBytes('etc/\xff'))).toBe("$'etc/\\xff'");
  });
});

describe('shellWord', () => {
  it('quotes what a shell would take apart and leaves the rest alone', () => {
    expect(shellWord(asBytes('etc/passwd'))).toBe('etc/passwd');
    expect(shellWord(asBytes("a b'c"))).toBe("'a b'\\''c'");
    expect(shellWord(asBytes('-rf'))).toBe('./-rf');
    expect(shellWord(asBytes(''))).toBe('.');
  });

  it('means exactly the bytes to a shell', () => {
    const byte = fc.integer({ min: 1, max: 255 });
    const name = fc.array(byte, { minLength: 1, maxLength: 24 }).map((bytes) => bytesOfArray(Uint8Array.from(bytes)));
    fc.assert(
      fc.property(name, (path) => {
        const expected = path.startsWith('-') ? `./${path}` : path;
        expect(said(shellWord(path))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});
