import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail, ObjectFinding } from '../../shared/ipc/engine.ts';
import { shortOf } from '../inspector/numbers.ts';

/** How a finding's evidence is laid out: the entries of layers in one table, the rest by name. Pure. */

type Json = ObjectFinding['evidence'][string];

/** An entry of a layer among the evidence; null what the evidence does not tell. */
export type EvidenceEntry = {
  /** As what it stands there: `upper`, `lower`, `others`. */
  as: string;
  layer: number;
  path: string;
  ino: string;
  nlink: number | null;
  size: string | null;
};
export type Evidence = { entries: EvidenceEntry[]; facts: [name: string, value: Json][] };

export function layOut(evidence: ObjectFinding['evidence']): Evidence {
  const entries: EvidenceEntry[] = [];
  const facts: Evidence['facts'] = [];
  for (const [name, value] of Object.entries(evidence)) {
    const found = (Array.isArray(value) ? value : [value]).map((one) => entryOf(name, one));
    if (found.length > 0 && found.every((one) => one !== null)) entries.push(...found);
    else if (name !== 'count' || !('others' in evidence)) facts.push([name, value]);
  }
  // How many others there are is told where not all of them are.
  const { others, count } = evidence;
  if (Array.isArray(others) && typeof count === 'number' && count > others.length)
    facts.unshift(['further others', count - others.length]);
  return { entries, facts };
}

function entryOf(as: string, value: Json): EvidenceEntry | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { layer, path, ino, nlink, size } = value;
  if (typeof layer !== 'number' || typeof path !== 'string' || typeof ino !== 'string') return null;
  return {
    as,
    layer,
    path,
    ino,
    nlink: typeof nlink === 'number' ? nlink : null,
    size: typeof size === 'string' ? size : null,
  };
}

/** The number that the object showed before, in few letters; null where the finding is of no change. */
export function formerNumber(
  { code, evidence }: ObjectFinding,
  detail: ObjectDetail,
  facts: ListObject,
): string | null {
  const { shown } = detail.object;
  if (shown?.cached) return shortOf(facts, shown.cached.ino);
  if (code !== 'hardlink-split') return null;
  const lower = entryOf('lower', evidence.lower ?? null);
  if (lower === null) return null;
  const id = facts.layers.find(({ layer }) => layer === lower.layer)?.fs.id;
  return facts.inodeMode === 'xino' && typeof id === 'number' && id > 0 ? `${id}·${lower.ino}` : lower.ino;
}

/** `lowerNlink` as `lower nlink`. */
export const wordsOf = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
