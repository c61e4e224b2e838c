/**
 * What the engine keeps of a watched stack while several processes change it, against a fresh reading: at every quiet
 * moment both must say the same of every object, hidden ones and what is predicted and found of them included.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveSession } from '../../electron/engine/live/session.ts';
import { ProbeHolder } from '../../electron/engine/machine.ts';
import { writeScan } from '../../electron/engine/output.ts';
import { StackScan } from '../../electron/engine/scan.ts';
import type { Stack } from '../../electron/engine/stack.ts';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { ProbeContract } from '../../shared/ipc/probe.ts';
import type { Client } from '../../shared/ipc/rpc.ts';
import type { Standing } from '../../shared/live/asker.ts';
import { parseWatchItem, type RawEvent } from '../../shared/live/raw.ts';
import { Random } from '../kernel/random.ts';
import { Changers, RandomMount } from './mounts.ts';
import { randomOperation } from './random-operations.ts';
import { recordsOf } from './records.ts';

const SEED = Number(process.env.STRATOSCOPE_SEED ?? randomInt(2 ** 31));
const DEEP = process.env.STRATOSCOPE_DEEP === '1';
/** Operations between two quiet moments, and such rounds of one mount. */
const OPERATIONS = 560;
const ROUNDS = DEEP ? 40 : 4;
const PROCESSES = 3;
/** Longer than what is in doubt waits before it is read again. */
const QUIET_MS = 120;
const PATIENCE_MS = 30_000;

/** Upper's filesystem, the lower's where it is another, options. */
const MOUNTS: [string, string | null, string][] = [
  ['ext4', null, ''],
  ['ext4', 'tmpfs', 'redirect_dir=on,metacopy=on'],
  ['xfs', null, 'index=on'],
  ['xfs', 'ext4', 'redirect_dir=on,xino=on'],
  ['btrfs', null, 'redirect_dir=on'],
  ['btrfs', 'tmpfs', ''],
  ['tmpfs', null, 'redirect_dir=on,index=on'],
  ['tmpfs', 'ext4', ''],
];

const figures = { operations: 0, events: 0, objects: 0, rescans: 0, overflows: 0, different: 0, statx: [] as number[] };

describe.skipIf(process.getuid?.() !== 0)(`the picture of a stack, seed ${SEED}`, () => {
  /** Traced, and the one of fresh readings. */
  let probe: ProbeHolder;
  let apart: ProbeHolder;
  const mounts: RandomMount[] = [];

  beforeAll(() => {
    console.log(`seed ${SEED}: give it back with STRATOSCOPE_SEED`);
    apart = new ProbeHolder((message) => console.error(message));
  });
  afterAll(async () => {
    await apart.close();
    for (const mount of mounts) mount.remove();
    const sorted = figures.statx.sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? 0;
    console.log(
      `seed ${SEED}: ${figures.operations} operations that took effect, ${figures.events} records, ${figures.objects} objects compared, ` +
        `${figures.different} different, ${figures.rescans} rescans, ${figures.overflows} overflows, ` +
        `statx a record: median ${median.toFixed(1)}, most ${(sorted.at(-1) ?? 0).toFixed(1)}`,
    );
    expect(median).toBeLessThanOrEqual(8);
  });

  // What several processes do at once never comes in the same order twice: a difference counts if it comes again.
  test.each(MOUNTS)('%s, lower on %s, %s', { retry: 2 }, async (type, lowerType, options) => {
    const random = new Random(SEED + MOUNTS.findIndex(([a, b]) => a === type && b === lowerType));
    const mount = new RandomMount(type, lowerType, options, random);
    mounts.push(mount);
    probe = new ProbeHolder((message) => console.error(message));
    const trace = join(mount.folder, 'statx');
    await probe.restart(['strace', '-f', '-qq', '--seccomp-bpf', '-e', 'trace=statx', '-o', trace], 'traced');
    const stack = await probe.resolve({ kind: 'mount', mount: asBytes(mount.merged) as never, pid: null });
    const watching = new Watching(stack, probe.client);
    await watching.ready;
    const changers = new Changers(mount.merged, PROCESSES);
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const before = { statx: statxIn(trace), records: watching.records.length };
        const done = await changers.perform(Array.from({ length: OPERATIONS }, () => randomOperation(random)));
        await watching.quiet();
        const records = watching.records.length - before.records;
        figures.operations += done;
        figures.events += records;
        if (records > 0) figures.statx.push((statxIn(trace) - before.statx) / records);

        const [live, truth] = [await objectsOf(watching.scan), await objectsOf(await read(stack, apart.client))];
        const paths = new Set([...live.keys(), ...truth.keys()]);
        const other = [...paths].filter((path) => live.get(path) !== truth.get(path));
        figures.objects += paths.size;
        figures.different += other.length;
        const shown = other.slice(0, 3).map((path) => ({
          path,
          live: JSON.parse(live.get(path) ?? 'null'),
          truth: JSON.parse(truth.get(path) ?? 'null'),
          believed: watching.standing(path),
          records: recordsOf(watching.records, path),
        }));
        expect({ round, other: other.length, shown }).toEqual({ round, other: 0, shown: [] });
      }
    } finally {
      figures.overflows += watching.overflows;
      figures.rescans += watching.rescans;
      await changers.end();
      await watching.stop();
      await probe.close();
    }
    expect([watching.overflows, watching.rescans]).toEqual([0, 0]);
  });
});

