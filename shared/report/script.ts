import { asBytes, type Bytes, joinBytes } from '../bytes/bytes.ts';
import { shellQuote } from '../bytes/show.ts';
import type { ScanMeta } from '../contract/scan.ts';
import type { ObjectDetail } from '../ipc/engine.ts';
import type { ReportFacts } from './facts.ts';
import type { RecipeFilesystem } from './filesystems.ts';
import {
  creation,
  imageLines,
  isSquashed,
  isWrittenSince,
  isXattrWhiteout,
  plainCreation,
  secondsOf,
  squashLines,
} from './making.ts';
import type { HandleTarget } from './origin.ts';
import { type Recipe, type RecipeNode, recipeOf } from './recipe.ts';
import { titleOf } from './title.ts';
import { folded } from './wrap.ts';

/** A shell script that builds the smallest stack which shows an object again: plain tools, nothing of this machine. */

const FOREIGN = 'f'.repeat(32);

export type Made = { script: string } | { refused: string };

/** The script; or why there is none, in a sentence. */
export function scriptOf(meta: ScanMeta['meta'], detail: ObjectDetail, facts: ReportFacts): Made {
  const recipe = recipeOf(meta, facts);
  if ('refused' in recipe) return recipe;
  return { script: new Script(recipe, meta, detail, facts).text() };
}

class Script {
  readonly #recipe: Recipe;
  readonly #meta: ScanMeta['meta'];
  readonly #detail: ObjectDetail;
  readonly #facts: ReportFacts;
  readonly #dirs = new Set<string>();
  readonly #made = new Map<string, HandleTarget>();

  constructor(recipe: Recipe, meta: ScanMeta['meta'], detail: ObjectDetail, facts: ReportFacts) {
    this.#facts = facts;
    this.#recipe = recipe;
    this.#meta = meta;
    this.#detail = detail;
    for (const target of this.#targets()) if (target.make) this.#made.set(`${target.layer} ${target.path}`, target);
  }

  text(): string {
    const { filesystems } = this.#recipe;
    const lowers = filesystems.flatMap((fs) => this.#lowersOn(fs));
    const body = [
      ...this.#head(),
      '',
      ...filesystems.flatMap((fs) => imageLines(fs)),
      '',
      ...this.#directories(),
      ...this.#recipe.roots.flatMap(({ layer, xattrs }) => this.#marks(xattrs, this.#word(layer, asBytes(''), true))),
      ...lowers,
      ...filesystems.flatMap((fs) => squashLines(fs)),
      ...this.#upper(),
      '',
      ...this.#mount(),
    ];
    return `${body.join('\n')}\n`;
  }

  #head(): string[] {
    const about = [
      titleOf(this.#detail),
      'Builds the smallest stack that shows the same, below a new directory, and takes it away at its end. As root; needs bash, util-linux, attr, and the mkfs of its filesystems.',
      'With words behind it, runs them as a command there instead of looking: the mount is m.',
      ...this.#recipe.limits.map((one) => `Not as it was met: ${one}`),
    ];
    return [
      '#!/bin/bash',
      ...about.flatMap((line) => folded(line, 70).map((part) => `# ${part}`)),
      'set -eu',
      `[ "$(id -u)" -eq 0 ] || { echo 'this needs root' >&2; exit 1; }`,
      'dir=$(mktemp -d)',
      'clean() {',
      '  cd /',
      `  for at in m ${this.#recipe.filesystems.map(({ number }) => `f${number}`).join(' ')}; do`,
      '    umount "$dir/$at" 2>/dev/null || umount -l "$dir/$at" 2>/dev/null || :',
      '  done',
      '  rm -rf "$dir"',
      '}',
      'trap clean EXIT',
      "trap 'exit 130' INT TERM",
      'cd "$dir"',
      ...this.#functions(),
    ];
  }

  /** Handles that something in the built tree has to name. */
  #targets(): HandleTarget[] {
    const { nodes, index } = this.#recipe;
    const named = nodes.flatMap(({ xattrs }) =>
      xattrs.flatMap(({ value }) => ('handle' in value ? [value.handle] : [])),
    );
    return index ? [...named, index.of] : named;
  }

  #functions(): string[] {
    return [...this.#numbering(), ...this.#handles()];
  }

  #numbering(): string[] {
    if (!this.#recipe.filesystems.some(({ kind }) => kind === 'btrfs')) return [];
    return [
      '# The next inode of a subvolume is 300: numbers are given once, and in order.',
      `same() { local at=0; while [ $at -lt 299 ]; do : > "$1/fill"; at=$(stat -c %i "$1/fill"); rm "$1/fill"; done; }`,
    ];
  }

  #handles(): string[] {
    if (this.#targets().length === 0) return [];
    return [
      '# A number of so many bytes in hex, the lowest first.',
      'le() { local i; for ((i = 0; i < $1; i++)); do printf %02x $(($2 >> 8 * i & 255)); done; }',
      '# The generation of an inode: what tells it from one that had its number before.',
      'generation() { # FILESYSTEM FILE',
      '  lsattr -dv "$2" 2>/dev/null | grep -o "^ *[0-9]*" && return',
      '  sync -f "$1"',
      `  debugfs -R "stat <$(stat -c %i "$2")>" "$1.img" 2>/dev/null | sed -n 's/.*Generation: *\\([0-9]*\\).*/\\1/p'`,
      '}',
      '# A handle as overlayfs stores it (struct ovl_fb): header, uuid, inode and generation.',
      'handle() { # TYPE FILESYSTEM UUID FILE [ADDED TO THE GENERATION]',
      '  local gen=0 ino',
      '  ino=$(stat -c %i "$4")',
      '  [ "$1" = squashfs ] || gen=$(generation "$2" "$4")',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
      '  [ -z "${5-}" ] || gen=$((gen + $5 & 0xffffffff))',
      '  if [ "$1" = xfs ]; then printf 00fb210081%s%s%s "$3" "$(le 8 "$ino")" "$(le 4 $gen)"',
      '  else printf 00fb1d0001%s%s%s "$3" "$(le 4 "$ino")" "$(le 4 $gen)"; fi',
      '}',
    ];
  }

  #fsOf(layer: number): RecipeFilesystem {
    const number = this.#recipe.layers.find((one) => one.layer === layer)?.filesystem ?? 1;
    return this.#recipe.filesystems[number - 1] as RecipeFilesystem;
  }

