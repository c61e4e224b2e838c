import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { mount, unmount } from '../libc.ts';
import type { Configuration } from './configurations.ts';
import { INSTANCES } from './kinds.ts';
import { operate } from './operate.ts';
import { isSealed, type Place, type Places, SEALED, type Sealed } from './places.ts';
import { type LayerName, makeThings } from './things.ts';

/** A configuration whose layers are built. */
export interface Stage {
  readonly configuration: Configuration;
  readonly target: Bytes;
  readonly options: Bytes;
  /** Prefix of the attributes that count. */
  readonly prefix: string;
  /** Layers that can be changed by hand, by name. */
  readonly changeable: Readonly<Partial<Record<LayerName, Bytes>>>;
  /** Roots of all layers. */
  readonly roots: readonly Bytes[];
}

/** Makes in a layer what each kind has there. */
function fill(root: string, layer: LayerName, prefix: string): void {
  for (const { kind, parent, directory } of INSTANCES) {
    if (!parent.layers.includes(layer)) continue;
    const path = join(root, directory);
    mkdirSync(path);
    makeThings(asBytes(path), kind[layer] ?? [], prefix);
  }
}

/** Builds the layers of configurations. Trees that are sealed into an image are packed once. */
export class Builder {
  readonly #places: Places;
  readonly #directory: string;
  readonly #images = new Map<string, string>();
  #count = 0;

  constructor(directory: string, places: Places) {
    this.#directory = directory;
    this.#places = places;
  }

  async build(configuration: Configuration): Promise<Stage> {
    const id = `c${this.#count++}`;
    const prefix = 'userxattr' in configuration.options ? 'user.overlay.' : 'trusted.overlay.';
    const changeable: Partial<Record<LayerName, Bytes>> = {};
    const roots: Partial<Record<LayerName | 'data' | 'work', string>> = {};
    const fuse = new Map<Place, string>();
    for (const name of ['upper', 'lower1', 'lower2'] as const) {
      const place = configuration[name];
      if (place === null) continue;
      if (!isSealed(place)) {
        const root = this.#fresh(place, id, name);
        fill(root, name, prefix);
        roots[name] = root;
        changeable[name] = asBytes(root);
      } else if (SEALED[place] === 'overlay') roots[name] = this.#inner(place, name, prefix);
      else {
        let sealed = fuse.get(place);
        if (sealed === undefined) {
          sealed = await this.#sealed(place, prefix);
          fuse.set(place, sealed);
        }
        roots[name] = join(sealed, name);
      }
    }
    if (configuration.upper) roots.work = this.#fresh(configuration.upper, id, 'work');
    if (configuration.data) {
      roots.data = this.#fresh(configuration.data, id, 'data');
      makeThings(asBytes(roots.data), [['file', 'data']], prefix);
    }
    if (configuration.former) this.#wear(configuration, id, roots.lower1 as string, roots.lower2 as string);
    const target = join(this.#directory, `merged-${id}`);
    mkdirSync(target);
    const { data, upper, work } = roots;
    const options = [
      `lowerdir=${roots.lower1}:${roots.lower2}${data === undefined ? '' : `::${data}`}`,
      ...(upper === undefined ? [] : [`upperdir=${upper}`, `workdir=${work}`]),
      ...Object.entries(configuration.options).map(([key, value]) => (value === '' ? key : `${key}=${value}`)),
    ];
    return {
      configuration,
      target: asBytes(target),
      options: asBytes(options.join(',')),
      prefix,
      changeable,
      roots: Object.values(roots).map(asBytes),
    };
  }

  #fresh(place: Exclude<Place, Sealed>, id: string, name: string): string {
    const path = join(this.#places.root(place), `${id}-${name}`);
    mkdirSync(path);
    return path;
  }

  /** Both lowers, below one root: images are shared, for nobody can change them; servers are not. */
  async #sealed(place: Sealed, prefix: string): Promise<string> {
    const key = `${place} ${prefix}`;
    const known = this.#images.get(key);
    if (known !== undefined) return known;
    const staging = this.#places.staging();
    for (const name of ['lower1', 'lower2'] as const) {
      mkdirSync(join(staging, name));
      fill(join(staging, name), name, prefix);
    }
    const root = await this.#places.seal(place, staging);
    if (SEALED[place] === 'image') this.#images.set(key, root);
    return root;
  }

  /** An overlay over the tree, in which some things were copied up. */
  #inner(place: Sealed, name: LayerName, prefix: string): string {
    const lower = this.#places.innerLower(place);
    fill(lower, name, prefix);
    const root = this.#places.inner(place, lower);
    copyUpSome(root, name);
    return root;
  }

  /** Mounts lower 1 as the upper of lower 2 for a while. */
  #wear({ lower1 }: Configuration, id: string, upper: string, lower: string): void {
    const work = this.#fresh(lower1 as Exclude<Place, Sealed>, id, 'former-work');
    const target = join(this.#directory, `former-${id}`);
    mkdirSync(target);
    const options = asBytes(`lowerdir=${lower},upperdir=${upper},workdir=${work}`);
    const refused = mount('overlay', asBytes(target), 'overlay', 0, options);
    if (refused !== null) throw new Error(`mounting ${target}: ${refused}`);
    copyUpSome(target, 'lower2');
    unmount(asBytes(target));
  }
}

/** Copies up the things of every other kind that a layer has. */
function copyUpSome(target: string, layer: LayerName): void {
  INSTANCES.forEach(({ kind, directory }, i) => {
    if (i % 2 === 0) return;
    for (const thing of kind[layer] ?? []) operate(asBytes(target), ['chown', `${directory}/${thing[1]}`]);
  });
}
