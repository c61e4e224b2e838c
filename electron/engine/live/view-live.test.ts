import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WatchEvent } from '../../../shared/contract/watch.ts';
import { type LiveLifetime, type LiveState, LiveTold } from '../../../shared/ipc/live.ts';
import { cannotMount, type FilesystemType, Laboratory } from '../testing/laboratory.ts';

const QUIET_MS = 150;

/** The process that watches: the newest probe of this one. */
function probeOf(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1')
    .trim()
    .split(' ')
    .map(Number);
  const isProbe = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('probe');
  return children.findLast(isProbe) as number;
}

/** A view that is live, and what was told of it. */
class LivePage {
  readonly told: LiveTold[] = [];
  readonly ended: Promise<{ unmounted: boolean } | string>;
  readonly #stop = new AbortController();
  #last = performance.now();

  constructor(lab: Laboratory, view: number) {
    this.ended = lab.client
      .call(
        'live',
        { view },
        {
          signal: this.#stop.signal,
          onItem: (item) => {
            this.#last = performance.now();
            this.told.push(LiveTold.parse(item));
          },
        },
      )
      .catch((error) => error.failure?.code ?? String(error));
  }

  get state(): LiveState | undefined {
    return this.told.findLast(({ state }) => state !== undefined)?.state;
  }
  get events(): WatchEvent[] {
    return this.told.flatMap(({ events }) => events);
  }
  /** Each lifetime as it was told last. */
  get lifetimes(): LiveLifetime[] {
    return [...new Map(this.told.flatMap(({ lifetimes }) => lifetimes).map((life) => [life.key, life])).values()];
  }

