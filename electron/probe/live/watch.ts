/** One stack that is watched: its layers, each by the best means that its filesystem allows. */
import { asBytes } from '../../../shared/bytes/bytes.ts';
import type { WatchedLayer, WatchItem } from '../../../shared/live/raw.ts';
import { hangJudge } from '../layers/danger.ts';
import { openReadable } from '../layers/place.ts';
import { realtimeNs } from '../syscalls/clock.ts';
import { openByHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, close, Open } from '../syscalls/open.ts';
import { statx } from '../syscalls/statx.ts';
import { type Directory, DirectoryMap } from './directory-map.ts';
import type { Group } from './group.ts';
import type { Groups } from './groups.ts';
import { openHere, pathHere } from './here.ts';
import { handleOfKey, type Key } from './keys.ts';
import { type Layer, mapBelow, mapLayer } from './mapping.ts';
import type { WatchParams } from './messages.ts';
import { MountFollower } from './mounts.ts';
import { Openings } from './openings.ts';
import { Part } from './part.ts';
import type { Base } from './state.ts';

/** Filesystems of which nothing can change while they are mounted. */
const FIXED = new Set(['squashfs', 'erofs', 'iso9660', 'cramfs', 'romfs', 'udf']);

const clock = (): { readNs: string; readMonotonicNs: string } => ({
  readNs: `${realtimeNs()}`,
  readMonotonicNs: `${process.hrtime.bigint()}`,
});

export class Watch {
  readonly id: number;
  readonly follower: MountFollower | null;
  readonly parts = new Map<Part, { group: Group; layers: Layer[] }>();
  readonly #params: WatchParams;
  readonly #groups: Groups;
  readonly #send: (item: WatchItem) => void;
  /** Descriptors opened for the states of one batch. */
  #opened = new Map<number, number>();

  constructor(id: number, params: WatchParams, groups: Groups, send: (item: WatchItem) => void) {
    this.id = id;
    this.#params = params;
    this.#groups = groups;
    this.#send = send;
    this.follower = params.mount === null ? null : new MountFollower(params.mount);
  }

