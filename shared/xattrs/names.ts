import { asBytes, type Bytes } from '../bytes/bytes.ts';

/** Which prefix a mark has. Without `userxattr` only `trusted` counts, with it only `user`. */
export type MarkPrefix = 'trusted' | 'user';

/** Names of overlay attributes after the prefix (kernel: xattrs.c, util.c:ovl_xattr_table). */
export const OVERLAY_NAMES = [
  'opaque',
  'redirect',
  'origin',
  'impure',
  'nlink',
  'upper',
  'uuid',
  'metacopy',
  'protattr',
  'whiteout',
] as const;
export type OverlayName = (typeof OVERLAY_NAMES)[number];

export const isOverlayName = (name: string): name is OverlayName => (OVERLAY_NAMES as readonly string[]).includes(name);

export type OverlayXattr = {
  prefix: MarkPrefix;
  /** What follows the prefix and the escapes: `opaque` of `trusted.overlay.overlay.opaque`. */
  name: Bytes;
  /** How often it is escaped: it counts for an overlay that has so many others below it (xattrs.c:ovl_xattr_escape_name). */
  escapes: number;
};

/** Takes the full name of an attribute apart; null where it is none of an overlay. */
export function parseXattrName(full: Bytes): OverlayXattr | null {
  const prefix = full.startsWith('trusted.overlay.') ? 'trusted' : full.startsWith('user.overlay.') ? 'user' : null;
  if (prefix === null) return null;
  let name = full.slice(prefix.length + '.overlay.'.length);
  let escapes = 0;
  while (name.startsWith('overlay.')) {
    name = name.slice('overlay.'.length);
    escapes++;
  }
  return { prefix, name: asBytes(name), escapes };
}
