import type { Place, Writable } from './places.ts';

/** Where the layers of one mount lie and how it is mounted. */
export interface Configuration {
  readonly name: string;
  readonly upper: Writable | null;
  readonly lower1: Place;
  readonly lower2: Place;
  /** A data-only layer. */
  readonly data?: Writable;
  readonly options: Readonly<Record<string, string>>;
  /** Mounted by root of a user namespace. */
  readonly namespace?: 'user';
  /** Lower 1 was once the upper of a mount over lower 2. */
  readonly former?: true;
}

type Extra = Partial<Pick<Configuration, 'data' | 'namespace' | 'former'>>;

/** `options` as mount(8) takes them; a name without value is set. */
function configuration(
  upper: Writable | null,
  lower1: Place,
  lower2: Place,
  options = '',
  extra: Extra = {},
): Configuration {
  const pairs = options === '' ? [] : options.split(',').map((one) => [...one.split('='), ''].slice(0, 2));
  const name = [
    `${upper ?? 'no upper'} / ${lower1} / ${lower2}`,
    ...(extra.data ? [`:: ${extra.data}`] : []),
    ...(options === '' ? [] : [options]),
    ...(extra.former ? ['former upper'] : []),
    ...(extra.namespace ? ['user namespace'] : []),
  ].join(', ');
  return { name, upper, lower1, lower2, options: Object.fromEntries(pairs), ...extra };
}

const user = { namespace: 'user' } as const;
const former = { former: true } as const;

