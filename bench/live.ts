/** How soon `watch` tells of a change, and what watching costs. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOf } from './cpu.ts';
import { DIST } from './engine.ts';
import { alone, type Measure, quantile, round, type Sample } from './measure.ts';

const WRITER = join(import.meta.dirname, 'live-writer.ts');
/** Files of one round, by their rate a second. */
const COUNTS: Record<number, number> = { 10: 40, 1000: 3000, 10000: 20000 };

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/** An overlay on an ext4 of its own, and `elsewhere`, a folder on the same filesystem beside its layers. */
class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'stratoscope-bench-live-'));
  readonly merged = join(this.folder, 'merged');
  readonly elsewhere = join(this.folder, 'fs', 'elsewhere');

  constructor() {
    const fs = join(this.folder, 'fs');
    run('truncate', '-s', '512M', join(this.folder, 'image'));
    run('mkfs.ext4', '-q', '-F', '-N', '400000', join(this.folder, 'image'));
    for (const path of [fs, this.merged]) mkdirSync(path);
    run('mount', '-o', 'loop', join(this.folder, 'image'), fs);
    for (const name of ['lower', 'upper', 'work', 'elsewhere']) mkdirSync(join(fs, name));
    const layers = ['lower', 'upper', 'work'].map((name) => `${name}dir=${join(fs, name)}`).join(',');
    run('mount', '-t', 'overlay', 'bench', '-o', layers, this.merged);
  }

  remove(): void {
    for (const path of [this.merged, join(this.folder, 'fs')]) spawnSync('umount', ['-l', path]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `watch` as a program reads it: when each line of a creation came, by path. */
class Watching {
  readonly came = new Map<string, bigint>();
  overflows = 0;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly ready: Promise<void>;

  constructor(mount: string) {
    const program = join(DIST, 'stratoscope.js');
    this.#child = spawn(process.execPath, [program, 'watch', mount, '--format', 'ndjson'], { stdio: 'pipe' });
    let rest = '';
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#child.on('error', reject);
    this.#child.on('close', () => reject(new Error('watch ended')));
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const now = process.hrtime.bigint();
      const lines = (rest + text).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) {
        if (line.startsWith('{"meta"')) resolve();
        else if (line.includes('"event":"overflow"')) this.overflows++;
        const path = /"event":"created","path":"([^"]*)"/.exec(line)?.[1];
        if (path !== undefined) this.came.set(path, now);
      }
    });
  }

  cpuMs(): number {
    return cpuOf(this.#child.pid as number);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.ready.catch(() => {});
    this.#child.kill('SIGTERM');
    await ended;
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes files in a folder; resolves with when each was about to be made. */
async function write(folder: string, rate: number): Promise<bigint[]> {
  mkdirSync(folder);
  const child = spawn(process.execPath, [WRITER, folder, `${COUNTS[rate]}`, `${rate}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return (JSON.parse(out) as string[]).map(BigInt);
}

/** From just before the system call to the reader of the line that tells of it, at so many a second. */
export async function liveLatency(rate: 10 | 1000 | 10000, rounds: number): Promise<Measure> {
  const stage = new Stage();
  try {
    const samples: Sample[] = [];
    const more: { p50: number; p99: number }[] = [];
    let lost = 0;
    let overflows = 0;
    for (let turn = -1; turn < rounds; turn++) {
      const watching = new Watching(stage.merged);
      await watching.ready;
      const before = watching.cpuMs();
      const name = `r${turn + 1}`;
      const at = await write(join(stage.merged, name), rate);
      await sleep(300);
      const cpuMs = watching.cpuMs() - before;
      const times: number[] = [];
      at.forEach((begun, i) => {
        const came = watching.came.get(`${name}/f${i}`);
        if (came !== undefined) times.push(Number(came - begun) / 1e6);
        else if (turn >= 0) lost++;
      });
      overflows += watching.overflows;
      await watching.end();
      if (turn < 0) continue;
      samples.push({ value: quantile(times, 0.95), cpuMs });
      more.push({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });
    }
    const middle = (key: 'p50' | 'p99'): number =>
      round(
        quantile(
          more.map((one) => one[key]),
          0.5,
        ),
      );
    return { ...alone(`live-p95-${rate}`, 'ms', samples, 2), p50: middle('p50'), p99: middle('p99'), lost, overflows };
  } finally {
    stage.remove();
  }
}

/** What a busy filesystem costs that is watched: work elsewhere on it, at 10,000 files a second; share of a core. */
export async function liveNoise(rounds: number): Promise<Measure> {
  const stage = new Stage();
  try {
    const samples: Sample[] = [];
    for (let turn = -1; turn < rounds; turn++) {
      const watching = new Watching(stage.merged);
      await watching.ready;
      const [cpu, begun] = [watching.cpuMs(), performance.now()];
      await write(join(stage.elsewhere, `r${turn + 1}`), 10000);
      const share = (watching.cpuMs() - cpu) / (performance.now() - begun);
      await watching.end();
      if (turn >= 0) samples.push({ value: share * 100 });
    }
    return alone('live-noise', '% of a core', samples);
  } finally {
    stage.remove();
  }
}
