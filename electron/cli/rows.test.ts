import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Output } from './output.ts';
import { JsonRows, Lines } from './rows.ts';

/** An output that keeps what is written. */
function kept(): { output: Output; text(): string } {
  let all = '';
  const decoder = new TextDecoder();
  const output = {
    write(data: string | Uint8Array) {
      all += typeof data === 'string' ? data : decoder.decode(data);
    },
  };
  return { output: output as Output, text: () => all };
}

describe('lines', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^\n]*$/)), fc.array(fc.nat(40)), (lines, cuts) => {
        const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
        const out: string[] = [];
        const splitter = new Lines((line) => out.push(new TextDecoder().decode(line)));
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          splitter.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        const expected = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
        expect(out).toEqual(expected);
      }),
    );
  });
});

describe('rows', () => {
  const error = { error: { code: 'x', message: 'm', path: null, hint: null } };
  const write = (format: 'json' | 'ndjson', rows: object[], failed: boolean): string => {
    const { output, text } = kept();
    const sink = new JsonRows(output, format);
    sink.meta({ kernel: '6.18' });
    for (const row of rows) sink.row(row);
    sink.end(failed ? error : null);
    return text();
  };

  it('are one document or one line each, also when they end early', () => {
    for (const rows of [[], [{ a: 1 }], [{ a: 1 }, { b: 'x\n' }]]) {
      expect(JSON.parse(write('json', rows, false))).toEqual({
        contract: 1,
        meta: { contract: 1, kernel: '6.18' },
        rows,
      });
      expect(JSON.parse(write('json', rows, true))).toMatchObject({ rows, ...error });
      const lines = write('ndjson', rows, true)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toEqual([{ meta: { contract: 1, kernel: '6.18' } }, ...rows, error]);
    }
  });

  it('an error before anything is alone', () => {
    const { output, text } = kept();
    new JsonRows(output, 'json').end(error);
    expect(JSON.parse(text())).toEqual(error);
  });
});
