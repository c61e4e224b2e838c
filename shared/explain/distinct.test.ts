import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanEntry, Shown } from '../contract/scan.ts';
import { NUMBER_ROWS, type NumberRow } from '../inodes/rows.ts';
import type { LookupStep } from '../ipc/engine.ts';
import { type ExplainInput, explain, textOf } from './index.ts';
import { entryOf, inputOf, objectOf, say, stackOf } from './testing.ts';

/** Everything that counts, one change a time; the words must tell each from the object as it was. */
const layers = fc.constantFrom(0, 1, 2, 3);
const types = fc.constantFrom(
  'file' as const,
  'dir' as const,
  'symlink' as const,
  'char' as const,
  'whiteout' as const,
);
const hiding = fc.constantFrom(
  null,
  'file' as const,
  'whiteout' as const,
  'opaque' as const,
  'directory' as const,
  'redirect' as const,
  'stop' as const,
);
const markTexts = fc.uniqueArray(
  fc.constantFrom(
    'opaque' as const,
    'redirect' as const,
    'metacopy' as const,
    'impure' as const,
    'indexed' as const,
    'protattr' as const,
    'unknown:origin' as const,
    'unknown:opaque' as const,
    'ignored:opaque' as const,
  ),
  { maxLength: 3 },
);
const roles = fc.constantFrom(
  'object' as const,
  'merged' as const,
  'data' as const,
  'origin' as const,
  'whiteout' as const,
  'hidden' as const,
);
const entries = fc
  .uniqueArray(layers, { minLength: 1, maxLength: 4 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers
        .toSorted()
        .map((layer) =>
          fc
            .record({ type: types, role: roles, hiddenBy: hiding, marks: markTexts })
            .map((rest) => entryOf(layer, rest)),
        ),
    ),
  );
const origins = fc.option(
  fc.oneof(
    fc.constant('unknown' as const),
    fc
      .record({
        layer: fc.oneof(layers, fc.constant('unknown' as const)),
        ino: fc.constantFrom('18', '19', 'unknown' as const),
        nlink: fc.constantFrom(1, 2, 'unknown' as const),
        state: fc.constantFrom(
          'verified' as const,
          'stale' as const,
          'foreign' as const,
          'undecodable' as const,
          'ignored' as const,
          'unverified' as const,
          'by-path' as const,
          'empty' as const,
        ),
        why: fc.constantFrom('', 'the reason'),
      })
      // An empty value names nothing.
      .map((one) =>
        one.state === 'empty'
          ? { ...one, layer: 'unknown' as const, ino: 'unknown' as const, nlink: 'unknown' as const }
          : one,
      ),
  ),
);
const devices = fc.constantFrom('overlay' as const, 'pseudo:0' as const, 'pseudo:1' as const);
const numbers = fc.constantFrom(null, '18', '19', '9223372036854775826');
const rowsOfNumbers = fc.constantFrom(...(Object.keys(NUMBER_ROWS) as NumberRow[]));
/** What cannot be known is said as a whole; see Inodes in the engine. */
const UNKNOWN_SHOWN: Shown = {
  dev: 'unknown',
  ino: 'unknown',
  dino: 'unknown',
  nlink: 'unknown',
  stable: 'unknown',
  why: 'what decides it could not be read',
};
const showns = fc.option(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(UNKNOWN_SHOWN) },
    {
      weight: 9,
      arbitrary: fc
        .record({
          dev: devices,
          ino: numbers,
          dino: fc.oneof(numbers, fc.constant('unknown' as const)),
          nlink: fc.constantFrom(1, 2, 'unknown' as const),
          stable: fc.constantFrom(true, false, 'unknown' as const),
          why: rowsOfNumbers,
          cached: fc.option(fc.record({ dev: devices, ino: numbers }), { nil: undefined }),
        })
        .map(({ cached, ...rest }): Shown => (cached === undefined ? rest : { ...rest, cached })),
    },
  ),
);
const modes = fc.constantFrom('same-fs' as const, 'xino' as const, 'none' as const);
const stepLists = fc.array(
  fc.record({
    layer: layers,
    path: fc.constant('etc/passwd' as LookupStep['path']),
    found: fc.constantFrom('file', 'nothing'),
    rule: fc.constantFrom('absent', 'file-stops', 'opaque'),
    says: fc.constant(''),
  }),
  { maxLength: 4 },
);
const lookups = fc.constantFrom('ok' as const, 'ENOENT' as const, 'EPERM' as const, 'EIO' as const, 'unknown' as const);
const listings = fc.constantFrom(true, false, 'unknown' as const);
const optionSets = fc.constantFrom<Record<string, string>>(
  {},
  { redirect_dir: 'nofollow' },
  { metacopy: 'on' },
  { userxattr: '' },
  { index: 'on' },
);

const input = fc
  .record({
    entries,
    lookup: lookups,
    listed: listings,
    hiddenBy: hiding,
    isUnknown: fc.boolean(),
    isCopied: fc.boolean(),
    origin: origins,
    redirect: fc.option(fc.constantFrom('a', '/a'), { nil: undefined }),
    data: fc.constantFrom(null, 'unknown' as const, { layer: 2, path: 'etc/passwd' }, { layer: 4, path: 'ab/12' }),
    steps: stepLists,
    options: optionSets,
    shared: fc.boolean(),
    assumed: fc.boolean(),
    shown: showns,
    mode: modes,
  })
  .map((one): ExplainInput => {
    const top = one.entries[0] as ScanEntry;
    const isMerged = one.entries.filter(({ role }) => role === 'merged').length > 1 && top.type === 'dir';
    const fromTop = isMerged ? 'merged' : top.layer > 0 ? 'lower' : one.isCopied ? 'copied-up' : 'upper';
    const userxattr = 'userxattr' in one.options;
    return inputOf(
      objectOf(one.entries, {
        lookup: one.lookup,
        listed: one.listed,
        hiddenBy: one.hiddenBy,
        provenance: one.isUnknown ? 'unknown' : fromTop,
        origin: one.origin,
        ...(one.redirect === undefined ? {} : { redirect: one.redirect }),
        data: top.type === 'file' ? one.data : null,
        shown: one.shown,
        findings: one.shared ? ['origin-shared'] : [],
        ...(one.assumed ? { assumed: true } : {}),
      }),
      {
        steps: one.steps,
        stack: stackOf({
          options: one.options,
          marks: userxattr ? 'user' : 'trusted',
          inodeMode: one.mode,
          xinoBits: one.mode === 'xino' ? 2 : null,
        }),
      },
    );
  });

