/** What a stack that is open costs the engine, by raw entry. */
import { type Memory, type RunningEngine, startEngine } from './engine.ts';
import { alone, type Measure, median, round } from './measure.ts';
import { refOf } from './scan.ts';
import { type Tree, treeOf } from './trees.ts';
import { bytesOfNames } from './walkers.ts';

type Opened = { view: number; rawEntries: number };

/** Opens the stack and waits until it is read whole. */
async function openWhole({ client }: RunningEngine, tree: Tree): Promise<Opened> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const stop = client.on('view', ({ phase, rawEntries, error }) => {
    if (phase === 'ready') resolve(rawEntries);
    else if (phase === 'failed') reject(new Error(error?.message ?? 'the stack could not be read'));
  });
  try {
    const { view } = await client.call('open', { stack: refOf(tree) });
    return { view, rawEntries: await promise };
  } finally {
    stop();
  }
}

/** What the process holds in objects and in arrays. */
const held = ({ heapUsed, external }: Memory): number => heapUsed + external;

/**
 * `memory-per-entry`: growth of the engine's heap and arrays, after a full collection, between no view and one view read
 * whole, less the bytes of the names, by raw entry. Everything was opened and closed once before, so that code and
 * caches are not counted. `rss`: growth of the process, garbage and the allocator's slack included.
 */
export async function memoryPerEntry(rounds: number, say: (line: string) => void): Promise<Measure> {
  const tree = treeOf('170k', say);
  const names = bytesOfNames(tree);
  const engine = await startEngine();
  try {
    const idle = await engine.memory();
    const samples: { value: number; arrays: number; rss: number; rawEntries: number }[] = [];
    for (let turn = -1; turn < rounds; turn++) {
      const before = await engine.memory();
      const { view, rawEntries } = await openWhole(engine, tree);
      const after = await engine.memory();
      await engine.client.call('close', { view });
      if (turn < 0) continue;
      samples.push({
        value: (held(after) - held(before) - names) / rawEntries,
        arrays: (after.arrayBuffers - before.arrayBuffers - names) / rawEntries,
        rss: (after.rss - idle.rss) / rawEntries,
        rawEntries,
      });
    }
    return {
      ...alone('memory-per-entry', 'bytes', samples),
      rawEntries: samples[0]?.rawEntries,
      arrays: round(median(samples.map(({ arrays }) => arrays)), 1),
      names: round(names / (samples[0]?.rawEntries ?? Number.NaN), 1),
      rss: round(median(samples.map(({ rss }) => rss)), 1),
    };
  } finally {
    await engine.close();
  }
}
