/** What remembering a stack costs: time of the engine and bytes of its file. */
import { startEngine } from './engine.ts';
import { alone, type Measure, median, round, type Sample } from './measure.ts';
import { refOf } from './scan.ts';
import { treeOf } from './trees.ts';

type Engine = Awaited<ReturnType<typeof startEngine>>;

/** Waits until the view is read, and its reading remembered. */
async function settled({ client }: Engine, view: number): Promise<{ objects: number }> {
  let state = await client.call('state', { view });
  for (; state.phase !== 'ready'; state = await client.call('state', { view })) {
    if (state.phase === 'failed') throw new Error(state.error?.message ?? 'the stack could not be read');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  while (!(await client.call('historyInfo', {})).isIdle) await new Promise((resolve) => setTimeout(resolve, 5));
  return state;
}

/**
 * The first reading of the large tree, which stores every path, and one more, which finds nothing new: the engine's
 * own time for it, in slices, and the bytes of the file.
 */
export async function historyWrite(rounds: number, say: (line: string) => void): Promise<Measure> {
  const tree = treeOf('170k', say);
  const engine = await startEngine();
  const { client } = engine;
  try {
    const first: Sample[] = [];
    const again: number[] = [];
    let bytes = 0;
    let objects = 0;
    for (let turn = -1; turn < rounds; turn++) {
      await client.call('historyWipe', {});
      const { view } = await client.call('open', { stack: refOf(tree) });
      ({ objects } = await settled(engine, view));
      const info = await client.call('historyInfo', {});
      bytes = info.bytes;
      const value = info.lastMs ?? Number.NaN;
      await client.call('rescan', { view });
      await settled(engine, view);
      const second = (await client.call('historyInfo', {})).lastMs ?? Number.NaN;
      await client.call('close', { view });
      if (turn < 0) continue;
      first.push({ value });
      again.push(second);
    }
    return {
      ...alone('history-write', 'ms', first),
      again: round(median(again), 1),
      bytes,
      objects,
      bytesPerPath: round(bytes / objects, 1),
    };
  } finally {
    await engine.close();
  }
}
