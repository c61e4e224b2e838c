/** How soon a stack that is opened shows rows. */
import type { EngineContract, Row } from '../shared/ipc/engine.ts';
import type { Client } from '../shared/ipc/rpc.ts';
import { startEngine } from './engine.ts';
import { alone, alternate, type Measure, type Sample } from './measure.ts';
import { refOf } from './scan.ts';
import { type Tree, type TreeName, treeOf } from './trees.ts';

/** As many as the page asks for at first. */
const SCREEN = 120;
const GIVE_UP_MS = 60_000;

/** Rows of which each says what it is: the root, expanded, and its first children. */
const areReal = (rows: readonly Row[]): boolean => rows.length > 1 && rows.every(({ status }) => status !== 'reading');

type Client_ = Client<EngineContract>;

/** From the `open` call to the first answer with real rows; asks as the page does, again at each `view` event. */
async function openOnce(client: Client_, tree: Tree): Promise<Sample> {
  const begun = performance.now();
  let view: number | null = null;
  let asking = false;
  let stale = false;
  let taken = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ask = async (): Promise<void> => {
    stale = asking || view === null;
    if (stale || taken > 0) return;
    asking = true;
    const { rows } = await client.call('rows', { view: view as number, from: 0, count: SCREEN });
    asking = false;
    if (areReal(rows) && taken === 0) {
      taken = performance.now() - begun;
      resolve();
    } else if (stale) await ask();
  };
  const stop = client.on('view', ({ phase, error }) => {
    if (phase === 'failed') reject(new Error(error?.message ?? 'the stack could not be read'));
    else ask().catch(reject);
  });
  const timer = setTimeout(() => reject(new Error('no rows came')), GIVE_UP_MS);
  try {
    ({ view } = await client.call('open', { stack: refOf(tree) }));
    ask().catch(reject);
    await promise;
    return { value: taken };
  } finally {
    clearTimeout(timer);
    stop();
    if (view !== null) await settle(client, view);
  }
}

/** Lets the reading end before the view is closed, so that the next opening finds an idle engine. */
async function settle(client: Client_, view: number): Promise<void> {
  await client.call('cancel', { view });
  for (let phase = 'reading'; phase === 'reading' || phase === 'merging'; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ({ phase } = await client.call('state', { view }));
  }
  await client.call('close', { view });
}

export async function firstRows(size: TreeName, rounds: number, say: (line: string) => void): Promise<Measure> {
  const tree = treeOf(size, say);
  const engine = await startEngine();
  try {
    const [samples = []] = await alternate(rounds, [() => openOnce(engine.client, tree)]);
    return alone(`first-rows-${size}`, 'ms', samples);
  } finally {
    await engine.close();
  }
}