  async until(phase: LiveState['phase']): Promise<void> {
    while (this.state?.phase !== phase) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  async rescanned(): Promise<void> {
    while (!this.state?.rescans) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  async quiet(): Promise<void> {
    this.#last = performance.now();
    while (performance.now() - this.#last < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

describe.skipIf(cannotMount)(`a live view${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  let lab: Laboratory;
  let view: number;
  let page: LivePage;
  let count = 0;
  beforeAll(() => {
    lab = new Laboratory();
  });
  afterAll(() => lab.end());
  afterEach(() => page.stop());

  /** A fresh overlay on a filesystem of its own at `fsN`, mounted at `mN`, and its view. */
  async function stack(lower: string, options = '', type: FilesystemType = 'ext4'): Promise<{ fs: string; m: string }> {
    const [fs, m] = [`fs${++count}`, `m${count}`];
    lab.filesystem(type, fs);
    lab.sh(`mkdir ${fs}/l ${fs}/u ${fs}/w; cd ${fs}/l; ${lower}`);
    lab.overlay(m, `lowerdir=${fs}/l,upperdir=${fs}/u,workdir=${fs}/w${options}`);
    view = await lab.open(lab.mount(m));
    page = new LivePage(lab, view);
    await page.until('watching');
    return { fs, m };
  }

  test('says what happens, and the lives of temporary files', async () => {
    const { m } = await stack('echo lower > f; mkdir d; echo x > d/g');
    expect(page.state?.watched.map(({ layer, by }) => [layer, by])).toEqual([
      [-1, 'filesystem'],
      [0, 'filesystem'],
      [1, 'filesystem'],
    ]);
    lab.sh(`echo more >> ${m}/f; rm ${m}/d/g`);
    await page.quiet();
    const events = page.events.filter(({ event }) => !event.startsWith('temp-') && event !== 'opaque');
    expect(events.map(({ event, path }) => `${event} ${path}`)).toEqual([
      'copied-up f',
      'modified f',
      'copied-up d',
      'whiteout d/g',
    ]);
    expect(events.every(({ pid, exe }) => pid !== null && exe !== '')).toBe(true);
    const lives = page.lifetimes.map(({ kind, end, linkedTo }) => [kind, end, linkedTo]);
    expect(lives).toContainEqual(['copy-up', 'linked', 'f']);
    expect(lives).toContainEqual(['work', 'linked', 'd']);
    expect(lives).toContainEqual(['whiteouts', null, null]);
    for (const { bornNs, endedNs } of page.lifetimes)
      if (bornNs !== null && endedNs !== null) expect(BigInt(endedNs)).toBeGreaterThanOrEqual(BigInt(bornNs));
  });

  test('rows follow: ids stay with their names, what is open stays open', async () => {
    const { m } = await stack('echo lower > f; mkdir d e; echo x > d/g; echo y > e/h');
    const d = await lab.row(view, 'd');
    await lab.client.call('expand', { view, id: d.id, open: true });
    const before = new Map(
      await Promise.all(['f', 'd', 'd/g', 'e'].map(async (at) => [at, (await lab.row(view, at)).id] as const)),
    );
    lab.sh(`echo more >> ${m}/f; echo new > ${m}/d/n; rm ${m}/d/g; mkdir ${m}/x; echo z >> ${m}/e/h`);
    await page.quiet();
    expect(await lab.names(view)).toEqual(['/', '  d', '    g', '    n', '  e', '  f', '  x']);
    expect(await lab.row(view, 'f')).toMatchObject({ id: before.get('f'), status: 'copied up', size: '11' });
    expect(await lab.row(view, 'd')).toMatchObject({ id: before.get('d'), status: 'merged', expanded: true });
    expect(await lab.row(view, 'd/g')).toMatchObject({ id: before.get('d/g'), status: 'whiteout' });
    const rows = page.told.flatMap((told) => told.rows);
    expect(rows).toContainEqual({ id: before.get('f'), path: 'f', change: 'changed' });
    expect(rows).toContainEqual({ id: (await lab.row(view, 'x')).id, path: 'x', change: 'new' });
    expect(rows).toContainEqual({ id: (await lab.row(view, 'd/n')).id, path: 'd/n', change: 'new' });
    // e is closed: what happens in it is counted there.
    expect(page.told.flatMap(({ below }) => below).map(({ id }) => id)).toContain(before.get('e'));
    lab.sh(`rmdir ${m}/x; rm ${m}/d/n`);
    await page.quiet();
    expect(await lab.names(view)).toEqual(['/', '  d', '    g', '  e', '  f']);
    expect(page.told.flatMap((told) => told.rows)).toContainEqual(
      expect.objectContaining({ path: 'x', change: 'gone' }),
    );
    expect(page.told.at(-1)?.version).toBeGreaterThan(1);
  });

  test('a directory moves with all below it; findings and the upper’s use follow', async () => {
    const { m } = await stack('mkdir -p a/b/c; echo 1 > a/b/c/f; ln a/b/c/f a/b/c/g', ',redirect_dir=on');
    lab.sh(
      `mv ${m}/a/b ${m}/moved; echo 2 >> ${m}/moved/c/f; dd if=/dev/zero of=${m}/moved/c/big bs=64k count=4 2>/dev/null`,
    );
    await page.quiet();
    const row = await lab.row(view, 'moved/c/f');
    expect(row.findings.map(({ code }) => code)).toContain('hardlink-split');
    const { groups } = await lab.client.call('findings', { view });
    expect(groups.find(({ code }) => code === 'hardlink-split')?.count).toBe(1);
    expect((await lab.row(view, 'moved')).upperBeneath).toMatchObject({ entries: 3 });
    expect(await lab.client.call('locate', { view, path: 'a/b' as never })).not.toBeNull();
    expect((await lab.row(view, 'a/b')).status).toBe('whiteout');
  });

  test('records that are lost are announced, and the stack is read again', async () => {
    const { fs, m } = await stack('echo lower > f', '', 'tmpfs');
    const limit = Number(readFileSync('/proc/sys/fs/fanotify/max_queued_events', 'latin1'));
    const probe = probeOf();
    process.kill(probe, 'SIGSTOP');
    try {
      lab.sh(`mkdir ${fs}/flood; cd ${fs}/flood; for ((i = 0; i < ${limit}; i++)); do : > $i; done`);
      lab.sh(`echo more >> ${m}/f; mkdir ${m}/late`);
    } finally {
      process.kill(probe, 'SIGCONT');
    }
    await page.rescanned();
    await page.quiet();
    expect(page.state).toMatchObject({ overflows: 1, rescans: 1 });
    expect(page.events.map(({ event }) => event)).toEqual(expect.arrayContaining(['overflow', 'rescanned']));
    expect(await lab.names(view)).toEqual(['/', '  f', '  late']);
    lab.sh(`touch ${m}/after`);
    await page.quiet();
    expect(await lab.names(view)).toEqual(['/', '  after', '  f', '  late']);
  });

  test('a lower that changes below the mount is told, and read anew', async () => {
    const { fs } = await stack('echo lower > f');
    lab.sh(`echo new > ${fs}/l/g`);
    await page.rescanned();
    expect(page.events.find(({ event }) => event === 'layer-changed')).toMatchObject({ path: 'g', layer: 1 });
    expect(await lab.names(view)).toEqual(['/', '  f', '  g']);
    expect(page.state).toMatchObject({ overflows: 0, rescans: 1 });
  });

  test('a probe that is killed ends it, plainly; what was read stays', async () => {
    await stack('echo lower > f');
    const down = new Promise((resolve) => lab.client.on('probe', resolve));
    process.kill(probeOf(), 'SIGKILL');
    expect(await page.ended).toBe('closed');
    expect(await down).toMatchObject({ state: 'down', message: 'The probe was ended by SIGKILL.' });
    expect(await lab.names(view)).toEqual(['/', '  f']);
    page = new LivePage(lab, view);
    await page.until('watching');
  });

  test('an upper that is full, and an upper that is taken away', async () => {
    const { fs, m } = await stack('echo lower > f; mkdir d');
    lab.sh(`dd if=/dev/zero of=${m}/big bs=1M 2>/dev/null || true; echo x > ${m}/d/none || true`);
    await page.quiet();
    expect((await lab.row(view, 'big')).status).toBe('upper');
    lab.sh(`rm ${m}/big; mv ${fs}/u ${fs}/elsewhere; echo more >> ${m}/f`);
    while (page.state?.trouble == null) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(page.state.trouble).toContain('ENOENT');
    lab.sh(`mv ${fs}/elsewhere ${fs}/u`);
    while (page.state.trouble !== null) await new Promise((resolve) => setTimeout(resolve, 5));
    await page.quiet();
    expect((await lab.row(view, 'f')).status).toBe('copied up');
  });

  test('one view is live once; it ends when it is closed', async () => {
    await stack('echo x > f');
    const second = new LivePage(lab, view);
    expect(await second.ended).toBe('busy');
    await lab.client.call('close', { view });
    expect(await page.ended).toEqual({ unmounted: false });
  });

  test('it is not what keeps the mount, nor the upper’s filesystem, and keeps its last picture', async () => {
    const { fs, m } = await stack('echo x > f');
    lab.sh(`echo more >> ${m}/f`);
    await page.quiet();
    lab.sh(`umount ${m}`);
    expect(await page.ended).toEqual({ unmounted: true });
    expect(page.state).toMatchObject({ phase: 'unmounted', stillAt: [] });
    lab.sh(`umount ${fs}`);
    expect(await lab.names(view)).toEqual(['/', '  f']);
  });
});
