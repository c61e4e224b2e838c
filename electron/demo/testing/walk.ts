import { execFileSync } from 'node:child_process';

/**
 * A walk by find and getfattr, run by a shell: the names, types, modes, sizes, links and overlay attributes of the
 * trees given, as text that can be compared. What differs from one demo to the next (inode numbers in handles, the
 * overlay's uuid) is left out, and of an origin only its length and version remain.
 */
export type Walk = Map<string, string>;

/** The shell commands of a walk of these directories, for `sh -c` in the demo's directory. */
export const walkCommand = (trees: string[]): string =>
  `find ${trees.join(' ')} -printf '%p\\0%y %m %s %n %l\\0' 2>/dev/null; printf '\\0\\0'; getfattr -Rh -d -m '^(trusted|user)[.]overlay[.]' -e hex ${trees.join(' ')}`;

/** Reads the output of walkCommand. */
export function parseWalk(output: string): Walk {
  const walk: Walk = new Map();
  const cut = output.indexOf('\0\0\0');
  const fields = output.slice(0, cut).split('\0');
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [type, mode, size, ...rest] = (fields[i + 1] ?? '').split(' ');
    // The size of a directory is its filesystem's affair.
    walk.set(fields[i] ?? '', [type, mode, type === 'd' ? '-' : size, ...rest].join(' '));
  }
  let file = '';
  for (const line of output.slice(cut + 3).split('\n')) {
    if (line.startsWith('# file: ')) file = line.slice(8);
    const [name, value] = line.split('=', 2);
    if (name === undefined || value === undefined || name.endsWith('.uuid') || line.startsWith('#')) continue;
    const shown = name.endsWith('.origin') ? `${value.slice(0, 4)} of ${value.length / 2 - 1} bytes` : value;
    walk.set(`${file} ${name}`, shown);
  }
  return walk;
}

/** Walks trees of a demo in the namespace of process `pid`, or here. */
export function walkIn(dir: string, pid: number | null, trees: string[]): Walk {
  const enter = pid === null ? [] : ['nsenter', '-t', String(pid), '-m', '--'];
  const [command = '', ...rest] = [...enter, 'sh', '-c', `cd "$1" && { ${walkCommand(trees)}; true; }`, 'walk', dir];
  return parseWalk(
    execFileSync(command, rest, { maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1'),
  );
}
