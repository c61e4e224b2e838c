import { arrayOfHex, hexOfArray } from '../../../shared/xattrs/index.ts';
import type { Mapping } from './store.ts';

/**
 * A mapping in 64 bytes, little-endian: 0 format (1) · 1 filesystem of the lower · 2, 3 type and length of the upper's
 * handle · 4, 5 of the lower's · 8 the lower's number · 16 the upper's handle (24 bytes) · 40 the lower's. Length 0xff
 * stands for no handle.
 */
export const RECORD_SIZE = 64;
const FORMAT = 1;
const ROOM = 24;
const NONE = 0xff;
const UPPER_AT = 16;
const LOWER_AT = 40;

function putHandle(out: Uint8Array, lengthAt: number, at: number, handle: string | null): boolean {
  if (handle === null) {
    out[lengthAt] = NONE;
    return true;
  }
  const [type = '', fid = ''] = handle.split(':');
  const bytes = arrayOfHex(fid) ?? new Uint8Array();
  if (bytes.length > ROOM) return false;
  out[lengthAt - 1] = Number.parseInt(type, 16);
  out[lengthAt] = bytes.length;
  out.set(bytes, at);
  return true;
}

function handleAt(record: Uint8Array, lengthAt: number, at: number): string | null {
  const length = record[lengthAt] as number;
  if (length === NONE) return null;
  const type = (record[lengthAt - 1] as number).toString(16).padStart(2, '0');
  return `${type}:${hexOfArray(record, at, at + length)}`;
}

/** The record of a mapping; null where a handle is longer than any known filesystem's. */
export function encodeRecord({ lower, upperHandle }: Mapping): Uint8Array<ArrayBuffer> | null {
  const out = new Uint8Array(RECORD_SIZE);
  out[0] = FORMAT;
  out[1] = lower.filesystem;
  new DataView(out.buffer).setBigUint64(8, lower.ino, true);
  return putHandle(out, 3, UPPER_AT, upperHandle) && putHandle(out, 5, LOWER_AT, lower.handle) ? out : null;
}

/** The mapping of an upper number in a record; null where there is none in it. */
export function decodeRecord(upperIno: bigint, record: Uint8Array): Mapping | null {
  if (record.length < RECORD_SIZE || record[0] !== FORMAT) return null;
  const ino = new DataView(record.buffer, record.byteOffset).getBigUint64(8, true);
  const lower = { filesystem: record[1] as number, ino, handle: handleAt(record, 5, LOWER_AT) };
  return { upperIno, upperHandle: handleAt(record, 3, UPPER_AT), lower };
}
