/** Looking for findings in every object of a stack that was read, against the reading of it. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { asBytes } from '../shared/bytes/bytes.ts';
import type { StackRef } from '../shared/ipc/probe.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { compared, type Measure, type Sample } from './measure.ts';
import { CACHE, run, type Tree, treeOf } from './trees.ts';

/** The layers of the tree with its upper on a filesystem of its own, so that numbers carry filesystem ids (mode xino). */
function acrossFilesystems(tree: Tree, say: (line: string) => void): StackRef {
  const place = join(CACHE, 'upper-apart');
  const upper = join(place, 'upper');
  mkdirSync(place, { recursive: true });
  if (!existsSync(upper)) {
    say('copying the upper to a filesystem of its own');
    // As long as this process's mount namespace lasts.
    run('mount', ['-t', 'tmpfs', 'stratoscope', place]);
    run('cp', ['-a', tree.layers[0] as string, upper]);
    mkdirSync(join(place, 'work'));
  }
  return {
    kind: 'directories',
    lowers: tree.layers.slice(1).map((layer) => asBytes(layer)),
    data: [],
    upper: asBytes(upper),
    work: asBytes(join(place, 'work')),
    options: { xino: asBytes('on'), redirect_dir: asBytes('on'), metacopy: asBytes('on') },
  };
}

type Round = { reading: Sample; finding: Sample; checked: number; groups: number };

/** One opening to its last row, then every finding of it. */
async function once({ client, cpuMs }: RunningEngine, stack: StackRef): Promise<Round> {
  const took = async <T>(work: () => Promise<T>): Promise<[Sample, T]> => {
    const [begun, cpu] = [performance.now(), cpuMs()];
    const result = await work();
    return [{ value: performance.now() - begun, cpuMs: cpuMs() - cpu }, result];
  };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = client.on('view', ({ phase, error }) => {
    if (phase === 'failed') reject(new Error(error?.message ?? 'the stack could not be read'));
    else if (phase === 'ready') resolve();
  });
  try {
    const [reading, view] = await took(async () => {
      const opened = await client.call('open', { stack });
      await promise;
      return opened.view;
    });
    // What was read is remembered beside, in slices of its own.
    while (!(await client.call('historyInfo', {})).isIdle) await new Promise((next) => setTimeout(next, 5));
    const [finding, { checked, groups }] = await took(() => client.call('findings', { view }));
    await client.call('close', { view });
    return { reading, finding, checked, groups: groups.length };
  } finally {
    stop();
  }
}

export async function findingsOfTree(rounds: number, say: (line: string) => void): Promise<Measure> {
  const stack = acrossFilesystems(treeOf('170k', say), say);
  const engine = await startEngine();
  try {
    const all: Round[] = [];
    for (let turn = -1; turn < rounds; turn++) {
      const round = await once(engine, stack);
      if (turn >= 0) all.push(round);
    }
    const last = all.at(-1) as Round;
    return {
      ...compared(
        'findings-170k',
        'ms',
        'reading the same stack',
        all.map(({ finding }) => finding),
        all.map(({ reading }) => reading),
      ),
      objects: last.checked,
      codes: last.groups,
    };
  } finally {
    await engine.close();
  }
}
