import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import { filesystemKey, handleText, isLasting, parseInode, signed, subvolumeOf, unsigned } from './keys.ts';
import { MapObject, mapObject } from './record.ts';

const uuid = '0123456789abcdef0123456789abcdef';
const ext4 = { type: 1, fid: '0680000030 8dd7b9'.replace(' ', '') };
/** Inode 257 of subvolume 258, generation 9. */
const btrfs = { type: 0x4d, fid: '01010000000000000201000000000000' + '09000000' };

describe('the key of a filesystem', () => {
  test('is its uuid', () => {
    const facts = { type: 'ext4', uuid, isShared: false, dev: '7:1' };
    expect(filesystemKey(facts, ext4)).toBe(uuid);
    expect(filesystemKey({ ...facts, dev: '7:2' }, ext4)).toBe(uuid);
    expect(isLasting(uuid)).toBe(true);
  });

  test('names the subvolume on btrfs', () => {
    expect(subvolumeOf('btrfs', btrfs)).toBe(258n);
    const key = filesystemKey({ type: 'btrfs', uuid, isShared: false, dev: '0:40' }, btrfs);
    expect(key).toBe(`${uuid}/258`);
    expect(isLasting(key)).toBe(true);
  });

  test('is the device where there is no uuid, or two filesystems have it', () => {
    const without = filesystemKey({ type: 'squashfs', uuid: null, isShared: false, dev: '7:3' }, ext4);
    expect([without, isLasting(without)]).toEqual(['dev:7:3', false]);
    const shared = filesystemKey({ type: 'ext4', uuid, isShared: true, dev: '7:3' }, ext4);
    expect([shared, isLasting(shared)]).toEqual([`${uuid}@7:3`, false]);
  });
});

test('handles as text', () => {
  expect(handleText(ext4)).toBe('01:06800000308dd7b9');
  expect(handleText(null)).toBeNull();
});

test('numbers of 64 bits come back whole', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (ino) => {
      expect(unsigned(signed(ino))).toBe(ino);
      expect(signed(ino)).toBe(BigInt.asIntN(64, ino));
    }),
  );
});

test.each([
  ['8:1:1234', { dev: '8:1', ino: 1234n }],
  ['0:40:18446744073709551615', { dev: '0:40', ino: 2n ** 64n - 1n }],
  ['008:01:7', { dev: '8:1', ino: 7n }],
  ['0:40:18446744073709551616', null],
  ['8:1', null],
  ['8:1:', null],
  ['8:1:0x10', null],
  ['8:1:-1', null],
  [' 8:1:1', null],
])('an inode as the terminal names it: %s', (text, expected) => {
  expect(parseInode(text)).toEqual(expected);
});

test('a mapping in the words of the contract', () => {
  const object = mapObject(
    {
      upper: { fs: uuid, ino: 2n ** 63n + 5n, handle: '01:ab' },
      lower: { fs: 'dev:7:3', ino: 12n, handle: null, layer: 2 },
      path: asBytes('bad\xffname'),
      since: null,
    },
    (fs) => (fs === uuid ? '7:1' : 'unknown'),
  );
  expect(MapObject.parse(object)).toEqual(object);
  expect(object).toEqual({
    upper: { dev: '7:1', ino: '9223372036854775813', fs: uuid, handle: '01:ab' },
    lower: { dev: 'unknown', ino: '12', fs: 'dev:7:3', handle: null, layer: 2 },
    path: 'bad\\xffname',
    pathB64: 'YmFk/25hbWU=',
    since: 'unknown',
  });
});