  /** A path of the built tree; before a squashfs is made, where its content is gathered. */
  #at(layer: number, path: Bytes, isGathered = false): Bytes {
    const fs = this.#fsOf(layer);
    const name = this.#recipe.layers.find((one) => one.layer === layer)?.name ?? 'other';
    const root = `${isGathered && isSquashed(fs) ? 's' : 'f'}${fs.number}/${name}`;
    return path === '' ? asBytes(root) : joinBytes(asBytes(root), path);
  }
  #word = (layer: number, path: Bytes, isGathered = false): string => shellQuote(this.#at(layer, path, isGathered));

  #directories(): string[] {
    const roots = this.#recipe.layers.map(({ layer }) => this.#at(layer, asBytes(''), true));
    const upper = this.#recipe.layers.find(({ role }) => role === 'upper');
    const work = upper ? [asBytes(`f${upper.filesystem}/work`)] : [];
    const subvolumes = this.#recipe.layers
      .filter(({ layer, role }) => role !== 'upper' && this.#fsOf(layer).kind === 'btrfs')
      .map(({ layer }) => this.#at(layer, asBytes('')));
    const plain = [...roots, ...work].filter((path) => !subvolumes.includes(path));
    return [
      ...subvolumes.map((path) => `btrfs -q subvolume create ${path}`),
      ...(plain.length === 0 ? [] : [`mkdir -p ${plain.join(' ')}`]),
    ];
  }

  #lowersOn(fs: RecipeFilesystem): string[] {
    const on = this.#recipe.layers.filter(({ filesystem, role }) => filesystem === fs.number && role !== 'upper');
    return on.flatMap(({ layer }) => [
      ...this.#recipe.nodes.filter((node) => node.layer === layer).flatMap((node) => this.#node(node)),
      ...[...this.#made.values()].filter((one) => one.layer === layer).flatMap((one) => this.#make(one)),
    ]);
  }

  #upper(): string[] {
    const nodes = this.#recipe.nodes.filter(({ layer }) => layer === 0);
    const lines = nodes.flatMap((node) => this.#node(node));
    const { index } = this.#recipe;
    if (index) {
      const work = `f${this.#fsOf(0).number}/work/index`;
      lines.push(`mkdir ${work}`, `ln ${this.#word(0, index.upper)} ${work}/${this.#handle(index.of)}`);
    }
    const hidden = [...this.#made.values()].filter(({ twist }) => twist === null);
    if (hidden.length > 0) lines.push('# Only its origin leads there.');
    for (const { path } of hidden) lines.push(`mknod -m 0 ${this.#word(0, path)} c 0 0`);
    for (const { layer, path, twist } of this.#made.values())
      if (twist === 'gone') lines.push(`rm -r ${this.#word(layer, path)}  # now the origin is stale`);
    return lines;
  }

  /** Commands that make one entry, with its attributes and its time. */
  #node(node: RecipeNode): string[] {
    const { layer, path, attributes, linkOf, type } = node;
    const word = this.#word(layer, path, true);
    const lines = this.#parents(layer, path);
    if (linkOf !== null) return [...lines, `ln -P ${this.#word(layer, linkOf, true)} ${word}`];
    if (this.#isSameNumber(node)) lines.push(`same ${this.#word(layer, asBytes(''))}`);
    lines.push(...creation(node, word));
    if (type === 'dir') this.#dirs.add(`${layer} ${path}`);
    const mode = attributes.mode & 0o7777;
    const usual = type === 'dir' ? 0o755 : 0o644;
    if (type !== 'symlink' && type !== 'whiteout' && mode !== usual) lines.push(`chmod ${mode.toString(8)} ${word}`);
    if (attributes.uid !== 0 || attributes.gid !== 0)
      lines.push(`chown -h ${attributes.uid}:${attributes.gid} ${word}`);
    // The kernel keeps user.* off everything but files and directories.
    const isPlain = type === 'file' || type === 'dir' || isXattrWhiteout(node);
    lines.push(
      ...this.#marks(
        node.xattrs.filter(({ name }) => isPlain || !name.startsWith('user.')),
        word,
      ),
    );
    if (type !== 'dir' && !isWrittenSince(node)) lines.push(`touch -h -d @${secondsOf(attributes.mtimeNs)} ${word}`);
    return lines;
  }

  /** One of the inodes of a subvolume that show one number. */
  #isSameNumber({ layer, path }: RecipeNode): boolean {
    const { it, beside } = this.#facts;
    if (this.#fsOf(layer).kind !== 'btrfs' || layer === 0) return false;
    return [it, ...beside].some(({ attributes: [top] }) => top?.layer === layer && top.path === path);
  }

  #marks(xattrs: RecipeNode['xattrs'], word: string): string[] {
    return xattrs.map(({ name, value }) => {
      const text = 'hex' in value ? value.hex : this.#handle(value.handle);
      return `setfattr -h -n ${shellQuote(asBytes(name))}${text === '' ? '' : ` -v 0x${text}`} ${word}`;
    });
  }

  /** Directories on the way that no entry is known of: plain ones. */
  #parents(layer: number, path: Bytes): string[] {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/'))) as Bytes;
    if (parent === '' || this.#dirs.has(`${layer} ${parent}`)) return [];
    this.#dirs.add(`${layer} ${parent}`);
    return [`mkdir -p ${this.#word(layer, parent, true)}`];
  }

  /** Commands that make an inode for a handle alone. */
  #make({ layer, path, make }: HandleTarget): string[] {
    const word = this.#word(layer, path, true);
    const { type, links } = make ?? { type: 'file', links: 1 };
    const lines = [type === 'dir' ? `mkdir ${word}` : plainCreation(type, word)];
    for (let more = 1; more < links; more++) lines.push(`ln -P ${word} ${word}.link${more}`);
    return lines;
  }

  #handle({ layer, path, twist }: HandleTarget): string {
    const fs = this.#fsOf(layer);
    const kind = isSquashed(fs) ? 'squashfs' : fs.kind;
    const isNull = fs.uuid === null || this.#meta.options.uuid === 'off';
    const uuid = twist === 'foreign' ? FOREIGN : isNull ? '0'.repeat(32) : fs.uuid;
    const added = twist === 'generation' ? ' 1' : '';
    return `$(handle ${kind} f${fs.number} ${uuid} ${this.#word(layer, path)}${added})`;
  }

  #mount(): string[] {
    const { layers, options } = this.#recipe;
    const upper = layers.find(({ role }) => role === 'upper');
    // The mount tells a reader its layers whole.
    const place = (one: { layer: number }): string => `$dir/${this.#at(one.layer, asBytes(''))}`;
    const lowers = layers.filter(({ role }) => role === 'lower').map(place);
    const data = layers.filter(({ role }) => role === 'data').map(place);
    const dirs = [
      `lowerdir=${[lowers.join(':'), ...data].join('::')}`,
      ...(upper ? [`upperdir=${place(upper)}`, `workdir=$dir/f${upper.filesystem}/work`] : []),
    ];
    const readonly = this.#meta.readonly && upper ? ['ro'] : [];
    const all = [...dirs, ...readonly, ...options];
    const merged = joinBytes(asBytes('m'), this.#detail.path);
    const parent = this.#detail.path === '' ? asBytes('m') : (merged.slice(0, merged.lastIndexOf('/')) as Bytes);
    const own = new Set(this.#facts.it.attributes.map(({ layer, path }) => `${layer} ${path}`));
    const real = this.#recipe.nodes
      .filter(({ layer, path }) => own.has(`${layer} ${path}`))
      .map(({ layer, path }) => this.#word(layer, path));
    return [
      'mkdir m',
      ...all.map((one, i) => {
        const before = i === 0 ? 'mount -t overlay overlay -o "' : '';
        return `${before}${one}${i + 1 < all.length ? ',\\' : '" m'}`;
      }),
      'if [ $# -gt 0 ]; then "$@"; exit; fi',
      '# What stat says through the mount, and what stands in the layers.',
      `stat -c '%n: device %Hd:%Ld, inode %i, %h links' ${[shellQuote(merged), ...real].join(' \\\n  ')} || :`,
      '# What a listing says.',
      `ls -1Ai ${shellQuote(parent)} || :`,
    ];
  }
}
