import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InodeMap } from '../../electron/engine/map/inode-map.ts';
import { Mapped } from '../../electron/engine/map/testing/mapped.ts';
import { everyMapping } from '../../electron/engine/map/windows.ts';
import { cannotMount, Laboratory } from '../../electron/engine/testing/laboratory.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { Mapping } from '../../shared/map/record.ts';
import { Random } from '../kernel/random.ts';
import { digestOf, toText, type WrittenTruth } from './writer.ts';

const isDeep = process.env.STRATOSCOPE_DEEP === '1';
const seed = Number(process.env.STRATOSCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = isDeep ? 200 : 20;
const CUTS = isDeep ? 60 : 6;
const FILES = 1500;
const WRITER = join(import.meta.dirname, 'writer.ts');

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
/** Writers that are still to be killed: also where a test fails. */
const writers = new Set<() => Promise<void>>();
afterEach(async () => {
  for (const kill of writers) await kill();
  await lab.end();
});

/** A real stack with many files copied up, and what its map holds. */
async function realTruth(stack: StackRef): Promise<WrittenTruth> {
  const map = new Mapped(lab, 'truth.map');
  await map.build(stack);
  const own = InodeMap.open(lab.at('truth.map'), 'read');
  try {
    return {
      filesystems: own.filesystems.map(({ key, type, dev }) => ({ key, type, dev: dev ?? 'unknown' })),
      mappings: [...everyMapping(own)],
      facts: Object.fromEntries((['stack', 'identity', 'upper'] as const).map((name) => [name, own.fact(name) ?? ''])),
    };
  } finally {
    own.close();
  }
}

function makeStack(): StackRef {
  lab.filesystem('ext4', 'fs');
  lab.sh(`mkdir fs/l fs/u fs/w m; for d in 1 2 3 4 5; do mkdir fs/l/$d; done`);
  lab.sh(`for i in $(seq ${FILES}); do echo $i > fs/l/$((i % 5 + 1))/f$i; done`);
  lab.overlay('m', 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w');
  lab.sh(`chmod 600 m/*/f*`);
  return lab.mount('m');
}

/** A writer, and the marks that it wrote so far. */
function startWriter(truth: WrittenTruth, db: string, writerSeed: number) {
  writeFileSync(lab.at('truth.json'), toText(truth));
  const child = spawn(process.execPath, [WRITER, lab.at('truth.json'), db, String(writerSeed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let marks = '';
  child.stdout.setEncoding('latin1').on('data', (text) => {
    marks += text;
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const kill = async (): Promise<void> => {
    writers.delete(kill);
    child.kill('SIGKILL');
    await ended;
  };
  writers.add(kill);
  return {
    kill,
    /** It is inside a transaction, as far as it told. */
    isInside: () => /B[^;]*;?$/.test(marks),
    /** What the map held after each transaction that it told of, the one that may be going on included. */
    states: () => [...marks.matchAll(/[RB]([^;]+;)/g)].map(([, digest]) => digest as string),
    async ready(): Promise<void> {
      while (!/R[^;]+;/.test(marks) && child.exitCode === null) await sleep(2);
      expect(child.exitCode).toBeNull();
    },
  };
}

const keyOf = ({ upper }: Mapping): string => `${upper.fs} ${upper.ino}`;

/**
 * That what a map holds is whole and true: some of the entries that there are, and nothing else; and, where states are
 * given, exactly one of those: no transaction by half. Gives how many.
 */
function expectTrue(file: string, truth: WrittenTruth, states?: readonly string[]): number {
  const map = InodeMap.open(file, 'write');
  try {
    expect(map.db.pragma('integrity_check', { simple: true })).toBe('ok');
    const real = new Map(truth.mappings.map((one) => [keyOf(one), one]));
    const stored = map.reading(() => [...everyMapping(map)]);
    for (const one of stored) expect(one).toEqual(real.get(keyOf(one)));
    expect(new Set(stored.map(keyOf)).size).toBe(stored.length);
    if (states) expect(states).toContain(digestOf(stored.map(({ upper }) => upper.ino)));
    for (const table of ['mapping', 'evidence'])
      for (const { id } of map.uppers)
        expect(Number(map.db.prepare(`SELECT count(*) FROM ${table}_${id}`).pluck().get())).toBe(stored.length);
    // Both ways, and by the bitmaps.
    map.reading(() => {
      for (const { upper, lower } of stored) {
        const fs = map.byKey(upper.fs)?.id as number;
        expect(map.lowerOf(fs, upper.ino)?.ino).toBe(lower.ino);
        expect(map.mappingsTo(map.byKey(lower.fs)?.id as number, lower.ino)).toHaveLength(1);
      }
    });
    return stored.length;
  } finally {
    map.close();
  }
}

describe.skipIf(cannotMount !== null)(
  `a map whose writer ends at any moment${cannotMount ? ` (${cannotMount})` : ''}`,
  () => {
    test(
      `is never wrong: killed ${KILLS} times, seed ${seed}`,
      async () => {
        const stack = makeStack();
        const random = new Random(seed);
        const map = new Mapped(lab);
        let inside = 0;
        let behind = 0;
        let truth = await realTruth(stack);
        for (let kill = 0; kill < KILLS; kill++) {
          const writer = startWriter(truth, map.db, random.below(2 ** 31));
          await writer.ready();
          await sleep(random.next() * 250);
          await writer.kill();
          if (writer.isInside()) inside++;
          // Some transactions may be lost, each as a whole. What was told of them waits in the pipe.
          await sleep(20);
          const held = expectTrue(map.db, truth, [...writer.states(), digestOf([])]);
          if (held < truth.mappings.length) behind++;

          // The stack goes on: one file is removed, one more is copied up.
          const gone = random.pick(truth.mappings.filter(({ path }) => path.includes('/')));
          lab.sh(`rm m/${gone.path}; echo ${kill} > fs/l/new${kill}; chmod 600 m/new${kill}`);
          const { bad, checked, missing } = await map.check(stack);
          expect(checked).toBe(held);
          expect(missing).toBe(truth.mappings.length - held + 1 - (Object.keys(bad).length === 0 ? 1 : 0));
          for (const [path, fault] of Object.entries(bad)) {
            expect(path).toBe(gone.path);
            expect(fault).toMatch(/^upper-/);
          }
          await map.build(stack);
          truth = await realTruth(stack);
          expect(expectTrue(map.db, truth)).toBe(truth.mappings.length);
          expect(await map.check(stack)).toMatchObject({ faults: 0, missing: 0, unknown: 0 });
        }
        const share = inside / KILLS;
        process.stdout.write(
          `map, seed ${seed}: killed ${KILLS} times, ${Math.round(share * 100)} % inside a transaction, ${behind} times behind\n`,
        );
        expect(share).toBeGreaterThan(0.5);
      },
      KILLS * 20_000,
    );

    test(
      `is never wrong after a power cut: ${CUTS} of them, seed ${seed}`,
      async () => {
        const stack = makeStack();
        const random = new Random(seed + 1);
        const truth = await realTruth(stack);
        // The disk of the map is an image on a filesystem that can clone a file in one moment.
        lab.filesystem('xfs', 'host');
        lab.sh(
          'truncate -s 48M host/disk.img; mkfs.ext4 -q -F host/disk.img; mkdir disk after; mount -o loop,commit=1 host/disk.img disk',
        );
        const writer = startWriter(truth, lab.at('disk/a.map'), random.below(2 ** 31));
        await writer.ready();
        let behind = 0;
        for (let cut = 0; cut < CUTS; cut++) {
          await sleep(random.next() * 400);
          // What has reached the disk by then is whatever the kernel wrote, or all of it.
          if (random.chance(0.5)) lab.sh('sync -f disk');
          lab.sh('cp --reflink=always host/disk.img host/cut.img');
          lab.sh('mount -o loop host/cut.img after; ls after > names');
          const map = new Mapped(lab, 'after/a.map');
          if (lab.sh('cat names').includes('a.map')) {
            // Some transactions may be lost, each as a whole. What was told of them waits in the pipe.
            await sleep(20);
            const held = expectTrue(map.db, truth, [...writer.states(), digestOf([])]);
            if (held < truth.mappings.length) behind++;
            expect(await map.check(stack)).toMatchObject({ checked: held, faults: 0 });
          } else behind++;
          await map.build(stack);
          expect(expectTrue(map.db, truth)).toBe(truth.mappings.length);
          lab.sh('umount after; rm host/cut.img');
        }
        await writer.kill();
        process.stdout.write(`map, seed ${seed}: ${CUTS} power cuts, ${behind} times behind\n`);
      },
      CUTS * 20_000,
    );
  },
);

test('the check that it is true finds a lie', () => {
  const file = lab.at('lie.map');
  const truth: WrittenTruth = {
    filesystems: [{ key: 'aa', type: 'ext4', dev: '7:1' }],
    mappings: [
      {
        upper: { fs: 'aa', ino: 5n, handle: '01:05' },
        lower: { fs: 'aa', ino: 6n, handle: '01:06', layer: 1 },
        path: 'x' as Mapping['path'],
        since: 1n,
      },
    ],
    facts: {},
  };
  const map = InodeMap.open(file, 'create');
  map.writing(() => {
    for (const one of truth.filesystems) map.noteFilesystem(one);
    for (const one of truth.mappings) map.put(one);
  });
  map.close();
  expect(expectTrue(file, truth)).toBe(1);
  const db = new Database(file);
  db.exec('UPDATE mapping_1 SET lower_ino = 7');
  db.close();
  expect(() => expectTrue(file, truth)).toThrow();
});
