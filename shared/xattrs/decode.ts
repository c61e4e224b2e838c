import { type Bytes, bytesOfArray } from '../bytes/bytes.ts';
import { textForEyes } from '../bytes/show.ts';
import {
  FbField,
  FbFlag,
  FidType,
  handlesNameNoInode,
  hexOfArray,
  nestedHandle,
  type ParsedFb,
  parseHandle,
  partsOfFid,
  uuidText,
} from './handle.ts';
import { isOverlayName, parseXattrName } from './names.ts';

/** A field of a value, from the bytes [from, to) of it. */
export type XattrField = { label: string; text: string; from: number; to: number };

export type Decoded = {
  fields: XattrField[];
  /** Why the kernel does not take the value for what its name says, in plain words; null where it does. */
  problem: string | null;
};

/** Digests of a metacopy header (kernel: include/uapi/linux/fsverity.h). */
const DIGESTS: Record<number, string> = { 0: 'none', 1: 'SHA-256', 2: 'SHA-512' };
const METACOPY_HEADER = 4;

/**
 * Takes the value of any attribute apart. `name` is the full name; `value` null where it was refused; `fsType` the
 * filesystem that a handle in it belongs to, null where that is not known. Never throws.
 */
export function decodeXattr(name: Bytes, value: Uint8Array | null, fsType: string | null): Decoded {
  if (value === null) return { fields: [], problem: 'the value could not be read' };
  const overlay = parseXattrName(name);
  if (overlay === null || !isOverlayName(overlay.name)) return { fields: shown('value', value), problem: null };
  const decoded = decodeOverlay(overlay.name, value, fsType);
  if (overlay.escapes === 0) return decoded;
  const seenAs = `${overlay.prefix}.overlay.${'overlay.'.repeat(overlay.escapes - 1)}${overlay.name}`;
  const forWhom: XattrField = { label: 'for', text: `an overlay above, which sees ${seenAs}`, from: 0, to: 0 };
  return { fields: [forWhom, ...decoded.fields], problem: decoded.problem };
}

function decodeOverlay(
  name: 'opaque' | 'redirect' | 'origin' | 'impure' | 'nlink' | 'upper' | 'uuid' | 'metacopy' | 'protattr' | 'whiteout',
  value: Uint8Array,
  fsType: string | null,
): Decoded {
  switch (name) {
    case 'origin':
    case 'upper':
      return decodeHandle(value, fsType);
    case 'opaque':
      return decodeOpaque(value);
    case 'impure':
      return isLetter(value, 'y')
        ? { fields: [field('impure', 'entries here may have an origin', 0, 1)], problem: null }
        : { fields: shown('value', value), problem: 'only the one letter y counts' };
    case 'redirect':
      return decodeRedirect(value);
    case 'metacopy':
      return decodeMetacopy(value);
    case 'nlink':
      return decodeNlink(value);
    case 'uuid':
      return value.length === 16
        ? { fields: [field('uuid of the overlay', uuidText(hexOfArray(value)), 0, 16)], problem: null }
        : { fields: shown('value', value), problem: `${value.length} bytes, where a uuid has 16` };
    case 'protattr':
      return decodeProtattr(value);
    case 'whiteout':
      return { fields: shown('value', value), problem: null };
  }
}

const field = (label: string, text: string, from: number, to: number): XattrField => ({ label, text, from, to });
const isLetter = (value: Uint8Array, letter: string): boolean =>
  value.length === 1 && value[0] === letter.charCodeAt(0);
const shown = (label: string, value: Uint8Array): XattrField[] =>
  value.length === 0
    ? [field(label, 'empty', 0, 0)]
    : [field(label, textForEyes(bytesOfArray(value)), 0, value.length)];

