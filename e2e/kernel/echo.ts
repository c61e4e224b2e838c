import { type Bytes, base64OfBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { BuiltCase } from './build.ts';
import { layerNumber, layersOf, type TreeNode, walkNodes } from './case.ts';
import type { KernelObject, KernelView } from './oracle.ts';

/**
 * A scan that repeats what the kernel said: right by definition, so that the comparison itself can be tested, whole
 * and with a lie put in. Which file the bytes come from is found by the bytes.
 */
export function echo(built: BuiltCase, view: KernelView): ScanObject[] {
  const objects = view.map(([path, object]) => echoObject(built, path, object));
  (objects[0] as ScanObject).entries = allEntries(built);
  return objects;
}

/** Everything that was built in layers that merge, as entries. */
export function allEntries(built: BuiltCase): ScanObject['entries'] {
  const entries: ScanObject['entries'] = [];
  for (const [index, layer] of layersOf(built.case).entries()) {
    if (built.case.data.includes(layer)) continue;
    const number = layerNumber(built.case, index);
    const kinds = new Map<Bytes, TreeNode['kind']>();
    walkNodes(layer.children, (node, path) => void kinds.set(path, node.kind));
    walkNodes(layer.children, (node, path) => {
      const type = node.kind === 'link' ? kinds.get(node.target as Bytes) : node.kind;
      if (type === undefined || type === 'link') return;
      const numbers = { dev: '0:0', ino: '0', nlink: 1, size: '0' };
      const place = { layer: number, path, pathB64: base64OfBytes(path) };
      entries.push({ ...place, ...numbers, type, role: 'hidden', hiddenBy: null, marks: [] });
    });
  }
  return entries;
}

function echoObject(built: BuiltCase, path: Bytes, object: KernelObject): ScanObject {
  const mode = object.mode ?? 0o100000;
  const types = { 4: 'dir', 8: 'file', 10: 'symlink', 1: 'fifo', 2: 'char' } as const;
  return {
    path,
    pathB64: base64OfBytes(path),
    type: types[((mode & 0o170000) >> 12) as keyof typeof types] ?? 'unknown',
    lookup: object.lookup as ScanObject['lookup'],
    listed: object.listed,
    provenance: 'unknown',
    hiddenBy: null,
    marks: [],
    size: object.size ?? 'unknown',
    mode: mode.toString(8).padStart(7, '0'),
    uid: 0,
    gid: 0,
    mtimeNs: '0',
    btimeNs: null,
    blocks: '0',
    entries: [],
    data: object.data !== null && 'bytes' in object.data ? fileOf(built, object.data.bytes) : null,
    origin: null,
    findings: [],
  };
}

function fileOf(built: BuiltCase, bytes: Bytes): ScanObject['data'] {
  for (const [place, content] of built.contents) {
    if (content !== bytes) continue;
    const at = place.indexOf(':');
    const index = layersOf(built.case).findIndex((layer) => layer.id === place.slice(0, at));
    const path = place.slice(at + 1) as Bytes;
    return { layer: layerNumber(built.case, index), path, pathB64: base64OfBytes(path) };
  }
  return 'unknown';
}
