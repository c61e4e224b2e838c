import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';

/**
 * Which options a mount would have, and which it would be refused with (kernel: fs/overlayfs/params.c:
 * ovl_parse_param, ovl_fs_params_verify, as Linux 6.18 has them).
 */

/** Options with the values that the kernel takes; an empty list is a flag. */
const OPTIONS: Record<string, readonly string[]> = {
  redirect_dir: ['off', 'follow', 'nofollow', 'on'],
  index: ['on', 'off'],
  uuid: ['off', 'null', 'auto', 'on'],
  nfs_export: ['on', 'off'],
  xino: ['on', 'off', 'auto'],
  metacopy: ['on', 'off'],
  verity: ['off', 'on', 'require'],
  fsync: ['volatile', 'auto', 'strict'],
  volatile: [],
  userxattr: [],
  default_permissions: [],
  override_creds: [],
  nooverride_creds: [],
  ro: [],
  rw: [],
};
const LAYERS = new Set(['lowerdir', 'lowerdir+', 'datadir+', 'upperdir', 'workdir']);

export type Shape = { lowers: number; data: number; upper: boolean };
export type Refused = { refused: string; hint: string };
export type Accepted = { options: Record<string, Bytes>; readonly: boolean };

const refuse = (refused: string, hint: string): Refused => ({ refused, hint });
const together = (a: string, b: string): Refused => refuse(`${a} and ${b} exclude each other`, `give one of the two`);

/**
 * The options as mountinfo would show them beside the layers: what was given, what it implies, and nothing that is a
 * default of the module with these `parameters` (/sys/module/overlay/parameters/*, 'Y' or 'N'). Or why the kernel would
 * refuse them together.
 */
export function kernelOptions(
  given: Readonly<Record<string, Bytes>>,
  parameters: Readonly<Record<string, string>>,
  shape: Shape,
): Accepted | Refused {
  for (const [key, value] of Object.entries(given)) {
    if (LAYERS.has(key))
      return refuse(`${key} names a layer, not an option`, 'use --lower, --data, --upper and --work');
    const values = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
    if (!values) return refuse(`overlay mounts have no option ${key}`, `known are ${Object.keys(OPTIONS).join(', ')}`);
    if (values.length === 0 ? value !== '' : !values.includes(value)) {
      const may = values.length === 0 ? 'takes no value' : `is one of ${values.join(', ')}`;
      return refuse(`${key}=${value} is not understood`, `${key} ${may}`);
    }
  }
  const layers = refusedLayers(shape);
  if (layers) return layers;
  return settle(given, parameters, shape.upper);
}

function refusedLayers({ lowers, data, upper }: Shape): Refused | null {
  if (lowers === 0 && data > 0) return refuse('data-only layers need a lower above them', 'add --lower DIR');
  if (lowers === 0) return refuse('there is no lower', 'add --lower DIR');
  if (lowers + data > 500)
    return refuse(`${lowers + data} lowers are too many`, 'the kernel takes 500, data-only ones included');
  if (!upper && lowers + data === 1)
    return refuse('one lower alone, without an upper, is no union', 'add --upper DIR or another --lower DIR');
  return null;
}

function settle(
  given: Readonly<Record<string, Bytes>>,
  parameters: Readonly<Record<string, string>>,
  upper: boolean,
): Accepted | Refused {
  const has = (key: string): boolean => Object.hasOwn(given, key);
  const on = (key: string): boolean => (has(key) ? given[key] === 'on' : parameters[key] === 'Y');
  const follow = parameters.redirect_always_follow === 'N' ? 'nofollow' : 'follow';
  const defaultRedirect = parameters.redirect_dir === 'Y' ? 'on' : follow;
  let redirect: string = given.redirect_dir ?? defaultRedirect;
  if (redirect === 'off') redirect = follow;
  let index = upper && on('index');
  const indexGiven = has('index') && upper;
  let exports = on('nfs_export');
  let metacopy = on('metacopy');

  if (!upper && redirect === 'follow') redirect = 'on';
  if (metacopy && redirect !== 'on') {
    if (has('metacopy') && has('redirect_dir')) return together('metacopy=on', `redirect_dir=${given.redirect_dir}`);
    if (has('redirect_dir')) metacopy = false;
    else redirect = 'on';
  }
  if (exports && !index) {
    if (!upper && redirect !== 'nofollow') exports = false;
    else if (has('nfs_export') && indexGiven) return together('nfs_export=on', 'index=off');
    else if (indexGiven) exports = false;
    else index = true;
  }
  if (exports && metacopy) {
    if (has('nfs_export') && has('metacopy')) return together('nfs_export=on', 'metacopy=on');
    if (has('metacopy')) exports = false;
    else metacopy = false;
  }
  if (has('userxattr')) {
    if (has('redirect_dir') && redirect !== 'nofollow')
      return together('userxattr', `redirect_dir=${given.redirect_dir}`);
    if (metacopy && has('metacopy')) return together('userxattr', 'metacopy=on');
    redirect = 'nofollow';
    metacopy = false;
  }

  const options: Record<string, string> = {};
  const show = (key: string, value: boolean, byDefault: boolean): void => {
    if (value !== byDefault) options[key] = value ? 'on' : 'off';
  };
  if (has('default_permissions')) options.default_permissions = '';
  if (redirect !== defaultRedirect) options.redirect_dir = redirect;
  // Without an upper there is no index directory, and the kernel shows it as off.
  show('index', index && upper, parameters.index === 'Y');
  if (has('uuid')) options.uuid = given.uuid as Bytes;
  show('nfs_export', exports, parameters.nfs_export === 'Y');
  const xinoDefault = parameters.xino_auto === 'Y' ? 'auto' : 'off';
  if (has('xino') && given.xino !== xinoDefault) options.xino = given.xino as Bytes;
  show('metacopy', metacopy, parameters.metacopy === 'Y');
  const fsync = has('volatile') ? 'volatile' : given.fsync;
  // Without an upper there is nothing to flush late: the kernel passes over volatile alone.
  if (fsync && fsync !== 'auto' && (upper || fsync !== 'volatile')) options.fsync = fsync;
  if (has('userxattr')) options.userxattr = '';
  if ((given.verity ?? 'off') !== 'off') options.verity = given.verity as Bytes;
  const shown = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, asBytes(value)]));
  return { options: shown, readonly: !upper || has('ro') };
}