function decodeOpaque(value: Uint8Array): Decoded {
  if (isLetter(value, 'y')) return { fields: [field('opaque', 'y: nothing below is merged', 0, 1)], problem: null };
  if (isLetter(value, 'x'))
    return { fields: [field('opaque', 'x: may hold whiteouts that are xattrs', 0, 1)], problem: null };
  return { fields: shown('value', value), problem: 'only the one letter y or x counts' };
}

/** Kernel: namei.c:ovl_check_redirect by way of util.c:ovl_get_redirect_xattr; the text ends at a NUL. */
function decodeRedirect(value: Uint8Array): Decoded {
  if (value.length === 0) return { fields: shown('redirect', value), problem: 'an empty redirect is refused' };
  const nul = value.indexOf(0);
  const end = nul < 0 ? value.length : nul;
  const text = bytesOfArray(value.subarray(0, end));
  const absolute = text.startsWith('/');
  const fields = [field(absolute ? 'from the root' : 'in the same parent', textForEyes(text), 0, end)];
  if (end < value.length)
    fields.push(field('passed over', `${value.length - end} bytes from a NUL on`, end, value.length));
  const components = absolute ? text.slice(1).split('/') : [text];
  let problem: string | null = null;
  if (!absolute && text.includes('/')) problem = 'a redirect with a slash must begin with one';
  else if (components.includes('')) problem = 'a component of the path is empty';
  else if (components.some((name) => name === '.' || name === '..'))
    problem = 'a component is . or .., which no lookup takes';
  return { fields, problem };
}

/** Kernel: overlayfs.h:struct ovl_metacopy, util.c:ovl_check_metacopy_xattr. */
function decodeMetacopy(value: Uint8Array): Decoded {
  if (value.length === 0) return { fields: [field('header', 'none: no digest', 0, 0)], problem: null };
  if (value.length < METACOPY_HEADER) {
    return {
      fields: shown('value', value),
      problem: `${value.length} of the 4 bytes of its header, so the file answers EIO`,
    };
  }
  const [version, length, flags, digest] = value as unknown as [number, number, number, number];
  const fields = [
    field('version', String(version), 0, 1),
    field('length', String(length), 1, 2),
    field('flags', String(flags), 2, 3),
    field('digest algorithm', DIGESTS[digest] ?? String(digest), 3, 4),
  ];
  if (value.length > METACOPY_HEADER) {
    fields.push(field('digest', hexOfArray(value, METACOPY_HEADER), METACOPY_HEADER, value.length));
  }
  let problem: string | null = null;
  if (version !== 0) problem = `version ${version} is not known: refused where verity counts, passed over elsewhere`;
  else if (length !== value.length) {
    problem = `says ${length} bytes and has ${value.length}: refused where verity counts, passed over elsewhere`;
  }
  return { fields, problem };
}

/** Kernel: util.c:ovl_set_nlink_common, ovl_get_nlink. */
function decodeNlink(value: Uint8Array): Decoded {
  const text = bytesOfArray(value);
  const parts = /^([UL])([+-]\d+)$/.exec(text);
  if (!parts) return { fields: shown('value', value), problem: 'neither U nor L with a signed number' };
  const of = parts[1] === 'U' ? 'the upper' : 'the lower';
  return {
    fields: [
      field('counted from', `${of} inode’s own link count`, 0, 1),
      field('difference', parts[2] as string, 1, value.length),
    ],
    problem: null,
  };
}

/** Kernel: util.c:ovl_check_protattr. It stops at the first letter that it does not know. */
function decodeProtattr(value: Uint8Array): Decoded {
  const fields: XattrField[] = [];
  for (let i = 0; i < value.length; i++) {
    const letter = String.fromCharCode(value[i] as number);
    if (letter !== 'i' && letter !== 'a') {
      const unknown = field('value', textForEyes(bytesOfArray(value.subarray(i))), i, value.length);
      return { fields: [...fields, unknown], problem: 'a letter other than i and a: the rest is passed over' };
    }
    fields.push(field('attribute', letter === 'i' ? 'immutable' : 'append only', i, i + 1));
  }
  return { fields, problem: value.length === 0 ? 'no letter, no attribute' : null };
}

