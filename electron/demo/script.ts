import type { DemoForm, DemoStep } from '../../shared/demo/manifest.ts';
import { backup } from './chapters/backup.ts';
import { base } from './chapters/base.ts';
import { first } from './chapters/first.ts';
import { offline, offlineBelow, second } from './chapters/later.ts';
import { cautiousMount, firstMount, lastMount, room, unmount } from './chapters/mounts.ts';
import { names } from './chapters/names.ts';
import { nginx } from './chapters/nginx.ts';
import { site } from './chapters/site.ts';
import type { ChapterStep, Plan } from './step.ts';

/** The chapters in order, each with the stacks whose entries it makes. */
const CHAPTERS: [chapter: (plan: Plan) => ChapterStep[], ...stacks: string[]][] = [
  [room, 'main', 'cautious'],
  [base, 'main', 'cautious'],
  [nginx, 'main', 'cautious'],
  [site, 'main', 'cautious'],
  [firstMount, 'main'],
  [first, 'main'],
  [names, 'main'],
  [unmount, 'main'],
  [offlineBelow, 'main', 'cautious'],
  [offline, 'main'],
  [lastMount, 'main'],
  [second, 'main'],
  [cautiousMount, 'cautious'],
  [backup, 'restored'],
];

/** All steps of a demo, in order: the one list that the builder runs, the script prints and the manifest keeps. */
export function demoSteps(plan: Plan): DemoStep[] {
  const built = plan.form === 'root' ? ['main', 'cautious', 'restored'] : ['main'];
  return CHAPTERS.flatMap(([chapter, ...stacks]) =>
    chapter(plan).map((step) => ({ ...step, stacks: stacks.filter((stack) => built.includes(stack)) })),
  );
}

/**
 * What must hold before the first step, in the demo's directory. `E` is that directory as an option of an overlay takes
 * it. The older mount interface is asked for because the newer one takes no more than 255 bytes of layers.
 */
export const PROLOGUE = [
  'umask 022',
  'export LC_ALL=C LIBMOUNT_FORCE_MOUNT2=always',
  '[ -n "$NODE" ] || NODE=node',
  `E=$(pwd -P | sed 's/[\\\\:,]/\\\\&/g')`,
];

const HOW_TO_RUN: Record<DemoForm, string[]> = {
  root: [
    'As root, in a shell whose mounts nobody else sees:',
    "  sudo unshare --mount sh -c 'sh demo.sh DIR && cd DIR && exec sh'",
    'Leave that shell and the mounts are gone; then remove DIR.',
  ],
  userns: [
    'As a plain user, in a user namespace of its own:',
    "  unshare --user --map-root-user --mount sh -c 'sh demo.sh DIR && cd DIR && exec sh'",
    'Leave that shell and the mounts are gone; then remove DIR.',
  ],
  directories: ['As anybody: sh demo.sh DIR', 'Nothing is mounted. To be rid of it remove DIR.'],
};

/**
 * The demo as a shell script to review and to run by hand, with the directory as its argument. It runs the very
 * commands that buildDemo runs. Options leave out what a machine may not have, data-only layers (kernels before 6.5)
 * and images (loop devices, mkfs.ext4), or put the layers into a tmpfs, for a directory that can hold no upper.
 */
export function demoScript(form: DemoForm, options: Partial<Omit<Plan, 'form'>> = {}): string {
  const isRoot = form === 'root';
  const inMemory = form !== 'directories' && (options.inMemory ?? false);
  const data = isRoot && (options.data ?? true);
  const steps = demoSteps({ form, inMemory, data, image: isRoot && !inMemory && (options.image ?? true) });
  const head = [
    "Stratoscope's demo: a small stack that holds one of everything.",
    'Needs: coreutils, util-linux (mount), attr (setfattr), and node for one socket; as root e2fsprogs (mkfs.ext4) too.',
    ...HOW_TO_RUN[form],
  ];
  return [
    '#!/bin/sh',
    ...head.map((line) => `# ${line}`),
    'set -e',
    '[ $# = 1 ] || { echo "usage: sh demo.sh DIR" >&2; exit 2; }',
    'unset CDPATH',
    'mkdir -p -- "$1"',
    'cd -- "$1"',
    ...PROLOGUE,
    'for tool in setfattr mount "$NODE"; do',
    '  command -v "$tool" > /dev/null || { echo "$tool is missing (the path of node may be given as NODE=...)" >&2; exit 1; }',
    'done',
    ...steps.flatMap(({ command, about }) => ['', `# ${about}`, command]),
    '',
  ].join('\n');
}
