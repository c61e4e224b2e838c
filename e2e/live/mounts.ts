/** Mounts for the random changes, on filesystems of their own, and the processes that make the changes. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '../kernel/random.ts';
import { type Operation, randomLower } from './random-operations.ts';

const NODE = join(import.meta.dirname, '../../node_modules/.bin/node');
const WORKER = join(import.meta.dirname, 'operations.ts');

/** How a filesystem of a type is made and mounted at AT. */
const MAKE: Record<string, string> = {
  ext4: 'truncate -s 64M AT.img; mkfs.ext4 -q -F AT.img; mount -o loop AT.img AT',
  xfs: 'truncate -s 320M AT.img; mkfs.xfs -q AT.img; mount -o loop AT.img AT',
  btrfs: 'truncate -s 160M AT.img; mkfs.btrfs -q AT.img; mount -o loop AT.img AT',
  tmpfs: 'mount -t tmpfs AT AT',
};

export class RandomMount {
  readonly folder = mkdtempSync(join(tmpdir(), 'stratoscope-live-'));
  readonly merged = join(this.folder, 'merged');

  /** An overlay whose upper is on a filesystem of `type`, and its lower there too or on one of `lowerType`. */
  constructor(type: string, lowerType: string | null, options: string, random: Random) {
    this.#sh(`mkdir fs lower merged; ${MAKE[type]?.replaceAll('AT', 'fs')}; mkdir fs/upper fs/work fs/lower`);
    if (lowerType === null) this.#sh('mount --bind fs/lower lower');
    else this.#sh(`${MAKE[lowerType]?.replaceAll('AT', 'lower')}`);
    this.#sh(`cd lower; ${randomLower(random)}`);
    const lower = lowerType === null ? 'fs/lower' : 'lower';
    const at = (name: string): string => join(this.folder, name);
    const layers = `lowerdir=${at(lower)},upperdir=${at('fs/upper')},workdir=${at('fs/work')}`;
    this.#sh(`mount -t overlay o -o ${layers}${options === '' ? '' : `,${options}`} merged`);
  }

  #sh(script: string): void {
    execFileSync('bash', ['-ec', script], { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  remove(): void {
    this.#sh('for at in merged lower fs; do umount -l $at || true; done');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Processes that change one directory at the same time. */
export class Changers {
  readonly #all: ChildProcessWithoutNullStreams[];

  constructor(folder: string, count: number) {
    this.#all = Array.from({ length: count }, () =>
      spawn(NODE, [WORKER, folder], { stdio: ['pipe', 'pipe', 'inherit'] as never }),
    ) as ChildProcessWithoutNullStreams[];
  }

  /** Deals the operations out, and waits until all are done. Returns how many took effect. */
  async perform(operations: readonly Operation[]): Promise<number> {
    const done = this.#all.map((child) => once(child.stdout, 'data'));
    for (const [i, operation] of operations.entries())
      this.#all[i % this.#all.length]?.stdin.write(`${JSON.stringify(operation)}\n`);
    for (const child of this.#all) child.stdin.write('\n');
    return (await Promise.all(done)).reduce((sum, [answer]) => sum + Number(answer), 0);
  }

  async end(): Promise<void> {
    const closed = this.#all.map((child) => once(child, 'close'));
    for (const child of this.#all) child.stdin.end();
    await Promise.all(closed);
  }
}
