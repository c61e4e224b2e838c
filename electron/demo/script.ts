import type { DemoForm, DemoStep } from '../../shared/demo/manifest.ts';
import { base } from './chapters/base.ts';
import { first } from './chapters/first.ts';
import { offline, second } from './chapters/later.ts';
import { cautiousMount, firstMount, lastMount, room, unmount } from './chapters/mounts.ts';
import { names } from './chapters/names.ts';
import { nginx } from './chapters/nginx.ts';
import { site } from './chapters/site.ts';
import type { Plan } from './step.ts';

const CHAPTERS = [
  room,
  base,
  nginx,
  site,
  firstMount,
  first,
  names,
  unmount,
  offline,
  lastMount,
  second,
  cautiousMount,
];

/** All steps of a demo, in order: the one list that the builder runs, the script prints and the manifest keeps. */
export const demoSteps = (plan: Plan): DemoStep[] => CHAPTERS.flatMap((chapter) => chapter(plan));

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
 * commands that buildDemo runs. `data: false` leaves out what kernels before 6.5 do not have: data-only layers.
 * `inMemory` puts the layers into a tmpfs, for a directory whose filesystem can hold no upper.
 */
export function demoScript(form: DemoForm, options: { data?: boolean; inMemory?: boolean } = {}): string {
  const steps = demoSteps({
    form,
    data: form === 'root' && (options.data ?? true),
    inMemory: form !== 'directories' && (options.inMemory ?? false),
  });
  const head = [
    "Stratoscope's demo: a small stack that holds one of everything.",
    'Needs: coreutils, util-linux (mount), attr (setfattr), and node for one socket.',
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
