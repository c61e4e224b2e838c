import { type ChapterStep, type Plan, step } from '../step.ts';

/** Names in the demo's directory. `$E` in a command is that directory, escaped for the options of an overlay. */
export const LOWERS = ['site', 'nginx', 'base'] as const;
export const DATA = 'store';
export const MAIN_MOUNT = 'merged';
export const CAUTIOUS_MOUNT = 'cautious';
export const RESTORED_MOUNT = 'restored';
export const BACKUP = 'backup';

/** The options of each mount beside its layers, as the kernel is given them. */
export const FIRST_OPTIONS = { redirect_dir: 'on', metacopy: 'off', index: 'off' };
export const MAIN_OPTIONS = { redirect_dir: 'on', metacopy: 'on', index: 'on' };
export const CAUTIOUS_OPTIONS = { redirect_dir: 'nofollow', metacopy: 'off' };
export const RESTORED_OPTIONS = { redirect_dir: 'off', metacopy: 'off', index: 'off', xino: 'off' };

const lowerdir = LOWERS.map((layer) => `$E/${layer}`).join(':');

function mountMain(plan: Plan, options: Record<string, string>, about: string): ChapterStep {
  const data = plan.data ? `::$E/${DATA}` : '';
  const extra =
    plan.form === 'root'
      ? Object.entries(options)
          .map(([key, value]) => `${key}=${value}`)
          .join(',')
      : 'userxattr';
  return step(
    '',
    `mount -t overlay stratoscope-demo -o "lowerdir=${lowerdir}${data},upperdir=$E/upper,workdir=$E/work,${extra}" ${MAIN_MOUNT}`,
    about,
  );
}

/** Covers the present directory by a tmpfs, and enters it. */
export const MEMORY_MOUNT = 'mount -t tmpfs -o mode=755 stratoscope-demo-layers . && cd "$PWD"';

/** The empty directories that everything else goes into. */
export function room(plan: Plan): ChapterStep[] {
  const mounts = plan.form === 'directories' ? [] : [MAIN_MOUNT, ...(plan.form === 'root' ? [CAUTIOUS_MOUNT] : [])];
  const names = ['base', 'nginx', 'site', ...(plan.data ? [DATA] : []), 'upper', 'work', ...mounts];
  const memory = step(
    '',
    MEMORY_MOUNT,
    'A filesystem in memory, seen only in this namespace: the one below cannot hold the upper of an overlay.',
  );
  return [
    ...(plan.inMemory ? [memory] : []),
    step(
      '',
      `mkdir ${names.join(' ')}`,
      'A directory for each layer, one for the kernel to work in, and mount points.',
    ),
  ];
}

/** The first mount, with options under which a copy-up copies all and splits hard links. */
export const firstMount = (plan: Plan): ChapterStep[] =>
  plan.form === 'directories'
    ? []
    : [
        mountMain(
          plan,
          FIRST_OPTIONS,
          plan.form === 'root'
            ? 'The first mount: no metacopy, so a copy-up copies the bytes; no index, so it splits hard links.'
            : 'The first mount. In a user namespace the attributes are user.overlay.*, and redirects are not followed.',
        ),
      ];

export const unmount = (plan: Plan): ChapterStep[] =>
  plan.form === 'directories'
    ? []
    : [step('', `umount ${MAIN_MOUNT}`, 'Unmounted, for layers may be changed only while no overlay uses them.')];

/** The mount that stays. */
export const lastMount = (plan: Plan): ChapterStep[] =>
  plan.form === 'directories'
    ? []
    : [
        mountMain(
          plan,
          MAIN_OPTIONS,
          plan.form === 'root'
            ? 'The same stack with other options: metadata is copied up without data, an index keeps hard links together.'
            : 'The same stack once more, with the layers as they are now.',
        ),
      ];

/** A second overlay on the same lower layers, with options that refuse what the main one follows. */
export const cautiousMount = (plan: Plan): ChapterStep[] =>
  plan.form === 'root'
    ? [
        step(
          '',
          `mount -t overlay stratoscope-demo-cautious -o "lowerdir=${lowerdir},redirect_dir=nofollow,metacopy=off" ${CAUTIOUS_MOUNT}`,
          'The same lower layers under cautious options: whatever has a redirect or lacks its data answers EPERM.',
        ),
      ]
    : [];
