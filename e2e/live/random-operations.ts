import type { Random } from '../kernel/random.ts';

const WEIGHTS = {
  create: 12,
  write: 8,
  append: 8,
  truncate: 3,
  mkdir: 10,
  unlink: 8,
  rmdir: 4,
  rmtree: 1,
  rename: 12,
  link: 6,
  symlink: 3,
  chmod: 8,
  utimes: 4,
} as const;

export type Operation = { op: keyof typeof WEIGHTS; path: string; to: string };

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** A path of one to three names, few enough that operations meet. */
function path(random: Random): string {
  return Array.from({ length: random.between(1, 3) }, () => random.pick(NAMES)).join('/');
}

export function randomOperation(random: Random): Operation {
  return { op: random.weighted(WEIGHTS), path: path(random), to: path(random) };
}

/** Every path that operations may touch. */
export function everyPath(): string[] {
  const one = NAMES;
  const two = one.flatMap((first) => NAMES.map((name) => `${first}/${name}`));
  return [...one, ...two, ...two.flatMap((first) => NAMES.map((name) => `${first}/${name}`))];
}

/** A shell script that makes a lower of the same names: files, directories, hard links, symlinks. */
export function randomLower(random: Random): string {
  const lines: string[] = [];
  for (const at of everyPath()) {
    if (random.chance(0.45)) continue;
    const kind = random.weighted({ dir: at.split('/').length < 3 ? 5 : 0, file: 4, link: 1, symlink: 1 });
    const parent = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '.';
    const make = {
      dir: `mkdir ${at}`,
      file: `echo ${at} > ${at}`,
      link: `ln a/a ${at} 2>/dev/null || true`,
      symlink: `ln -s x ${at}`,
    };
    lines.push(`if [ -d ${parent} ] && [ ! -L ${parent} ]; then ${make[kind]}; fi`);
  }
  return lines.join('\n');
}
