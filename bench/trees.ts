/** The trees that are measured: real overlays made by make-overlay.sh, kept between runs in the temp folder. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where trees are kept. It may be removed at any time; the next run makes them anew. */
export const CACHE: string = join(tmpdir(), 'stratoscope-bench');

const GENERATOR = join(import.meta.dirname, 'make-overlay.sh');

/**
 * Options of make-overlay.sh for each tree. The number in the name is that of the base layer's entries, about; the
 * small tree is changed in the same proportion as the large one.
 */
const SIZES = {
  '170k': ['--thin', '--entries', '154000'],
  '20k': [
    ...['--thin', '--entries', '17500', '--changes', '1100', '--whiteouts', '340'],
    ...['--opaque', '22', '--redirects', '11', '--hardlinks', '110'],
  ],
} as const;
export type TreeName = keyof typeof SIZES;

export type Tree = {
  name: TreeName;
  /** The mount point. */
  mount: string;
  /** The layers' folders, topmost first. */
  layers: string[];
};

const mounted = new Map<TreeName, Tree>();

/** The tree, made if it is not there, and mounted for as long as this process's mount namespace lasts. */
export function treeOf(name: TreeName, say: (line: string) => void): Tree {
  const before = mounted.get(name);
  if (before) return before;
  const folder = build(name, say);
  const options = readFileSync(join(folder, 'mount.txt'), 'utf8').trim();
  const mount = join(folder, 'merged');
  run('mount', ['-t', 'overlay', 'stratoscope', '-o', options, mount]);
  const value = (key: string): string => new RegExp(`(?:^|,)${key}=([^,]*)`).exec(options)?.[1] ?? '';
  const tree = { name, mount, layers: [value('upperdir'), ...value('lowerdir').split(':')] };
  mounted.set(name, tree);
  return tree;
}

/** The folder of a whole tree. One whose making was interrupted is made again. */
function build(name: TreeName, say: (line: string) => void): string {
  const options = SIZES[name];
  const recipe = createHash('sha256').update(readFileSync(GENERATOR)).update(options.join(' ')).digest('hex');
  const folder = join(CACHE, `${name}-${recipe.slice(0, 8)}`);
  const proof = `${folder}.whole`;
  if (existsSync(proof)) return folder;
  say(`making the tree ${name} in ${folder}: some minutes, once`);
  mkdirSync(CACHE, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  run(GENERATOR, [...options, folder]);
  writeFileSync(proof, '');
  return folder;
}

/** Runs a command to its end; throws what it wrote to standard error where it fails. */
export function run(file: string, args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error) throw new Error(`${file}: ${error.message}`);
  if (status !== 0) throw new Error(`${file}: ${stderr.trim().replaceAll(/\s*\n\s*/g, ' ') || `exit ${status}`}`);
  return stdout;
}
