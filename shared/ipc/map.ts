import { z } from 'zod';
import { ErrorLine, ScanMeta } from '../contract/scan.ts';
import { MapObject } from '../map/record.ts';
import { LayerProgress, ViewId } from './parts.ts';
import { BytesText, StackRef } from './probe.ts';
import type { CallSpec } from './rpc.ts';

/** What may be asked of inode maps. `db` is the path of a map's file; numbers of 64 bits are decimal text. */

const MapFile = BytesText.refine((path) => path.startsWith('/') && path.length < 4096, 'an absolute path');
const Count = z.number().int().min(0);
const Inode = z.object({ dev: z.string().regex(/^\d+:\d+$/), ino: z.string().regex(/^\d{1,20}$/) });
const Layers = z.object({ layers: z.array(LayerProgress) });

/** Of one bitmap: what stands before the disk. */
export const BitmapFigures = z.object({
  bits: Count,
  bytes: Count,
  /** Share of bits that are set. */
  fill: z.number(),
  /** Share of numbers not in the map that it lets pass: of a sample, and by the theory. */
  falsePositives: z.object({ measured: z.number(), sample: Count, expected: z.number() }),
  /** The bits in their order, in at most 1024 cells: each the share of its bits that are set. */
  picture: z.array(z.number()),
});
export type BitmapFigures = z.infer<typeof BitmapFigures>;

export const MapFigures = z.object({
  mappings: Count,
  /** Of the file, its log included. */
  bytes: Count,
  /** Moment of the reading that it is up to date with, ns since the epoch; null: never filled. */
  readAtNs: z.string().nullable(),
  filesystems: z.array(z.object({ fs: z.string(), type: z.string(), dev: z.string() })),
  upper: BitmapFigures,
  lower: BitmapFigures,
});
export type MapFigures = z.infer<typeof MapFigures>;

/** A view's map was brought up to date. */
export const MapKept = z.object({
  view: ViewId,
  db: BytesText,
  added: Count,
  changed: Count,
  removed: Count,
});
export type MapKept = z.infer<typeof MapKept>;

export const mapCallSpecs = {
  /**
   * Reads the stack and brings the map up to date with it; makes it where there is none. Chunks of UTF-8 NDJSON: the
   * meta line, then a MapChanged an entry that was written or removed. Fails with needs-privilege where origins cannot
   * be read, map-other-stack where the file is the map of another upper, and see electron/engine/map/open.ts.
   */
  mapBuild: {
    params: z.object({ stack: StackRef, db: MapFile, through: z.boolean().default(false) }),
    chunks: true,
    item: Layers,
    result: z.object({
      meta: ScanMeta.shape.meta,
      mappings: Count,
      added: Count,
      changed: Count,
      removed: Count,
      /** Upper inodes, and entries of the map, of which it could not be told what they are mapped to. */
      unknown: Count,
      errors: z.array(ErrorLine),
    }),
  },
  /** All entries, by upper filesystem and number: chunks of UTF-8 NDJSON, the meta line first. */
  mapShow: { params: z.object({ db: MapFile }), chunks: true, result: z.object({ rows: Count }) },
  /** The entries of an inode, by its number: none, one, or, of a lower inode, several. */
  mapGet: {
    params: z.object({ db: MapFile, side: z.enum(['upper', 'lower']), inode: Inode }),
    result: z.object({ meta: z.looseObject({}), rows: z.array(MapObject) }),
  },
  /** Bad entries, as chunks of UTF-8 NDJSON of MapFault, the meta line first. Nothing is written. */
  mapCheck: {
    params: z.object({ stack: StackRef, db: MapFile, through: z.boolean().default(false) }),
    chunks: true,
    item: Layers,
    result: z.object({
      meta: ScanMeta.shape.meta,
      checked: Count,
      faults: Count,
      /** Entries of which nothing could be told. */
      unknown: Count,
      /** Upper inodes that the map has not yet. */
      missing: Count,
      errors: z.array(ErrorLine),
    }),
  },
  /** Where the map of a view is kept, and whether there is one. It is kept in step while the setting `map` is on. */
  mapOf: {
    params: z.object({ view: ViewId }),
    result: z.object({ db: BytesText, exists: z.boolean() }),
  },
  /** A window of entries, ordered by upper or by lower number. */
  mapRows: {
    params: z.object({
      db: MapFile,
      by: z.enum(['upper', 'lower']),
      from: Count,
      count: Count.max(2000),
    }),
    result: z.object({ total: Count, from: Count, rows: z.array(MapObject) }),
  },
  mapFigures: { params: z.object({ db: MapFile }), result: MapFigures },
} satisfies Record<string, CallSpec>;
