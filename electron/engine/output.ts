import type { Bytes } from '../../shared/bytes/bytes.ts';
import { compareBytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { type ErrorLine, type ListLayer, type ListObject, Mark, type ScanSummary } from '../../shared/contract/scan.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { Describer } from './describe.ts';
import { HiddenTree } from './hidden.ts';
import type { StackScan } from './scan.ts';
import { scanMeta } from './stack.ts';

const FLUSH = 128 * 1024;

/** What is said of a stack once it has been read: a layer that could not be is unreadable, whatever it looked like. */
export function afterReading<T extends ListObject>(list: T, scan: StackScan): T {
  const errors = new Map(scan.layers.map(({ layer, error }) => [layer, error]));
  const layers = list.layers.map((layer): ListLayer => {
    const error = errors.get(layer.layer) ?? null;
    return error === null || layer.state === 'missing' ? layer : { ...layer, state: 'unreadable', why: error.message };
  });
  return { ...list, layers, atime: scan.atime };
}

/** Errors of layers that could not be read, as the terminal tells them. */
export function layerErrors(scan: StackScan): ErrorLine[] {
  return scan.layers
    .filter(({ error }) => error !== null)
    .map(({ layer, error }) => {
      const facts = scan.stack.facts.layers.find((one) => one.layer === layer);
      return {
        error: {
          code: error?.code ?? 'unreadable',
          message: `layer ${layer} could not be read: ${error?.message ?? ''}`,
          path: facts?.path ?? facts?.shown ?? null,
          hint: 'what depends on it is "unknown"',
        },
      };
    });
}

/** Children of a directory as a listing orders them: by the bytes of their names. */
export function sortedChildren(scan: StackScan, hidden: HiddenTree | null, id: number, tree: HiddenTree): number[] {
  const { objects } = scan;
  const out: number[] = [];
  if (!tree.has(id)) for (const child of objects.children(id)) out.push(child);
  if (hidden) out.push(...hidden.children(id));
  const names = new Map<number, Bytes>();
  for (const child of out) names.set(child, tree.name(child));
  return out.sort((a, b) => compareBytes(names.get(a) as Bytes, names.get(b) as Bytes));
}

/** Id of the object with this path, or null. */
export function findPath(scan: StackScan, tree: HiddenTree, path: Bytes, withHidden: boolean): number | null {
  let id = 0;
  for (const part of path.split('/').filter((name) => name !== '')) {
    const child = sortedChildren(scan, withHidden ? tree : null, id, tree).find((one) => tree.name(one) === part);
    if (child === undefined) return null;
    id = child;
  }
  return id;
}

/** The same; throws not-found where there is none. */
export function mustFindPath(scan: StackScan, tree: HiddenTree, path: Bytes, withHidden: boolean): number {
  const id = findPath(scan, tree, path, withHidden);
  if (id !== null) return id;
  throw new FailureError({
    code: 'not-found',
    message: 'there is no such path in this stack',
    path: textForEyes(path),
    hint: withHidden ? 'check the spelling' : 'show hidden objects, or check the spelling',
  });
}

/**
 * A whole scan as NDJSON: the meta line, then a line an object, parents before children, siblings in byte order.
 * `send` takes UTF-8 pieces; `drained` is awaited between them. Returns how many objects were said.
 * Throws not-found where `path` names nothing.
 */
export async function writeScan(
  scan: StackScan,
  options: { hidden: boolean; path: Bytes | null; depth: number | null },
  send: (chunk: Uint8Array) => void,
  drained: () => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const tree = new HiddenTree(scan);
  const describer = new Describer(scan, tree);
  const encoder = new TextEncoder();
  const meta = afterReading(scanMeta(scan.stack), scan);
  const start = options.path === null ? 0 : mustFindPath(scan, tree, options.path, options.hidden);
  let text = `${JSON.stringify({ meta })}\n`;
  let count = 0;
  const todo = [{ id: start, depth: 0 }];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    text += `${JSON.stringify(describer.object(at.id))}\n`;
    count++;
    if (text.length > FLUSH) {
      send(encoder.encode(text));
      text = '';
      await drained();
      if (signal.aborted) return count;
    }
    if (options.depth !== null && at.depth >= options.depth) continue;
    const children = sortedChildren(scan, options.hidden ? tree : null, at.id, tree);
    for (let i = children.length - 1; i >= 0; i--) todo.push({ id: children[i] as number, depth: at.depth + 1 });
  }
  send(encoder.encode(text));
  return count;
}

/** Where a mark stands among all, those unknown or ignored behind them. */
const markRank = (mark: string): number => {
  const rank = (Mark.options as readonly string[]).indexOf(mark);
  return rank < 0 ? Mark.options.length : rank;
};

/** Counts of a whole scan, hidden objects left out. */
export function summarize(scan: StackScan): ScanSummary {
  const tree = new HiddenTree(scan);
  const describer = new Describer(scan, tree);
  const { objects, entries } = scan;
  const byProvenance: Record<string, number> = { lower: 0, upper: 0, 'copied-up': 0, merged: 0, unknown: 0 };
  const byMark: Record<string, number> = {};
  const plain = entries.markBits;
  for (let id = 0; id < objects.count; id++) {
    const provenance = describer.provenance(id);
    byProvenance[provenance] = (byProvenance[provenance] ?? 0) + 1;
    const top = describer.shown(id);
    // Most entries have no mark at all.
    if (top < 0 || (plain[top] === 0 && scan.index === null && scan.stack.marks !== 'none')) continue;
    for (const mark of describer.marks(top)) byMark[mark] = (byMark[mark] ?? 0) + 1;
  }
  return {
    objects: objects.living,
    rawEntries: entries.rawCount,
    byProvenance,
    byMark: Object.fromEntries(Object.entries(byMark).sort(([a], [b]) => markRank(a) - markRank(b))),
    seconds: { ...scan.seconds },
  };
}
