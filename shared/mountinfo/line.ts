import { asBytes, type Bytes } from '../bytes/bytes.ts';

/** One line of /proc/PID/mountinfo, decoded (kernel: fs/proc_namespace.c:show_mountinfo). */
export type MountLine = {
  id: number;
  parent: number;
  /** `major:minor` of the superblock. */
  dev: string;
  /** The directory of the filesystem that is mounted; `/` for the whole. */
  root: Bytes;
  mountPoint: Bytes;
  /** Options of this one mount: ['rw', 'noatime']. */
  mountOptions: string[];
  fsType: Bytes;
  source: Bytes;
  /** Options of the superblock, not decoded: see `splitSuperOptions`. */
  superOptions: Bytes;
};

const isOctal = (code: number): boolean => code >= 0x30 && code <= 0x37;

/**
 * Undoes the kernel's octal escapes (`\040` is a space). The kernel escapes the backslash itself in every field, so a
 * backslash that is not followed by three octal digits cannot come from it; it is kept as it stands.
 */
export function decodeOctal(field: string): Bytes {
  let at = field.indexOf('\\');
  if (at < 0) return asBytes(field);
  let out = '';
  let from = 0;
  while (at >= 0) {
    const [a, b, c] = [field.charCodeAt(at + 1), field.charCodeAt(at + 2), field.charCodeAt(at + 3)];
    if (a <= 0x33 && isOctal(a) && isOctal(b) && isOctal(c)) {
      out += field.slice(from, at) + String.fromCharCode((a - 0x30) * 64 + (b - 0x30) * 8 + (c - 0x30));
      from = at + 4;
      at = field.indexOf('\\', from);
    } else at = field.indexOf('\\', at + 1);
  }
  return asBytes(out + field.slice(from));
}

/**
 * Reads one line, without its newline. Null where it has not the shape of a mountinfo line. Optional fields (`shared:1`)
 * end at a lone `-`; the three fields after it hold no space, the last is the superblock's options.
 */
export function parseMountLine(line: Bytes): MountLine | null {
  const fields = line.split(' ');
  const dash = fields.indexOf('-', 6);
  if (dash < 0 || fields.length < dash + 3) return null;
  const [id, parent, dev, root, mountPoint, mountOptions] = fields as [string, string, string, string, string, string];
  if (!/^\d+$/.test(id) || !/^\d+$/.test(parent) || !/^\d+:\d+$/.test(dev)) return null;
  return {
    id: Number(id),
    parent: Number(parent),
    dev,
    root: decodeOctal(root),
    mountPoint: decodeOctal(mountPoint),
    mountOptions: mountOptions.split(','),
    fsType: decodeOctal(fields[dash + 1] as string),
    source: decodeOctal(fields[dash + 2] as string),
    superOptions: asBytes(fields.slice(dash + 3).join(' ')),
  };
}

/** Every line of a whole mountinfo file, each with its bytes as read. Lines of another shape are left out. */
export function parseMountinfo(file: Bytes): { line: Bytes; mount: MountLine }[] {
  const out: { line: Bytes; mount: MountLine }[] = [];
  for (const text of file.split('\n')) {
    const line = asBytes(text);
    const mount = parseMountLine(line);
    if (mount) out.push({ line, mount });
  }
  return out;
}
