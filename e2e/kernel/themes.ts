import type { CaseOptions } from './case.ts';
import type { Plant } from './generator-plants.ts';
import type { Random } from './random.ts';

/**
 * What a case is mostly about. Some rules are only met where several options, marks and layers come together, so that
 * cases of one kind would meet them once in ten thousand: each theme makes one such meeting likely.
 */
export interface Theme {
  /** How likely there is an upper, a data-only layer, something done before, a mount of a user namespace. */
  readonly upper: number;
  readonly data: number;
  readonly before: number;
  readonly user: number;
  /** Numbers of lower layers, each as likely. */
  readonly lowers: readonly number[];
  /** How full a directory of a layer is, each as likely: sparse layers let those below them count. */
  readonly density: readonly number[];
  /** Weights of a directory, a hard link and a metacopy among the nodes. */
  readonly dir: number;
  readonly link: number;
  readonly metacopy: number;
  /** Weight of opaque=y on a directory, against 100 without and with other values. */
  readonly opaque: number;
  /** How likely a directory has a redirect, by where it stands, and a file or a directory of the upper an origin. */
  readonly redirect: { readonly upper: number; readonly lower: number };
  readonly origin: { readonly file: number; readonly dir: number; readonly metacopy: number };
  /** How likely a file or a directory of the upper that has an origin has an index entry too. */
  readonly index: number;
  /** What is planted (see generator-plants.ts). */
  readonly plants: { readonly most: number; readonly of: readonly Plant[] };
  readonly options: (random: Random, upper: boolean) => CaseOptions;
}

const plain: Theme = {
  upper: 0.55,
  data: 0.25,
  before: 0.35,
  user: 0.12,
  lowers: [1, 2, 2, 3, 3, 3, 4, 4, 5],
  density: [0.4, 0.6, 0.85],
  dir: 42,
  link: 4,
  metacopy: 5,
  opaque: 9,
  redirect: { upper: 0.12, lower: 0.18 },
  origin: { file: 0.1, dir: 0.12, metacopy: 0.2 },
  index: 0,
  plants: { most: 2, of: ['over', 'deep', 'listed'] },
  options: (random, upper) => plainOptions(random, upper),
};

export const themes = {
  plain,
  /** Hard links, metacopies and their origins under index=on. */
  index: {
    ...plain,
    upper: 1,
    data: 0.1,
    before: 0.7,
    user: 0,
    lowers: [2, 3, 3, 4, 5],
    link: 14,
    metacopy: 22,
    origin: { file: 0.6, dir: 0.2, metacopy: 0.8 },
    index: 0.5,
    plants: { most: 4, of: ['metacopy', 'metacopy', 'metacopy', 'file', 'over'] },
    options: (random) => ({
      index: 'on',
      ...(random.chance(0.8) ? { metacopy: 'on' } : {}),
      ...xino(random),
    }),
  },
  /** Directories and files whose lower is verified, under nfs_export=on. */
  export: {
    ...plain,
    upper: 0.95,
    data: 0,
    before: 0.5,
    user: 0,
    lowers: [1, 2, 3, 3, 4, 5],
    dir: 50,
    link: 10,
    metacopy: 2,
    redirect: { upper: 0.25, lower: 0.12 },
    origin: { file: 0.35, dir: 0.65, metacopy: 0.5 },
    index: 0.5,
    plants: { most: 4, of: ['dir', 'dir', 'dir', 'file'] },
    options: (random, upper) => ({
      nfs_export: 'on',
      ...(random.chance(0.3) ? { index: 'on' } : {}),
      ...(upper ? (random.chance(0.5) ? { redirect_dir: 'on' } : {}) : { redirect_dir: 'nofollow' }),
      ...xino(random),
    }),
  },
  /** Metacopies whose data lie in data-only layers, mostly without the options that following them once needed. */
  data: {
    ...plain,
    data: 1,
    user: 0,
    lowers: [1, 1, 1, 2, 3, 4],
    metacopy: 24,
    opaque: 25,
    redirect: { upper: 0.15, lower: 0.5 },
    plants: { most: 3, of: ['over', 'deep', 'deep'] },
    options: (random) => ({
      ...random.pick<CaseOptions>([
        {},
        { metacopy: 'off' },
        { metacopy: 'on' },
        { redirect_dir: 'nofollow' },
        { redirect_dir: 'nofollow' },
        { redirect_dir: 'nofollow' },
      ]),
      ...xino(random),
    }),
  },
  /** Redirects that the mount forbids to follow. */
  nofollow: {
    ...plain,
    data: 0.3,
    user: 0,
    upper: 0.7,
    lowers: [2, 3, 3, 4, 5],
    dir: 52,
    opaque: 20,
    redirect: { upper: 0.4, lower: 0.45 },
    plants: { most: 3, of: ['deep'] },
    options: (random) => ({
      ...(random.chance(0.8) ? { redirect_dir: 'nofollow' } : { userxattr: true }),
      ...(random.chance(0.15) ? { index: 'on' } : {}),
      ...xino(random),
    }),
  },
} as const satisfies Readonly<Record<string, Theme>>;

export const themeOf = (random: Random): Theme =>
  themes[random.weighted({ plain: 34, index: 17, export: 18, data: 18, nofollow: 13 })];

const xino = (random: Random): Pick<CaseOptions, 'xino'> =>
  random.chance(0.6) ? { xino: random.pick(['on', 'on', 'auto', 'off']) } : {};

/** Every option at random. */
function plainOptions(random: Random, upper: boolean): CaseOptions {
  const options: { -readonly [K in keyof CaseOptions]: CaseOptions[K] } = xino(random);
  if (random.chance(0.1)) return { ...options, ...confinedOptions(random), userxattr: true };
  const metacopy = random.weighted({ on: 45, off: 10, none: 45 });
  if (metacopy !== 'none') options.metacopy = metacopy;
  const redirect =
    metacopy === 'on' ? { none: 70, on: 28, follow: 1, nofollow: 1 } : { none: 35, on: 25, follow: 10, nofollow: 30 };
  const chosen = random.weighted<string>({ ...redirect, off: metacopy === 'on' ? 0 : 8 });
  if (chosen !== 'none') options.redirect_dir = chosen as NonNullable<CaseOptions['redirect_dir']>;
  if (random.chance(0.15)) options.index = random.pick(['on', 'on', 'off']);
  if (metacopy !== 'on' && random.chance(0.05)) {
    options.nfs_export = 'on';
    if (!upper) options.redirect_dir = 'nofollow';
  }
  return options;
}

/** Options of a mount of a user namespace, or with userxattr: what the kernel refuses there is rare. */
export function confinedOptions(random: Random): CaseOptions {
  const options: { -readonly [K in keyof CaseOptions]: CaseOptions[K] } = xino(random);
  if (random.chance(0.2)) options.redirect_dir = random.pick(['nofollow', 'nofollow', 'follow', 'off', 'on']);
  if (random.chance(0.1)) options.index = 'on';
  return options;
}
