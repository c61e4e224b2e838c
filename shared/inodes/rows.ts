/**
 * The rows of the decision table for inode numbers, and what each says (facts: inode.c:ovl_getattr, ovl_map_dev_ino;
 * super.c:ovl_get_root; readdir.c:ovl_cache_update, ovl_fill_real). `shown.why` is a row's name.
 */
export const NUMBER_ROWS = {
  'root, with upper': 'the root shows the upper root’s own number, never a lower’s',
  'root, no upper': 'the root shows the topmost lower root’s number',
  'dir lower only': 'a directory of one lower shows that one’s number',
  'dir merged, no upper part': 'a merged directory without an upper part shows its topmost lower’s number',
  'dir merged with upper':
    'a directory merged with the upper shows its topmost lower’s number, before and after copy-up',
  'dir merged, not indexed':
    'with nfs_export a merged directory shows a lower’s number only if the index has it; this one shows the upper’s',
  'dir pure upper': 'a directory of the upper alone shows the upper’s number',
  'file lower': 'what only a lower has shows that lower’s number',
  'copied up, origin usable': 'what was copied up goes on showing the number of the lower inode that its origin names',
  'copied up, origin missing':
    'what was copied up shows the upper’s number, since the kernel finds no lower inode that it may take',
  'pure upper file': 'what only the upper has shows the upper’s number',
  'lower hard link': 'a name of a lower inode with several names shows that inode’s number',
  'hard link copied up, index off': 'a name of a lower hard link that was copied up alone shows the upper’s number',
  'hard link copied up, index on': 'all names of an indexed hard link go on showing the lower inode’s number',
  metacopy: 'a metacopy shows the number of the lower inode that is found by its path',
  'lower gained a link': 'the lower inode has several names now, so the kernel takes the upper’s number',
} as const;
export type NumberRow = keyof typeof NUMBER_ROWS;
