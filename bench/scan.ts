/** The whole scan: every layer read with its attributes, merged, origins verified. */
import { asBytes } from '../shared/bytes/bytes.ts';
import type { StackRef } from '../shared/ipc/probe.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { alternate, compared, type Measure, median, round, type Sample } from './measure.ts';
import { type Tree, type TreeName, treeOf } from './trees.ts';
import { runFind, runFloor } from './walkers.ts';

export const refOf = ({ mount }: Tree): StackRef => ({ kind: 'mount', mount: asBytes(mount), pid: null });

type Phases = { walk: number; merge: number; origins: number };
type Scanned = Sample & { rawEntries: number; objects: number; seconds: Phases };

/** One `summary` of a running engine: its `total` in ms, from the request to the whole answer. */
async function scanOnce(engine: RunningEngine, tree: Tree): Promise<Scanned> {
  const cpu = engine.cpuMs();
  const { summary, errors } = await engine.client.call('summary', { stack: refOf(tree) });
  const [error] = errors;
  if (error) throw new Error(`the scan of ${tree.mount} is not whole: ${error.error.message}`);
  const { rawEntries, objects, seconds } = summary;
  return { value: seconds.total * 1000, cpuMs: engine.cpuMs() - cpu, rawEntries, objects, seconds };
}

/** Scans and runs of `other` in turn. */
async function scansAgainst(
  name: string,
  size: TreeName,
  against: string,
  other: (tree: Tree) => Sample,
  rounds: number,
  say: (line: string) => void,
): Promise<Measure> {
  const tree = treeOf(size, say);
  const engine = await startEngine();
  try {
    const scans: Scanned[] = [];
    const scan = async (): Promise<Sample> => {
      const one = await scanOnce(engine, tree);
      scans.push(one);
      return one;
    };
    const [theirs = [], ours = []] = await alternate(rounds, [() => other(tree), scan]);
    const last = scans.at(-1) as Scanned;
    const phase = (key: keyof Phases): number => round(median(scans.slice(1).map((one) => one.seconds[key] * 1000)), 0);
    return {
      ...compared(name, 'ms', against, ours, theirs),
      rawEntries: last.rawEntries,
      objects: last.objects,
      phases: { walk: phase('walk'), merge: phase('merge'), origins: phase('origins') },
    };
  } finally {
    await engine.close();
  }
}

export const scanAgainstFloor = (size: TreeName, rounds: number, say: (line: string) => void): Promise<Measure> =>
  scansAgainst(`scan-${size}`, size, 'floor -x, one thread', runFloor, rounds, say);

export const scanAgainstFind = (size: TreeName, rounds: number, say: (line: string) => void): Promise<Measure> =>
  scansAgainst(`find-${size}`, size, "find -printf '%i %D\\n' on the mount", runFind, rounds, say);
