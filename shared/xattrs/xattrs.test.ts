import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import { arrayOfHex, decodeXattr, hexOfArray, inodeOfFid, nestedHandle, parseHandle, parseXattrName } from './index.ts';

const bytes = (hex: string): Uint8Array => arrayOfHex(hex.replaceAll(/\s/g, '')) as Uint8Array;
const text = (value: string): Uint8Array => Uint8Array.from(value, (c) => c.charCodeAt(0));
const ORIGIN = asBytes('trusted.overlay.origin');

/** Stored handles as a 6.18 kernel wrote them; the inode is what `stat` says of the lower file. */
const STORED = [
  { fs: 'ext4', hex: '00fb1d0001 be296df2a52d45ed836c575a90fafebf 0f000000c5d5dcba', ino: 15n, gen: '3135034821' },
  {
    fs: 'xfs',
    hex: '00fb210081 89464c1cb1da4a0a835027be76f51552 8600000000000000051faec8',
    ino: 134n,
    gen: '3366854405',
  },
  {
    fs: 'btrfs',
    hex: '00fb29004d fd25d02c73994faa928786ab655d814d 0401000000000000050000000000000007000000',
    ino: 260n,
    gen: '7',
  },
  {
    fs: 'tmpfs',
    hex: '00fb210001 1d2f03419ab84633b5e0cbd9587fef1e c3a073570500000000000000',
    ino: 5n,
    gen: '1467195587',
  },
  { fs: 'squashfs', hex: '00fb1d0001 00000000000000000000000000000000 0400000000000000', ino: 4n, gen: '0' },
  { fs: 'erofs', hex: '00fb210081 648930efcd8e4b98a79c98c09081e2c4 000000003200000000000000', ino: 50n, gen: '0' },
];

