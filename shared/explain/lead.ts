import type { HiddenBy, ListObject, ScanEntry, ScanObject } from '../contract/scan.ts';
import type { Sentence, Span } from '../ipc/engine.ts';
import { hasUnreadMarks, isUnknown, unreadLayers } from './unknown.ts';
import { clausesOf, enumerate, type LayerNames, line, path, plural, shownPath, strong, TYPE_WORDS } from './words.ts';

/** The first sentence, or the first few: what it is that one sees, and in which layers it stands. */
export function leadSentences(object: ScanObject, stack: ListObject, names: LayerNames): Sentence[] {
  const out = [line`${opening(object, names)}${others(object, names)}${absent(object, stack, names)}.`];
  const answers = answerSentence(object);
  if (answers) out.push(answers);
  const isOwn = hasUnreadMarks(object) || unreadLayers(stack).length > 0 || object.findings.includes('origin-shared');
  if (isUnknown(object) && !isOwn) {
    out.push(line`It hangs on the directories above it, of which not all that counts could be read.`);
  }
  return out;
}

/** `upper’s file`, with its path where that is another than the object's. */
function standing(entry: ScanEntry, object: ScanObject, names: LayerNames): Span[] {
  const own = object.provenance === 'upper' && object.type !== 'whiteout' ? 'own ' : '';
  const what = line`${names.the(entry.layer)}’s ${own}${TYPE_WORDS[entry.type]}`;
  return entry.path === object.path ? what : line`${what} ${path(entry.path, entry.pathB64)}`;
}

const WHAT_HIDES: Record<HiddenBy, string> = {
  file: 'a non-directory that stands above',
  whiteout: 'a whiteout above',
  opaque: 'an opaque directory above',
  directory: 'a directory that stands above and does not merge with it',
  redirect: 'a redirect above that leads elsewhere',
  stop: 'a lookup that stopped above',
};

function opening(object: ScanObject, names: LayerNames): Span[] {
  const top = object.entries[0];
  if (top === undefined) return line`Nothing is known to stand at ${path(object.path, object.pathB64)}`;
  const it = standing(top, object, names);
  if (object.hiddenBy !== null) {
    const fate =
      object.type === 'whiteout'
        ? 'it would be'
        : object.provenance === 'merged'
          ? 'it would be merged from'
          : 'you would see';
    const perhaps = object.provenance === 'unknown' ? 'what is not known, perhaps ' : '';
    const what = strong(WHAT_HIDES[object.hiddenBy]);
    return line`Nothing leads here through the mount: ${what} hides it, without which ${fate} ${perhaps}${it}`;
  }
  if (object.provenance === 'unknown')
    return line`What you see here is ${strong('unknown')}; the topmost entry is ${it}`;
  if (object.type === 'whiteout') return line`The name is gone: ${it} says so`;
  if (object.lookup !== 'ok' && object.lookup !== 'unknown')
    return line`You cannot reach ${it}${provenanceClause(object)}`;
  if (object.provenance === 'merged')
    return line`You see one directory, ${strong('merged')} from ${mergedFrom(object, names)}`;
  const isRead = object.type === 'file' && object.data !== null && !object.marks.includes('metacopy');
  const target = object.target === undefined ? '' : line`, which leads to ${path(object.target, object.targetB64)}`;
  return line`You ${isRead ? 'read' : 'see'} ${it}${provenanceClause(object)}${target}`;
}

/** Whether the opening sentence has named this entry already. */
const isOpened = (entry: ScanEntry, object: ScanObject): boolean =>
  entry === object.entries[0] ||
  (object.hiddenBy === null &&
    object.provenance === 'merged' &&
    (object.lookup === 'ok' || object.lookup === 'unknown') &&
    entry.role === 'merged' &&
    entry.type === 'dir' &&
    entry.hiddenBy === null);

/** `the upper, lowers 1 and 2, and lower 3’s srv/old`. */
function mergedFrom(object: ScanObject, names: LayerNames): Span[] {
  const parts = object.entries.filter((entry) => isOpened(entry, object));
  const isHere = (entry: ScanEntry): boolean => entry.path === object.path && entry.type === 'dir';
  const here = parts.filter(isHere).map(({ layer }) => layer);
  const elsewhere = parts
    .filter((entry) => !isHere(entry))
    .map(
      (entry) =>
        line`${names.the(entry.layer)}’s ${entry.type === 'dir' ? '' : `${TYPE_WORDS[entry.type]} `}${path(entry.path, entry.pathB64)}`,
    );
  return enumerate([...(here.length > 0 ? [names.all(here)] : []), ...elsewhere]);
}

function provenanceClause(object: ScanObject): Span[] {
  if (object.provenance === 'copied-up') return line`, ${strong('copied up')}`;
  return object.provenance === 'merged' ? line`, which would be merged` : [];
}

