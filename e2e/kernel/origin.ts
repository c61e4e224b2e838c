import { asBytes, type Bytes, hexOfBytes } from '../../shared/bytes/bytes.ts';
import type { HandleOf } from './case.ts';
import { fileHandle, filesystemUuid } from './libc.ts';

/**
 * The overlay.origin that a copy-up of `path` would store (struct ovl_fb: version, magic, length, flags, handle type,
 * filesystem uuid, file id), spoilt as `twist` says. In hex it is the name of the index entry of `path`. Throws SystemError where the path is not there.
 */
export function encodeOrigin(path: Bytes, filesystem: Bytes, twist: HandleOf['twist']): Bytes {
  const { type, bytes } = fileHandle(path);
  const fid = twist === 'stale' ? spoilGeneration(type, bytes) : bytes;
  const uuid = twist === 'foreign' ? '\x11'.repeat(16) : filesystem;
  const flags = twist === 'flags' ? '\x10' : twist === 'upper' ? '\x04' : '\0';
  const whole = `\0\xfb${String.fromCharCode(21 + fid.length)}${flags}${String.fromCharCode(type)}${uuid}${fid}`;
  return asBytes(twist === 'truncated' ? whole.slice(0, -3) : whole);
}

/** Another generation of the same inode: the first word on tmpfs (12 bytes of type 1), the last one elsewhere. */
function spoilGeneration(type: number, fid: Bytes): Bytes {
  const at = type === 1 && fid.length === 12 ? 0 : fid.length - 4;
  const flipped = String.fromCharCode(fid.charCodeAt(at) ^ 0x55);
  return asBytes(fid.slice(0, at) + flipped + fid.slice(at + 1));
}

// `node origin.ts FILE [TWIST]` prints it in hex, for the scripts that rebuild a case.
if (import.meta.main) {
  const [file = '', twist = 'true'] = process.argv.slice(2);
  const path = asBytes(Buffer.from(file).toString('latin1'));
  const directory = asBytes(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.');
  const uuid = filesystemUuid(directory) ?? asBytes('\0'.repeat(16));
  process.stdout.write(hexOfBytes(encodeOrigin(path, uuid, twist as HandleOf['twist'])));
}