describe('stored handles', () => {
  it.each(STORED)('of $fs tell the inode', ({ fs, hex, ino, gen }) => {
    const value = bytes(hex);
    const parsed = parseHandle(value);
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(inodeOfFid(fs, parsed.type, parsed.fid)).toBe(ino);
    const decoded = decodeXattr(ORIGIN, value, fs);
    expect(decoded.problem).toBeNull();
    const part = (label: string) => decoded.fields.find((field) => field.label === label);
    expect(part('inode')?.text).toBe(String(ino));
    expect(part('generation')?.text).toBe(gen);
    // Every byte is told, none twice.
    const covered = decoded.fields.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    expect(covered.toSorted((a, b) => a - b)).toEqual(Array.from(value.keys()));
  });

  it('do not tell it where the type alone is ambiguous, or names no inode', () => {
    expect(inodeOfFid(null, 0x81, new Uint8Array(12))).toBeNull();
    expect(inodeOfFid(null, 0x01, new Uint8Array(12))).toBeNull();
    expect(inodeOfFid('fuse.sshfs', 0x81, new Uint8Array(12))).toBeNull();
    expect(inodeOfFid('iso9660', 0x01, new Uint8Array(12))).toBeNull();
    expect(inodeOfFid('overlay', 0xf8, new Uint8Array(32))).toBeNull();
    const fields = decodeXattr(ORIGIN, bytes(`00fb210081${'11'.repeat(16)}${'22'.repeat(12)}`), 'fuse').fields;
    expect(fields.at(-1)).toEqual({
      label: 'handle',
      text: `${'22'.repeat(12)} (a node of fuse, which is no inode number)`,
      from: 21,
      to: 33,
    });
  });

  it('keep numbers of 64 bits whole', () => {
    expect(inodeOfFid('xfs', 0x81, bytes('ffffffffffffff7f 00000000'))).toBe(2n ** 63n - 1n);
    expect(inodeOfFid('tmpfs', 0x01, bytes('00000000 ffffffff ffffffff'))).toBe(2n ** 64n - 1n);
    expect(inodeOfFid('erofs', 0x81, bytes('01000000 02000000 00000000'))).toBe(0x100000002n);
    expect(inodeOfFid('ext4', 0x01, bytes('ffffffff 00000000'))).toBe(2n ** 32n - 1n);
  });

  it('of an overlay hold another one, whose bytes keep their place', () => {
    const inner = `00fb1d0401${'ab'.repeat(16)}${'06800000'}${'308dd7b9'}`;
    const value = bytes(`00fb3500f8${'00'.repeat(16)}000000${inner}`);
    const parsed = parseHandle(value);
    if ('problem' in parsed) throw new Error(parsed.problem);
    const nested = nestedHandle(parsed.type, parsed.fid);
    expect(hexOfArray(nested?.value ?? new Uint8Array())).toBe(inner);
    const decoded = decodeXattr(ORIGIN, value, 'overlay');
    expect(decoded.fields.find((field) => field.label === 'inner inode')).toEqual({
      label: 'inner inode',
      text: '32774',
      from: 45,
      to: 49,
    });
    expect(decoded.fields.find((field) => field.label === 'inner flags')?.text).toBe('4: an upper inode');
  });

  it.each([
    ['', 'empty'],
    ['00fb1d', 'truncated'],
    [`00fb1d0001${'11'.repeat(16)}0680`, 'truncated'],
    [`00fb050001${'11'.repeat(16)}`, 'truncated'],
    [`00fa1d0001${'11'.repeat(24)}`, 'magic'],
    [`01fb1d0001${'11'.repeat(24)}`, 'version'],
    [`00fb1d0801${'11'.repeat(24)}`, 'flags'],
    [`00fb1d0101${'11'.repeat(24)}`, 'endian'],
  ])('%s is none: %s', (hex, problem) => {
    expect(parseHandle(bytes(hex))).toEqual({ problem });
    expect(decodeXattr(ORIGIN, bytes(hex), 'ext4').problem).not.toBeNull();
  });

  it('pass over bytes beyond their own length, as the kernel does', () => {
    const value = bytes(`00fb1d0001${'11'.repeat(16)}0680000000000000ffff`);
    const parsed = parseHandle(value);
    expect('problem' in parsed ? null : parsed.fid.length).toBe(8);
    expect(decodeXattr(ORIGIN, value, 'ext4').fields.at(-1)).toMatchObject({ label: 'passed over', from: 29, to: 31 });
  });
});

