import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WatchEvent, type WatchMeta } from '../../../shared/contract/watch.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { CHANGES, LOWER } from '../../../shared/live/testing/changes.ts';
import { expectTold } from '../../../shared/live/testing/expect.ts';
import { cannotMount, type FilesystemType, Laboratory } from '../testing/laboratory.ts';

/** Nothing comes for this long: everything has come. Longer than an open file without a name is waited for. */
const QUIET_MS = 120;

/** A watch that gathers what it is told. */
class Watching {
  readonly events: WatchEvent[] = [];
  readonly meta: Promise<WatchMeta['meta']>;
  unmounted: string[] | null = null;
  readonly ended: Promise<unknown>;
  readonly #stop = new AbortController();
  #last = performance.now();

  constructor(lab: Laboratory, stack: StackRef) {
    const { promise, resolve, reject } = Promise.withResolvers<WatchMeta['meta']>();
    this.meta = promise;
    this.ended = lab.client
      .call(
        'watch',
        { stack },
        {
          signal: this.#stop.signal,
          onItem: (item) => {
            this.#last = performance.now();
            if ('meta' in item) resolve(item.meta);
            else if ('unmounted' in item) this.unmounted = item.unmounted.stillAt;
            else for (const event of item.events) this.events.push(WatchEvent.parse(event));
          },
        },
      )
      .catch((error) => {
        reject(error);
        if (error.failure?.code !== 'cancelled') throw error;
      });
  }

  async quiet(): Promise<WatchEvent[]> {
    this.#last = performance.now();
    while (performance.now() - this.#last < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.events;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

describe.skipIf(cannotMount)(`what happens on a real mount${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  let lab: Laboratory;
  let at: string;
  beforeAll(() => {
    lab = new Laboratory();
  });
  afterAll(() => lab.end());
  afterEach(() => lab.sh(`umount -l ${at}/m || true`));

  describe.each(['ext4', 'xfs', 'btrfs', 'tmpfs'] as FilesystemType[])('%s', (type) => {
    beforeAll(() => lab.filesystem(type, type));

    test.each(CHANGES.map((change, i) => [change.title, i] as const))('%s', async (_, i) => {
      const change = CHANGES[i] as (typeof CHANGES)[number];
      at = `${type}/${i}`;
      lab.sh(`mkdir -p ${at}/l ${at}/u ${at}/w; cd ${at}/l; ${LOWER}`);
      const options = change.options === '' ? '' : `,${change.options}`;
      lab.overlay(`${at}/m`, `lowerdir=${at}/l,upperdir=${at}/u,workdir=${at}/w${options}`);
      lab.sh(`cd ${at}/m; ${change.before}`);
      const watching = new Watching(lab, lab.mount(`${at}/m`));
      const { watched } = await watching.meta;
      expect(watched.map(({ layer, by, why }) => [layer, by, why])).toEqual([
        [-1, 'filesystem', ''],
        [0, 'filesystem', ''],
        [1, 'filesystem', ''],
      ]);
      const { status, stderr } = spawnSync('bash', ['-ec', change.run], { cwd: lab.at(`${at}/m`), encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      const events = await watching.quiet();
      await watching.stop();
      expectTold(change, events);
      for (const { event, pid, command } of events)
        if (event !== 'orphan') expect([event, typeof pid, command === 'unknown']).toEqual([event, 'number', false]);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, k) => k));
    });
  });
});
