import koffi from 'koffi';
import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';

/** Whole filesystems watched for writes of any kind, by fanotify. Needs CAP_SYS_ADMIN in the initial user namespace. */

const libc = koffi.load('libc.so.6');
const init = libc.func('int fanotify_init(unsigned int, unsigned int)');
const mark = libc.func('int fanotify_mark(int, unsigned int, uint64_t, int, const void*)');
const read = libc.func('long read(int, void*, size_t)');
const close = libc.func('int close(int)');

const FAN_CLOEXEC = 0x1;
const FAN_NONBLOCK = 0x2;
const FAN_REPORT_DFID_NAME = 0xc00;
const FAN_MARK_ADD = 0x1;
const FAN_MARK_FILESYSTEM = 0x100;
const FAN_ONDIR = 0x40000000;

/** What counts as a write; reading and opening do not. */
const writeMasks = {
  modify: 0x2,
  attrib: 0x4,
  'close-write': 0x8,
  'moved-from': 0x40,
  'moved-to': 0x80,
  create: 0x100,
  delete: 0x200,
  'delete-self': 0x400,
  'move-self': 0x800,
} as const;

export interface WriteSeen {
  readonly what: string;
  readonly name: Bytes;
  readonly pid: number;
}

export interface WriteWatch {
  /** What was written since the watch began or this was last called. */
  seen(): WriteSeen[];
  end(): void;
}

/** Watches the filesystems that hold these paths. Throws where the kernel refuses a mark. */
export function watchWrites(paths: readonly string[]): WriteWatch {
  const fd = init(FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME, 0);
  if (fd < 0) throw new Error(`fanotify_init: errno ${koffi.errno()}`);
  const mask = Object.values(writeMasks).reduce((all, bit) => all | bit, FAN_ONDIR);
  for (const path of paths) {
    if (mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, BigInt(mask), -100, Buffer.from(`${path}\0`)) < 0) {
      throw new Error(`fanotify_mark ${path}: errno ${koffi.errno()}`);
    }
  }
  const buffer = Buffer.alloc(1 << 16);
  return {
    seen() {
      const writes: WriteSeen[] = [];
      for (;;) {
        const length = Number(read(fd, buffer, buffer.length));
        if (length <= 0) return writes;
        for (let at = 0; at < length; at += buffer.readUInt32LE(at)) writes.push(decode(buffer, at));
      }
    },
    end: () => void close(fd),
  };
}

/** struct fanotify_event_metadata, then one information record that ends with the name. */
function decode(buffer: Buffer, at: number): WriteSeen {
  const length = buffer.readUInt32LE(at);
  const mask = Number(buffer.readBigUInt64LE(at + 8));
  const what = Object.entries(writeMasks).filter(([, bit]) => (mask & bit) !== 0);
  let name = '';
  const record = at + buffer.readUInt16LE(at + 6);
  if (record + 20 <= at + length) {
    // Header 4, fsid 8, then the handle: its length 4, its type 4, its bytes, then the name up to a NUL.
    const begin = record + 20 + buffer.readUInt32LE(record + 12);
    name = buffer.toString('latin1', begin, at + length).split('\0')[0] ?? '';
  }
  return { what: what.map(([word]) => word).join('+'), name: asBytes(name), pid: buffer.readInt32LE(at + 20) };
}
