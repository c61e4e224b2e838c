import { existsSync } from 'node:fs';
import { type Bytes, bytesOfText, textOfBytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import { CONTRACT_VERSION } from '../../../shared/contract/scan.ts';
import type { LayerProgress } from '../../../shared/ipc/engine.ts';
import type { mapCallSpecs } from '../../../shared/ipc/map.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError, type Handlers } from '../../../shared/ipc/rpc.ts';
import { mapObject } from '../../../shared/map/record.ts';
import type { ProbeHolder } from '../machine.ts';
import { afterReading, layerErrors } from '../output.ts';
import type { StackScan } from '../scan.ts';
import { scanMeta } from '../stack.ts';
import { bringUpToDate, mustBeOf, mustBeTold, ownMapOf } from './build.ts';
import { type Devices, devicesOf, keptDevices, SeenFilesystems } from './devices.ts';
import { countUnknown, fatesOf } from './fates.ts';
import { figuresOf } from './figures.ts';
import { InodeMap } from './inode-map.ts';
import { Lines } from './lines.ts';
import { mustHaveFolder } from './open.ts';
import { toldChanges } from './step.ts';
import { truthOf } from './truth.ts';
import { everyMapping, windowOf } from './windows.ts';

export type MapDeps = {
  probe: ProbeHolder;
  /** Folder of the maps of views. */
  folder: () => string;
  /** Reads a stack whole, or throws. */
  read: (
    ref: StackRef,
    through: boolean,
    signal: AbortSignal,
    item: (progress: { layers: LayerProgress[] }) => void,
  ) => Promise<StackScan>;
  scanOf: (view: number) => StackScan;
};

/** The path of a map as SQLite takes it. Throws where it is no text. */
function fileOf(db: Bytes): string {
  const text = textOfBytes(db);
  if (text !== null) return text;
  const hint = 'name a file whose path is UTF-8 text';
  throw new FailureError({ code: 'bad-path', message: 'its path is no text', path: textForEyes(db), hint });
}

/** Opens a map for as long as `use` lasts. */
async function using<T>(
  file: string,
  mode: Parameters<typeof InodeMap.open>[1],
  use: (map: InodeMap) => T | Promise<T>,
): Promise<T> {
  const map = InodeMap.open(file, mode);
  try {
    return await use(map);
  } finally {
    map.close();
  }
}

/** What the first line says of a map. */
function metaOf(map: InodeMap, dev: Devices): { contract: number; db: string } & Record<string, unknown> {
  return {
    contract: CONTRACT_VERSION,
    db: map.file,
    mappings: map.count,
    stack: map.fact('identity'),
    readAtNs: map.fact('readAt'),
    filesystems: map.filesystems.map(({ key, type }) => ({ fs: key, type, dev: dev(key) })),
  };
}

type MapContract = { calls: typeof mapCallSpecs; events: Record<never, never> };

/** The engine's calls about maps. */
export function mapHandlers({ probe, folder, read, scanOf }: MapDeps): Handlers<MapContract> {
  const seen = new SeenFilesystems(() => probe.client);
  return {
    async mapBuild({ stack: ref, db, through }, { chunk, drained, item, signal }) {
      const file = fileOf(db);
      // What is wrong with the file is said before a long reading; a new one is made only once there is something to say.
      mustHaveFolder(file);
      let map = existsSync(file) ? InodeMap.open(file, 'write') : null;
      try {
        const scan = await read(ref, through, signal, item);
        const open = (): InodeMap => (map ??= InodeMap.open(file, 'create'));
        const { stepped } = await bringUpToDate(open, ref, scan, probe, signal);
        const meta = afterReading(scanMeta(scan.stack), scan);
        const lines = new Lines(chunk, drained);
        await lines.add({ meta: { ...meta, db: file } });
        const dev = keptDevices(open());
        for (const [change, mapping] of toldChanges(stepped)) await lines.add({ ...mapObject(mapping, dev), change });
        lines.end();
        const { mappings, unknown } = stepped;
        const [added, changed, removed] = [stepped.added.length, stepped.changed.length, stepped.removed.length];
        return { meta, mappings, added, changed, removed, unknown, errors: layerErrors(scan) };
      } finally {
        map?.close();
      }
    },

    mapShow: ({ db }, { chunk, drained, signal }) =>
      using(fileOf(db), 'read', async (map) => {
        const dev = devicesOf(map, await seen.seen(true));
        return map.holding(async () => {
          const lines = new Lines(chunk, drained);
          await lines.add({ meta: metaOf(map, dev) });
          for (const mapping of everyMapping(map)) {
            if (signal.aborted) break;
            await lines.add(mapObject(mapping, dev));
          }
          lines.end();
          return { rows: lines.count - 1 };
        });
      }),

    mapGet: ({ db, side, inode }) =>
      using(fileOf(db), 'read', async (map) => {
        const dev = devicesOf(map, await seen.seen(true));
        const ino = BigInt(inode.ino);
        return map.reading(() => {
          const at = map.filesystems.filter(({ key }) => dev(key) === inode.dev).map(({ id }) => id);
          const found =
            side === 'upper'
              ? at.flatMap((id) => map.mappingOf(id, ino) ?? [])
              : at.flatMap((id) => map.mappingsTo(id, ino));
          return { meta: metaOf(map, dev), rows: found.map((one) => mapObject(one, dev)) };
        });
      }),

    async mapCheck({ stack: ref, db, through }, { chunk, drained, item, signal }) {
      const file = fileOf(db);
      return using(file, 'read', async (map) => {
        const scan = await read(ref, through, signal, item);
        mustBeOf(map, scan);
        const truth = await truthOf(scan, probe.client, signal);
        mustBeTold(scan, truth);
        const stored = map.reading(() => [...everyMapping(map)]);
        const fates = await fatesOf(stored, scan, truth, probe.client, signal);
        const meta = afterReading(scanMeta(scan.stack), scan);
        const lines = new Lines(chunk, drained);
        await lines.add({ meta: { ...meta, db: file } });
        const known = new Map(truth.filesystems.map(({ key, dev: one }) => [key, one]));
        const kept = keptDevices(map);
        const dev: Devices = (key) => known.get(key) ?? kept(key);
        for (const [i, mapping] of stored.entries()) {
          const fate = fates[i];
          if (typeof fate === 'object') await lines.add({ ...mapObject(mapping, dev), ...fate });
        }
        lines.end();
        const faults = lines.count - 1;
        const untold = stored.filter((_, i) => fates[i] === 'unknown');
        const there = new Set(stored.map(({ upper }) => `${upper.fs} ${upper.ino} ${upper.handle}`));
        const missing = truth.mappings.filter(
          ({ upper }) => !there.has(`${upper.fs} ${upper.ino} ${upper.handle}`),
        ).length;
        return {
          meta,
          checked: stored.length,
          faults,
          unknown: countUnknown(untold, scan, truth),
          missing,
          errors: layerErrors(scan),
        };
      });
    },

    mapOf({ view }) {
      const file = ownMapOf(folder(), scanOf(view));
      return { db: bytesOfText(file), exists: existsSync(file) };
    },
    mapRows: ({ db, by, from, count }) =>
      using(fileOf(db), 'read', async (map) => {
        const dev = devicesOf(map, await seen.seen(false));
        return map.reading(() => ({
          total: map.count,
          from,
          rows: windowOf(map, by, from, count).map((one) => mapObject(one, dev)),
        }));
      }),
    mapFigures: ({ db }) =>
      using(fileOf(db), 'read', async (map) => figuresOf(map, devicesOf(map, await seen.seen(false)))),
  };
}
