/**
 * What the scheme does inside an operation, a step at a time: by each step's name the sentence that it comes from, told in
 * our own words after the mail of 30 March 2017 on linux-unionfs (consistent descriptors and constant inode numbers), or
 * the rule of overlayfs where the mail leaves the matter to it.
 */
export const STEPS = {
  'temp-born': 'A lower file that is opened for reading is copied up at once, into a file without a name.',
  cloned: 'Where the filesystem can clone, the copy shares the data and takes no room.',
  copied: 'Where it cannot clone, the data are copied, and holes stay holes.',
  'temp-shared': 'Every descriptor of the file refers to the one temporary file.',
  'lower-opened': 'Without temporary files the lower file itself is opened: it will not see what is written later.',
  'mapping-added': 'On copy-up the mapping upper number → lower number is appended, before the inode has a name.',
  'temp-linked': 'The temporary file is linked into the upper on the first change.',
  linked: 'The copy gets its name in the upper.',
  'link-kept': 'With the reverse mapping a hard link is copied up whole: the one inode gets each of its names.',
  undone: 'What could not be done to the end is taken back: no name, no mapping.',
  'temp-dropped-at-close': 'The temporary file is thrown away once all files that refer to it are closed.',
  'temp-dropped-at-release': 'The temporary file is freed only when the name is dropped from memory.',
  'mapping-removed': 'On removal the mapping is deleted, since the upper number may be used again.',
  'mapping-void': 'The upper number was used again: its handle differs, and the mapping is void.',
  'number-mapped': 'A stat and a listing look into the map, and give the lower number where there is one.',
  'atime-kept': 'The access time is kept beside the mapping; that of the lower file never moves.',
  'directory-copied': 'A directory is copied up before anything in it is (overlayfs).',
  whiteout: 'A removed name that exists below is covered by a whiteout (overlayfs).',
  opaque: 'A new directory over a removed one shows nothing of what lies below (overlayfs).',
  redirect: 'A renamed directory remembers where its lower content lies (overlayfs).',
} as const;

export type StepName = keyof typeof STEPS;

/** A step that was done, with what it was done to. */
export type Step = { step: StepName; ino: bigint };