/** What counts for an object, as data. Options count where a mark that they rule, or a hard link, is there. */
function counts({ object, steps, stack }: ExplainInput): string {
  const marks = object.entries.flatMap((entry) => entry.marks).map((one) => one.replace(/^\w+:/, ''));
  const isGone = object.hiddenBy !== null || object.type === 'whiteout';
  const has = (name: string): boolean => marks.includes(name);
  return JSON.stringify([
    object.entries.map(({ layer, type, role, hiddenBy, marks: own }, i) => [
      layer,
      type,
      // What the topmost entry is to the object is said by the object itself.
      i === 0 ? null : role,
      role === 'origin' && i > 0 && hiddenBy === 'file' ? null : hiddenBy,
      own.toSorted(),
    ]),
    object.lookup,
    object.listed,
    object.hiddenBy,
    isGone ? null : object.provenance,
    object.origin === null || object.origin === 'unknown'
      ? object.origin
      : {
          ...object.origin,
          nlink: object.origin.nlink === 2 && object.type !== 'dir',
          // Where the state says it all, the reason adds nothing.
          why: ['ignored', 'undecodable', 'unverified'].includes(object.origin.state) ? object.origin.why : '',
        },
    object.redirect ?? null,
    isGone || object.lookup !== 'ok' || object.type !== 'file' ? null : object.data,
    object.findings,
    object.assumed ?? false,
    object.shown,
    // The mode says how a number comes about.
    typeof object.shown?.ino === 'string' && object.shown.ino !== 'unknown' ? stack.inodeMode : null,
    stack.marks === 'user' && (marks.length > 0 || object.origin !== null),
    has('redirect') || object.redirect !== undefined
      ? 'redirect_dir' in stack.options || 'userxattr' in stack.options
      : null,
    has('metacopy') ? (stack.options.metacopy ?? '') : null,
    object.type !== 'dir' && (object.origin !== null || has('indexed')) ? (stack.options.index ?? '') : null,
    steps.map(({ layer, rule, found }) => [layer, rule, found]),
  ]);
}

describe('the words', () => {
  it('differ where anything that counts differs', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(input, (one) => {
        const text = say(one);
        const key = counts(one);
        const before = seen.get(text);
        if (before !== undefined) expect(key).toBe(before);
        seen.set(text, key);
      }),
      { numRuns: 3000 },
    );
  });

  it('differ after a single change of one thing', () => {
    fc.assert(
      fc.property(
        input,
        input,
        fc.constantFrom(
          'lookup',
          'listed',
          'hiddenBy',
          'origin',
          'redirect',
          'findings',
          'assumed',
          'entries',
          'data',
          'provenance',
          'shown',
        ),
        (one, other, field) => {
          const changed = { ...one, object: { ...one.object, [field]: other.object[field as 'lookup'] } };
          if (field === 'entries') {
            changed.object.type = other.object.type;
            changed.object.marks = other.object.marks;
            changed.object.provenance = other.object.provenance;
            changed.object.data = other.object.data;
          }
          if (counts(changed) !== counts(one)) expect(say(changed)).not.toBe(say(one));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('differ after a change of one thing of the number', () => {
    const fields = ['dev', 'ino', 'dino', 'nlink', 'stable', 'why', 'cached'] as const;
    fc.assert(
      fc.property(input, showns, showns, fc.constantFrom(...fields), (one, shown, other, field) => {
        fc.pre(shown !== null && other !== null && shown.ino !== 'unknown' && other.ino !== 'unknown');
        const before = { ...one, object: { ...one.object, shown } };
        const after = { ...one, object: { ...one.object, shown: { ...shown, [field]: other?.[field] } as Shown } };
        if (counts(after) !== counts(before)) expect(say(after)).not.toBe(say(before));
      }),
      { numRuns: 5000 },
    );
  });

  it('differ after a change of the options or of a step', () => {
    fc.assert(
      fc.property(input, input, fc.constantFrom('stack', 'steps'), (one, other, field) => {
        const changed = {
          ...one,
          [field]: other[field as 'stack'],
        };
        if (counts(changed) !== counts(one)) expect(say(changed)).not.toBe(say(one));
      }),
      { numRuns: 5000 },
    );
  });

  it('are sentences: each begins and ends as one, and nothing is doubled or left empty at its joints', () => {
    fc.assert(
      fc.property(input, (one) => {
        const { explanation, wouldChange } = explain(one);
        for (const sentence of [...explanation, ...wouldChange].map(textOf)) {
          expect(sentence).toMatch(/^(\p{Lu}|stat |trusted\.|user\.).*\.$/su);
          expect(sentence).not.toMatch(/[,;:] ?[,;:.]| {2}| [,;:.] |\.\.$|\( ?\)|’’|\bundefined\b|\bnull\b|\[object/);
          // A colon opens what explains, once in a clause.
          expect(sentence).not.toMatch(/: [^;.()]*: /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
