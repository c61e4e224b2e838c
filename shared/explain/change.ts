import type { ListObject, ScanEntry, ScanObject } from '../contract/scan.ts';
import type { Sentence, Span } from '../ipc/engine.ts';
import type { StackOptions } from '../merge/options.ts';
import { hasUnreadMarks, isUnknown, unreadLayers } from './unknown.ts';
import { type LayerNames, line, mark, option, strong, TYPE_WORDS } from './words.ts';

/** What would make it another: an operation through the mount, another option, or more that can be read. */
export function changeSentences(
  object: ScanObject,
  stack: ListObject,
  names: LayerNames,
  options: StackOptions,
): Sentence[] {
  const out: Sentence[] = [...knownIf(object, stack, names)];
  const hasUpper = stack.layers.some(({ role }) => role === 'upper');
  if (object.hiddenBy !== null) {
    out.push(line`It would come to light if what hides it went: ${revealedBy(object)}.`);
    return out;
  }
  if (object.lookup !== 'ok' && object.lookup !== 'unknown' && object.type !== 'whiteout')
    out.push(...errorChange(object, options));
  if (object.lookup !== 'ok' && object.type !== 'whiteout') return out;
  if (!hasUpper || stack.readonly) {
    out.push(
      line`${hasUpper ? 'The mount is read-only' : 'The stack has no upper'}, so nothing done through it changes this.`,
    );
    return out;
  }
  out.push(...(object.type === 'whiteout' ? whiteoutChange(object, names) : writableChange(object, names, options)));
  return out;
}

/** What stands in the way of knowing, and how it would be known. */
function knownIf(object: ScanObject, stack: ListObject, names: LayerNames): Sentence[] {
  const out: Sentence[] = [];
  const isPartial = stack.privilege === 'partial';
  if (hasUnreadMarks(object)) {
    out.push(
      isPartial
        ? line`${strong('Read with privilege')} (CAP_SYS_ADMIN), its marks and origin would be known.`
        : line`Its marks would be known if the layer let them be read.`,
    );
  }
  const { origin } = object;
  if (isPartial && origin !== null && origin !== 'unknown' && origin.state === 'unverified') {
    out.push(line`${strong('Read with privilege')} (CAP_DAC_READ_SEARCH), its ${mark('origin')} could be verified.`);
  }
  const unread = unreadLayers(stack);
  if (isUnknown(object) && unread.length > 0) {
    out.push(line`It would be known if ${names.all(unread)} could be read.`);
  }
  if (object.findings.includes('origin-shared')) {
    out.push(
      line`Other paths come to the same lower object; the one that the kernel looks up first wins, and the others answer ESTALE. A copy-up of its own, without the other’s ${mark('origin')} or redirect, would end that.`,
    );
  }
  if (object.assumed) {
    out.push(
      line`It rests on a lower whose place was derived from a relative path: privilege, to compare handles, would confirm it.`,
    );
  }
  if (isUnknown(object) && out.length === 0) {
    out.push(
      isPartial
        ? line`${strong('Read with privilege')} (CAP_SYS_ADMIN), the marks of the directories above would be known, and with them this.`
        : line`It would be known if every directory that leads here could be read whole.`,
    );
  }
  return out;
}

function revealedBy(object: ScanObject): string {
  switch (object.hiddenBy) {
    case 'file':
      return 'the non-directory above it removed from its layer';
    case 'whiteout':
      return 'the whiteout above it removed from its layer';
    case 'opaque':
      return 'the opaque mark taken off the directory above';
    case 'directory':
      return 'the directory above it removed from its layer';
    case 'redirect':
      return 'the redirect taken off the directory above';
    default:
      return 'what ended the lookup above it removed from its layer';
  }
}

function errorChange(object: ScanObject, options: StackOptions): Sentence[] {
  const out: Sentence[] = [];
  const marks = new Set(object.entries.flatMap((entry) => entry.marks));
  if ((marks.has('redirect') || object.redirect !== undefined) && options.redirectDir === 'nofollow') {
    out.push(
      line`Mounted with ${option('redirect_dir=follow')} or ${option('redirect_dir=on')}, its redirect would be followed.`,
    );
  }
  if (marks.has('metacopy') && !options.metacopy) {
    out.push(line`Mounted with ${option('metacopy=on')}, its data would be looked for below.`);
  }
  if (out.length === 0) {
    out.push(line`It would answer again once its damaged mark or its missing data were put right in the layer.`);
  }
  return out;
}

