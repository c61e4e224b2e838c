import { type Bytes, base64OfBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { BuiltCase } from './build.ts';
import { layerNumber, layersOf, type TreeNode, walkNodes } from './case.ts';
import { allEntries } from './echo.ts';

/**
 * A scan as somebody would write it who has read one paragraph about overlays: the topmost entry wins, character
 * devices 0:0 hide, attributes mean nothing. The differential test must find it wrong.
 */
export function naiveScan(built: BuiltCase): ScanObject[] {
  const objects = new Map<Bytes, ScanObject>();
  for (const [index, layer] of layersOf(built.case).entries()) {
    if (built.case.data.includes(layer)) continue;
    walkNodes(layer.children, (node, path) => {
      if (!objects.has(path)) objects.set(path, naiveObject(built, node, path, layerNumber(built.case, index)));
    });
  }
  const root = naiveObject(built, { name: '' as Bytes, kind: 'dir', marks: [], children: [] }, '' as Bytes, 0);
  root.entries = allEntries(built);
  return [root, ...objects.values()];
}

function naiveObject(built: BuiltCase, node: TreeNode, path: Bytes, layer: number): ScanObject {
  const isGone = node.kind === 'whiteout';
  const type = node.kind === 'link' ? 'file' : node.kind;
  const modes = { dir: '0040755', symlink: '0120777', fifo: '0010644', whiteout: '0020000', file: '0100644' };
  const id = layersOf(built.case)[layer - layerNumber(built.case, 0)]?.id;
  return {
    path,
    pathB64: base64OfBytes(path),
    type,
    lookup: isGone ? 'ENOENT' : 'ok',
    listed: !isGone,
    provenance: 'unknown',
    hiddenBy: null,
    marks: [],
    size: String(built.contents.get(`${id}:${path}`)?.length ?? 0),
    mode: modes[type],
    uid: 0,
    gid: 0,
    mtimeNs: '0',
    btimeNs: null,
    blocks: '0',
    entries: [],
    data: type === 'file' ? { layer, path, pathB64: base64OfBytes(path) } : null,
    origin: null,
    shown: null,
    findings: [],
  };
}
