import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { DemoForm, DemoStep } from '../../shared/demo/manifest.ts';

/**
 * What a chapter needs to know to write its steps. A chapter is a function from a Plan to steps; the steps of all
 * chapters, in order, are the demo: the builder runs them and the script prints them.
 */
export type Plan = {
  form: DemoForm;
  /** The kernel takes data-only layers (6.5 and later, never in a user namespace). */
  data: boolean;
  /**
   * A filesystem image can be made and mounted: there are loop devices and mkfs.ext4. Never in memory: whoever removed
   * the mount point of the tmpfs from outside would leave an image that pins the tmpfs and is pinned by it, for good.
   */
  image: boolean;
  /** The directory's own filesystem can hold no upper (it is an overlay, or has no xattrs): the layers lie in a tmpfs. */
  inMemory: boolean;
};

/** Prefix of the attributes that count for the form (kernel: fs/overlayfs/overlayfs.h:OVL_XATTR_PREFIX). */
export const prefix = (plan: Plan): string => (plan.form === 'root' ? 'trusted.overlay' : 'user.overlay');

/** A step as its chapter writes it: which stacks it concerns, the table of chapters says. */
export type ChapterStep = Omit<DemoStep, 'stacks'>;

/** A step. `makes` are paths of the merged tree as latin1 text, a unit a byte. */
export const step = (makes: string | string[], command: string, about: string): ChapterStep => ({
  makes: [makes].flat() as Bytes[],
  command,
  about,
});

/** These directories and every one above them, the root included, each once. */
export function withParents(...directories: string[]): string[] {
  const out = new Set<string>(['']);
  for (const directory of directories) {
    const names = directory.split('/');
    for (let depth = 1; depth <= names.length; depth++) out.add(names.slice(0, depth).join('/'));
  }
  return [...out];
}

/** `mkdir -p` of these directories in one layer. */
export const directories = (layer: string, about: string, ...paths: string[]): ChapterStep =>
  step(withParents(...paths), `mkdir -p ${paths.map((path) => `${layer}/${path}`).join(' ')}`, about);

/** A path and what lies below it. */
export const below = (path: string, ...names: string[]): string[] => [path, ...names.map((name) => `${path}/${name}`)];
