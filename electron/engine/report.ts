import { asBytes, type Bytes, bytesOfText, hexOfBytes } from '../../shared/bytes/bytes.ts';
import { bytesOf } from '../../shared/explain/words.ts';
import { ItemKind } from '../../shared/ipc/records.ts';
import type { EntryAttributes, ReportFacts, ReportObject } from '../../shared/report/facts.ts';
import type { RowTree } from './rows.ts';
import type { StackScan } from './scan.ts';

/** Findings that rest on other objects too, and so many of these at most. */
const BESIDE = new Set(['hardlink-split', 'origin-shared', 'same-number-two-files']);
const MOST_BESIDE = 2;

/** What a report of one object, and the script that builds the like of it, rest on. */
export function reportFacts(
  scan: StackScan,
  rows: RowTree,
  id: number,
  find: (path: Bytes) => number | null,
): ReportFacts {
  const above: ReportObject[] = [];
  for (let at = id; at !== 0; ) {
    at = rows.tree.parent(at);
    above.unshift(reportObject(scan, rows, at));
  }
  const it = reportObject(scan, rows, id);
  return {
    line: scan.stack.facts.line,
    it,
    above,
    beside: besideOf(rows, id, [...above, it], find).map((other) => reportObject(scan, rows, other)),
    handles: scan.stack.facts.layers.map(({ layer, fs: { handle } }) => ({
      layer,
      kind: handle === null ? 'none' : handle.type === 1 && handle.fid.length === 16 ? '32-bit' : 'wide',
    })),
  };
}

/**
 * Other objects that it rests on: those that a finding names, and what stands in the mount where its lower entries lie
 * that a redirect led to (a whiteout, else two paths would share them).
 */
function besideOf(
  rows: RowTree,
  id: number,
  way: readonly ReportObject[],
  find: (path: Bytes) => number | null,
): number[] {
  const found = new Set<number>();
  const add = (path: Bytes): void => {
    const other = find(path);
    if (other !== null && other !== id) found.add(other);
  };
  for (const { object, attributes } of way) {
    const own = bytesOf(object.path, object.pathB64);
    for (const { layer, path } of attributes) if (layer > 0 && path !== own && path !== '') add(path);
  }
  if (rows.tree.has(id)) return [...found];
  const others = rows.describer.findings
    .tell(id)
    .filter(({ finding }) => BESIDE.has(finding.code))
    .flatMap(({ detail }) => (Array.isArray(detail.evidence.others) ? detail.evidence.others : []))
    .slice(0, MOST_BESIDE)
    .map((other) => (typeof other === 'object' && other !== null && 'path' in other ? other.path : null));
  // A name that is no text stands as escapes in the evidence, and is not found by them.
  for (const path of others) if (typeof path === 'string') add(bytesOfText(path));
  return [...found];
}

function reportObject(scan: StackScan, rows: RowTree, id: number): ReportObject {
  const attributes = rows.tree.entriesAt(id).map(({ entry }) => attributesOf(scan, entry));
  return { object: rows.describer.object(id), attributes };
}

function attributesOf({ entries }: StackScan, entry: number): EntryAttributes {
  const btimeNs = entries.btimeNs(entry);
  const xattrs: EntryAttributes['xattrs'] = [];
  entries.forEachItem(entry, (kind, name, value) => {
    const prefix = kind === ItemKind.trusted ? 'trusted' : kind === ItemKind.user ? 'user' : null;
    if (prefix === null || value === null) return;
    xattrs.push({ name: `${prefix}.overlay.${name}`, value: hexOfBytes(asBytes(String.fromCharCode(...value))) });
  });
  return {
    layer: entries.layer(entry),
    path: entries.path(entry),
    mode: entries.mode(entry),
    uid: entries.uid(entry),
    gid: entries.gid(entry),
    mtimeNs: String(entries.mtimeNs(entry)),
    btimeNs: btimeNs === null ? null : String(btimeNs),
    blocks: String(entries.blocks(entry)),
    rdev: entries.rdev(entry),
    target: entries.target(entry),
    xattrs,
  };
}
