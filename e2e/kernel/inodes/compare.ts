import type { ScanObject, Shown } from '../../../shared/contract/scan.ts';
import type { Numbers, Seen } from './look.ts';

/** One answer that the kernel contradicts. */
export interface Wrong {
  readonly path: string;
  readonly field: string;
  readonly predicted: string;
  readonly seen: string;
  readonly why: string;
}

/** What is known of the mount beside its objects. */
export interface Mount {
  /** st_dev of the overlay. */
  readonly dev: string;
  /** st_dev of the layers' roots: no pseudo device may be one of them. */
  readonly layers: readonly string[];
  /** Pseudo devices by filesystem id, as they were met since the mount was made. */
  readonly pseudos: Map<string, string>;
}

export interface Comparison {
  readonly wrong: Wrong[];
  /** Objects compared: those that the mount shows. */
  objects: number;
  /** Objects with a field that is unknown, and objects whose number is said to be the kernel's count. */
  unknown: number;
  counted: number;
  /** Numbers that were compared, of stat, fstat and getdents64. */
  numbers: number;
  /** What each object of these rows was found to be: `ROW|st` and `ROW|d`. */
  readonly met: Set<string>;
}

/** Begins the device of which no prediction has told the class. */
export const UNMET = 'unmet';

/** `PATH` → the device in words and the number, as seen. */
export type Pairs = Map<string, string>;

/** The device of a stat in the words of the prediction. An unmet pseudo device takes the id that is predicted. */
function deviceOf(dev: string, predicted: string, mount: Mount): string {
  if (dev === mount.dev) return 'overlay';
  for (const [name, known] of mount.pseudos) if (known === dev) return name;
  if (mount.layers.includes(dev)) return `a layer's ${dev}`;
  if (predicted.startsWith('pseudo:') && !mount.pseudos.has(predicted)) {
    mount.pseudos.set(predicted, dev);
    return predicted;
  }
  return `${UNMET} ${dev}`;
}

/**
 * Holds what is predicted against what is seen. Where `cached` says so of a path, nothing was dropped from memory since
 * its layers changed, and either answer counts. What a directory in memory lists otherwise counts always: the root's
 * stays as long as the mount.
 */
export function compare(
  predicted: readonly ScanObject[],
  seen: readonly Seen[],
  mount: Mount,
  cached: (path: string) => boolean,
): Comparison & { pairs: Pairs } {
  const wrong: Wrong[] = [];
  const out: Comparison & { pairs: Pairs } = {
    wrong,
    objects: 0,
    unknown: 0,
    counted: 0,
    numbers: 0,
    met: new Set(),
    pairs: new Map(),
  };
  const objects = new Map(predicted.filter(({ hiddenBy }) => hiddenBy === null).map((object) => [object.path, object]));
  for (const one of seen) {
    const object = objects.get(one.path);
    objects.delete(one.path);
    if (object === undefined) {
      if (typeof one.stat !== 'string')
        wrong.push({ path: one.path, field: 'object', predicted: 'none', seen: text(one.stat), why: '' });
      continue;
    }
    compareOne(object, one, mount, cached(one.path), out);
  }
  for (const object of objects.values())
    if (object.shown !== null && object.listed === true)
      wrong.push({ path: object.path, field: 'object', predicted: 'listed', seen: 'none', why: object.shown.why });
  return out;
}

const text = (numbers: Numbers | string): string =>
  typeof numbers === 'string' ? numbers : `${numbers.dev} ${numbers.ino} nlink ${numbers.nlink}`;

function compareOne(
  object: ScanObject,
  seen: Seen,
  mount: Mount,
  isCached: boolean,
  out: Comparison & { pairs: Pairs },
): void {
  const { shown, path } = object;
  const say = (field: string, predicted: unknown, found: unknown): void => {
    out.wrong.push({ path, field, predicted: String(predicted), seen: String(found), why: shown?.why ?? '' });
  };
  if (typeof seen.stat === 'string') {
    if (shown !== null && shown.ino !== 'unknown' && object.lookup === 'ok') say('stat', shown.ino, seen.stat);
    return;
  }
  out.objects++;
  if (shown === null) {
    say('stat', 'nothing shown', text(seen.stat));
    return;
  }
  if ([shown.dev, shown.ino, shown.dino, shown.nlink, shown.stable].includes('unknown')) out.unknown++;
  const before = out.wrong.length;
  const { cached } = shown;
  for (const [call, numbers] of [
    ['stat', seen.stat],
    ['fstat', seen.fstat],
  ] as const) {
    if (typeof numbers === 'string') continue;
    const dev = deviceOf(numbers.dev, shown.dev, mount);
    if (call === 'stat') out.pairs.set(path, `${dev} ${numbers.ino}`);
    const { dev: predictedDev, ino } = isCached && isFormer(shown, dev, numbers.ino) ? { ...cached } : shown;
    if (predictedDev !== 'unknown' && predictedDev !== dev) say(`${call} dev`, predictedDev, dev);
    if (ino !== 'unknown' && ino !== null && ino !== numbers.ino) say(`${call} ino`, ino, numbers.ino);
    const links = isCached && cached?.nlink === numbers.nlink ? cached.nlink : shown.nlink;
    if (links !== 'unknown' && links !== numbers.nlink) say(`${call} nlink`, links, numbers.nlink);
    out.numbers++;
  }
  if (shown.ino === null) out.counted++;
  if (out.wrong.length === before && shown.ino !== 'unknown') out.met.add(`${shown.why}|st`);
  if (path === '') {
    if (shown.dino !== null) say('dino', shown.dino, null);
    return;
  }
  if (shown.dino === 'unknown' || shown.dino === null || object.listed !== true) return;
  out.numbers++;
  const dinos = [shown.dino, cached?.dino, ...(isCached ? [cached?.ino] : [])];
  if (dinos.includes(seen.dino as string)) out.met.add(`${shown.why}|d`);
  else if (!(isCached && cached?.ino === 'unknown')) say('dino', shown.dino, seen.dino);
}

const isFormer = ({ cached }: Shown, dev: string, ino: string): boolean =>
  cached !== undefined && (cached.ino === 'unknown' || (cached.dev === dev && (cached.ino ?? ino) === ino));
