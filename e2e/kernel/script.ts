import { type Bytes, hexOfBytes } from '../../shared/bytes/bytes.ts';
import { prefixOf } from './build.ts';
import {
  type Case,
  type CaseLayer,
  contentOf,
  type HandleOf,
  holeSize,
  type IndexMark,
  layersOf,
  type Mark,
  type Operation,
  type TreeNode,
  walkNodes,
} from './case.ts';

/** A word of a POSIX shell with ANSI quoting (bash, ksh, zsh) that is exactly these bytes. */
export function shellWord(bytes: string): string {
  if (/^[A-Za-z0-9_./:=+,-]+$/.test(bytes)) return bytes;
  const escaped = [...bytes].map((unit) => {
    const code = unit.charCodeAt(0);
    if (unit === "'" || unit === '\\') return `\\${unit}`;
    return code < 0x20 || code > 0x7e ? `\\x${code.toString(16).padStart(2, '0')}` : unit;
  });
  return `$'${escaped.join('')}'`;
}

/** A bash script that builds the case below a new directory, mounts it and shows it. As root, from the repository. */
export function scriptOf(c: Case): string {
  return [
    'set -eu',
    'export REPOSITORY=$PWD',
    'cd "$(mktemp -d /tmp/stratoscope-case-XXXXXX)"',
    ...buildLines(c),
    ...mountLines(c),
  ].join('\n');
}

/** The commands that build the layers in the current directory. */
export function buildLines(c: Case): string[] {
  const lines: string[] = [];
  const filesystems = [...new Set(layersOf(c).map((layer) => layer.filesystem))];
  lines.push(`# filesystems: ${filesystems.join(', ')}`);
  for (const layer of layersOf(c)) lines.push(`mkdir ${layer.id}`, ...treeLines(layer));
  if (c.upper) lines.push('mkdir work');
  for (const layer of layersOf(c).reverse()) {
    lines.push(...layer.marks.map((mark) => markLine(c, layer, '', mark)));
    walkNodes(layer.children, (node, path) => {
      lines.push(...node.marks.map((mark) => markLine(c, layer, `/${path}`, mark)));
    });
  }
  if (c.upper && c.index.length > 0) lines.push('mkdir work/index', ...c.index.map((entry) => indexLine(c, entry)));
  return lines;
}

const handle = (layer: string, path: Bytes, twist: HandleOf['twist']): string =>
  `$(node "$REPOSITORY/e2e/kernel/origin.ts" ${shellWord(`${layer}/${path}`)} ${twist})`;

function indexLine(c: Case, { of, kind, to }: IndexMark): string {
  const entry = `work/index/${handle(of.layer, of.path, 'true')}`;
  if (kind === 'whiteout') return `mknod -m 0 ${entry} c 0 0 || true`;
  if (kind === 'link') return `ln -P ${shellWord(`u/${to}`)} ${entry} || true`;
  const name = `${prefixOf(c, 'own')}upper`;
  return `e=${entry}; ! mkdir "$e" || setfattr -n ${name} -v 0x${handle('u', to, 'upper')} "$e"`;
}

function mountLines(c: Case): string[] {
  const lines = ['mkdir m'];
  const lowers = [c.lowers.map((layer) => layer.id).join(':'), ...c.data.map((layer) => layer.id)].join('::');
  const options = [`lowerdir=${lowers}`, ...(c.upper ? ['upperdir=u', 'workdir=work'] : [])];
  for (const [key, value] of Object.entries(c.options)) options.push(value === true ? key : `${key}=${value}`);
  const enter = c.namespace === 'user' ? 'unshare -Urm ' : 'unshare -m ';
  const before = c.before.map(operationLine).join('; ');
  const show = c.lookupFirst ? 'find m -exec stat {} +; ls -laR m' : 'ls -laR m; find m -exec stat {} +';
  const mount = `mount -t overlay overlay -o ${options.join(',')} m`;
  if (before !== '') lines.push(`${enter}bash <<'END'`, mount, `cd m; ${before}`, 'END');
  lines.push(`${enter}sh -c '${mount}; ${show}'`);
  return lines;
}

function operationLine({ do: what, path, to }: Operation): string {
  const file = shellWord(path);
  const commands = {
    append: `[ ! -f ${file} ] || echo more >> ${file}`,
    create: `[ -e ${file} ] || printf %s ${shellWord(`new:${path}\n`)} > ${file}`,
    chmod: `[ -L ${file} ] || chmod 700 ${file}`,
    remove: `rm -r ${file}`,
    mkdir: `mkdir ${file}`,
    rename: `mv -T ${file} ${shellWord(to ?? path)}`,
    link: `ln -T ${file} ${shellWord(to ?? path)}`,
  };
  return commands[what];
}

function treeLines(layer: CaseLayer): string[] {
  const lines: string[] = [];
  const links: string[] = [];
  walkNodes(layer.children, (node, path) => {
    const file = shellWord(`${layer.id}/${path}`);
    if (node.kind === 'link') links.push(`ln -P ${shellWord(`${layer.id}/${node.target}`)} ${file} || true`);
    else lines.push(nodeLine(layer, node, path, file));
  });
  return [...lines, ...links];
}

function nodeLine(layer: CaseLayer, node: TreeNode, path: Bytes, file: string): string {
  switch (node.kind) {
    case 'dir':
      return `mkdir ${file}`;
    case 'symlink':
      return `ln -s ${shellWord(node.target as Bytes)} ${file}`;
    case 'fifo':
      return `mkfifo ${file}`;
    case 'whiteout':
      return `mknod -m 0 ${file} c 0 0`;
    default:
      if (node.content === 'hole') return `truncate -s ${holeSize} ${file}`;
      return `printf %s ${shellWord(contentOf(layer, path, node.content))} > ${file}`;
  }
}

function markLine(c: Case, layer: CaseLayer, path: string, mark: Mark): string {
  const file = shellWord(layer.id + path);
  const name = prefixOf(c, mark.prefix) + mark.name;
  if (typeof mark.value === 'string') {
    const value = mark.value === '' ? '' : ` -v 0x${hexOfBytes(mark.value)}`;
    // The kernel keeps user.* off symlinks and special files.
    return `setfattr -h -n ${name}${value} ${file}${name.startsWith('user.') ? ' || true' : ''}`;
  }
  const { layer: of, path: place, twist } = mark.value;
  return `setfattr -h -n ${name} -v 0x${handle(of, place, twist)} ${file}`;
}
