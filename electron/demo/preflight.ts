import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoForm } from '../../shared/demo/manifest.ts';
import { type Failure, FailureError } from '../../shared/ipc/rpc.ts';
import { MAKE_IMAGE, MOUNT_IMAGE } from './chapters/backup.ts';
import { BACKUP, MEMORY_MOUNT } from './chapters/mounts.ts';
import { Holder } from './holder.ts';
import type { Plan } from './step.ts';

/** A form that was not taken, and why. */
export type Refused = { form: DemoForm; failure: Failure };

/**
 * What each form needs of the kernel and of the directory's filesystem, tried on a few empty directories: an overlay,
 * marks that can be set, and a whiteout. The real steps would fail on the same, only later and half way through. The
 * names are some of the demo's, so that the holder removes them whatever happens to this process.
 */
const EMPTY = ['mkdir base upper work merged store', 'mknod base/gone c 0 0'];
const TRIALS: Record<DemoForm, string[]> = {
  root: [
    'setfattr -n trusted.overlay.opaque -v y base',
    'mount -t overlay trial -o "lowerdir=$E/base,upperdir=$E/upper,workdir=$E/work" merged',
  ],
  userns: [
    'setfattr -n user.overlay.opaque -v y base',
    'mount -t overlay trial -o "lowerdir=$E/base,upperdir=$E/upper,workdir=$E/work,userxattr" merged',
  ],
  directories: ['setfattr -n user.overlay.opaque -v y base'],
};
const DATA_TRIAL =
  'umount merged && mount -t overlay trial -o "lowerdir=$E/base::$E/store,metacopy=on" merged && umount merged';
const IMAGE_TRIAL = `mkdir ${BACKUP} && ${MAKE_IMAGE} && ${MOUNT_IMAGE} && umount ${BACKUP}`;

const HINTS: Record<DemoForm, string> = {
  root: 'the directory must lie on a filesystem that can hold an upper: ext4, xfs, btrfs or tmpfs, not another overlay',
  userns: 'the kernel must allow overlays in user namespaces (5.11 and later), and the filesystem user.* attributes',
  directories: 'choose a directory on a filesystem with user.* attributes: ext4, xfs, btrfs, or tmpfs since 6.6',
};

/** Tries one form in `dir`, leaving nothing behind; also whether data-only layers and images can be had. */
async function tryForm(form: DemoForm, dir: string, inMemory: boolean): Promise<Plan> {
  const trial = await mkdtemp(join(dir, '.stratoscope-trial-'));
  try {
    const holder = await Holder.start({ form, inMemory, data: false, image: false }, trial, trial);
    try {
      const lines = [...(inMemory ? [MEMORY_MOUNT] : []), ...EMPTY, ...TRIALS[form]];
      for (const line of lines) await holder.run(line);
      const works = (line: string): Promise<boolean> =>
        holder.run(line).then(
          () => true,
          () => false,
        );
      const isRoot = form === 'root';
      const data = isRoot && (await works(DATA_TRIAL));
      return { form, inMemory, data, image: isRoot && !inMemory && (await works(IMAGE_TRIAL)) };
    } finally {
      await holder.end();
    }
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    throw new FailureError({ path: dir, hint: HINTS[form], ...error.failure });
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

/** Tries one form on the directory's own filesystem, then, if it is not the namespaces that fail, on one in memory. */
async function tryBoth(form: DemoForm, dir: string): Promise<Plan> {
  try {
    return await tryForm(form, dir, false);
  } catch (error) {
    const isStep = error instanceof FailureError && error.failure.code === 'step-failed';
    if (!isStep || form === 'directories') throw error;
    return tryForm(form, dir, true).catch(() => {
      throw error;
    });
  }
}

/**
 * The best form that works in `dir`, of those given, and why the better ones do not. Fails with the last refusal where
 * none does.
 */
export async function chooseForm(dir: string, forms: readonly DemoForm[]): Promise<{ plan: Plan; refused: Refused[] }> {
  const refused: Refused[] = [];
  for (const form of forms) {
    try {
      return { plan: await tryBoth(form, dir), refused };
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      refused.push({ form, failure: error.failure });
    }
  }
  const last = refused.at(-1);
  if (!last) throw new Error('no form was asked for');
  throw new FailureError(last.failure);
}
