import type { ListObject, MarkText, Origin, ScanObject } from '../contract/scan.ts';
import type { DecodedXattr, Sentence, Span } from '../ipc/engine.ts';
import type { StackOptions } from '../merge/options.ts';
import { clausesOf, enumerate, inodeNumber, type LayerNames, line, mark, option, strong } from './words.ts';

/** What each mark does, on the layers that carry it. */
const MARK_SAYS: Record<string, string> = {
  whiteout: 'a character device 0:0, so the name is gone from here down',
  'xattr-whiteout': 'an empty file with the attribute whiteout, so a lookup ends here, as at a whiteout',
  opaque: 'nothing below it is merged',
  redirect: 'the layers below are asked for another name',
  metacopy: 'only the attributes stand here; the bytes lie below',
  impure: 'entries in it may have an origin, so a listing looks their numbers up',
  indexed: 'a hard link that the index keeps whole over copy-up',
  protattr: 'immutable or append-only, kept by the overlay since the real inode does not have it',
};

/** One sentence for each mark, naming the layers that carry it; those that are unknown on the same layers together. */
export function markSentences(object: ScanObject, stack: ListObject, names: LayerNames): Sentence[] {
  const carriers = new Map<MarkText, number[]>();
  for (const entry of object.entries) {
    for (const one of entry.marks) carriers.set(one, [...(carriers.get(one) ?? []), entry.layer]);
  }
  for (const one of object.marks) if (!carriers.has(one)) carriers.set(one, []);
  const out: Sentence[] = [];
  const unknown = new Map<string, { where: Sentence; marks: string[] }>();
  for (const [one, layers] of carriers) {
    const where = layers.length === 0 ? line`on the object` : line`on ${names.all(layers)}`;
    if (one.startsWith('unknown:')) {
      const key = layers.join();
      const group = unknown.get(key) ?? { where, marks: [] };
      group.marks.push(one.slice('unknown:'.length));
      unknown.set(key, group);
    } else out.push(sentenceOf(one, where, stack));
  }
  for (const { where, marks } of unknown.values()) {
    const which = enumerate(marks.map((name) => mark(name)));
    if (stack.marks === 'unknown' && stack.privilege === 'full') {
      const doubt = 'a mount that a user namespace made heeds none, and nothing tells who made this one';
      out.push(
        marks.length === 1
          ? line`The mark ${which} stands ${where}; whether it counts is ${strong('unknown')}: ${doubt}.`
          : line`The marks ${which} stand ${where}; whether they count is ${strong('unknown')}: ${doubt}.`,
      );
      continue;
    }
    out.push(
      marks.length === 1
        ? line`Whether the mark ${which} stands ${where} is ${strong('unknown')}: it could not be read.`
        : line`Whether the marks ${which} stand ${where} is ${strong('unknown')}: they could not be read.`,
    );
  }
  return out;
}

function sentenceOf(one: MarkText, where: Sentence, stack: ListObject): Sentence {
  if (!one.startsWith('ignored:')) {
    return line`The mark ${mark(one)} stands ${where}: ${MARK_SAYS[one] ?? 'its meaning is not known here'}.`;
  }
  const name = one.slice('ignored:'.length);
  return line`The mark ${mark(name)} stands ${where} and does ${strong('not count')}: ${whyIgnored(stack)}.`;
}

function whyIgnored(stack: ListObject): string {
  if (stack.marks === 'none') return 'a mount of a user namespace without userxattr heeds none';
  return stack.marks === 'user' ? 'this mount heeds user.overlay.* alone' : 'this mount heeds trusted.overlay.* alone';
}

/** What the mark `origin` names and what the kernel makes of it. */
export function originSentence(
  object: ScanObject,
  stack: ListObject,
  names: LayerNames,
  options: StackOptions,
): Sentence | null {
  const { origin } = object;
  if (origin === null) return null;
  if (origin === 'unknown')
    return line`Whether it has an ${mark('origin')} is ${strong('unknown')}, and with it which number it keeps.`;
  const isLinked = object.type !== 'dir' && typeof origin.nlink === 'number' && origin.nlink > 1;
  const links = isLinked ? ` (of ${origin.nlink} names)` : '';
  const named = line`Its mark ${mark('origin')} names ${originName(origin, names)}${links}`;
  const why = origin.why === '' ? '' : ` (${origin.why.replace(/\.$/, '')})`;
  switch (origin.state) {
    case 'verified':
      return line`${named}, ${strong('found alive')}${onAnother(origin, stack)}.`;
    case 'stale':
      return line`${named}, which is ${strong('gone')}, so the kernel passes over it.`;
    case 'foreign':
      return line`${named}, on a filesystem that is ${strong('none of the layers’')}, so the kernel does not look for it.`;
    case 'undecodable':
      return line`${named}, by a handle that ${strong('cannot be decoded')}${why}${withoutUuid(origin, stack, names, options)}.`;
    case 'ignored':
      return line`${named}, which the kernel ${strong('does not follow')}${why}.`;
    case 'unverified':
      return stack.privilege === 'partial'
        ? line`${named}, which is ${strong('not verified')}${why}: opening a file by its handle needs privilege.`
        : line`${named}, which is ${strong('not verified')}${why}.`;
    case 'by-path':
      return line`${named}, found ${strong('by its path')}, as the kernel does for a metacopy.`;
    case 'empty':
      return line`It was copied up, but its ${mark('origin')} is ${strong('empty')}: nothing records from which inode.`;
  }
}

