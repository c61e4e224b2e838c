/**
 * Measures the program against what the kernel allows, on real overlays.
 *
 *   npm run bench [-- --only NAME] [-- --format ndjson] [-- --rounds N]
 *
 * It needs root, for it mounts overlays: in a mount namespace of its own, so that they are gone with it however it ends.
 */
import { spawn } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import manifest from '../package.json' with { type: 'json' };
import { findingsOfTree } from './findings.ts';
import { firstRows } from './first-rows.ts';
import { historyWrite } from './history-write.ts';
import { inodesShare } from './inodes.ts';
import { liveLatency, liveNoise } from './live.ts';
import { MAP_MEASURES } from './map.ts';
import type { Measure, Skipped } from './measure.ts';
import { memoryPerEntry } from './memory.ts';
import { inodeSearch } from './number-search.ts';
import { HEAD, rowOf } from './people.ts';
import { scanAgainstFind, scanAgainstFloor } from './scan.ts';
import { SCROLL_MEASURES } from './scroll.ts';

type Say = (line: string) => void;

/** Measures by the name that --only takes. */
const MEASURES: Record<string, (rounds: number, say: Say) => Promise<Measure | Skipped>> = {
  'scan-170k': (rounds, say) => scanAgainstFloor('170k', rounds, say),
  'scan-20k': (rounds, say) => scanAgainstFloor('20k', rounds, say),
  'find-170k': (rounds, say) => scanAgainstFind('170k', rounds, say),
  'inodes-share': inodesShare,
  'first-rows-20k': (rounds, say) => firstRows('20k', rounds, say),
  'first-rows-170k': (rounds, say) => firstRows('170k', rounds, say),
  'memory-per-entry': memoryPerEntry,
  'findings-170k': findingsOfTree,
  'inode-search': inodeSearch,
  ...MAP_MEASURES,
  'history-write': historyWrite,
  'live-p95-10': (rounds) => liveLatency(10, rounds),
  'live-p95-1000': (rounds) => liveLatency(1000, rounds),
  'live-p95-10000': (rounds) => liveLatency(10000, rounds),
  'live-noise': (rounds) => liveNoise(rounds),
  ...SCROLL_MEASURES,
};

/** Says that this process already stands in a mount namespace of its own. */
const APART = 'STRATOSCOPE_BENCH_APART';
const LEAST_ROUNDS = 5;

type Options = { only: string[]; format: 'table' | 'ndjson'; rounds: number };

function options(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      format: { type: 'string', default: 'table' },
      rounds: { type: 'string', default: '7' },
    },
  });
  const { only = Object.keys(MEASURES), format } = values;
  for (const name of only)
    if (!Object.hasOwn(MEASURES, name)) throw new Error(`--only takes one of ${Object.keys(MEASURES).join(', ')}`);
  if (format !== 'table' && format !== 'ndjson') throw new Error('--format takes table or ndjson');
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < LEAST_ROUNDS)
    throw new Error(`--rounds takes a number from ${LEAST_ROUNDS}`);
  return { only, format, rounds };
}

/** This program again, in a mount namespace of its own. Resolves with its exit status. */
function apart(): Promise<number> {
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [APART]: '1' } },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`bench: unshare: ${error.message}`);
      resolve(4);
    });
    child.on('close', (code) => resolve(code ?? 130));
  });
}

function meta(rounds: number): Record<string, unknown> {
  return {
    contract: 1,
    version: manifest.version,
    kernel: release(),
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    memoryBytes: totalmem(),
    // Of the last minute: what else this machine was doing.
    load: loadavg()[0],
    rounds,
    time: new Date().toISOString(),
  };
}

async function measureAll({ only, format, rounds }: Options): Promise<number> {
  const say: Say = (line) => console.error(`bench: ${line}`);
  const write = (line: unknown): void => console.log(JSON.stringify(line));
  const facts = meta(rounds);
  if (format === 'ndjson') write({ meta: facts });
  else
    console.log(
      `${Object.entries(facts)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}\n\n${HEAD}`,
    );
  let status = 0;
  for (const name of only) {
    try {
      const line = await MEASURES[name]?.(rounds, say);
      if (line === undefined) continue;
      if (format === 'ndjson') write(line);
      else console.log(rowOf(line));
    } catch (error) {
      status = 3;
      const message = error instanceof Error ? error.message : String(error);
      say(`${name}: ${message}`);
      if (format === 'ndjson') write({ error: { code: 'not-measured', message, path: name } });
    }
  }
  return status;
}

async function main(): Promise<number> {
  let chosen: Options;
  try {
    chosen = options();
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    console.error('bench: it mounts overlays, and only root may: sudo npm run bench');
    return 4;
  }
  return process.env[APART] === '1' ? measureAll(chosen) : apart();
}

process.exitCode = await main();
