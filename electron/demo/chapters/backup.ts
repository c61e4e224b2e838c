import { type ChapterStep, directories, type Plan, step } from '../step.ts';
import { BACKUP, RESTORED_MOUNT, RESTORED_OPTIONS } from './mounts.ts';

/** The filesystem that the backup is on, small and without a uuid, as some tools make their images. */
export const MAKE_IMAGE = `truncate -s 4M ${BACKUP}.img && mkfs.ext4 -q -O ^has_journal -U clear ${BACKUP}.img`;
export const MOUNT_IMAGE = `mount -o loop ${BACKUP}.img ${BACKUP}`;

const options = Object.entries(RESTORED_OPTIONS).map(([key, value]) => `${key}=${value}`);
const mount = `mount -t overlay stratoscope-demo-${RESTORED_MOUNT} -o "lowerdir=$E/${BACKUP},upperdir=$E/restore-upper,workdir=$E/restore-work,${options.join(',')}" ${RESTORED_MOUNT}`;

/** A stack of its own, whose two layers are on two filesystems. */
export function backup(plan: Plan): ChapterStep[] {
  if (!plan.image) return [];
  return [
    step(
      '',
      `mkdir ${BACKUP} restore-upper restore-work ${RESTORED_MOUNT}`,
      'A second stack: a backup to be tried out.',
    ),
    step('', MAKE_IMAGE, 'An image whose filesystem has no uuid, so that no handle can be tied to it.'),
    step(
      '',
      `${MOUNT_IMAGE} && rmdir ${BACKUP}/lost+found`,
      'The lower layer of this stack is a filesystem of its own.',
    ),
    directories(BACKUP, 'What was saved.', 'etc', 'var/mail'),
    step('etc/hosts', `printf '127.0.0.1 localhost\\n' > ${BACKUP}/etc/hosts`, 'Will be copied up.'),
    step('etc/aliases', `printf 'root: ops\\n' > ${BACKUP}/etc/aliases`, 'Its device number is one that no mount has.'),
    step('etc/nologin', `printf 'closed\\n' > ${BACKUP}/etc/nologin`, 'Will be deleted.'),
    step('var/mail/root', `truncate -s 20K ${BACKUP}/var/mail/root`, 'Two directories that exist below only.'),
    step(
      '',
      mount,
      'Without xino: a directory has a number that the kernel counts, a file that of its own filesystem.',
    ),
    step(
      'etc/hosts',
      `printf '192.0.2.7 db\\n' >> ${RESTORED_MOUNT}/etc/hosts`,
      'Copied up. Its origin was written, but on a filesystem without uuid the kernel never decodes it.',
    ),
    step('etc/nologin', `rm ${RESTORED_MOUNT}/etc/nologin`, 'Deleted: a whiteout in the upper.'),
    step('etc/restored', `touch ${RESTORED_MOUNT}/etc/restored`, 'A file that only the upper has.'),
    step('', `umount ${RESTORED_MOUNT}`, 'Unmounted, so that the kernel forgets the numbers that it showed.'),
    step('', mount, 'Mounted anew: the copied-up file has another number and another device than before.'),
  ];
}
