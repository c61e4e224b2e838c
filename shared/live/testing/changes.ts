import type { LiveKind } from '../event.ts';

/** The changes of facts about overlayfs whose records are known, each with what it means. */

/** Makes the lower that all of them start from. */
export const LOWER = `
mkdir -p sub dd edir; head -c 300000 /dev/zero > f; printf g > g; printf h > h; printf k > k
printf x > sub/x; printf y > edir/y; printf 1 > hl1; ln hl1 hl2; ln -s f sy; mkfifo ff`;

/** What it holds, as a mount shows it: sizes of files, null for directories, '' for the rest. */
export const LOWER_FILES: Record<string, number | null | ''> = {
  sub: null,
  dd: null,
  edir: null,
  f: 300_000,
  g: 1,
  h: 1,
  k: 1,
  'sub/x': 1,
  'edir/y': 1,
  hl1: 1,
  hl2: 1,
  sy: '',
  ff: '',
};

export type Expected = {
  event: LiveKind;
  path: string | null;
  from?: string;
  bytes?: string;
  copied?: string;
  temp?: RegExp;
};

export type Change = {
  title: string;
  /** Mount options beside the layers. */
  options: string;
  /** Done on the mount before the watch begins. */
  before: string;
  run: string;
  /** In order; others may stand between (temporary files that come and go). */
  expect: Expected[];
  /** What may be told too. */
  may?: Expected[];
};

const O_TMPFILE =
  'import os,ctypes;f=os.open(".",os.O_TMPFILE|os.O_RDWR,0o644);os.write(f,b"12");' +
  'ctypes.CDLL(None).linkat(-100,b"/proc/self/fd/%d"%f,-100,b"lk",0x400)';

/** What is not told of a change unless it is expected. */
export const OTHERS: LiveKind[] = [
  'created',
  'copied-up',
  'modified',
  'metadata',
  'renamed',
  'whiteout',
  'revealed',
  'removed',
  'opaque',
  'linked',
  'orphan',
  'layer-changed',
];

const copiedUp = (path: string, bytes: string, copied = 'data'): Expected => ({
  event: 'copied-up',
  path,
  bytes,
  copied,
  temp: /^#/,
});