export const CONFIGURATIONS: readonly Configuration[] = [
  // One superblock.
  configuration('ext4 A', 'ext4 A', 'ext4 A'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'index=on'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'index=on,nfs_export=on'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'metacopy=on'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'redirect_dir=on,index=on,metacopy=on'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'redirect_dir=nofollow,uuid=off'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'userxattr'),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'userxattr', user),
  configuration('ext4 A', 'ext4 A', 'ext4 A', '', user),
  configuration('ext4 A', 'ext4 A', 'ext4 A', 'xino=on', former),
  configuration('xfs A', 'xfs A', 'xfs A', 'redirect_dir=on'),
  configuration('xfs A', 'xfs A', 'xfs A', 'index=on,nfs_export=on'),
  configuration('btrfs 1', 'btrfs 2', 'btrfs 3', 'xino=auto'),
  configuration('btrfs 1', 'btrfs 2', 'btrfs 2', 'index=on,nfs_export=on'),
  configuration('btrfs 1', 'btrfs 1', 'btrfs 2', 'index=on,redirect_dir=on'),
  configuration('tmpfs A', 'tmpfs A', 'tmpfs A', 'metacopy=on,index=on'),
  configuration('ext4 without uuid', 'ext4 without uuid', 'ext4 without uuid'),
  configuration(null, 'ext4 A', 'ext4 A'),
  configuration(null, 'btrfs 1', 'btrfs 2', 'xino=on'),
  configuration(null, 'squashfs', 'squashfs'),
  configuration(null, 'erofs', 'erofs'),
  configuration(null, 'xfs A', 'xfs A', 'redirect_dir=nofollow,nfs_export=on'),
  configuration(null, 'fuse stable', 'fuse stable'),
  // Several, and no room for their ids.
  configuration('ext4 A', 'ext4 B', 'ext4 B'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'uuid=on'),
  configuration('ext4 A', 'ext4 A', 'ext4 B', 'redirect_dir=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 A', 'uuid=null'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'index=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'index=on,nfs_export=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'metacopy=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'userxattr'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'userxattr', user),
  configuration('ext4 A', 'ext4 B', 'ext4 C', '', user),
  configuration('ext4 A', 'ext4 B', 'ext4 B', '', former),
  configuration('ext4 A', 'xfs A', 'tmpfs A'),
  configuration('xfs A', 'ext4 A', 'ext4 B', 'index=on,metacopy=on'),
  configuration('xfs A', 'xfs B', 'ext4 A', 'uuid=off'),
  configuration('btrfs 1', 'ext4 A', 'tmpfs A', 'redirect_dir=on'),
  configuration('tmpfs A', 'btrfs 1', 'btrfs 2', 'index=on,nfs_export=on'),
  configuration('xfs A', 'ext4 A', 'ext4 A', 'index=on,nfs_export=on'),
  configuration('ext4 A', 'squashfs', 'ext4 B'),
  configuration('ext4 A', 'squashfs', 'squashfs', 'metacopy=on'),
  configuration('ext4 A', 'squashfs without export', 'ext4 B', 'xino=auto'),
  configuration('ext4 A', 'squashfs without export', 'ext4 A', 'index=on'),
  configuration('ext4 A', 'erofs', 'ext4 B'),
  configuration('ext4 A', 'fuse stable', 'ext4 B', 'xino=auto'),
  configuration('ext4 A', 'fuse counting', 'ext4 B'),
  configuration('ext4 A', 'fuse counting-plus', 'ext4 B'),
  configuration('ext4 A', 'overlay of one', 'ext4 B'),
  configuration('ext4 A', 'overlay without', 'ext4 B'),
  configuration('ext4 A', 'overlay exported', 'ext4 B'),
  configuration('ext4 A', 'ext4 twin 1', 'ext4 twin 2', 'xino=auto'),
  configuration('ext4 A', 'ext4 without uuid', 'ext4 B', 'xino=auto'),
  configuration('ext4 A', 'ext4 without uuid', 'ext4 without uuid 2', 'index=on'),
  configuration('ext4 twin 1', 'ext4 twin 2', 'ext4 twin 1'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'metacopy=on', { data: 'xfs A' }),
  configuration(null, 'ext4 A', 'ext4 B'),
  configuration(null, 'squashfs', 'erofs'),
  configuration(null, 'ext4 A', 'xfs A', 'redirect_dir=nofollow,nfs_export=on'),
  // Several, told apart by their ids in the number.
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'xino=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 B', 'xino=auto'),
  configuration('ext4 A', 'ext4 A', 'ext4 B', 'xino=on,redirect_dir=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'xino=on,index=on,nfs_export=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'xino=on,metacopy=on'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'xino=on,userxattr'),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'xino=on,userxattr', user),
  configuration('ext4 A', 'ext4 B', 'ext4 C', 'xino=auto', former),
  configuration('xfs A', 'ext4 A', 'ext4 B', 'xino=on,index=on'),
  configuration('xfs A', 'ext4 A', 'ext4 A', 'xino=on,index=on,nfs_export=on'),
  configuration('xfs A', 'ext4 A', 'ext4 B', 'xino=on,metacopy=on'),
  configuration('xfs A', 'tmpfs A', 'ext4 A', 'xino=auto'),
  configuration('btrfs 1', 'btrfs 2', 'ext4 A', 'xino=on'),
  configuration('btrfs 1', 'xfs A', 'ext4 A', 'xino=auto,index=on,nfs_export=on'),
  configuration('tmpfs A', 'ext4 A', 'xfs A', 'xino=auto,metacopy=on,index=on'),
  configuration('ext4 A', 'squashfs', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'squashfs', 'ext4 B', 'xino=auto'),
  configuration('ext4 A', 'squashfs without export', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'erofs', 'ext4 B', 'xino=auto'),
  configuration('ext4 A', 'fuse stable', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'fuse high', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'fuse counting', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'overlay of one', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'overlay with xino', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'overlay exported', 'ext4 B', 'xino=on'),
  configuration('ext4 A', 'ext4 twin 1', 'ext4 twin 2', 'xino=on'),
  configuration('ext4 A', 'ext4 without uuid', 'ext4 B', 'xino=on'),
  configuration(null, 'ext4 A', 'ext4 B', 'xino=on'),
  configuration(null, 'xfs A', 'tmpfs A', 'xino=auto'),
  configuration(null, 'squashfs without export', 'erofs', 'xino=auto'),
  configuration(null, 'fuse high', 'ext4 A', 'xino=on'),
];
