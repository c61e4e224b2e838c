import type { StackFacts } from '../ipc/probe.ts';

/**
 * The options that decide how a stack merges, as the kernel has them in effect: what mountinfo shows, completed by the
 * module's parameters (a value is shown only where it differs from the parameter's current value).
 */
export type StackOptions = {
  redirectDir: 'on' | 'follow' | 'nofollow';
  metacopy: boolean;
  index: boolean;
  nfsExport: boolean;
  userxattr: boolean;
  xino: 'on' | 'auto' | 'off';
  uuid: 'on' | 'auto' | 'null' | 'off';
};

const isOn = (value: string | undefined): boolean => value === 'Y' || value === '1' || value === 'on';

/**
 * Options in effect (params.c:ovl_fs_params_verify, super.c:ovl_fill_super). `parameters` are those of
 * /sys/module/overlay/parameters; where they could not be read, the kernel's built-in defaults count.
 */
export function stackOptions(
  facts: Pick<StackFacts, 'kind' | 'userNamespace'> & {
    options: Readonly<Record<string, string>>;
    layers: readonly { role: string }[];
  },
  parameters: Readonly<Record<string, string>>,
): StackOptions {
  const given = facts.options;
  const hasUpper = facts.layers.some((layer) => layer.role === 'upper');
  const userxattr = 'userxattr' in given;
  // A mount of a user namespace can decode no handle, which an index needs; userxattr alone forbids none.
  const isInside = facts.userNamespace === true;
  const confined = userxattr || isInside;
  let redirectDir: StackOptions['redirectDir'];
  const shown = given.redirect_dir;
  if (shown === 'on' || shown === 'follow' || shown === 'nofollow') redirectDir = shown;
  else if (shown === 'off') redirectDir = isOn(parameters.redirect_always_follow ?? 'Y') ? 'follow' : 'nofollow';
  else if (confined) redirectDir = 'nofollow';
  else if (isOn(parameters.redirect_dir)) redirectDir = 'on';
  else redirectDir = isOn(parameters.redirect_always_follow ?? 'Y') ? 'follow' : 'nofollow';
  // Without an upper "follow" is normalised to "on"; nothing is ever redirected, so both mean the same.
  if (!hasUpper && redirectDir === 'follow') redirectDir = 'on';

  const metacopy = 'metacopy' in given ? isOn(given.metacopy) : isOn(parameters.metacopy) && !confined;
  // metacopy=on implies redirect_dir=on.
  if (metacopy && facts.kind === 'directories' && shown === undefined) redirectDir = 'on';
  const nfsExport = 'nfs_export' in given ? isOn(given.nfs_export) : isOn(parameters.nfs_export) && !isInside;
  const index = 'index' in given ? isOn(given.index) : nfsExport || (isOn(parameters.index) && !isInside);
  const xino = given.xino === 'on' || given.xino === 'auto' || given.xino === 'off' ? given.xino : null;
  const uuid = given.uuid === 'on' || given.uuid === 'null' || given.uuid === 'off' ? given.uuid : 'auto';
  return {
    redirectDir,
    metacopy: metacopy && !confined,
    index: index && hasUpper && !(facts.kind === 'directories' && isInside),
    // Without an upper the index is forced off, and nfs_export stays.
    nfsExport: nfsExport && (index || !hasUpper),
    userxattr,
    xino: xino ?? (isOn(parameters.xino_auto) ? 'auto' : 'off'),
    uuid,
  };
}

/** `a` ≥ `b` for kernel versions such as 6.18.44 or 6.5-rc1. */
export function kernelAtLeast(version: string, wanted: string): boolean {
  const parts = (text: string): number[] => (/^\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const have = parts(version);
  const need = parts(wanted);
  for (let i = 0; i < need.length; i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The kernel on which the rules of this program were compared with the kernel's answers. */
export const VERIFIED_KERNEL = '6.18';
export const rulesVerifiedOn = (version: string): boolean =>
  version === VERIFIED_KERNEL || version.startsWith(`${VERIFIED_KERNEL}.`);