export const CHANGES: Change[] = [
  {
    title: 'create',
    options: '',
    before: '',
    run: 'echo x > new',
    expect: [
      { event: 'created', path: 'new' },
      { event: 'modified', path: 'new', bytes: '2' },
    ],
  },
  {
    title: 'append to a lower file',
    options: '',
    before: '',
    run: 'echo x >> f',
    expect: [
      { event: 'temp-born', path: null, temp: /^#\d+$/ },
      { event: 'temp-written', path: null, temp: /^#\d+$/ },
      copiedUp('f', '300000'),
      { event: 'modified', path: 'f', bytes: '300002' },
    ],
  },
  {
    title: 'empty a lower file',
    options: '',
    before: '',
    run: 'echo x > f',
    expect: [copiedUp('f', '0'), { event: 'modified', path: 'f', bytes: '2' }],
  },
  {
    title: 'chmod of a lower file',
    options: '',
    before: '',
    run: 'chmod 600 g',
    expect: [copiedUp('g', '1'), { event: 'metadata', path: 'g' }],
  },
  {
    title: 'chmod of a lower file, metadata only',
    options: 'metacopy=on',
    before: '',
    run: 'chmod 600 f',
    expect: [copiedUp('f', '0', 'metadata'), { event: 'metadata', path: 'f' }],
  },
  {
    title: 'data of a metacopy',
    options: 'metacopy=on',
    before: 'chmod 600 f',
    run: 'echo x >> f',
    expect: [
      { event: 'copied-up', path: 'f', bytes: '300000', copied: 'later-data' },
      { event: 'modified', path: 'f', bytes: '300002' },
    ],
  },
  {
    title: 'unlink of a lower file',
    options: '',
    before: '',
    run: 'rm h',
    expect: [{ event: 'whiteout', path: 'h', temp: /^#[0-9a-f]+$/ }],
  },
  {
    title: 'unlink of a copied-up file',
    options: '',
    before: 'chmod 600 h',
    run: 'rm h',
    expect: [{ event: 'whiteout', path: 'h' }],
  },
  {
    title: 'unlink of an upper file',
    options: '',
    before: 'echo x > new',
    run: 'rm new',
    expect: [{ event: 'removed', path: 'new' }],
  },
  {
    title: 'rename of a lower file',
    options: '',
    before: '',
    run: 'mv g g2',
    expect: [copiedUp('g', '1'), { event: 'renamed', path: 'g2', from: 'g' }, { event: 'whiteout', path: 'g' }],
  },
  {
    title: 'rename of an upper file over a copied-up one',
    options: '',
    before: 'echo x > new; chmod 600 g',
    run: 'mv new g',
    expect: [{ event: 'renamed', path: 'g', from: 'new' }],
  },
  {
    title: 'write in a lower directory',
    options: '',
    before: '',
    run: 'echo 1 >> sub/x',
    expect: [
      { event: 'temp-born', path: null, temp: /^#[0-9a-f]+$/ },
      copiedUp('sub', '0'),
      copiedUp('sub/x', '1'),
      { event: 'modified', path: 'sub/x', bytes: '3' },
    ],
  },
  {
    title: 'removal of a lower directory',
    options: '',
    before: '',
    run: 'rm -r edir',
    expect: [
      copiedUp('edir', '0'),
      { event: 'whiteout', path: 'edir/y' },
      { event: 'opaque', path: 'edir' },
      { event: 'whiteout', path: 'edir' },
    ],
  },
  {
    title: 'mkdir over a whiteout',
    options: '',
    before: 'rm -r edir',
    run: 'mkdir edir',
    expect: [
      { event: 'created', path: 'edir', temp: /^#/ },
      { event: 'opaque', path: 'edir' },
    ],
  },
  {
    title: 'create over a whiteout',
    options: '',
    before: 'rm h',
    run: 'echo 1 > h',
    expect: [
      { event: 'created', path: 'h', temp: /^#/ },
      { event: 'modified', path: 'h', bytes: '2' },
    ],
  },
  {
    title: 'a user’s O_TMPFILE, linked',
    options: '',
    before: '',
    run: `python3 -c '${O_TMPFILE}'`,
    expect: [
      { event: 'temp-born', path: null, temp: /^#\d+$/ },
      { event: 'temp-written', path: null, temp: /^#\d+$/ },
      { event: 'temp-linked', path: 'lk', bytes: '2', temp: /^#\d+$/ },
    ],
  },
  {
    title: 'a user’s O_TMPFILE, closed',
    options: '',
    before: '',
    run: `python3 -c 'import os; f=os.open(".",os.O_TMPFILE|os.O_RDWR); os.write(f,b"12")'`,
    expect: [
      { event: 'temp-born', path: null, temp: /^#\d+$/ },
      { event: 'temp-written', path: null },
      { event: 'temp-died', path: null, temp: /^#\d+$/ },
    ],
  },
  {
    title: 'mkdir in a lower directory',
    options: '',
    before: '',
    run: 'mkdir dd/n',
    expect: [copiedUp('dd', '0'), { event: 'created', path: 'dd/n' }],
  },
  {
    title: 'hard link of a lower file',
    options: '',
    before: '',
    run: 'ln f f2',
    expect: [copiedUp('f', '300000'), { event: 'linked', path: 'f2' }],
  },
  {
    title: 'write to one name of a lower hard link',
    options: '',
    before: '',
    run: 'echo x >> hl1',
    expect: [copiedUp('hl1', '1'), { event: 'modified', path: 'hl1', bytes: '3' }],
  },
  {
    title: 'write to both names of a lower hard link, with an index',
    options: 'index=on',
    before: '',
    run: 'echo x >> hl1; sleep 0.05; echo y >> hl2',
    expect: [copiedUp('hl1', '1'), { event: 'modified', path: 'hl1' }, { event: 'copied-up', path: 'hl2' }],
    // Both are names of one inode, which the kernel writes to by a third.
    may: [{ event: 'modified', path: 'hl2', bytes: '5' }],
  },
  {
    title: 'rename of a symlink',
    options: '',
    before: '',
    run: 'mv sy sy2',
    expect: [copiedUp('sy', '0'), { event: 'renamed', path: 'sy2', from: 'sy' }, { event: 'whiteout', path: 'sy' }],
  },
  {
    title: 'chmod of a fifo',
    options: '',
    before: '',
    run: 'chmod 600 ff',
    expect: [copiedUp('ff', '0'), { event: 'metadata', path: 'ff' }],
  },
  {
    title: 'rename of a lower directory',
    options: 'redirect_dir=on',
    before: '',
    run: 'mv edir edir2',
    expect: [
      copiedUp('edir', '0'),
      { event: 'renamed', path: 'edir2', from: 'edir' },
      { event: 'whiteout', path: 'edir' },
    ],
  },
  {
    title: 'removal in a renamed directory',
    options: 'redirect_dir=on',
    before: 'mv edir edir2',
    run: 'rm edir2/y',
    expect: [{ event: 'whiteout', path: 'edir2/y' }],
  },
  {
    title: 'exchange of two lower files',
    options: '',
    before: '',
    run: `python3 -c 'import ctypes; exit(-ctypes.CDLL(None).renameat2(-100,b"g",-100,b"k",2))'`,
    expect: [
      copiedUp('g', '1'),
      copiedUp('k', '1'),
      { event: 'renamed', path: 'k', from: 'g' },
      { event: 'renamed', path: 'g', from: 'k' },
    ],
  },
  {
    title: 'rename of a directory onto a removed name',
    options: '',
    before: 'rm -r edir; mkdir pure; echo x > pure/in',
    run: 'mv -T pure edir',
    expect: [{ event: 'renamed', path: 'edir', from: 'pure' }],
    // It becomes opaque first, but may have its new name when that is found.
    may: [
      { event: 'opaque', path: 'pure' },
      { event: 'opaque', path: 'edir' },
    ],
  },
  {
    title: 'attributes of an upper directory',
    options: '',
    before: 'mkdir pure',
    run: 'chmod 700 pure; sleep 0.05; touch pure',
    expect: [
      { event: 'metadata', path: 'pure' },
      { event: 'metadata', path: 'pure' },
    ],
  },
  {
    title: 'attributes of a lower directory',
    options: '',
    before: '',
    run: 'chmod 700 dd',
    expect: [copiedUp('dd', '0'), { event: 'metadata', path: 'dd' }],
  },
  {
    title: 'an open file without a name',
    options: '',
    before: 'echo x > new',
    run: 'exec 9<new; rm new; sleep 0.1; exec 9<&-',
    expect: [
      { event: 'removed', path: 'new' },
      { event: 'orphan', path: 'new', bytes: '2' },
      { event: 'temp-died', path: 'new', bytes: '2' },
    ],
  },
  {
    title: 'a whiteout removed in the layer itself',
    options: '',
    before: 'rm h',
    run: 'rm ../u/h',
    expect: [{ event: 'revealed', path: 'h' }],
  },
  {
    title: 'a lower that changes',
    options: '',
    before: '',
    run: 'echo x >> ../l/g; mv ../l/h ../l/h2',
    expect: [
      { event: 'layer-changed', path: 'g' },
      { event: 'layer-changed', path: 'h2', from: 'h' },
    ],
  },
  {
    title: 'looking',
    options: '',
    before: 'chmod 600 g; mkdir dd/n',
    run: 'ls -lR . > /dev/null; cat g sub/x > /dev/null; stat dd > /dev/null',
    expect: [],
  },
];
