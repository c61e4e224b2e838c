import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RememberedState } from '../../../shared/contract/history.ts';
import type { ObjectDetail } from '../../../shared/ipc/engine.ts';
import { cannotMount, Laboratory } from '../testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

const detailOf = async (view: number, path: string): Promise<ObjectDetail> =>
  lab.client.call('detail', { view, id: (await lab.row(view, path)).id });
/** Waits until as many states of the path are remembered. */
async function states(view: number, path: string, count: number): Promise<RememberedState[]> {
  for (;;) {
    const { history } = await detailOf(view, path);
    if (history.length >= count) return history;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
const read = async (view: number): Promise<void> => {
  await lab.client.call('rescan', { view });
  await lab.settled(view);
};
const ino = (path: string): string => lab.sh(`stat -c %i ${path}`).trim();
const short = ({ ino: number, dev, real, provenance, why }: RememberedState): unknown[] => [
  number,
  dev,
  real.layer,
  real.ino,
  provenance,
  why,
];
const info = () => lab.client.call('historyInfo', {});
const NOW = 'It is so now.';

describe.skipIf(cannotMount !== null)(`the history${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  const build = (type: 'ext4' | 'tmpfs' = 'ext4', name = 'fs'): void => {
    lab.sh(
      `rm -rf src; mkdir -p src/l/d src/u src/w; cd src/l; for n in a b c; do echo $n > d/$n; done; ln d/a d/link; mkdir d/e; echo 1 > d/e/f`,
    );
    lab.filesystem(type, name, 'src');
  };
  const mount = (at = 'm', fs = 'fs'): void => lab.overlay(at, `lowerdir=${fs}/l,upperdir=${fs}/u,workdir=${fs}/w`);

  test('tells what a path showed before, until when, and how that ended', async () => {
    build();
    mount();
    const [a, b, c, d] = ['a', 'b', 'c', 'e'].map((name) => ino(`m/d/${name}`));
    const view = await lab.open(lab.mount('m'));
    expect((await states(view, 'd/a', 1)).map(short)).toEqual([[a, 'overlay', 1, a, 'lower', NOW]]);
    const begun = BigInt(Date.now()) * 1_000_000n;
    lab.sh('cd m/d; echo x >> a; chmod 600 b; echo new > c2; mv c2 c; rm -r e');
    await read(view);
    const history = await states(view, 'd/a', 2);
    const own = ino('fs/u/d/a');
    expect(history.map(short)).toEqual([
      [own, 'overlay', 0, own, 'upper', NOW],
      [a, 'overlay', 1, a, 'lower', 'It was copied up alone, which broke its hard link, and shows the upper’s number.'],
    ]);
    const [now, former] = history as [RememberedState, RememberedState];
    expect(now.untilNs).toBeNull();
    // It ended when the upper's inode was born.
    expect(former.untilNs).toBe(String(BigInt(lab.sh("stat -c '%.9W' fs/u/d/a").trim().replace('.', ''))));
    expect(BigInt(former.untilNs as string)).toBeGreaterThan(begun - 1_000_000_000n);
    expect(BigInt(former.sinceNs)).toBeLessThan(BigInt(former.untilNs as string));
    expect((await states(view, 'd/b', 2)).map(short)).toEqual([
      [b, 'overlay', 0, ino('fs/u/d/b'), 'copied-up', NOW],
      [b, 'overlay', 1, b, 'lower', 'It was copied up, and kept its number.'],
    ]);
    expect((await states(view, 'd/c', 2)).map(short)).toEqual([
      [ino('fs/u/d/c'), 'overlay', 0, ino('fs/u/d/c'), 'upper', NOW],
      [c, 'overlay', 1, c, 'lower', 'Another file took its name.'],
    ]);
    // A whiteout shows nothing now, and what it hides is remembered.
    expect((await states(view, 'd/e', 1)).map(short)).toEqual([
      [d, 'overlay', 1, d, 'lower', 'It was removed, or hidden.'],
    ]);
    expect((await states(view, 'd/link', 1)).map(short)).toEqual([[a, 'overlay', 1, a, 'lower', NOW]]);
    // A reading that finds nothing new ends nothing.
    await read(view);
    expect((await states(view, 'd/a', 2)).map(short)).toEqual(history.map(short));
  });

  test('knows a stack again by the handles of its roots, wherever and as whatever device it is mounted', async () => {
    build();
    mount();
    const first = ino('m/d/b');
    let view = await lab.open(lab.mount('m'));
    await states(view, 'd/b', 1);
    await lab.client.call('close', { view });
    lab.sh('chmod 600 m/d/b; rm m/d/c; umount m fs; mkdir there; losetup -f >/dev/null; mount -o loop fs.img there');
    mount('again', 'there');
    view = await lab.open(lab.mount('again'));
    expect((await states(view, 'd/b', 2)).map(short)).toEqual([
      [first, 'overlay', 0, ino('there/u/d/b'), 'copied-up', NOW],
      [first, 'overlay', 1, first, 'lower', 'It was copied up, and kept its number.'],
    ]);
    // Another stack with the same lower is another.
    lab.sh('mkdir there/u2 there/w2');
    lab.overlay('other', 'lowerdir=there/l,upperdir=there/u2,workdir=there/w2');
    const other = await lab.open(lab.mount('other'));
    expect(await states(other, 'd/b', 1)).toHaveLength(1);
    expect((await info()).stacks).toBe(2);
  });

  test('a number that another file has now is found, by its birth', async () => {
    build();
    mount();
    lab.sh('echo 1 > m/old');
    const number = ino('m/old');
    const view = await lab.open(lab.mount('m'));
    await states(view, 'old', 1);
    const codes = async (path: string) => (await detailOf(view, path)).findings.map(({ code }) => code);
    expect(await codes('old')).toEqual([]);
    lab.sh('rm m/old; sync; echo 2 > m/new');
    // ext4 gives the lowest free number.
    expect(ino('m/new')).toBe(number);
    await read(view);
    await states(view, 'new', 1);
    for (let tries = 0; tries < 300 && (await codes('new')).length === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await codes('new')).toEqual(['ino-reused']);
    const [finding] = (await detailOf(view, 'new')).findings;
    expect(finding?.evidence).toMatchObject({ formerOwners: [{ path: 'old', ino: number, from: 'history' }] });
    // By its own name too.
    lab.sh('rm m/new; sync; echo 3 > m/new');
    expect(ino('m/new')).toBe(number);
    await read(view);
    const [, before] = await states(view, 'new', 2);
    expect(before?.why).toBe('Another file took its name, and got the same number.');
  });

  test('a directory that went is remembered by its names, a new one from when it was met', async () => {
    build();
    mount();
    const view = await lab.open(lab.mount('m'));
    const inner = ino('m/d/e/f');
    await states(view, 'd/e/f', 1);
    lab.sh('mv m/d/e m/moved 2>/dev/null || { mkdir m/moved; mv m/d/e/f m/moved; rmdir m/d/e; }');
    await read(view);
    await states(view, 'moved/f', 1);
    await lab.client.call('showHidden', { view, hidden: true });
    const [gone] = await states(view, 'd/e/f', 1);
    expect([gone?.ino, gone?.why]).toEqual([inner, 'It was removed, or hidden.']);
  });

  test('remembers nothing while it is off, and forgets all when it is wiped', async () => {
    build();
    mount();
    await lab.client.call('setSetting', { key: 'history', value: false });
    const view = await lab.open(lab.mount('m'));
    await read(view);
    expect(await info()).toMatchObject({ on: false, stacks: 0, bytes: 0, limitBytes: 200 * 2 ** 20 });
    expect((await detailOf(view, 'd/a')).history).toEqual([]);
    expect(readdirSync(lab.at('data')).filter((name) => name.startsWith('history'))).toEqual([]);
    await lab.client.call('setSetting', { key: 'history', value: true });
    await lab.client.call('setSetting', { key: 'historyMegabytes', value: 7 });
    await read(view);
    await states(view, 'd/a', 1);
    for (let at = await info(); !at.isIdle; at = await info()) await new Promise((resolve) => setTimeout(resolve, 10));
    const { bytes, lastMs, ...rest } = await info();
    expect(rest).toEqual({ on: true, stacks: 1, limitBytes: 7 * 2 ** 20, isIdle: true });
    expect(lastMs).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(4096);
    expect(await lab.client.call('historyWipe', {})).toEqual({ bytes });
    expect(await info()).toMatchObject({ stacks: 0, bytes: 0 });
    expect((await detailOf(view, 'd/a')).history).toEqual([]);
    await read(view);
    expect(await states(view, 'd/a', 1)).toHaveLength(1);
  });

  test('a stack of which a layer could not be read, or marks are unknown, changes nothing of what is remembered', async () => {
    build();
    mount();
    const directories = lab.directories(['fs/l'], 'fs/u');
    const view = await lab.open(directories);
    const before = await states(view, 'd/b', 1);
    lab.sh('mv fs/l fs/l.away; mkdir fs/l; umount m');
    await read(view);
    expect(await lab.client.call('historyInfo', {})).toMatchObject({ stacks: 2 });
    lab.sh('rmdir fs/l; mv fs/l.away fs/l');
    await read(view);
    expect(await states(view, 'd/b', 1)).toEqual(before);
  });

  test('a file that is torn or another program’s is set aside, and told', async () => {
    build();
    mount();
    const notices: string[] = [];
    lab.client.on('notice', ({ text }) => notices.push(text));
    const file = lab.at('data/history.db');
    lab.sh('mkdir -p data');
    writeFileSync(file, 'no database at all, but a text of some length that is none'.repeat(40));
    let view = await lab.open(lab.mount('m'));
    await states(view, 'd/a', 1);
    expect(notices).toEqual([expect.stringContaining(`history.db.set-aside`)]);
    expect(readFileSync(`${file}.set-aside`, 'utf8')).toMatch(/^no database/);
    await lab.client.call('close', { view });
    // Torn while it is open: it is met when it is read next.
    lab.sh(`cd data; rm -f history.db-wal history.db-shm`);
    truncateSync(file, 8192);
    view = await lab.open(lab.mount('m'));
    await lab.client.call('setSetting', { key: 'history', value: true });
    await states(view, 'd/a', 1);
    expect(existsSync(file)).toBe(true);
  });

  test('keeps its bound: the stack that was read longest ago is forgotten first', async () => {
    const long = 'a_rather_long_name_'.repeat(7);
    lab.sh(`mkdir -p src/l src/l2 src/u src/u2 src/w src/w2; cd src/l
      for d in $(seq 60); do mkdir d$d; (cd d$d; touch $(seq -f '${long}%g' 70)); done; cp -r . ../l2`);
    lab.filesystem('tmpfs', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
    lab.overlay('m2', 'lowerdir=fs/l2,upperdir=fs/u2,workdir=fs/w2');
    await lab.client.call('setSetting', { key: 'historyMegabytes', value: 1 });
    const first = await lab.open(lab.mount('m'));
    await states(first, 'd9', 1);
    const second = await lab.open(lab.mount('m2'));
    await states(second, 'd9', 1);
    for (let at = await info(); at.stacks > 1; at = await info())
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await detailOf(first, 'd9')).history).toEqual([]);
    expect((await detailOf(second, 'd9')).history).toHaveLength(1);
    expect((await info()).bytes).toBeLessThan(2 * 2 ** 20);
  });
});
