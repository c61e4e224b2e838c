import { z } from 'zod';

/** The shapes of `scan`, `list` and their kin, exactly as the terminal contract (version 1) has them. */

export const CONTRACT_VERSION = 1;

export const Unknown = z.literal('unknown');
export const Decimal = z.string().regex(/^-?\d+$/);
export const DevText = z.string().regex(/^\d+:\d+$/);
const Base64 = z.string().regex(/^[A-Za-z0-9+/]*=*$/);

export const EntryType = z.enum(['file', 'dir', 'symlink', 'fifo', 'char', 'block', 'socket', 'whiteout']);
export type EntryType = z.infer<typeof EntryType>;
/**
 * What stat answers. The contract's list lacks EINVAL and EACCES, the kernel's for a damaged redirect, and ESTALE, its
 * answer for an upper metacopy whose origin is another file than its path finds (index=on).
 */
export const Lookup = z.enum(['ok', 'ENOENT', 'EPERM', 'EIO', 'EINVAL', 'EACCES', 'ESTALE', 'unknown']);
export type Lookup = z.infer<typeof Lookup>;
export const Provenance = z.enum(['lower', 'upper', 'copied-up', 'merged', 'unknown']);
export type Provenance = z.infer<typeof Provenance>;
export const HiddenBy = z.enum(['file', 'whiteout', 'opaque', 'directory', 'redirect', 'stop']);
export type HiddenBy = z.infer<typeof HiddenBy>;
export const Mark = z.enum([
  'whiteout',
  'xattr-whiteout',
  'opaque',
  'redirect',
  'metacopy',
  'impure',
  'indexed',
  'protattr',
]);
export type Mark = z.infer<typeof Mark>;
/** A mark, one that could not be read (`unknown:NAME`), or one that does not count (`ignored:NAME`). */
export const MarkText = z.union([Mark, z.templateLiteral([z.enum(['unknown', 'ignored']), ':', z.string()])]);
export type MarkText = z.infer<typeof MarkText>;
export const EntryRole = z.enum(['object', 'merged', 'data', 'origin', 'whiteout', 'hidden']);
export type EntryRole = z.infer<typeof EntryRole>;
export const OriginState = z.enum([
  'verified',
  'stale',
  'foreign',
  'undecodable',
  'ignored',
  'unverified',
  'by-path',
  'empty',
]);
export type OriginState = z.infer<typeof OriginState>;
/** In the order of the terminal contract, the mismatches that users meet. */
export const FindingCode = z.enum([
  'volatile-dir-ino',
  'ino-lost-after-eviction',
  'dino-differs',
  'hardlink-split',
  'same-number-two-files',
  'foreign-st-dev',
  'origin-shared',
  'origin-stale',
  'marks-lost',
  'rename-exdev',
  'ino-over-2^53',
  'ino-reused',
]);
export type FindingCode = z.infer<typeof FindingCode>;

const ShownDev = z.union([z.literal('overlay'), z.templateLiteral(['pseudo:', z.number().int()]), Unknown]);
/** What stat and readdir through the mount report. `ino` null: the kernel counts. `why`: the row of the rule. */
export const Shown = z.object({
  dev: ShownDev,
  ino: z.union([Decimal, Unknown]).nullable(),
  dino: z.union([Decimal, Unknown]).nullable(),
  nlink: z.union([z.number().int(), Unknown]),
  stable: z.union([z.boolean(), Unknown]),
  why: z.string(),
  /**
   * What an inode that is still in memory from before its copy-up may show instead. Device and number may be the same,
   * where only `dino` or `nlink` can differ; they are unknown where nothing tells what it was copied from.
   */
  cached: z
    .object({
      dev: ShownDev,
      ino: z.union([Decimal, Unknown]).nullable(),
      dino: Decimal.optional(),
      nlink: z.number().int().optional(),
    })
    .optional(),
});
export type Shown = z.infer<typeof Shown>;

export const ScanEntry = z.object({
  layer: z.number().int(),
  path: z.string(),
  pathB64: Base64.optional(),
  type: z.union([EntryType, Unknown]),
  dev: z.union([DevText, Unknown]),
  ino: z.union([Decimal, Unknown]),
  nlink: z.union([z.number().int(), Unknown]),
  size: z.union([Decimal, Unknown]),
  role: EntryRole,
  hiddenBy: HiddenBy.nullable(),
  marks: z.array(MarkText),
});
export type ScanEntry = z.infer<typeof ScanEntry>;

export const Origin = z.object({
  layer: z.union([z.number().int(), Unknown]),
  ino: z.union([Decimal, Unknown]),
  nlink: z.union([z.number().int(), Unknown]),
  state: OriginState,
  why: z.string(),
});
export type Origin = z.infer<typeof Origin>;