/** Where the inode that is named lies, if that is not the upper's filesystem. */
function onAnother({ layer }: Origin, stack: ListObject): Span[] {
  const of = (number: number | 'unknown') => stack.layers.find((one) => one.layer === number)?.fs.id ?? null;
  const [lower, upper] = [of(layer), of(0)];
  if (typeof lower !== 'number' || typeof upper !== 'number' || lower === upper) return [];
  return line`, on another filesystem than the upper`;
}

/** The options without which a filesystem that has no uuid is not looked into. */
function withoutUuid({ layer }: Origin, stack: ListObject, names: LayerNames, options: StackOptions): Span[] {
  const facts = stack.layers.find((one) => one.layer === layer);
  if (!facts || facts.fs.uuid !== null || layer === 'unknown') return [];
  const { index, metacopy, redirectDir, xino } = options;
  if (index || metacopy || redirectDir === 'on' || xino === 'on') return [];
  const off = enumerate(['xino', 'index', 'metacopy', 'redirect_dir'].map((name) => option(name)));
  return line`: ${names.the(layer)} is ${facts.fs.type}, which has no uuid, and ${off} are all off`;
}

function originName({ layer, ino }: Origin, names: LayerNames): Sentence {
  if (ino === 'unknown') {
    return layer === 'unknown' ? line`an inode that is not known` : line`an inode of ${names.the(layer)}`;
  }
  const inode = line`inode ${inodeNumber(ino)}`;
  return layer === 'unknown' ? line`${inode} of a layer that is not known` : line`${names.the(layer)}’s ${inode}`;
}

/** Attributes that are damaged: what their bytes should be. */
export function problemSentences(xattrs: DecodedXattr[], names: LayerNames): Sentence[] {
  return xattrs
    .filter(({ counts, problem, value }) => counts && problem !== null && value !== null && value !== '')
    .map(({ name, layer, problem }) => line`${mark(name)} on ${names.the(layer)}: ${problem ?? ''}.`);
}

/** The options that count for this object, with what they come to. */
export function optionSentence(object: ScanObject, stack: ListObject, options: StackOptions): Sentence | null {
  const marks = new Set(object.entries.flatMap((entry) => entry.marks).concat(object.marks));
  const plain = new Set([...marks].map((one) => one.replace(/^(unknown|ignored):/, '')));
  const items: Sentence[] = [];
  if (plain.has('redirect') || object.redirect !== undefined) {
    const does = options.redirectDir === 'nofollow' ? 'lets no redirect be followed' : 'lets a redirect be followed';
    items.push(line`${option(`redirect_dir=${options.redirectDir}`)} ${does}`);
  }
  if (plain.has('metacopy')) {
    const does = options.metacopy ? 'lets a metacopy be followed' : 'does not let a metacopy be followed';
    items.push(line`${option(`metacopy=${options.metacopy ? 'on' : 'off'}`)} ${does}`);
    if (stack.options.verity === 'on' || stack.options.verity === 'require')
      items.push(line`${option(`verity=${stack.options.verity}`)} checks its digest`);
  }
  const isLinked = object.entries.some(({ nlink, type }) => type !== 'dir' && typeof nlink === 'number' && nlink > 1);
  if (object.type !== 'dir' && (object.origin !== null || plain.has('indexed') || isLinked)) {
    const does = options.index ? 'keeps hard links whole over copy-up' : 'lets a copy-up split a hard link';
    items.push(line`${option(`index=${options.index ? 'on' : 'off'}`)} ${does}`);
  }
  if (options.nfsExport && object.type === 'dir' && object.entries.length > 1) {
    items.push(line`${option('nfs_export=on')} merges a directory only with its verified origin`);
  }
  if (marks.size > 0 || object.origin !== null) items.push(marksItem(stack));
  if (items.length === 0) return null;
  return line`What counts here: ${clausesOf(items)}.`;
}

function marksItem(stack: ListObject): Sentence {
  switch (stack.marks) {
    case 'user':
      return line`${option('userxattr')} takes marks from user.overlay.*`;
    case 'trusted':
      return line`marks are those of trusted.overlay.*, without ${option('userxattr')}`;
    case 'none':
      return line`the mount’s user namespace, without ${option('userxattr')}, heeds no mark`;
    case 'unknown':
      return line`which marks count is ${strong('unknown')}`;
  }
}
