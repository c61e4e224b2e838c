import { asBytes, type Bytes, hexOfBytes } from '../../shared/bytes/bytes.ts';
import { commandsFor, explain } from '../../shared/explain/index.ts';
import type { DecodedXattr, LookupStep, ObjectDetail } from '../../shared/ipc/engine.ts';
import { ItemKind } from '../../shared/ipc/records.ts';
import { ruleSays } from '../../shared/merge/rules.ts';
import { ABSENT, layerOfUnknown } from '../../shared/merge/tree.ts';
import { decodeXattr } from '../../shared/xattrs/index.ts';
import { objectFinding } from './findings/report.ts';
import { afterReading } from './output.ts';
import type { RowTree } from './rows.ts';
import type { StackScan } from './scan.ts';
import { listObject } from './stack.ts';

/** Everything that the inspector and `explain` say of one object. */
export function detailOf(
  scan: StackScan,
  rows: RowTree,
  id: number,
  beside: Pick<ObjectDetail, 'madeBy' | 'history'>,
): ObjectDetail {
  const { stack } = scan;
  const object = rows.describer.object(id);
  const steps = stepsOf(scan, rows, id);
  const xattrs = xattrsOf(scan, rows, id);
  const list = afterReading(listObject(stack), scan);
  const { parameters } = stack.machine;
  const index = indexOf(scan, rows, id);
  const { explanation, wouldChange } = explain({ object, steps, stack: list, parameters, xattrs });
  return {
    id,
    path: rows.tree.path(id),
    object,
    row: rows.row(id, 0, 1, 1),
    explanation,
    wouldChange,
    steps,
    xattrs,
    findings: rows.tree.has(id) ? [] : rows.describer.findings.tell(id).map(objectFinding),
    index,
    commands: commandsFor({
      object,
      stack: list,
      xattrs,
      parameters,
      index,
      throughPid: stack.facts.layers.find(({ place }) => place !== null)?.place?.pid ?? null,
    }),
    ...beside,
  };
}

/** The steps of the lookup: each layer asked, what stood there and the rule that it met. */
function stepsOf(scan: StackScan, rows: RowTree, id: number): LookupStep[] {
  const { objects, entries } = scan;
  if (id === 0 || rows.tree.has(id)) return [];
  const top = objects.tops[id] as number;
  if (top < 0) return [];
  const steps: LookupStep[] = [];
  objects.lookup.run(objects.stack(objects.parents[id] as number), top, null, -1, true, (component, entry, rule) => {
    const layer = component < ABSENT ? layerOfUnknown(component) : entries.layer(component);
    const directory = component >= 0 ? entries.path(component) : asBytes('');
    const name = entries.name(top);
    const path = entry >= 0 ? entries.path(entry) : asBytes(directory === '' ? name : `${directory}/${name}`);
    steps.push({ layer, path, found: entry >= 0 ? rows.describer.type(entry) : 'absent', rule, says: ruleSays(rule) });
  });
  return steps;
}

function xattrsOf(scan: StackScan, rows: RowTree, id: number): DecodedXattr[] {
  const { entries, stack } = scan;
  const out: DecodedXattr[] = [];
  for (const { entry } of rows.tree.entriesAt(id)) {
    const layer = entries.layer(entry);
    const facts = stack.facts.layers.find((one) => one.layer === layer);
    entries.forEachItem(entry, (kind, short, value) => {
      if (kind !== ItemKind.trusted && kind !== ItemKind.user) return;
      const prefix = kind === ItemKind.user ? 'user' : 'trusted';
      const name = `${prefix}.overlay.${short}`;
      // A handle is of the filesystem that it names: an origin's, of a lower; else of the layer itself.
      const fsType = short === 'origin' ? originType(scan, value) : (facts?.fs.type ?? null);
      const { fields, problem } = decodeXattr(name as Bytes, value, fsType);
      out.push({
        layer,
        name,
        value: value === null ? null : hexOfBytes(asBytes(String.fromCharCode(...value))),
        counts: stack.prefix === prefix,
        fields,
        problem,
      });
    });
  }
  return out;
}

/** Type of the filesystem whose uuid a stored handle has. */
function originType(scan: StackScan, value: Uint8Array | null): string | null {
  if (value === null || value.length < 21) return null;
  const uuid = hexOfBytes(asBytes(String.fromCharCode(...value.subarray(5, 21))));
  return scan.stack.facts.layers.find((layer) => (layer.fs.uuid ?? '0'.repeat(32)) === uuid)?.fs.type ?? null;
}

function indexOf(scan: StackScan, rows: RowTree, id: number): ObjectDetail['index'] {
  if (!scan.index || rows.tree.has(id)) return null;
  if (scan.index.unknown) return 'unknown';
  const top = rows.describer.shown(id);
  if (top < 0 || scan.entries.layer(top) !== 0) return null;
  const ino = scan.entries.ino(top);
  const found = scan.index.entries.find((one) => one.ino === ino);
  return found ? { name: found.name, ino: String(found.ino), nlink: found.nlink } : null;
}