describe('the other marks', () => {
  const decode = (name: string, value: string) => decodeXattr(asBytes(`trusted.overlay.${name}`), text(value), null);

  it('opaque counts as one letter only', () => {
    expect(decode('opaque', 'y').problem).toBeNull();
    expect(decode('opaque', 'x').problem).toBeNull();
    for (const value of ['', 'n', 'yy', '1', 'Y']) expect(decode('opaque', value).problem).not.toBeNull();
  });

  it('a redirect is a name or a path from the root', () => {
    expect(decode('redirect', '/d/sub').fields).toEqual([{ label: 'from the root', text: '/d/sub', from: 0, to: 6 }]);
    expect(decode('redirect', 'd').fields[0]?.label).toBe('in the same parent');
    for (const value of ['', 'a/b', '/', '//a', '/a/', '/a//b', '..', '/a/../b']) {
      expect(decode('redirect', value).problem).not.toBeNull();
    }
    expect(decode('redirect', 'a\0bc').fields[1]).toEqual({
      label: 'passed over',
      text: '3 bytes from a NUL on',
      from: 1,
      to: 4,
    });
  });

  it('a metacopy header of 1 to 3 bytes is refused, an empty one stands for none', () => {
    expect(decode('metacopy', '').problem).toBeNull();
    for (const value of ['\0', '\0\0', '\0\0\0']) expect(decode('metacopy', value).problem).toMatch(/EIO/);
    const withDigest = `\0\x24\0\x01${'\xab'.repeat(32)}`;
    expect(decode('metacopy', withDigest)).toMatchObject({ problem: null });
    expect(decode('metacopy', withDigest).fields.map(({ label, from, to }) => [label, from, to])).toEqual([
      ['version', 0, 1],
      ['length', 1, 2],
      ['flags', 2, 3],
      ['digest algorithm', 3, 4],
      ['digest', 4, 36],
    ]);
    expect(decode('metacopy', '\x01\x04\0\0').problem).toMatch(/version 1/);
    expect(decode('metacopy', '\0\x05\0\0').problem).toMatch(/says 5 bytes and has 4/);
  });

  it('nlink, uuid, protattr and impure say what they count', () => {
    expect(decode('nlink', 'U-1').fields.map((field) => field.text)).toEqual([
      'the upper inode’s own link count',
      '-1',
    ]);
    expect(decode('nlink', 'X+1').problem).not.toBeNull();
    expect(
      decodeXattr(asBytes('user.overlay.uuid'), bytes('00112233445566778899aabbccddeeff'), null).fields[0]?.text,
    ).toBe('00112233-4455-6677-8899-aabbccddeeff');
    expect(decode('uuid', 'short').problem).not.toBeNull();
    expect(decode('protattr', 'ia').fields.map((field) => field.text)).toEqual(['immutable', 'append only']);
    expect(decode('protattr', 'iz').problem).not.toBeNull();
    expect(decode('impure', 'y').problem).toBeNull();
    expect(decode('impure', 'yes').problem).not.toBeNull();
  });

  it('an escaped one is for an overlay above', () => {
    expect(parseXattrName(asBytes('trusted.overlay.overlay.overlay.opaque'))).toEqual({
      prefix: 'trusted',
      name: 'opaque',
      escapes: 2,
    });
    const decoded = decodeXattr(asBytes('trusted.overlay.overlay.opaque'), text('y'), null);
    expect(decoded.fields[0]?.text).toBe('an overlay above, which sees trusted.overlay.opaque');
    expect(decoded.problem).toBeNull();
  });

  it('what is no mark of an overlay is shown as it is', () => {
    expect(parseXattrName(asBytes('user.overlayfs'))).toBeNull();
    expect(decodeXattr(asBytes('user.note'), text('a\x1b\xff'), null)).toEqual({
      fields: [{ label: 'value', text: 'a\\e\\xff', from: 0, to: 3 }],
      problem: null,
    });
    expect(decodeXattr(ORIGIN, null, null).problem).toBe('the value could not be read');
  });
});

describe('any bytes at all', () => {
  const NAMES = [
    'origin',
    'upper',
    'opaque',
    'redirect',
    'metacopy',
    'nlink',
    'uuid',
    'protattr',
    'impure',
    'whiteout',
  ];
  const fsTypes = fc.constantFrom(null, 'ext4', 'tmpfs', 'xfs', 'erofs', 'btrfs', 'fuse', 'overlay', 'iso9660');
  /** Half of the values begin as a handle does, so that the checks behind the magic are met. */
  const values = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 64 }), fc.constantFrom(1, 0x4d, 0x81, 0xf8, 0xfb, 7), fc.nat(90))
      .map(([rest, type, length]) => Uint8Array.from([0, 0xfb, length, 0, type, ...rest])),
  );

  it('give fields inside the value, or a problem, and no exception', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), values, fsTypes, fc.nat(2), (name, value, fsType, escapes) => {
        const full = asBytes(`trusted.overlay.${'overlay.'.repeat(escapes)}${name}`);
        const { fields } = decodeXattr(full, value, fsType);
        for (const { from, to } of fields) {
          expect(from).toBeLessThanOrEqual(to);
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(value.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a handle is what it says, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ maxLength: 128 }), (uuid, fid) => {
        const parsed = parseHandle(Uint8Array.from([0, 0xfb, 21 + fid.length, 4, 0x4d, ...uuid, ...fid]));
        expect(parsed).toEqual({ flags: 4, type: 0x4d, uuid: hexOfArray(uuid), fid });
      }),
    );
  });
});
