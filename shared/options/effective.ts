/**
 * What the options of a mount come to. Only values that differ from the module's present default are shown in
 * mountinfo, so text and module parameters are read together (kernel: fs/overlayfs/params.c).
 */
export type EffectiveOptions = {
  /** `on` and `follow` follow redirects alike; only `on` makes new ones. */
  redirectDir: 'on' | 'follow' | 'nofollow';
  metacopy: boolean;
  index: boolean;
  nfsExport: boolean;
  userxattr: boolean;
  verity: 'off' | 'on' | 'require';
};

const isOn = (parameter: string | undefined): boolean => parameter === 'Y' || parameter === '1';

/**
 * `options` as mountinfo or the user has them, without the layers; `parameters` those of /sys/module/overlay; empty
 * where the module is not loaded, which then has the defaults that it was built with, taken here as all off.
 */
export function effectiveOptions(
  options: Record<string, string>,
  parameters: Record<string, string>,
): EffectiveOptions {
  const userxattr = options.userxattr !== undefined;
  const flag = (option: string, parameter: string): boolean =>
    options[option] === undefined ? isOn(parameters[parameter]) : options[option] === 'on' || options[option] === '';
  const nfsExport = flag('nfs_export', 'nfs_export');
  const metacopy = !userxattr && flag('metacopy', 'metacopy');
  const verity = options.verity === 'on' || options.verity === 'require' ? options.verity : 'off';
  return {
    redirectDir: redirectDir(options.redirect_dir, parameters, userxattr, metacopy),
    metacopy,
    index: nfsExport || flag('index', 'index'),
    nfsExport,
    userxattr,
    verity,
  };
}

function redirectDir(
  option: string | undefined,
  parameters: Record<string, string>,
  userxattr: boolean,
  metacopy: boolean,
): EffectiveOptions['redirectDir'] {
  // `off` is what a prohibition was called before following had a word of its own.
  const off = parameters.redirect_always_follow === 'N' ? 'nofollow' : 'follow';
  if (option === 'on' || option === 'follow' || option === 'nofollow') return option;
  if (option === 'off') return off;
  if (userxattr) return 'nofollow';
  return metacopy || isOn(parameters.redirect_dir) ? 'on' : off;
}
