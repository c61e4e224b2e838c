import { z } from 'zod';

/** What `scheme exec` is asked, one a line (terminal contract). Names and paths are text, or base64 beside it. */

const B64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'is no base64');
/** A number, or its decimal digits. */
const Whole = z
  .union([
    z.number().int().refine(Number.isSafeInteger, 'is beyond 2^53: write it as text'),
    z.string().regex(/^-?\d{1,20}$/),
  ])
  .transform(BigInt);
/** Permission bits: a number, or octal digits as text. */
const Bits = z
  .union([
    z.number().int(),
    z
      .string()
      .regex(/^0?[0-7]{1,6}$/)
      .transform((text) => Number.parseInt(text, 8)),
  ])
  .refine((mode) => mode >= 0 && mode <= 0o7777, 'is no mode');
const Path = { path: z.string().optional(), pathB64: B64.optional() };
const To = { to: z.string().optional(), toB64: B64.optional() };
const Target = { target: z.string().optional(), targetB64: B64.optional() };
const Name = { name: z.string().optional(), nameB64: B64.optional() };
const OPEN_FLAGS = ['RDONLY', 'WRONLY', 'RDWR', 'CREAT', 'EXCL', 'TRUNC', 'APPEND', 'DIRECTORY', 'NOFOLLOW'] as const;
const OpenFlags = z.array(z.enum(OPEN_FLAGS)).default([]);
export type OpenFlag = (typeof OPEN_FLAGS)[number];

export const Operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('open'), ...Path, flags: OpenFlags, mode: Bits.default(0o644) }),
  z.strictObject({ op: z.literal('close'), fd: Whole }),
  z.strictObject({ op: z.literal('read'), fd: Whole, len: Whole }),
  z.strictObject({ op: z.literal('pread'), fd: Whole, len: Whole, off: Whole }),
  z.strictObject({ op: z.literal('write'), fd: Whole, data: B64 }),
  z.strictObject({ op: z.literal('pwrite'), fd: Whole, data: B64, off: Whole }),
  z.strictObject({ op: z.literal('mmap'), fd: Whole, len: Whole }),
  z.strictObject({ op: z.literal('peek'), map: Whole, off: Whole, len: Whole }),
  z.strictObject({ op: z.literal('stat'), ...Path }),
  z.strictObject({ op: z.literal('fstat'), fd: Whole }),
  z.strictObject({ op: z.literal('readdir'), ...Path }),
  z.strictObject({ op: z.literal('fsync'), fd: Whole }),
  z.strictObject({ op: z.literal('ftruncate'), fd: Whole, size: Whole }),
  z.strictObject({ op: z.literal('truncate'), ...Path, size: Whole }),
  z.strictObject({ op: z.literal('mkdir'), ...Path, mode: Bits.default(0o755) }),
  z.strictObject({ op: z.literal('rmdir'), ...Path }),
  z.strictObject({ op: z.literal('unlink'), ...Path }),
  z.strictObject({
    op: z.literal('rename'),
    ...Path,
    ...To,
    flags: z.array(z.enum(['NOREPLACE', 'EXCHANGE'])).default([]),
  }),
  z.strictObject({ op: z.literal('link'), ...Path, ...To }),
  z.strictObject({ op: z.literal('symlink'), ...Path, ...Target }),
  z.strictObject({ op: z.literal('readlink'), ...Path }),
  z.strictObject({
    op: z.literal('mknod'),
    ...Path,
    type: z.enum(['fifo', 'char', 'block', 'socket', 'file']),
    mode: Bits.default(0o644),
    rdev: z
      .string()
      .regex(/^\d{1,4}:\d{1,7}$/)
      .optional(),
  }),
  z.strictObject({ op: z.literal('chmod'), ...Path, mode: Bits }),
  z.strictObject({ op: z.literal('chown'), ...Path, uid: Whole.optional(), gid: Whole.optional() }),
  z.strictObject({
    op: z.literal('utimens'),
    ...Path,
    atimeNs: Whole.nullish(),
    mtimeNs: Whole.nullish(),
  }),
  z.strictObject({ op: z.literal('getxattr'), ...Path, ...Name }),
  z.strictObject({
    op: z.literal('setxattr'),
    ...Path,
    ...Name,
    value: B64,
    flags: z.array(z.enum(['CREATE', 'REPLACE'])).default([]),
  }),
  z.strictObject({ op: z.literal('handle'), ...Path }),
  z.strictObject({ op: z.literal('openHandle'), handle: B64, flags: OpenFlags }),
  z.strictObject({ op: z.literal('evict') }),
  z.strictObject({ op: z.literal('stats') }),
  z.strictObject({ op: z.literal('crash') }),
]);
/** An operation as it is written. */
export type OperationLine = z.input<typeof Operation>;
/** An operation as it is carried out. */
export type Operation = z.output<typeof Operation>;

/** What an operation answers: what the contract names in `ok`, or the errno that it failed with. */
export type Answer = { ok: true | Record<string, unknown> } | { errno: string };