const PROBLEMS = {
  empty: 'copied up, but its origin was not recorded',
  truncated: 'cut short, so the kernel passes over it',
  magic: 'does not begin as a handle does (no 0xfb), so the kernel passes over it',
  version: 'of a later version, so the kernel passes over it',
  flags: 'has flags that are not known, so the kernel passes over it',
  endian: 'written by a machine of the other byte order, so the kernel passes over it',
} as const;

/** A stored handle as fields; what can be read of a faulty one is shown too. `base` is where it begins in the whole. */
export function decodeHandle(value: Uint8Array, fsType: string | null, base = 0): Decoded {
  const parsed = parseHandle(value);
  const fields = headerFields(value, base);
  if ('problem' in parsed) return { fields, problem: PROBLEMS[parsed.problem] };
  const inner = nestedHandle(parsed.type, parsed.fid);
  if (inner) {
    const nested = decodeHandle(inner.value, null, base + FbField.fid + inner.from);
    const labelled = nested.fields.map((one) => ({ ...one, label: `inner ${one.label}` }));
    return { fields: [...fields, ...labelled], problem: nested.problem };
  }
  fields.push(...fidFields(parsed, fsType, base + FbField.fid));
  const end = FbField.fid + parsed.fid.length;
  if (end < value.length) {
    fields.push(field('passed over', `${value.length - end} bytes beyond its length`, base + end, base + value.length));
  }
  return { fields, problem: null };
}

function headerFields(value: Uint8Array, base: number): XattrField[] {
  const out: XattrField[] = [];
  const put = (label: string, at: number, text: (byte: number) => string): void => {
    const byte = value[at];
    if (byte !== undefined) out.push(field(label, text(byte), base + at, base + at + 1));
  };
  put('version', FbField.version, String);
  put('magic', FbField.magic, (byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  put('length', FbField.length, (byte) => `${byte} bytes`);
  put('flags', FbField.flags, flagsText);
  put('handle type', FbField.type, (byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  if (value.length >= FbField.fid) {
    const hex = hexOfArray(value, FbField.uuid, FbField.fid);
    const text = /^0+$/.test(hex) ? 'none (all zero)' : uuidText(hex);
    out.push(field('filesystem', text, base + FbField.uuid, base + FbField.fid));
  }
  return out;
}

function flagsText(flags: number): string {
  const words = [(flags & FbFlag.upper) !== 0 ? 'an upper inode' : 'a lower inode'];
  if ((flags & FbFlag.bigEndian) !== 0) words.push('big-endian');
  if ((flags & FbFlag.anyEndian) !== 0) words.push('any byte order');
  const rest = flags & ~(FbFlag.upper | FbFlag.bigEndian | FbFlag.anyEndian);
  if (rest !== 0) words.push(`unknown bits 0x${rest.toString(16)}`);
  return `${flags}: ${words.join(', ')}`;
}

function fidFields(parsed: ParsedFb, fsType: string | null, base: number): XattrField[] {
  const { type, fid } = parsed;
  const parts = partsOfFid(fsType, type, fid);
  if (parts.length > 0) {
    const end = Math.max(...parts.map((part) => part.to));
    const out = parts.map((part) => field(part.label, String(part.value), base + part.from, base + part.to));
    if (end < fid.length) out.push(field('more', hexOfArray(fid, end), base + end, base + fid.length));
    return out;
  }
  if (fid.length === 0) return [];
  const raw = (why: string): XattrField[] => [field('handle', `${hexOfArray(fid)} (${why})`, base, base + fid.length)];
  if (fsType !== null && handlesNameNoInode(fsType)) return raw(`a node of ${fsType}, which is no inode number`);
  const needsType = fsType === null && (type === FidType.ino64 || type === FidType.ino32);
  return raw(needsType ? 'the filesystem’s type would tell the inode' : 'of a kind that is not known');
}
