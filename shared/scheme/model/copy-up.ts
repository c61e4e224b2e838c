import { asBytes } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';
import type { StepName } from '../steps.ts';
import type { Draft } from './draft.ts';
import type { SchemeObject } from './state.ts';

/** How an object comes into the upper, and how its temporary file is born and dropped. */

/** The temporary file of a lower file. `withData` false: it is to be truncated. */
export function ensureTemp(draft: Draft, key: bigint, withData = true): void {
  const object = draft.get(key);
  if (object.temp) {
    draft.step('temp-shared', object);
    return;
  }
  draft.step('temp-born', object);
  if (withData) draft.step(draft.clones && object.data.length > 0 ? 'cloned' : 'copied', object);
  draft.change(key, { temp: true, upper: draft.upperNumber(), data: withData ? object.data : asBytes('') });
}

export function dropTemp(draft: Draft, key: bigint, step: StepName): void {
  const object = draft.get(key);
  if (!object.temp) return;
  draft.change(key, { temp: false, upper: null });
  draft.step(step, object);
}

/** Its inode has a name in the upper, and is not a temporary file. */
export const isUpper = ({ upper, temp }: SchemeObject): boolean => upper !== null && !temp;

/** Copies up an object with all its names, the directories above them first. */
export function copyUp(draft: Draft, key: bigint, withData = true): void {
  const object = draft.get(key);
  if (isUpper(object)) return;
  if (object.kind === Kind.dir) {
    if (object.parent !== null) copyUp(draft, object.parent);
    draft.change(key, { upper: draft.upperNumber(), mapped: true });
    draft.step('mapping-added', object);
    draft.step('directory-copied', object);
    return;
  }
  const names = draft.namesOf(key);
  for (const { directory } of names) copyUp(draft, directory);
  if (object.kind === Kind.file) ensureTemp(draft, key, withData);
  draft.step('mapping-added', object);
  draft.step(object.kind === Kind.file ? 'temp-linked' : 'linked', object);
  if (names.length > 1) draft.step('link-kept', object);
  draft.change(key, { temp: false, upper: draft.get(key).upper ?? draft.upperNumber(), mapped: true });
}

/** The last name is gone: the mapping goes with it, and the object once nothing holds it. */
export function lastNameGone(draft: Draft, key: bigint): void {
  const object = draft.get(key);
  if (object.mapped) {
    draft.change(key, { mapped: false });
    draft.step('mapping-removed', object);
  }
  if (!draft.isHeld(key)) letGo(draft, key);
}

/** A descriptor went. */
export function released(draft: Draft, key: bigint): void {
  if (draft.isHeld(key)) return;
  if (draft.policy === 'last-close') dropTemp(draft, key, 'temp-dropped-at-close');
  if (key !== draft.root && draft.namesOf(key).length === 0) letGo(draft, key);
}

function letGo(draft: Draft, key: bigint): void {
  dropTemp(draft, key, 'temp-dropped-at-release');
  draft.drop(key);
}
