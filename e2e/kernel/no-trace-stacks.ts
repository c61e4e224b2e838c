import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { makeFifo, makeWhiteout, mount, setXattr } from './libc.ts';

/** A mounted overlay with everything in its layers that a careless reader would change. */
export interface WatchedStack {
  readonly name: string;
  readonly mount: string;
  /** A path in it that every layer has a part of. */
  readonly path: string;
  /** Its layers and work directory, those of an overlay below it, and what is mounted inside a layer. */
  readonly untouchables: readonly string[];
  /** Where the filesystem of upper and work is mounted, and what else lies on it: unmounted in this order. */
  readonly unmountInOrder: readonly string[];
}

const run = (program: string, ...args: string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Mounts an image with strictatime: then every read of a file, directory or symlink shows in its atime. */
function strictFilesystem(directory: string, name: string, type: 'ext4' | 'xfs' | 'btrfs'): string {
  const image = join(directory, `${name}.img`);
  const root = join(directory, name);
  run('truncate', '-s', '320M', image);
  run(`mkfs.${type}`, '-q', type === 'ext4' ? '-F' : '-f', image);
  mkdirSync(root);
  run('mount', '-o', 'loop,strictatime', image, root);
  return root;
}

function fill(layer: string, text: string): void {
  mkdirSync(join(layer, 'd/deep'), { recursive: true });
  writeFileSync(join(layer, 'd/file'), text);
  writeFileSync(join(layer, 'd/deep/file'), text);
  writeFileSync(join(layer, `only-${text}`), text);
  symlinkSync('d/file', join(layer, `link-${text}`));
  symlinkSync('/nowhere', join(layer, 'd/link'));
  makeFifo(asBytes(join(layer, 'd/fifo')));
  run('mknod', join(layer, 'd/null'), 'c', '1', '3');
  makeWhiteout(asBytes(join(layer, `gone-${text}`)));
  mkdirSync(join(layer, 'opaque'));
  setXattr(asBytes(join(layer, 'opaque')), 'trusted.overlay.opaque', asBytes('y'));
}

function mountOverlay(target: string, options: string): void {
  mkdirSync(target);
  const refused = mount('overlay', asBytes(target), 'overlay', 0, asBytes(options));
  if (refused !== null) throw new Error(`overlay on ${target}: ${refused}`);
}

/** Upper and two lowers on one filesystem; the upper's directories have no origin yet, so that a lookup would write one. */
export function plainStack(directory: string, type: 'ext4' | 'xfs' | 'btrfs'): WatchedStack {
  const root = strictFilesystem(directory, `fs-${type}`, type);
  const layers = ['u', 'l1', 'l2'].map((name) => join(root, name));
  for (const layer of layers) fill(layer, layer.slice(-1));
  const work = join(root, 'w');
  mkdirSync(work);
  const inside = join(root, 'l1/d/mnt');
  mkdirSync(inside);
  writeFileSync(join(inside, 'under'), 'under');
  const merged = join(directory, `merged-${type}`);
  mountOverlay(merged, `lowerdir=${layers[1]}:${layers[2]},upperdir=${layers[0]},workdir=${work}`);
  run('mount', '-t', 'tmpfs', '-o', 'strictatime', 'stratoscope-inside', inside);
  writeFileSync(join(inside, 'over'), 'over');
  return {
    name: `upper and two lowers on ${type}`,
    mount: merged,
    path: 'd/file',
    untouchables: [...layers, work, inside],
    unmountInOrder: [merged, inside, root],
  };
}

/** The topmost lower is itself an overlay mount, with an upper of its own. */
export function nestedStack(directory: string): WatchedStack {
  const root = strictFilesystem(directory, 'fs-nested', 'ext4');
  const names = ['u', 'w', 'l', 'inner-u', 'inner-w', 'inner-l'];
  const [upper, work, lower, innerUpper, innerWork, innerLower] = names.map((name) => {
    const path = join(root, name);
    mkdirSync(path);
    return path;
  }) as [string, string, string, string, string, string];
  for (const [layer, text] of [
    [upper, 'u'],
    [lower, 'l'],
    [innerUpper, 'iu'],
    [innerLower, 'il'],
  ] as const) {
    fill(layer, text);
  }
  const inner = join(directory, 'merged-inner');
  mountOverlay(inner, `lowerdir=${innerLower},upperdir=${innerUpper},workdir=${innerWork}`);
  const merged = join(directory, 'merged-nested');
  mountOverlay(merged, `lowerdir=${inner}:${lower},upperdir=${upper},workdir=${work}`);
  return {
    name: 'an overlay as a lower',
    mount: merged,
    path: 'd/file',
    untouchables: [upper, work, lower, innerUpper, innerWork, innerLower],
    unmountInOrder: [merged, inner, root],
  };
}
