/**
 * What the engine believes of an upper after many changes by several processes, against a fresh reading of it: at every
 * quiet moment both must say the same of every name.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveSession } from '../../electron/engine/live/session.ts';
import { standingOfEntry } from '../../electron/engine/live/standing.ts';
import { ProbeHolder } from '../../electron/engine/machine.ts';
import { StackScan } from '../../electron/engine/scan.ts';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import type { ProbeContract } from '../../shared/ipc/probe.ts';
import type { Client } from '../../shared/ipc/rpc.ts';
import type { Standing } from '../../shared/live/asker.ts';
import { type Now, parseWatchItem, Raw, type RawEvent } from '../../shared/live/raw.ts';
import { Random } from '../kernel/random.ts';
import { everyPath, randomLower, randomOperation } from './random-operations.ts';

const SEED = Number(process.env.STRATOSCOPE_SEED ?? randomInt(2 ** 31));
const DEEP = process.env.STRATOSCOPE_DEEP === '1';
/** Operations of one round, and rounds of one mount. */
const OPERATIONS = 150;
const ROUNDS = DEEP ? 60 : 6;
const PROCESSES = 3;
const QUIET_MS = 150;

const NODE = join(import.meta.dirname, '../../node_modules/.bin/node');
const WORKER = join(import.meta.dirname, 'operations.ts');

const MKFS: Record<string, string> = {
  ext4: 'truncate -s 64M image; mkfs.ext4 -q -F image; mount -o loop image fs',
  xfs: 'truncate -s 320M image; mkfs.xfs -q image; mount -o loop image fs',
  btrfs: 'truncate -s 160M image; mkfs.btrfs -q image; mount -o loop image fs',
  tmpfs: 'mount -t tmpfs fs fs',
};

/** What is compared of a name. */
const facts = (standing: Standing | null): unknown =>
  standing && {
    is: standing.is,
    ino: standing.ino,
    mode: standing.mode,
    // A directory's size follows from its names, of which it is told itself by none.
    size: standing.is === 'directory' ? null : standing.size,
    marks: standing.marks,
  };

describe.skipIf(process.getuid?.() !== 0)(`the picture of an upper, seed ${SEED}`, () => {
  let probe: ProbeHolder;
  const folders: string[] = [];
  const sh = (script: string, cwd: string): string =>
    execFileSync('bash', ['-ec', script], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    console.log(`seed ${SEED}: give it back with STRATOSCOPE_SEED`);
    probe = new ProbeHolder((message) => console.error(message));
  });
  afterAll(async () => {
    await probe.close();
    for (const folder of folders) {
      sh('umount -l m || true; umount -l fs || true; umount -l fs2 || true', folder);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each([
    ['ext4', ''],
    ['ext4', ',redirect_dir=on,metacopy=on'],
    ['xfs', ',index=on'],
    ['btrfs', ',redirect_dir=on'],
    ['tmpfs', ''],
    ['tmpfs', ',redirect_dir=on,index=on'],
  ])('%s%s', async (type, options) => {
    const random = new Random(SEED + type.length * 7 + options.length);
    const folder = mkdtempSync(join(tmpdir(), 'stratoscope-picture-'));
    folders.push(folder);
    sh(`mkdir fs m; ${MKFS[type]}; mkdir fs/l fs/u fs/w`, folder);
    sh(randomLower(random), join(folder, 'fs/l'));
    const layers = ['lower', 'upper', 'work'].map((name) => `${name}dir=${folder}/fs/${name[0]}`).join(',');
    sh(`mount -t overlay o -o ${layers}${options} m`, folder);

    const stack = await probe.resolve({ kind: 'mount', mount: asBytes(join(folder, 'm')) as never, pid: null });
    const read = async (): Promise<StackScan> => {
      const scan = new StackScan(stack, probe.client, { targets: false });
      await scan.run();
      return scan;
    };
    const stop = new AbortController();
    const ready = Promise.withResolvers<unknown>();
    const events: WatchEvent[] = [];
    let last = performance.now();
    const records: RawEvent[] = [];
    const session = new LiveSession({
      stack,
      probe: recording(probe.client, records),
      lifetimes: true,
      read,
      onMeta: ready.resolve,
      onEvents: (more) => {
        last = performance.now();
        events.push(...more);
      },
      onUnmounted: () => {},
      signal: stop.signal,
    });
    const ended = session.run().catch((error) => {
      ready.reject(error);
      return error;
    });
    await ready.promise;

    for (let round = 0; round < ROUNDS; round++) {
      const workers = Array.from({ length: PROCESSES }, () => {
        const child = spawn(NODE, [WORKER, join(folder, 'm')], { stdio: ['pipe', 'pipe', 'inherit'] });
        for (let i = 0; i < OPERATIONS / PROCESSES; i++)
          child.stdin.write(`${JSON.stringify(randomOperation(random))}\n`);
        return child as unknown as ChildProcessWithoutNullStreams;
      });
      const closed = workers.map((child) => once(child, 'close'));
      for (const child of workers) child.stdin.end();
      await Promise.all(closed);
      last = performance.now();
      while (performance.now() - last < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 10));

      const fresh = await read();
      const marks = { prefix: stack.prefix, isReadable: true };
      const wrong: unknown[] = [];
      for (const path of everyPath()) {
        const entry = entryOf(fresh, path);
        const truth = facts(entry === null ? null : standingOfEntry(fresh.entries, entry, marks));
        const believed = facts(session.picture?.standing(asBytes(path)) ?? null);
        if (JSON.stringify(truth) !== JSON.stringify(believed))
          wrong.push({ path, truth, believed, records: recordsOf(records, path) });
      }
      expect({ round, wrong }).toEqual({ round, wrong: [] });
    }
    expect(events.filter(({ event }) => event === 'overflow')).toEqual([]);
    stop.abort();
    await ended;
  });
});

/** The same client, which keeps the records of what it watches. */
function recording(client: Client<ProbeContract>, records: RawEvent[]): Client<ProbeContract> {
  return {
    ...client,
    call: (name, params, options) =>
      client.call(name, params, {
        ...options,
        onChunk: (chunk) => {
          if (name === 'watch') {
            const item = parseWatchItem(chunk);
            if (item.kind === 'events') records.push(...item.events);
          }
          options?.onChunk?.(chunk);
        },
      }),
  };
}

/** The last records about a path, or a directory that it lies in, as lines. */
function recordsOf(records: readonly RawEvent[], path: string): string[] {
  const isAbout = (at: string | undefined): boolean =>
    at !== undefined && at !== '' && (path === at || path.startsWith(`${at}/`));
  return records
    .filter(({ at, from }) => isAbout(at?.path) || isAbout(from?.path))
    .slice(-12)
    .map(({ mask, at, from, fid, now, fromNow }) => {
      const bits = Object.entries(Raw).filter(([, bit]) => mask & bit);
      const state = (one: Now | undefined): string =>
        one === undefined ? '' : one.is === 'there' ? `${one.mode.toString(8)} ${one.ino} ${one.fid}` : one.is;
      const moved = from === undefined ? '' : ` from ${from?.layer} ${from?.path} (${state(fromNow)})`;
      return `${bits.map(([name]) => name).join('+')} ${at?.layer} ${at?.path}${moved} fid ${fid} now ${state(now)}`;
    });
}

/** The upper's entry at a path of the layer. */
function entryOf(scan: StackScan, path: string): number | null {
  let at = scan.root(0);
  for (const name of path.split('/')) {
    if (at === null || scan.entries.kind(at) !== 4) return null;
    const child = scan.entries.findName(at, name);
    at = child < 0 ? null : child;
  }
  return at;
}
