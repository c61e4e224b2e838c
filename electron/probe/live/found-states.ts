import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { type Now, WORK_LAYER } from '../../../shared/live/raw.ts';
import type { Directory, DirectoryMap } from './directory-map.ts';
import { type Base, keyOfPath, readNow } from './state.ts';

/** The name of a temporary file in the work directory, or of one without a name. */
export const isTempName = (name: Bytes): boolean => name.charCodeAt(0) === 0x23;

/** States of names that one batch of records is about, each read once, as they are found when all of it was read. */
export class FoundStates {
  readonly #map: DirectoryMap;
  readonly #bases: ReadonlyMap<number, () => Base | null>;
  readonly #found = new Map<string, Now>();
  readonly #opened = new Map<number, Base | null>();

  constructor(map: DirectoryMap, bases: ReadonlyMap<number, () => Base | null>) {
    this.#map = map;
    this.#bases = bases;
  }

  /** Of a name in the upper or in index/; undefined for others, whose state tells nothing. */
  of(directory: Directory, name: Bytes): Now | undefined {
    const { layer } = directory;
    // By where it is now: a directory may have moved since.
    const place = this.#map.placeOf(directory, name === '.' ? asBytes('') : name);
    if (place === null) return { is: 'absent' };
    const { path } = place;
    if (layer > 0 || (layer === WORK_LAYER && (isTempName(name) || !path.startsWith('index/')))) return undefined;
    const key = `${layer}/${path}`;
    let now = this.#found.get(key);
    if (now === undefined) {
      now = this.#read(directory, path);
      this.#found.set(key, now);
    }
    return now;
  }

  #read(directory: Directory, path: Bytes): Now {
    const base = this.#base(directory.layer);
    if (base === null) return { is: 'unknown', why: 'the layer cannot be opened' };
    const now = readNow(base, path);
    if (now.is !== 'absent' || directory.isRoot) return now;
    const at = this.#map.placeOf(directory, asBytes(''))?.path;
    const isThere = at !== undefined && keyOfPath(base, at) === directory.key;
    return isThere ? now : { is: 'unknown', why: 'its directory was moved meanwhile' };
  }

  #base(layer: number): Base | null {
    let base = this.#opened.get(layer);
    if (base === undefined) {
      base = this.#bases.get(layer)?.() ?? null;
      this.#opened.set(layer, base);
    }
    return base;
  }
}
