/** How soon all meanings of a number are found in a stack that was read. */
import { startEngine } from './engine.ts';
import { alternate, compared, type Measure, quantile, round, type Sample } from './measure.ts';
import { refOf } from './scan.ts';
import { run, treeOf } from './trees.ts';
import { timed } from './walkers.ts';

/** Numbers asked for in a round. */
const NUMBERS = 20;
const LIMIT = 200;

/** The `numbers` call at a running engine, against `find -inum` on the mount; the median of a round's numbers. */
export async function inodeSearch(rounds: number, say: (line: string) => void): Promise<Measure> {
  const tree = treeOf('170k', say);
  // Real numbers of every layer: shown ones, hidden ones and origins are among them.
  const all = run('find', [...tree.layers, '-printf', '%i\\n'])
    .trimEnd()
    .split('\n');
  const picked = Array.from(
    { length: NUMBERS },
    (_, i) => all[Math.floor(((i + 0.5) / NUMBERS) * all.length)] as string,
  );
  const engine = await startEngine();
  try {
    const { view } = await engine.client.call('open', { stack: refOf(tree) });
    let state = await engine.client.call('state', { view });
    for (; state.phase !== 'ready'; state = await engine.client.call('state', { view })) {
      if (state.phase === 'failed') throw new Error(state.error?.message ?? 'the stack could not be read');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const each: number[] = [];
    let meanings = 0;
    const search = async (): Promise<Sample> => {
      const cpu = engine.cpuMs();
      const times: number[] = [];
      meanings = 0;
      for (const number of picked) {
        const begun = performance.now();
        const { views } = await engine.client.call('numbers', { view, number, limit: LIMIT });
        times.push(performance.now() - begun);
        meanings += views[0]?.found.length ?? 0;
      }
      each.push(...times);
      return { value: quantile(times, 0.5), cpuMs: (engine.cpuMs() - cpu) / NUMBERS };
    };
    const find = (): Sample => timed('find', [tree.mount, '-inum', picked[0] as string]);
    const [theirs = [], ours = []] = await alternate(rounds, [find, search]);
    return {
      ...compared('inode-search', 'ms', 'find -inum on the mount', ours, theirs),
      largest: round(Math.max(...each), 1),
      objects: state.objects,
      rawEntries: state.rawEntries,
      meanings,
    };
  } finally {
    await engine.close();
  }
}
