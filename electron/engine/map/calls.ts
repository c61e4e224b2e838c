import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
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
import { identityOf } from '../stack-identity.ts';
import { fatesOf } from './fates.ts';
import { figuresOf } from './figures.ts';
import { InodeMap } from './inode-map.ts';
import { Lines } from './lines.ts';
import { mustHaveFolder } from './open.ts';
import { keepInStep, type Stepped, toldChanges } from './step.ts';
import { type Truth, truthOf } from './truth.ts';
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

/** st_dev of a map's filesystem, by its key. */
const devicesOf =
  (map: InodeMap) =>
  (key: string): string =>
    map.byKey(key)?.dev ?? 'unknown';

/** What the first line says of a map. */
function metaOf(map: InodeMap): { contract: number; db: string } & Record<string, unknown> {
  const dev = devicesOf(map);
  return {
    contract: CONTRACT_VERSION,
    db: map.file,
    mappings: map.count,
    stack: map.fact('identity'),
    readAtNs: map.fact('readAt'),
    filesystems: map.filesystems.map(({ key, type }) => ({ fs: key, type, dev: dev(key) })),
  };
}

/** Throws where nothing can be said of origins: the upper was not read, or privilege is missing. */
function mustBeTold(scan: StackScan, truth: Truth): void {
  const { stack } = scan;
  const { trusted, handles } = stack.machine.privilege;
  const upper = scan.layers.find(({ layer }) => layer === 0);
  const needsPrivilege =
    !stack.marksReadable ||
    (upper?.error && !trusted) ||
    (truth.mappings.length === 0 && truth.unknown.size > 0 && !handles);
  if (needsPrivilege) {
    const message = 'what was copied up from where cannot be read without privilege';
    throw new FailureError({ code: 'needs-privilege', message, hint: 'run it with privilege' });
  }
  if (upper?.error)
    throw new FailureError({
      code: 'no-layer',
      message: `the upper could not be read: ${upper.error.message}`,
      hint: 'check that it still exists',
    });
}

/** Throws where the map is that of another upper. */
function mustBeOf(map: InodeMap, scan: StackScan): void {
  const { upper } = identityOf(scan.stack.facts);
  const own = map.fact('upper');
  if (own === null || own === upper || map.count === 0) return;
  throw new FailureError({
    code: 'map-other-stack',
    message: 'it is the map of a stack with another upper directory, and was left alone',
    path: map.file,
    hint: 'name another file with --db',
  });
}

/** Brings a map up to date with a scan. `ref`: how the stack was named. Throws before anything is written, or not. */
async function bringUpToDate(
  open: () => InodeMap,
  ref: StackRef,
  scan: StackScan,
  probe: ProbeHolder,
  signal: AbortSignal,
): Promise<{ map: InodeMap; stepped: Stepped }> {
  const truth = await truthOf(scan, probe.client, signal);
  mustBeTold(scan, truth);
  const map = open();
  mustBeOf(map, scan);
  const { id, upper } = identityOf(scan.stack.facts);
  map.writing(() => {
    map.setFact('stack', JSON.stringify(ref));
    map.setFact('identity', id);
    map.setFact('upper', upper ?? '');
  });
  return { map, stepped: await keepInStep(map, scan, truth, BigInt(scan.stack.facts.readAt), probe.client, signal) };
}

/** Brings the map of a view's stack up to date, and makes it where there is none. */
export async function keepOwnMap(
  folder: string,
  ref: StackRef,
  scan: StackScan,
  probe: ProbeHolder,
  signal: AbortSignal,
): Promise<Stepped> {
  let map: InodeMap | null = null;
  const open = (): InodeMap => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    map = InodeMap.open(ownMapOf(folder, scan), 'create');
    return map;
  };
  try {
    return (await bringUpToDate(open, ref, scan, probe, signal)).stepped;
  } finally {
    (map as InodeMap | null)?.close();
  }
}

/** The path of the map of a scan's stack in the engine's folder. */
export const ownMapOf = (folder: string, scan: StackScan): string =>
  join(folder, `${identityOf(scan.stack.facts).id}.db`);

type MapContract = { calls: typeof mapCallSpecs; events: Record<never, never> };

/** The engine's calls about maps. */
export function mapHandlers({ probe, folder, read, scanOf }: MapDeps): Handlers<MapContract> {
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
        const dev = devicesOf(open());
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
      using(fileOf(db), 'read', (map) =>
        map.holding(async () => {
          const lines = new Lines(chunk, drained);
          await lines.add({ meta: metaOf(map) });
          const dev = devicesOf(map);
          for (const mapping of everyMapping(map)) {
            if (signal.aborted) break;
            await lines.add(mapObject(mapping, dev));
          }
          lines.end();
          return { rows: lines.count - 1 };
        }),
      ),

    mapGet: ({ db, side, inode }) =>
      using(fileOf(db), 'read', (map) =>
        map.reading(() => {
          const ino = BigInt(inode.ino);
          const at = map.filesystems.filter(({ dev }) => dev === inode.dev).map(({ id }) => id);
          const found =
            side === 'upper'
              ? at.flatMap((id) => map.mappingOf(id, ino) ?? [])
              : at.flatMap((id) => map.mappingsTo(id, ino));
          return { meta: metaOf(map), rows: found.map((one) => mapObject(one, devicesOf(map))) };
        }),
      ),

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
        const dev = devicesOf(map);
        for (const [i, mapping] of stored.entries()) {
          const fate = fates[i];
          if (typeof fate === 'object') await lines.add({ ...mapObject(mapping, dev), ...fate });
        }
        lines.end();
        const faults = lines.count - 1;
        const unknown = fates.filter((fate) => fate === 'unknown').length + truth.unknown.size;
        const kept = new Set(stored.map(({ upper }) => `${upper.fs} ${upper.ino} ${upper.handle}`));
        const missing = truth.mappings.filter(
          ({ upper }) => !kept.has(`${upper.fs} ${upper.ino} ${upper.handle}`),
        ).length;
        return { meta, checked: stored.length, faults, unknown, missing, errors: layerErrors(scan) };
      });
    },

    mapOf({ view }) {
      const file = ownMapOf(folder(), scanOf(view));
      return { db: bytesOfText(file), exists: existsSync(file) };
    },
    mapRows: ({ db, by, from, count }) =>
      using(fileOf(db), 'read', (map) =>
        map.reading(() => {
          const rows = windowOf(map, by, from, count).map((one) => mapObject(one, devicesOf(map)));
          return { total: map.count, from, rows };
        }),
      ),
    mapFigures: ({ db }) => using(fileOf(db), 'read', (map) => figuresOf(map, devicesOf(map))),
  };
}