  /** Sets the marks, maps the directories, and says `ready`. */
  start(): void {
    const told: WatchedLayer[] = [];
    const byDevice = new Map<string, Layer[]>();
    const hangs = hangJudge();
    for (const layer of this.#params.layers) {
      const why = reasonNot(layer, hangs(layer.place));
      if (why !== null) told.push({ layer: layer.layer, by: 'none', why, directories: 0 });
      else {
        const key = layer.dev ?? `alone ${layer.layer}`;
        byDevice.set(key, [...(byDevice.get(key) ?? []), layer]);
      }
    }
    for (const [device, layers] of byDevice) told.push(...this.#watch(device, layers));
    told.sort((a, b) => a.layer - b.layer);
    this.#send({ kind: 'ready', layers: told });
  }

  /** Watches the layers of one filesystem. */
  #watch(device: string, layers: Layer[]): WatchedLayer[] {
    const part: Part = new Part(new DirectoryMap(true), (directory, isStranger) =>
      this.#came(part, directory, isStranger),
    );
    for (const layer of layers) part.bases.set(layer.layer, () => this.#base(layer));
    let group: Group;
    let why: string;
    try {
      const directory = openHere((layers[0] as Layer).place, false);
      try {
        ({ group, why } = this.#groups.join(part, {
          device,
          directory,
          fsType: (layers[0] as Layer).fsType,
          lifetimes: this.#params.lifetimes,
        }));
      } finally {
        close(directory);
      }
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return layers.map(({ layer }) => ({ layer, by: 'none', why: error.message, directories: 0 }));
    }
    this.parts.set(part, { group, layers });
    if (group.by !== 'inotify') part.openings = this.#openingsOf(layers);
    return layers.map((layer) => mapLayer(part, group, layer, why));
  }

  /** Openings of lowers are marked with lifetimes; they tell all where every lower is in one queue with the upper. */
  #openingsOf(layers: Layer[]): Openings | null {
    if (!this.#params.lifetimes) return null;
    const isWhole = this.#params.layers.every(({ layer }) => layer <= 0 || layers.some((one) => one.layer === layer));
    return new Openings(isWhole);
  }

  /** A directory came into a layer. One from elsewhere, or not marked till now, holds names of which no record tells. */
  #came(part: Part, directory: Directory, isStranger: boolean): void {
    const watched = this.parts.get(part);
    const layer = watched?.layers.find((one) => one.layer === directory.layer);
    if (!watched || !layer || (!isStranger && watched.group.mark === undefined)) return;
    mapBelow(part, watched.group, layer, directory, (parent, name, isDirectory) =>
      part.found(parent, name, isDirectory),
    );
  }

  /** Looks once more into directories that had moved away when they were looked for. */
  #lookAgain(part: Part): void {
    for (const directory of [...part.unread.keys()]) {
      const tried = part.unread.get(directory);
      this.#came(part, directory, true);
      // It was found this time.
      if (part.unread.get(directory) === tried) part.unread.delete(directory);
    }
  }

  #base(layer: Layer): Base | null {
    const prefix = pathHere(layer.place);
    if (prefix !== null) return { dirfd: AT_FDCWD, prefix };
    let fd = this.#opened.get(layer.layer);
    if (fd === undefined) {
      try {
        fd = openHere(layer.place, false);
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        return null;
      }
      this.#opened.set(layer.layer, fd);
    }
    return { dirfd: fd, prefix: asBytes('') };
  }

  /** Sends what a part has taken. */
  flush(part: Part): void {
    if (part.unread.size > 0) this.#lookAgain(part);
    if (!part.hasNews) {
      part.openings?.nextBatch();
      return;
    }
    const batch = part.flush(clock());
    for (const fd of this.#opened.values()) close(fd);
    this.#opened.clear();
    this.#send({ kind: 'events', ...batch });
  }

  /** Records of this part are lost: its directories are mapped anew. */
  overflowed(part: Part): void {
    const watched = this.parts.get(part);
    if (!watched) return;
    part.map.clear();
    const read = clock();
    for (const layer of watched.layers) mapLayer(part, watched.group, layer, '');
    this.#send({ kind: 'overflow', ...read, layers: watched.layers.map(({ layer }) => layer) });
  }

  /** Looks after inodes that lost their name. */
  lookAtOrphans(part: Part): void {
    const layer = this.parts.get(part)?.layers.find((one) => one.layer === 0);
    if (!layer) return;
    let anchor = -1;
    const orphans = part.unnamed.orphans((fid) => {
      try {
        if (anchor < 0) anchor = anchorOf(layer);
        return stateOf(anchor, fid);
      } catch (error) {
        if (error instanceof SyscallError) return null;
        throw error;
      }
    });
    if (anchor >= 0) close(anchor);
    if (orphans.length > 0) this.#send({ kind: 'orphans', ...clock(), orphans });
  }

  end(): void {
    for (const [part, { group, layers }] of this.parts) this.#groups.leave(part, group, (layers[0] as Layer).place);
    this.parts.clear();
    this.follower?.end();
  }
}

/** Why a layer is not watched at all; null where it is. */
function reasonNot({ fsType }: Layer, hangs: boolean): string | null {
  if (fsType === 'overlay') return 'it lies on another overlay mount, and watching it there would write to that one';
  if (FIXED.has(fsType)) return `nothing changes on ${fsType}`;
  return hangs ? `${fsType} may wait for a server that never answers` : null;
}

function anchorOf(layer: Layer): number {
  const place = openHere(layer.place, false);
  try {
    return openReadable(place);
  } finally {
    close(place);
  }
}

/** How many names an inode has, and its size. Throws a SyscallError: ESTALE where it has ended. */
function stateOf(anchor: number, fid: Key): { nlink: number; size: string } {
  const fd = openByHandle(anchor, handleOfKey(fid), Open.path);
  try {
    const { nlink, size } = statx(fd, asBytes(''));
    return { nlink, size: `${size}` };
  } finally {
    close(fd);
  }
}