const ROLE_WORDS: Record<ScanEntry['role'], (one: boolean) => string> = {
  object: (one) => (one ? 'is the object too' : 'are the object too'),
  merged: (one) => (one ? 'has part in it' : 'have part in it'),
  data: (one) => (one ? 'gives its bytes' : 'give its bytes'),
  origin: (one) =>
    one
      ? 'stays hidden beneath, and is what it was copied from'
      : 'stay hidden beneath, and are what it was copied from',
  whiteout: (one) => (one ? 'ends the lookup' : 'end the lookup'),
  hidden: (one) => (one ? 'stays hidden' : 'stay hidden'),
};

/** What else stands in the layers: entries of one kind are told together. */
function others(object: ScanObject, names: LayerNames): Span[] {
  const groups = new Map<string, ScanEntry[]>();
  for (const entry of object.entries.filter((one) => !isOpened(one, object))) {
    const key = JSON.stringify([entry.role, entry.hiddenBy, entry.type, entry.path, entry.pathB64 ?? '']);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const clauses = [...groups.values()].map((entries) => {
    const first = entries[0] as ScanEntry;
    const one = entries.length === 1;
    const own = first.path === object.path ? '' : line` ${path(first.path, first.pathB64)}`;
    const where = names.all(entries.map(({ layer }) => layer));
    const whose = one
      ? line`${where}’s ${TYPE_WORDS[first.type]}${own}`
      : line`the ${plural(first.type)}${own} of ${where}`;
    // What a copy-up hides needs no word: it is the file itself.
    const by =
      first.hiddenBy === null || (first.role === 'origin' && first.hiddenBy === 'file')
        ? ''
        : ` (by ${WHAT_HIDES[first.hiddenBy]})`;
    return line`; ${whose} ${ROLE_WORDS[first.role](one)}${by}`;
  });
  const top = object.entries[0];
  const topBy =
    top?.hiddenBy && top.hiddenBy !== object.hiddenBy
      ? ` (the entry itself is hidden by ${WHAT_HIDES[top.hiddenBy]})`
      : '';
  return line`${topBy}${clauses.flat()}`;
}

/** Layers that were asked and hold nothing of it, and layers of which that cannot be said. */
function absent(object: ScanObject, stack: ListObject, names: LayerNames): Span[] {
  const stands = new Set(object.entries.map(({ layer }) => layer));
  const asked = stack.layers.filter(({ layer, role }) => role !== 'data' && !stands.has(layer));
  const closed = unreadLayers(stack);
  const unread = asked.map(({ layer }) => layer).filter((layer) => closed.includes(layer));
  const none = asked.filter(({ layer }) => !unread.includes(layer)).map(({ layer }) => layer);
  const clauses: Span[][] = [];
  if (none.length > 0) clauses.push(line`${names.all(none)} ${none.length === 1 ? 'has' : 'have'} none`);
  if (unread.length > 0) {
    clauses.push(line`what ${names.all(unread)} ${unread.length === 1 ? 'holds' : 'hold'} is ${strong('unknown')}`);
  }
  return clauses.length === 0 ? [] : line`; ${clausesOf(clauses)}`;
}

/** What stat and a listing answer, where it is not what the first sentence makes one expect. */
function answerSentence(object: ScanObject): Sentence | null {
  const { lookup, listed } = object;
  const isGone = object.hiddenBy !== null || object.type === 'whiteout';
  if (isGone ? lookup === 'ENOENT' && listed === false : lookup === 'ok' && listed === true) return null;
  const stat =
    lookup === 'unknown'
      ? line`What stat answers is ${strong('unknown')}`
      : lookup === 'ok'
        ? line`stat finds it`
        : line`stat answers ${strong(lookup)}`;
  const listing =
    listed === 'unknown'
      ? line`whether a listing gives the name is ${strong('unknown')}`
      : line`a listing of its parent ${listed ? 'gives the name' : 'leaves the name out'}`;
  return line`${stat}, and ${listing}.`;
}

/** Where the bytes of a file are, if that needs saying. */
export function dataSentence(object: ScanObject, names: LayerNames): Sentence | null {
  const { data } = object;
  if (object.type !== 'file' || object.hiddenBy !== null) return null;
  if (data === 'unknown') return line`Which file its bytes are read from is ${strong('unknown')}.`;
  if (data === null) {
    return object.lookup === 'ok' ? line`There is no file that holds its bytes: opening it fails.` : null;
  }
  const top = object.entries[0];
  if (top !== undefined && top.layer === data.layer && top.path === data.path) return null;
  const own = data.path === object.path ? '' : line`, ${path(data.path, data.pathB64)}`;
  return line`Its bytes are read from ${names.the(data.layer)}${own}; size, mode, owner and times are ${names.the(top?.layer ?? 0)}’s.`;
}

/** Where a directory's or file's redirect leads. */
export function redirectSentence(object: ScanObject): Sentence | null {
  if (object.redirect === undefined) return null;
  if (object.lookup !== 'ok' && object.lookup !== 'unknown') {
    return line`Its redirect names ${path(object.redirect, object.redirectB64)}.`;
  }
  const where = shownPath(object.redirect, object.redirectB64).startsWith('/')
    ? 'from their roots'
    : 'in the same parent';
  return line`In the layers below it is looked for as ${path(object.redirect, object.redirectB64)}, ${where}.`;
}
