import type { LayerFacts, StackFacts } from '../ipc/probe.ts';
import type { StackOptions } from '../merge/options.ts';

/**
 * How a mount makes its inode numbers: the mode, the filesystem ids and the xino bits, from the layers alone
 * (super.c:ovl_get_layers, ovl_get_fsid, ovl_lower_uuid_ok; overlayfs.h:ovl_xino_bits).
 */
export type InodeMode = {
  mode: 'same-fs' | 'xino' | 'none' | 'unknown';
  xinoBits: number | null;
  /** Filesystem id by layer number: 0 the upper's, null for data-only layers, 'unknown' where it cannot be told. */
  fsids: (number | null | 'unknown')[];
  /** By filesystem id: the kernel decodes no origin there, since its uuid is null or not unique. */
  badUuid: boolean[];
};

const NULL_UUID = '0'.repeat(32);

/** Whether a layer's handles are plain 32-bit ones (FILEID_INO32_GEN of 8 bytes). */
const is32bit = (layer: LayerFacts): boolean => layer.fs.handle?.type === 1 && layer.fs.handle.fid.length === 16;

/**
 * The mode of a stack. A mount of a user namespace may open no handles, so that to it no layer's can be decoded
 * (util.c:ovl_can_decode_fh).
 */
export function inodeMode(facts: StackFacts, options: StackOptions): InodeMode {
  const { userNamespace } = facts;
  const mode = modeOf(facts, options, userNamespace === true);
  if (userNamespace !== 'unknown') return mode;
  const confined = modeOf(facts, options, true);
  const isSame = mode.mode === confined.mode && mode.xinoBits === confined.xinoBits;
  return isSame ? mode : { ...mode, mode: 'unknown', xinoBits: null };
}

function modeOf(facts: StackFacts, options: StackOptions, isConfined: boolean): InodeMode {
  const upper = facts.layers.find((layer) => layer.role === 'upper');
  const merging = facts.layers.filter((layer) => layer.role !== 'data');
  const fsids: InodeMode['fsids'] = [];
  for (const layer of facts.layers) fsids[layer.layer] = layer.role === 'data' ? null : 'unknown';
  const badUuid = [false];
  if (merging.some((layer) => layer.dev === null)) return { mode: 'unknown', xinoBits: null, fsids, badUuid };

  // Filesystem 0 is the upper's superblock, reserved also where there is no upper.
  const filesystems: { dev: string | null; uuid: string; isLower: boolean }[] = [
    { dev: upper?.dev ?? null, uuid: upper?.fs.uuid ?? NULL_UUID, isLower: false },
  ];
  let xino = options.xino;
  if (upper) fsids[0] = 0;
  // nfs_export turns the index on until the layers are known; without an upper it is off again, after this was asked.
  const isIndexed = options.index || options.nfsExport;
  const offlineChanges = !isIndexed && !options.metacopy && options.redirectDir !== 'on' && options.xino !== 'on';
  for (const layer of merging) {
    if (layer.role === 'upper') continue;
    const known = filesystems.findIndex((filesystem) => filesystem.dev === layer.dev);
    if (known >= 0) {
      filesystems[known]!.isLower = true;
      fsids[layer.layer] = known;
      continue;
    }
    const uuid = layer.fs.uuid ?? NULL_UUID;
    let isBad = false;
    if (upper || options.nfsExport) {
      if (offlineChanges && uuid === NULL_UUID) isBad = true;
      else {
        const same = filesystems.findIndex((filesystem) => filesystem.isLower && filesystem.uuid === uuid);
        if (same >= 0) {
          badUuid[same] = true;
          isBad = true;
        }
      }
    }
    if (isBad && xino === 'auto') xino = 'off';
    fsids[layer.layer] = filesystems.length;
    badUuid[filesystems.length] = isBad;
    filesystems.push({ dev: layer.dev, uuid, isLower: true });
  }
  const isUndecodable = (layer: LayerFacts): boolean => isConfined || layer.fs.handle === null;
  if (xino === 'auto' && upper && merging.some((layer) => layer.role === 'lower' && isUndecodable(layer))) xino = 'off';

  const others = filesystems.length - 1;
  if (others === 0 || (!upper && others === 1)) return { mode: 'same-fs', xinoBits: null, fsids, badUuid };
  if (xino === 'off') return { mode: 'none', xinoBits: null, fsids, badUuid };
  const numfs = filesystems.length;
  const bits = !isConfined && merging.every(is32bit) ? 32 : Math.floor(Math.log2(numfs - 1)) + 2;
  return { mode: 'xino', xinoBits: bits, fsids, badUuid };
}
