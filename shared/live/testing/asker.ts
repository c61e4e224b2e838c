import { asBytes, type Bytes } from '../../bytes/bytes.ts';
import type { Asker, Below, Standing } from '../asker.ts';
import type { Now } from '../raw.ts';
import { isWhiteoutState } from '../record.ts';

const NOTHING: Below = { found: null, isCertain: true };

/** A stack in memory, as plain as can be: for tests of meaning alone. */
export class MemoryAsker implements Asker {
  readonly upper = new Map<string, Standing>();
  readonly #lower: Record<string, number | null | ''>;
  #aside = new Map<string, Standing>();

  /** `lower`: sizes of files, null for directories, '' for the rest. */
  constructor(lower: Record<string, number | null | ''>) {
    this.#lower = lower;
  }

  standing(path: Bytes): Standing | null {
    return this.upper.get(path) ?? null;
  }

  below(path: Bytes): Below {
    const parts = path.split('/');
    for (let i = 1; i < parts.length; i++) {
      const above = this.upper.get(parts.slice(0, i).join('/'));
      if (above && (above.is !== 'directory' || above.isOpaque)) return NOTHING;
    }
    const value = this.#lower[this.#origin(path)];
    if (value === undefined) return NOTHING;
    const attributes = { mode: value === null ? 0o040755 : 0o100644, uid: 0, gid: 0 };
    return { found: { isFile: typeof value === 'number', size: String(value ?? 0), ...attributes }, isCertain: true };
  }

  /** Where a lower has what this path shows: a redirect of the upper's directory leads elsewhere. */
  #origin(path: string): string {
    const slash = path.indexOf('/');
    const top = this.upper.get(slash < 0 ? '' : path.slice(0, slash));
    const redirect = /redirect=([^\n]*)/.exec(top?.marks ?? '')?.[1];
    return redirect === undefined ? path : redirect.replace(/^\//, '') + path.slice(slash);
  }

  namesOf(ino: string): Bytes[] {
    return [...this.upper].filter(([, standing]) => standing.ino === ino).map(([path]) => asBytes(path));
  }

  standingOf(now: Extract<Now, { is: 'there' }>): Standing {
    const values = new Map(now.overlay.map(({ name, value }) => [name.replace(/^trusted\.overlay\./, ''), value]));
    const { fid, ino, mode, uid, gid, size, mtimeNs } = now;
    const isDirectory = (mode & 0o170000) === 0o040000;
    return {
      is: isWhiteoutState(now) ? 'whiteout' : isDirectory ? 'directory' : 'other',
      fid,
      ino,
      mode,
      uid,
      gid,
      size,
      mtimeNs,
      marks: [...values]
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join('\n'),
      isOpaque: values.get(asBytes('opaque')) === 'y',
      isMetacopy: values.has(asBytes('metacopy')),
      hasOrigin: values.has(asBytes('origin')),
    };
  }

  put(path: Bytes, standing: Standing): void {
    this.#take(path);
    this.upper.set(path, standing);
  }
  update(path: Bytes, standing: Standing): void {
    this.upper.set(path, standing);
  }
  remove(path: Bytes): void {
    this.#take(path);
  }
  move(from: Bytes, to: Bytes): void {
    const moved = this.#take(from);
    this.#aside = this.#take(to);
    this.#set(to, moved);
  }
  restore(path: Bytes): void {
    const back = this.#aside;
    this.#aside = this.#take(path);
    this.#set(path, back);
  }

  inoOf(): null {
    return null;
  }
  doubt(): void {}

  /** Takes out what stands at a path and below it, by the rest of each path. */
  #take(path: string): Map<string, Standing> {
    const taken = new Map<string, Standing>();
    for (const [at, standing] of this.upper) {
      if (at !== path && !at.startsWith(`${path}/`)) continue;
      taken.set(at.slice(path.length), standing);
      this.upper.delete(at);
    }
    return taken;
  }
  #set(path: string, taken: Map<string, Standing>): void {
    for (const [rest, standing] of taken) this.upper.set(path + rest, standing);
  }
}
