import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { NumberMeaning } from '../../shared/contract/inode.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { NumbersInView } from '../../shared/ipc/numbers.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

const LIMIT = 2000;
const inView = async (view: number, number: string): Promise<NumbersInView> => {
  const { views } = await lab.client.call('numbers', { view, number, limit: LIMIT });
  expect(views).toHaveLength(1);
  return views[0] as NumbersInView;
};
const key = ({ as, path, layer, dev, state, ino, hiddenBy, entryPath }: NumberMeaning): string =>
  JSON.stringify([as, path, layer, dev, state, ino, hiddenBy ?? null, entryPath ?? null]);

/** What the objects of a whole scan say of every number, by number: each meaning as (as, path, layer, …). */
function meaningsOf(objects: Iterable<ScanObject>, xinoBits: number | null): Map<string, string[]> {
  const out = new Map<string, string[]>();
  const add = (number: string, ...meaning: unknown[]): void => {
    out.set(number, [...(out.get(number) ?? []), JSON.stringify(meaning)]);
  };
  const isNumber = (text: unknown): text is string => typeof text === 'string' && /^\d+$/.test(text);
  for (const { path, shown, entries, origin } of objects) {
    if (shown) {
      const { ino, dino } = shown;
      if (isNumber(ino)) add(ino, 'st_ino', path);
      if (isNumber(dino)) add(dino, 'd_ino', path);
      if (isNumber(shown.cached?.ino)) add(shown.cached.ino, 'st_ino', path);
      if (xinoBits !== null && isNumber(ino)) {
        const part = BigInt.asUintN(64 - xinoBits, BigInt(ino));
        if (part !== BigInt(ino)) add(String(part), 'xino-part', path);
      }
    }
    for (const { layer, ino, path: own } of entries) if (isNumber(ino)) add(ino, 'real', path, layer, own);
    if (origin && origin !== 'unknown' && isNumber(origin.ino)) add(origin.ino, 'origin', path, origin.layer);
  }
  return out;
}

/** Holds the search of every number of the stack against a whole scan of it; gives all that was found. */
async function holdAgainstScan(mount: string): Promise<NumberMeaning[]> {
  const stack = lab.mount(mount);
  const { objects } = await lab.scan(stack);
  const view = await lab.open(stack);
  const { meta } = await lab.client.call('summary', { stack });
  const expected = meaningsOf(objects.values(), meta.xinoBits);
  const all: NumberMeaning[] = [];
  for (const [number, meanings] of expected) {
    const { found, more, complete } = await inView(view, number);
    expect([more, complete]).toEqual([false, true]);
    const said = found
      .map(({ meaning }) => NumberMeaning.parse(meaning))
      .filter(({ as, path }) => as !== 'index' && path !== null);
    all.push(...found.map(({ meaning }) => meaning));
    const short = said.map(({ as, path, layer, entryPath }) =>
      JSON.stringify(
        as === 'real' ? [as, path, layer, entryPath ?? path] : as === 'origin' ? [as, path, layer] : [as, path],
      ),
    );
    expect([number, ...short.toSorted()]).toEqual([number, ...meanings.toSorted()]);
    expect(said.filter(({ as, ino }) => as !== 'xino-part' && ino !== number)).toEqual([]);
  }
  expect((await inView(view, '18446744073709551615')).found).toEqual([]);
  return all;
}