/**
 * What stands below the topmost entry and would come to light without it. Not what a directory above hides: an opaque
 * one, a whiteout or a redirect on the way here; nor an origin that stands under another name.
 */
function below(object: ScanObject): ScanEntry[] {
  const own = new Set(object.entries.flatMap(({ type, marks }) => (type === 'whiteout' ? ['whiteout'] : marks)));
  const isOwn = ({ role, hiddenBy }: ScanEntry): boolean => {
    if (role === 'data') return false;
    if (role === 'origin') return hiddenBy === 'file';
    if (hiddenBy === 'opaque' || hiddenBy === 'redirect' || hiddenBy === 'whiteout') return own.has(hiddenBy);
    if (hiddenBy === 'stop') return object.entries.some((entry) => entry.hiddenBy === 'directory');
    return true;
  };
  return object.entries.slice(1).filter(isOwn);
}

/** What is seen once the topmost entry is gone: `lower 3’s file would be seen again`. */
function revealed(next: ScanEntry, names: LayerNames): Span[] {
  return next.type === 'whiteout'
    ? line`${names.the(next.layer)}’s whiteout would still say that the name is gone`
    : line`${names.the(next.layer)}’s ${TYPE_WORDS[next.type]} would be seen again`;
}

function whiteoutChange(object: ScanObject, names: LayerNames): Sentence[] {
  const top = object.entries[0];
  const next = below(object)[0];
  const again = 'Making the name again through the mount puts a new entry in its place';
  if (next === undefined) return [line`Nothing lies below that it hides. ${again}.`];
  const how =
    top?.layer === 0 ? 'the whiteout were removed from the upper, unmounted' : 'the whiteout were not in its layer';
  return [line`If ${how}, ${revealed(next, names)}. ${again}.`];
}

function writableChange(object: ScanObject, names: LayerNames, options: StackOptions): Sentence[] {
  const top = object.entries[0];
  const isUpper = top?.layer === 0;
  if (object.path === '') return [line`It is the root of the stack, which is neither renamed nor removed.`];
  const next = below(object)[0];
  if (object.type === 'dir') return directoryChange(isUpper, object, next !== undefined, options);
  if (isUpper) {
    if (object.marks.includes('metacopy')) {
      return [line`Opened for writing, its bytes are copied up too and the mark ${mark('metacopy')} goes.`];
    }
    if (next === undefined) return [line`Removed, it leaves nothing behind, for nothing below shines through.`];
    return [
      line`Removed through the mount, it leaves a whiteout; removed from the upper, unmounted, ${revealed(next, names)}.`,
    ];
  }
  const links = object.entries.some(({ nlink }) => typeof nlink === 'number' && nlink > 1);
  const out: Sentence[] = [];
  if (object.type === 'file') {
    out.push(line`Opened for writing, even without a write, it is copied up whole.`);
    out.push(
      options.metacopy
        ? line`A change of its attributes alone copies up these alone, for ${option('metacopy=on')}.`
        : line`So does a change of its attributes alone, for ${option('metacopy=off')}.`,
    );
  } else out.push(line`A change of its attributes copies it up.`);
  if (links) {
    out.push(
      options.index
        ? line`Its other names would follow, for ${option('index=on')}.`
        : line`Its other names would stay with the lower inode: ${option('index=off')} lets the copy-up split them, and its number changes.`,
    );
  }
  return out;
}

function directoryChange(isUpper: boolean, object: ScanObject, hasBelow: boolean, options: StackOptions): Sentence[] {
  const removal = line`Removing it leaves a whiteout; made anew, it would be ${mark('opaque')}.`;
  if (isUpper && !hasBelow)
    return [line`Nothing lies below its name, so removing or renaming it leaves nothing behind.`];
  // A directory that does not merge is renamed as any other.
  if (isUpper && object.provenance !== 'merged') return [removal];
  const rename =
    options.redirectDir === 'on'
      ? line`Renaming it would leave the mark ${mark('redirect')}, for ${option('redirect_dir=on')}.`
      : line`Renaming it fails with EXDEV, for ${option(`redirect_dir=${options.redirectDir}`)} makes no redirects.`;
  if (isUpper) return [rename, removal];
  return [line`Anything made or changed in it copies up the directory, alone.`, rename, removal];
}
