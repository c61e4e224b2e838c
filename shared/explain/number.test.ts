import { describe, expect, it } from 'vitest';
import type { ListObject, Shown } from '../contract/scan.ts';
import { explain, textOf } from './index.ts';
import { entryOf, inputOf, objectOf, stackOf } from './testing.ts';

const FS = [
  { type: 'xfs', uuid: 'a', id: 0 },
  { type: 'ext4', uuid: 'b', id: 1 },
  { type: 'squashfs', uuid: null, id: 2 },
];
/** An upper on xfs, lower 1 on ext4, lower 2 on squashfs. */
const stack = (change: Partial<ListObject>): ListObject => ({
  ...stackOf(),
  layers: stackOf()
    .layers.slice(0, 3)
    .map((layer, i) => ({ ...layer, fs: FS[i] as (typeof FS)[number] })),
  ...change,
});
const XINO = stack({ inodeMode: 'xino', xinoBits: 3, options: { xino: 'on' } });
const NONE = stack({ inodeMode: 'none' });

const shownOf = (change: Partial<Shown>): Shown => ({
  dev: 'overlay',
  ino: '100',
  dino: '100',
  nlink: 1,
  stable: true,
  why: 'file lower',
  ...change,
});

const numberWords = (object: Parameters<typeof objectOf>, stackFacts: ListObject): string =>
  explain(inputOf(objectOf(...object), { stack: stackFacts }))
    .explanation.map(textOf)
    .filter((text) => /stat|number/.test(text))
    .join('\n');

describe('the reason of a number', () => {
  it('names the origin, the option and what is set above the inode', () => {
    const number = String(18n | (1n << 62n));
    const text = numberWords(
      [
        [entryOf(0), entryOf(1, { role: 'origin', hiddenBy: 'file', ino: '18' })],
        {
          provenance: 'copied-up',
          origin: { layer: 1, ino: '18', nlink: 1, state: 'verified', why: '' },
          shown: shownOf({ ino: number, dino: number, why: 'copied up, origin usable' }),
        },
      ],
      XINO,
    );
    expect(text).toBe(
      `So its number is from lower 1’s inode 18, as before its copy-up; xino=on sets fs id 1 above it: stat and readdir give ${number}, with 1 link, before and after copy-up, eviction and remount.\nRule of the number: copied up, origin usable.`,
    );
  });

  it('tells what an inode in memory still shows', () => {
    const object = objectOf([entryOf(0), entryOf(2, { role: 'hidden', hiddenBy: 'file', ino: '4' })], {
      provenance: 'copied-up',
      data: { layer: 0, path: 'etc/passwd' },
      origin: { layer: 2, ino: '4', nlink: 'unknown', state: 'undecodable', why: 'no uuid' },
      shown: shownOf({
        dev: 'pseudo:0',
        stable: false,
        why: 'copied up, origin missing',
        cached: { dev: 'pseudo:2', ino: '4' },
      }),
    });
    const said = explain(inputOf(object, { stack: NONE })).explanation.map(textOf);
    expect(said[1]).toBe(
      'Its mark origin names lower 2’s inode 4, by a handle that cannot be decoded (no uuid): lower 2 is squashfs, which has no uuid, and xino, index, metacopy and redirect_dir are all off.',
    );
    expect(said[2]).toBe(
      'So its number is from the upper’s inode 100; xino=off sets no filesystem id above it, so its device tells the filesystem: stat and readdir give 100 on the pseudo device of fs id 0, with 1 link.',
    );
    expect(said[3]).toBe(
      'An inode still in memory from before the copy-up goes on showing 4 on the pseudo device of fs id 2; once it is dropped, number and device change, though nobody wrote.',
    );
  });

  it('says that a directory’s number is counted', () => {
    const text = numberWords(
      [
        [entryOf(0, { type: 'dir', role: 'merged' }), entryOf(1, { type: 'dir', role: 'merged' })],
        {
          provenance: 'merged',
          shown: shownOf({ ino: null, dino: '100', stable: false, why: 'dir merged with upper' }),
        },
      ],
      NONE,
    );
    expect(text).toContain(
      'stat gives it on the mount’s own device, with 1 link, and another one after eviction and remount, so it is volatile; readdir gives 100.',
    );
  });

  it('says what would change a number', () => {
    const link = numberWords(
      [[entryOf(1, { nlink: 2 })], { shown: shownOf({ stable: false, nlink: 2, why: 'lower hard link' }) }],
      XINO,
    );
    expect(link).toContain('a copy-up of this name alone would change it');
    const lower = numberWords([[entryOf(2)], { shown: shownOf({ dev: 'pseudo:2', stable: false }) }], NONE);
    expect(lower).toContain(
      'a copy-up would change it, as no origin that the kernel follows could be kept for lower 2',
    );
  });

  it('claims nothing where it is not known', () => {
    const text = numberWords(
      [
        [entryOf(0)],
        {
          shown: {
            dev: 'unknown',
            ino: 'unknown',
            dino: 'unknown',
            nlink: 'unknown',
            stable: 'unknown',
            why: 'what decides it could not be read',
          },
        },
      ],
      XINO,
    );
    expect(text).toContain(
      'Which number it shows is unknown: what decides it could not be read; so are its device, its link count and whether it lasts.',
    );
  });
});
