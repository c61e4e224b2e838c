/** Objects and stacks for the tests of the findings. */
import { asBytes } from '../bytes/bytes.ts';
import type { ListObject, Origin, Shown } from '../contract/scan.ts';
import { entryOf, objectOf, stackOf } from '../explain/testing.ts';
import { LayerNames, textOf } from '../explain/words.ts';
import type { StackOptions } from '../merge/options.ts';
import type { EntryView, Finding, FindingStack, Subject } from './finding.ts';

export const entryView = (layer: number, change: Partial<EntryView> = {}): EntryView => ({
  layer,
  path: asBytes('etc/passwd'),
  type: 'file',
  dev: '8:1',
  ino: BigInt(100 + layer),
  nlink: 1,
  size: 10n,
  mode: 0o100644,
  uid: 0,
  gid: 0,
  mtimeNs: 1_000_000_007n,
  btimeNs: null,
  blocks: 8n,
  hasOrigin: false,
  ...change,
});

export const shownOf = (change: Partial<Shown> = {}): Shown => ({
  dev: 'overlay',
  ino: '101',
  dino: '101',
  nlink: 1,
  stable: true,
  why: 'file lower',
  ...change,
});

export const originOf = (change: Partial<Origin> = {}): Origin => ({
  layer: 1,
  ino: '101',
  nlink: 1,
  state: 'verified',
  why: '',
  ...change,
});

/** A plain lower file that nothing is the matter with. */
export const subjectOf = (change: Partial<Subject> = {}): Subject => ({
  isRoot: false,
  path: asBytes('etc/passwd'),
  type: 'file',
  lookup: 'ok',
  provenance: 'lower',
  shown: shownOf(),
  origin: null,
  top: entryView(1),
  parent: { path: asBytes('etc'), impure: null },
  beneath: null,
  sharers: [],
  sameNumber: [],
  otherNames: [],
  formerOwners: [],
  lostMark: null,
  redirectLength: 0,
  originBytes: null,
  object: objectOf([entryOf(1)]),
  ...change,
});

/** The same directory of a lower. */
export const directoryOf = (change: Partial<Subject> = {}): Subject =>
  subjectOf({
    type: 'dir',
    top: entryView(1, { type: 'dir' }),
    shown: shownOf({ why: 'dir lower only' }),
    object: objectOf([entryOf(1, { type: 'dir' })]),
    ...change,
  });

/** A file that was copied up and goes by its lower. */
export const copiedUpOf = (change: Partial<Subject> = {}): Subject =>
  subjectOf({
    provenance: 'copied-up',
    shown: shownOf({ why: 'copied up, origin usable' }),
    origin: originOf(),
    top: entryView(0, { hasOrigin: true }),
    beneath: entryView(1),
    parent: { path: asBytes('etc'), impure: true },
    originBytes: '00fb',
    ...change,
  });

const PLAIN: StackOptions = {
  redirectDir: 'on',
  metacopy: false,
  index: false,
  nfsExport: false,
  userxattr: false,
  xino: 'off',
  uuid: 'auto',
};

export function findingStack(
  list: Partial<ListObject> = {},
  options: Partial<StackOptions> = {},
  change: Partial<FindingStack> = {},
): FindingStack {
  const whole = stackOf(list);
  return {
    list: whole,
    options: { ...PLAIN, ...options },
    redirectMax: 256,
    names: new LayerNames(whole),
    writable: true,
    ...change,
  };
}

/** What a finding says of a subject, with its sentences as text; null where it is silent. */
export function told(finding: Finding, subject: Subject, stack: FindingStack = findingStack()) {
  const severity = finding.look(subject, stack);
  if (severity === null) return null;
  const { cause, cure, ...detail } = finding.tell(subject, stack);
  const [why, what] = [textOf(cause), textOf(cure)];
  for (const text of [why, what])
    if (!/^[A-Z“].*[^.]\.$/.test(text)) throw new Error(`${finding.code}: this is not one sentence: ${text}`);
  if (/\.$/.test(detail.what)) throw new Error(`${finding.code}: ends with a full stop: ${detail.what}`);
  return { severity, ...detail, cause: why, cure: what };
}