async function read(stack: Stack, client: Client<ProbeContract>): Promise<StackScan> {
  const scan = new StackScan(stack, client, { targets: true });
  await scan.run();
  return scan;
}

/** How often statx(2) was called, by the trace so far. */
const statxIn = (trace: string): number => readFileSync(trace, 'latin1').split('statx(').length - 1;

/** Every object of a scan as its line of the terminal contract, by path. */
async function objectsOf(scan: StackScan): Promise<Map<string, string>> {
  const chunks: Uint8Array[] = [];
  const send = (chunk: Uint8Array): void => void chunks.push(chunk);
  const wish = { hidden: true, path: null, depth: null };
  await writeScan(scan, wish, send, () => Promise.resolve(), new AbortController().signal);
  const [, ...lines] = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => [JSON.parse(line).path as string, line]));
}

/** A stack that is watched, and the scan that is kept in step. */
class Watching {
  readonly records: RawEvent[] = [];
  overflows = 0;
  rescans = 0;
  readonly ready: Promise<unknown>;
  readonly #session: LiveSession;
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;
  #scan: StackScan | null = null;
  #failed: unknown = null;
  #last = performance.now();

  constructor(stack: Stack, client: Client<ProbeContract>) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.ready = promise;
    this.#session = new LiveSession({
      stack,
      probe: this.#recording(client),
      lifetimes: true,
      read: async () => {
        this.#scan = await read(stack, client);
        this.#scan.trim();
        return this.#scan;
      },
      onMeta: resolve,
      onEvents: () => {},
      onChanged: () => {
        this.#last = performance.now();
      },
      onUnmounted: () => {},
      onOverflow: (count) => {
        this.overflows = count;
      },
      onRescanned: () => this.rescans++,
      signal: this.#stop.signal,
    });
    this.#ended = this.#session.run().catch((error) => {
      this.#failed = error;
      reject(error);
    });
  }

  /** What records say of a name of the upper. */
  standing(path: string): Standing | null {
    return this.#session.picture?.standing(asBytes(path)) ?? null;
  }

  get scan(): StackScan {
    return this.#scan as StackScan;
  }

  /** The same client, which keeps the records of what it watches. */
  #recording(client: Client<ProbeContract>): Client<ProbeContract> {
    return {
      ...client,
      call: (name, params, options) =>
        client.call(name, params, {
          ...options,
          onChunk: (chunk) => {
            if (name === 'watch') {
              this.#last = performance.now();
              const item = parseWatchItem(chunk);
              if (item.kind === 'events') this.records.push(...item.events);
            }
            options?.onChunk?.(chunk);
          },
        }),
    };
  }

  /** Nothing more comes, and all that came is in the scan. */
  async quiet(): Promise<void> {
    const begun = performance.now();
    this.#last = begun;
    while (performance.now() - this.#last < QUIET_MS || !this.#session.isInStep) {
      if (this.#failed) throw this.#failed;
      if (performance.now() - begun > PATIENCE_MS) throw new Error('the scan is not brought in step');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}