export const ScanObject = z.object({
  path: z.string(),
  pathB64: Base64.optional(),
  type: z.union([EntryType, Unknown]),
  lookup: Lookup,
  listed: z.union([z.boolean(), Unknown]),
  provenance: Provenance,
  hiddenBy: HiddenBy.nullable(),
  marks: z.array(MarkText),
  size: z.union([Decimal, Unknown]),
  mode: z.union([z.string().regex(/^[0-7]{7}$/), Unknown]),
  uid: z.union([z.number().int(), Unknown]),
  gid: z.union([z.number().int(), Unknown]),
  mtimeNs: z.union([Decimal, Unknown]),
  btimeNs: z.union([Decimal, Unknown]).nullable(),
  blocks: z.union([Decimal, Unknown]),
  target: z.string().optional(),
  targetB64: Base64.optional(),
  redirect: z.string().optional(),
  redirectB64: Base64.optional(),
  entries: z.array(ScanEntry),
  data: z
    .union([z.object({ layer: z.number().int(), path: z.string(), pathB64: Base64.optional() }), Unknown])
    .nullable(),
  origin: z.union([Origin, Unknown]).nullable(),
  /** Null for whiteouts, for hidden objects and where stat answers an error. */
  shown: Shown.nullable(),
  /** It rests on a lower whose relative path was derived but not confirmed. */
  assumed: z.literal(true).optional(),
  findings: z.array(FindingCode),
});
export type ScanObject = z.infer<typeof ScanObject>;

export const ListLayer = z.object({
  layer: z.number().int(),
  role: z.enum(['upper', 'lower', 'data']),
  path: z.union([z.string(), Unknown]),
  pathB64: Base64.optional(),
  shown: z.string(),
  shownB64: Base64.optional(),
  dev: z.union([DevText, Unknown]),
  fs: z.object({
    type: z.string(),
    uuid: z.string().nullable(),
    id: z.union([z.number().int(), Unknown]).nullable(),
  }),
  state: z.enum(['ok', 'moved', 'missing', 'covered', 'unreadable', 'unverified']),
  why: z.string().optional(),
  assumed: z.literal(true).optional(),
});
export type ListLayer = z.infer<typeof ListLayer>;

export const ListObject = z.object({
  kind: z.enum(['overlay', 'directories']),
  mount: z.string().nullable(),
  mountB64: Base64.optional(),
  mountId: z.number().int().nullable(),
  dev: DevText.nullable(),
  ns: Decimal.nullable(),
  pid: z.number().int().nullable(),
  readonly: z.boolean(),
  options: z.record(z.string(), z.string()),
  layers: z.array(ListLayer),
  work: z.union([z.string(), Unknown]).nullable(),
  workB64: Base64.optional(),
  inodeMode: z.enum(['same-fs', 'xino', 'none', 'unknown']),
  xinoBits: z.number().int().nullable(),
  marks: z.enum(['trusted', 'user', 'none', 'unknown']),
  name: z.string().nullable(),
  alsoAt: z.array(z.string()).optional(),
  privilege: z.enum(['full', 'partial']),
  atime: z.enum(['untouched', 'may move']),
});
export type ListObject = z.infer<typeof ListObject>;

/** First line of every NDJSON answer. For scan it holds the list object too. */
export const MetaLine = z.object({
  meta: z.looseObject({
    contract: z.literal(CONTRACT_VERSION),
    kernel: z.string().optional(),
    rulesVerified: z.boolean().optional(),
    parameters: z.record(z.string(), z.string()).optional(),
  }),
});

export const ScanMeta = z.object({
  meta: ListObject.extend({
    contract: z.literal(CONTRACT_VERSION),
    kernel: z.string(),
    /** The rules were verified on this kernel's version. */
    rulesVerified: z.boolean(),
    parameters: z.record(z.string(), z.string()),
    /** When the picture was taken: nanoseconds since the epoch. */
    readAtNs: Decimal,
  }),
});
export type ScanMeta = z.infer<typeof ScanMeta>;

export const ScanSummary = z.object({
  objects: z.number().int(),
  rawEntries: z.number().int(),
  byProvenance: z.record(z.string(), z.number().int()),
  byMark: z.record(z.string(), z.number().int()),
  seconds: z.object({ walk: z.number(), merge: z.number(), origins: z.number(), total: z.number() }),
});
export type ScanSummary = z.infer<typeof ScanSummary>;

export const ErrorLine = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    path: z.string().nullable(),
    hint: z.string().nullable(),
  }),
});
export type ErrorLine = z.infer<typeof ErrorLine>;
