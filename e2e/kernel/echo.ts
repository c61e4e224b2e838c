import { type Bytes, base64OfBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { BuiltCase } from './build.ts';
import { layerNumber, layersOf } from './case.ts';
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

/** Everything that stands in layers that merge, as entries. */
export function allEntries(built: BuiltCase): ScanObject['entries'] {
  const numbers = new Map(layersOf(built.case).map((layer, index) => [layer.id, layerNumber(built.case, index)]));
  return [...built.types].map(([place, type]) => {
    const at = place.indexOf(':');
    const path = place.slice(at + 1);
    return {
      layer: numbers.get(place.slice(0, at)) as number,
      path,
      pathB64: base64OfBytes(path as Bytes),
      type: type as ScanObject['entries'][number]['type'],
      dev: '0:0',
      ino: '0',
      nlink: 1,
      size: '0',
      role: 'hidden',
      hiddenBy: null,
      marks: [],
    };
  });
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
    shown: null,
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
