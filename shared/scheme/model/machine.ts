import { Kind } from '../../merge/marks.ts';
import type { Step } from '../steps.ts';
import { type Call, Refusal, type Reply, type Result } from './call.ts';
import { dropTemp } from './copy-up.ts';
import { Draft } from './draft.ts';
import * as files from './files.ts';
import * as names from './names.ts';
import { resolve } from './paths.ts';
import type { SchemeState } from './state.ts';

export type Outcome = { readonly state: SchemeState; readonly reply: Reply; readonly steps: readonly Step[] };

/**
 * The scheme as a state machine: what a union answers to a call, how it stands afterwards, and by which steps it
 * came there. A call that is refused leaves everything as it was.
 */
export function apply(state: SchemeState, call: Call): Outcome {
  const draft = new Draft(state);
  try {
    const ok = perform(draft, call);
    return { state: draft.finish(), reply: { ok }, steps: draft.steps };
  } catch (error) {
    if (error instanceof Refusal) return { state, reply: { errno: error.errno }, steps: [] };
    throw error;
  }
}

function perform(draft: Draft, call: Call): Result {
  switch (call.op) {
    case 'open':
      return files.open(draft, call);
    case 'openHandle':
      return files.openHandle(draft, call);
    case 'close':
      return files.close(draft, call);
    case 'read':
      return files.read(draft, call);
    case 'pread':
      return files.pread(draft, call);
    case 'write':
      return files.write(draft, call);
    case 'pwrite':
      return files.pwrite(draft, call);
    case 'ftruncate':
      return files.ftruncate(draft, call);
    case 'truncate':
      return files.truncate(draft, call);
    case 'mmap':
      return files.mmap(draft, call);
    case 'peek':
      return files.peek(draft, call);
    case 'fsync':
      draft.descriptor(call.fd);
      return true;
    case 'stat':
      return files.attributes(draft, resolve(draft, call.path));
    case 'fstat':
      return files.attributes(draft, draft.get(draft.descriptor(call.fd).key));
    case 'handle':
      return { handle: resolve(draft, call.path).key };
    case 'readdir':
      return names.readdir(draft, call.path);
    case 'readlink':
      return names.readlink(draft, call.path);
    case 'mkdir':
      return names.mkdir(draft, call);
    case 'symlink':
      return names.symlink(draft, call);
    case 'mknod':
      return names.mknod(draft, call);
    case 'link':
      return names.link(draft, call);
    case 'unlink':
      return names.unlink(draft, call);
    case 'rmdir':
      return names.rmdir(draft, call);
    case 'rename':
      return names.rename(draft, call);
    case 'chmod':
      return names.chmod(draft, call);
    case 'chown':
      return names.chown(draft, call);
    case 'utimens':
      return names.utimens(draft, call);
    case 'setxattr':
      return names.setxattr(draft, call);
    case 'getxattr':
      return names.getxattr(draft, call);
    case 'evict':
      evict(draft);
      return true;
    case 'stats':
      return stats(draft);
  }
}

/** Memory pressure: temporary files that nobody has open go with their names. */
function evict(draft: Draft): void {
  for (const { key, temp } of [...draft.all()])
    if (temp && !draft.isHeld(key)) dropTemp(draft, key, 'temp-dropped-at-release');
}

function stats(draft: Draft): Result {
  const temps = [...draft.all()].filter(({ temp }) => temp);
  return {
    tempfiles: temps.length,
    tempBytes: temps.reduce((sum, { data }) => sum + data.length, 0),
    mappings: [...draft.all()].filter(({ mapped }) => mapped).length,
  };
}

/** The session is killed, and another one begins: what had no name is gone, and nothing is open. */
export function crash(state: SchemeState): SchemeState {
  const empty = { ...state, descriptors: new Map(), mmaps: [] };
  const draft = new Draft(empty);
  for (const { key, kind, temp, lower } of [...draft.all()]) {
    if (key === draft.root) continue;
    if (draft.namesOf(key).length === 0) draft.drop(key);
    else if (temp && kind === Kind.file && lower) draft.change(key, { temp: false, upper: null });
  }
  return draft.finish();
}
