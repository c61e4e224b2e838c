/**
 * The rules of the merge, each once. `says` is shown to people; `from` names the kernel function that it is read from.
 * Rules that differ between kernels carry `since` or `until` (kernel versions). `nested`: met only where a layer lies on
 * another overlay.
 */
export type Rule = { id: string; says: string; from: string; since?: string; until?: string; nested?: true };

export const RULES = [
  {
    id: 'absent',
    says: 'The layer has no such name: the next layer is asked.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'whiteout',
    says: 'A character device 0:0 is a whiteout: the name is gone and nothing below it counts.',
    from: 'util.c:ovl_is_whiteout',
  },
  {
    id: 'xattr-whiteout',
    says: 'An empty regular file with overlay.whiteout is a whiteout for a lookup, in every layer.',
    from: 'util.c:ovl_path_check_xwhiteout_xattr',
    since: '6.7',
  },
  {
    id: 'layer-refuses',
    says: 'The layer is itself an overlay and answers an error to the name: the lookup ends with that error.',
    from: 'namei.c:ovl_lookup_single',
    nested: true,
  },
  {
    id: 'file-stops',
    says: 'A non-directory found first is the object: the layers below are not looked at.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'directory-over-file',
    says: 'A directory was found above, so a non-directory is not used and hides everything below it.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'redirect-through-file',
    says: 'The way of a redirect leads through a non-directory: the lookup stops there.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'directory-merges',
    says: 'A directory is taken, and merges with those of its name in the layers below.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'opaque',
    says: 'overlay.opaque is y: the directory is taken and nothing below it merges.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'last-not-read',
    says: 'In the lowest layer opaque and redirect are not read.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'redirect-relative',
    says: 'overlay.redirect without a slash replaces the name in the layers below, in the same parent.',
    from: 'namei.c:ovl_check_redirect',
  },
  {
    id: 'redirect-absolute',
    says: 'overlay.redirect that begins with a slash goes on from the roots of the layers below.',
    from: 'namei.c:ovl_check_redirect',
  },
  {
    id: 'redirect-invalid',
    says: 'overlay.redirect holds no valid path: the kernel answers EINVAL, or EACCES where a part is empty or dots.',
    from: 'namei.c:ovl_get_redirect_xattr',
  },
  {
    id: 'redirect-refused',
    says: 'redirect_dir=nofollow lets no redirect be followed: the kernel answers EPERM.',
    from: 'namei.c:ovl_check_follow_redirect',
  },
  {
    id: 'metacopy',
    says: 'overlay.metacopy: attributes are from here, and the data is looked for in the layers below.',
    from: 'namei.c:ovl_lookup_single',
    since: '4.19',
  },
  {
    id: 'metacopy-refused',
    says: 'metacopy=on is not set, so a metacopy is not followed: the kernel answers EPERM.',
    from: 'namei.c:ovl_check_follow_redirect',
  },
  {
    id: 'metacopy-needs-file',
    says: 'Below a metacopy only a regular file counts: anything else stops the lookup.',
    from: 'namei.c:ovl_lookup_single',
  },
  {
    id: 'metacopy-too-small',
    says: 'overlay.metacopy of one to three bytes is damaged: the kernel answers EIO.',
    from: 'util.c:ovl_check_metacopy_xattr',
  },
  {
    id: 'metacopy-no-data',
    says: 'A metacopy without a file that holds its data: the kernel answers EIO.',
    from: 'namei.c:ovl_lookup',
  },
  {
    id: 'data-only',
    says: 'A metacopy with an absolute redirect finds its data in the data-only layers when it is opened.',
    from: 'namei.c:ovl_lookup_data_layers',
    since: '6.5',
  },
  {
    id: 'data-only-free',
    says: 'Data-only layers are followed also without metacopy=on and redirect_dir.',
    from: 'namei.c:ovl_lookup',
    since: '6.16',
  },
  {
    id: 'origin-not-verified',
    says: 'With nfs_export a directory merges only with the lower that its overlay.origin names.',
    from: 'namei.c:ovl_lookup',
  },
  {
    id: 'origin-mismatch',
    says: 'With index=on an upper metacopy whose living origin is another file than its path finds: the kernel answers ESTALE.',
    from: 'namei.c:ovl_lookup',
  },
  {
    id: 'index-refuses',
    says: 'The index gives this lower to another upper, or to nothing: the kernel answers EIO.',
    from: 'namei.c:ovl_lookup_index',
  },
  {
    id: 'index-alias',
    says: 'The index has this lower inode: every name of it shows the one upper inode.',
    from: 'namei.c:ovl_lookup_index',
  },
  {
    id: 'plain-lists-all',
    says: 'A directory that stands in one layer and has no overlay.origin is listed as it is, whiteouts too.',
    from: 'readdir.c:ovl_dir_is_real',
  },
  {
    id: 'merged-lists-union',
    says: 'A merged directory lists each name once; names whose topmost entry is a whiteout are left out.',
    from: 'readdir.c:ovl_dir_read_merged',
  },
  {
    id: 'xwhiteouts-listed-out',
    says: 'A directory with overlay.opaque x is asked for xattr whiteouts, which its listing leaves out.',
    from: 'readdir.c:ovl_cache_update',
    since: '6.7',
  },
  {
    id: 'impure-listing-fails',
    says: 'An impure upper directory that does not merge cannot be listed where a name in it is refused.',
    from: 'readdir.c:ovl_dir_read_impure',
  },
  {
    id: 'number-needs-lookup',
    says: 'The listing looks each name up for its inode number, and leaves out what cannot be looked up.',
    from: 'readdir.c:ovl_calc_d_ino',
  },
] as const satisfies readonly Rule[];

export type RuleId = (typeof RULES)[number]['id'];

/** Index of each rule in RULES, for hit counts and switches. */
export const RULE_INDEX = Object.fromEntries(RULES.map((rule, index) => [rule.id, index])) as Record<RuleId, number>;

/** What the rule says, in one sentence. */
export const ruleSays = (id: RuleId): string => RULES[RULE_INDEX[id]]?.says ?? id;

/** A fresh switchboard, by rule index: every rule on (1), but those named. */
export function ruleSwitches(off: readonly string[] = []): Uint8Array {
  return Uint8Array.from(RULES, (rule) => (off.includes(rule.id) ? 0 : 1));
}