describe.skipIf(cannotMount !== null)(`search by number${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const LAYERS = `mkdir -p src/d/sub src/gone/deep src/old/sub src/shut src2/d src2/only
    echo 1 > src/a; echo 2 > src/d/f; echo 3 > src/d/sub/g; echo 4 > src/gone/deep/x; ln src/a src/d/link; ln -s a src/s
    echo 5 > src/old/sub/file; echo 6 > src/shut/in; mkfifo src/p; echo 7 > src2/d/low; echo 8 > src2/only/o; echo 9 > src2/a`;
  const CHANGE = `cd m; echo more >> d/f; chmod 600 s 2>/dev/null || touch -h s; rm -r gone; mv d/sub/g d/moved; echo new > own
    rm -r shut; mkdir shut; echo n > shut/in; echo x >> a; mkdir -p d/new; ln own d/new/own`;

  for (const [mode, first, second, options] of [
    ['same-fs', 'ext4', null, ',redirect_dir=on,index=on'],
    ['xino', 'ext4', 'ext4', ',xino=on,redirect_dir=on'],
    ['xino of 2 bits', 'xfs', 'tmpfs', ',xino=on,redirect_dir=on,index=on'],
    ['none', 'tmpfs', 'ext4', ',xino=off,redirect_dir=on'],
    ['metacopy', 'ext4', 'ext4', ',xino=on,redirect_dir=on,metacopy=on'],
  ] as const)
    test(`${mode}: every number of a stack has the meanings that its scan tells`, async () => {
      lab.sh(`${LAYERS}; mkdir -p up both`);
      lab.filesystem(first, 'fs', 'both');
      lab.filesystem(second ?? 'tmpfs', 'fs2', 'both');
      const other = second === null ? 'fs' : 'fs2';
      lab.sh(`mkdir fs/u fs/w fs/l ${other}/k; cp -a src/. fs/l; cp -a src2/. ${other}/k; ln fs/l/a fs/l/d/sub/a2`);
      lab.overlay('m', `lowerdir=fs/l:${other}/k,upperdir=fs/u,workdir=fs/w${options}`);
      lab.sh(CHANGE);
      lab.sh(`cd m; mv old renamed; chmod 640 renamed/sub/file; mv only/o only/o2`);
      const all = await holdAgainstScan('m');
      const kinds = new Set(all.map(({ as }) => as));
      for (const as of ['st_ino', 'd_ino', 'real', 'origin'] as const) expect([...kinds]).toContain(as);
      expect(kinds.has('xino-part')).toBe(mode.startsWith('xino') || mode === 'metacopy');
      expect(kinds.has('index')).toBe(options.includes('index=on'));
      expect(all.some(({ as, hiddenBy }) => as === 'real' && hiddenBy === 'whiteout')).toBe(true);
      expect(all.some(({ as, entryPath }) => as === 'real' && entryPath === 'old/sub/file')).toBe(true);
    });

  test('an index entry is found by its own number and by that of its lower, at every name', async () => {
    lab.sh('mkdir -p src/l src/u src/w; echo 1 > src/l/a; ln src/l/a src/l/b');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w,index=on');
    lab.sh('echo x >> m/a');
    const lower = lab.sh('stat -c %i fs/l/a').trim();
    const [own, name] = lab.sh('cd fs/w/index; stat -c "%i %n" *').trim().split(' ');
    const view = await lab.open(lab.mount('m'));
    for (const number of [lower, own as string]) {
      const { found } = await inView(view, number);
      const index = found.filter(({ meaning }) => meaning.as === 'index');
      expect(index.map(({ meaning }) => [meaning.path, meaning.state, meaning.ino, meaning.entry])).toEqual([
        ['a', 'alive', own, name],
        ['b', 'alive', own, name],
      ]);
    }
    const shown = (await inView(view, lower)).found.filter(({ meaning }) => meaning.as === 'st_ino');
    expect(shown.map(({ meaning, type, status }) => [meaning.path, type, status])).toEqual([
      ['a', 'file', 'copied up'],
      ['b', 'file', expect.any(String)],
    ]);
  });

  test('what no merged path leads to is found in its layer', async () => {
    lab.sh('mkdir -p src/l/d src/data/o src/u src/w; echo data > src/data/o/used; echo lonely > src/data/o/lonely');
    lab.sh('truncate -s 5 src/l/f; setfattr -n trusted.overlay.metacopy src/l/f');
    lab.sh('setfattr -n trusted.overlay.redirect -v /o/used src/l/f');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l::fs/data,upperdir=fs/u,workdir=fs/w,metacopy=on');
    await holdAgainstScan('m');
    const view = await lab.open(lab.mount('m'));
    const meanings = async (of: string) => (await inView(view, lab.sh(`stat -c %i ${of}`).trim())).found;
    expect((await meanings('fs/data/o/used')).map(({ meaning }) => meaning)).toMatchObject([
      { as: 'real', path: 'f', layer: 2, state: 'data', entryPath: 'o/used' },
    ]);
    expect((await meanings('fs/data/o/lonely')).map(({ meaning, id }) => [meaning, id])).toMatchObject([
      [{ as: 'real', path: null, layer: 2, state: 'hidden', entryPath: 'o/lonely' }, null],
    ]);
  });

  test('searches every open view, with a limit each; a name of many is not more than it may say', async () => {
    lab.sh('mkdir -p src/l src/u src/w; echo 1 > src/l/f; for i in $(seq 300); do ln src/l/f src/l/n$i; done');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    const number = lab.sh('stat -c %i fs/l/f').trim();
    const first = await lab.open(lab.mount('m'));
    const second = await lab.open(lab.directories(['fs/l'], 'fs/u'));
    const { views } = await lab.client.call('numbers', { view: null, number, limit: 7 });
    expect(views.map(({ view, found, more }) => [view, found.length, more])).toEqual([
      [first, 7, true],
      [second, 7, true],
    ]);
    const { found, more } = await inView(first, number);
    expect([found.length, more, new Set(found.map(({ meaning }) => key(meaning))).size]).toEqual([903, false, 903]);
    await lab.client.call('close', { view: second });
    expect((await lab.client.call('numbers', { view: null, number, limit: 7 })).views).toHaveLength(1);
    await expect(lab.client.call('numbers', { view: first, number: '18446744073709551616', limit: 7 })).rejects.toThrow(
      'bits',
    );
    await expect(lab.client.call('numbers', { view: 99, number, limit: 7 })).rejects.toThrow('not open');
  });

  test('a hidden object that was found has a row once hidden objects are shown', async () => {
    lab.sh('mkdir -p src/l/gone src/u src/w; echo 1 > src/l/gone/x');
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    lab.sh('rm -r m/gone');
    const view = await lab.open(lab.mount('m'));
    const { found } = await inView(view, lab.sh('stat -c %i fs/l/gone/x').trim());
    expect(found).toMatchObject([{ path: 'gone/x', type: 'file', status: 'hidden', meaning: { as: 'real' } }]);
    await lab.client.call('showHidden', { view, hidden: true });
    const located = await lab.client.call('locate', { view, path: asBytes('gone/x') });
    expect(located?.id).toBe(found[0]?.id);
  });
});
