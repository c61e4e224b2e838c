import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stemsOf } from './commands/tree.ts';
import { Exit, errorLine, exitOf, messageOf } from './failures.ts';
import { depthOf, nameOf, sizeText } from './people.ts';
import { paintFor, paragraph, table, width } from './text.ts';

describe('text', () => {
  it('widths count what a terminal draws', () => {
    expect(width('abc')).toBe(3);
    expect(width('日本')).toBe(4);
    expect(width('e\u0301')).toBe(1);
    expect(width('\x1b[32mab\x1b[0m')).toBe(2);
  });

  it('columns stand under each other', () => {
    expect(
      table(
        ['A', 'NUMBER'],
        [
          ['日本', '1'],
          ['x', '1000'],
        ],
        [1],
      ),
    ).toBe('A     NUMBER\n日本       1\nx       1000\n');
  });

  it('a sentence is wrapped between words, and keeps its colours', () => {
    const sentence = [
      { text: 'You read the ', as: 'text' as const },
      { text: 'upper', as: 'layer' as const, layer: 0 },
      { text: '’s file.', as: 'text' as const },
    ];
    expect(paragraph(sentence, 15, paintFor(false))).toBe('You read the\nupper’s file.');
    expect(paragraph(sentence, 15, paintFor(true, { TERM: 'xterm' }))).toBe(
      'You read the\n\x1b[32mupper\x1b[0m’s file.',
    );
    expect(paragraph(sentence, 15, paintFor(true, { NO_COLOR: '1' }))).not.toContain('\x1b');
  });

  it('sizes take five characters at most', () => {
    expect(['0', '924', '1702', '12288', '348000000', '9223372036854775807', 'unknown'].map(sizeText)).toEqual([
      '0',
      '924',
      '1.7k',
      '12k',
      '332M',
      '8.0E',
      '?',
    ]);
    fc.assert(fc.property(fc.bigInt(0n, 2n ** 63n - 1n), (size) => sizeText(String(size)).length <= 5));
  });

  it('a name shows its bytes', () => {
    expect(nameOf({ path: 'a/b\\xff', pathB64: btoa('a/b\xff') })).toBe('b\\xff');
    expect(nameOf({ path: '' })).toBe('/');
    expect(depthOf({ path: 'a/b/c' })).toBe(3);
  });
});

describe('the stems of a tree', () => {
  it('draw it', () => {
    expect(stemsOf([0, 1, 2, 2, 1, 2])).toEqual(['', '├── ', '│   ├── ', '│   └── ', '└── ', '    └── ']);
    expect(stemsOf([3, 4, 4])).toEqual(['', '├── ', '└── ']);
  });

  it('end each run of siblings once', () => {
    /** Depths of a tree in depth-first order: each at most one deeper than the one before. */
    const tree = fc.array(fc.nat(3), { maxLength: 60 }).map((steps) => {
      const depths = [0];
      for (const step of steps) depths.push(Math.min(step + 1, (depths.at(-1) ?? 0) + 1));
      return depths;
    });
    fc.assert(
      fc.property(tree, (depths) => {
        const stems = stemsOf(depths);
        for (const [i, depth] of depths.entries()) {
          expect(stems[i]).toHaveLength(4 * depth);
          if (depth === 0) continue;
          const rest = depths.slice(i + 1);
          const end = rest.findIndex((one) => one < depth);
          const hasLater = (end < 0 ? rest : rest.slice(0, end)).includes(depth);
          expect(stems[i]?.endsWith(hasLater ? '├── ' : '└── ')).toBe(true);
        }
      }),
    );
  });
});

describe('failures', () => {
  it('read WHAT: WHERE: WHY. NEXT STEP.', () => {
    expect(
      messageOf('cannot scan', {
        code: 'not-found',
        message: 'nothing is mounted there',
        path: '/m\x1b',
        hint: 'try list',
      }),
    ).toBe('stratoscope: cannot scan: /m\\e: nothing is mounted there. Try list.');
    expect(messageOf('cannot scan', { code: 'x', message: 'so it is.' })).toBe(
      'stratoscope: cannot scan: the stack: so it is.',
    );
  });

  it('an internal one keeps its stack for --debug', () => {
    const failure = { code: 'internal', message: 'boom', hint: 'Error: boom\n    at file.ts:1' };
    expect(messageOf('cannot scan', failure)).not.toContain('file.ts');
    expect(errorLine(failure).error.hint).toBeNull();
  });

  it('have the statuses of the contract', () => {
    const status = (code: string) => exitOf({ code, message: '' });
    expect(status('bad-options')).toBe(Exit.usage);
    expect(status('not-found')).toBe(2);
    expect(status('unreadable')).toBe(3);
    expect(status('needs-privilege')).toBe(4);
    expect(status('cancelled')).toBe(130);
  });
});
