import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asBytes, type Bytes } from '../bytes/bytes.ts';
import { decodeOctal, parseMountinfo, parseMountLine } from './line.ts';
import { readOverlayOptions, splitLowerdir, unescapeBackslash } from './options.ts';

/** The kernel's string_escape_mem with ESCAPE_OCTAL, as seq_escape uses it. */
const octal = (text: string, which: string): string =>
  [...text].map((c) => (which.includes(c) ? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}` : c)).join('');
const inOption = (text: string): string => octal(text, ', \t\n\\');
const inField = (text: string): string => octal(text, ' \t\n\\');
/** What a mounter writes so that the kernel reads `text` as one layer of lowerdir=. */
const forLowerdir = (text: string): string => text.replace(/[\\:,]/g, (c) => `\\${c}`);

const byteName = fc
  .uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 20 })
  .map((array) => asBytes(String.fromCharCode(...array).replaceAll('/', '_')));
const hostileName = fc.oneof(
  byteName,
  fc
    .constantFrom(',', ':', '::', '\\', '\\:', 'a\\', '\n', '\t', ' ', '#', '=', 'a=b', '\xff\xfe', '\\054')
    .map(asBytes),
);
const path = fc.array(hostileName, { minLength: 1, maxLength: 3 }).map((names) => asBytes(`/${names.join('/')}`));

describe('decodeOctal', () => {
  test('decodes what the kernel escapes and nothing else', () => {
    expect(decodeOctal('a\\040b\\011c\\012d\\134e\\054f\\043')).toBe('a b\tc\nd\\e,f#');
    expect(decodeOctal('\\377\\000x')).toBe('\xff\0x');
    expect(decodeOctal('a\\134040')).toBe('a\\040');
    for (const kept of ['\\', '\\04', '\\08a', '\\477', 'x\\']) expect(decodeOctal(kept)).toBe(kept);
  });
  test('is the inverse of the escape', () => {
    fc.assert(
      fc.property(byteName, (name) => decodeOctal(inOption(name)) === name && decodeOctal(inField(name)) === name),
    );
  });
});

describe('parseMountLine', () => {
  const sample = '36 35 98:0 /sub /mnt\\040x rw,noatime shared:1 master:2 - overlay src\\043 rw,lowerdir=a';
  test('reads every field', () => {
    expect(parseMountLine(asBytes(sample))).toEqual({
      id: 36,
      parent: 35,
      dev: '98:0',
      root: '/sub',
      mountPoint: '/mnt x',
      mountOptions: ['rw', 'noatime'],
      fsType: 'overlay',
      source: 'src#',
      superOptions: 'rw,lowerdir=a',
    });
  });
  test('reads a mount point named "-" and lines without tags', () => {
    expect(parseMountLine(asBytes('1 2 0:3 / - rw - tmpfs - rw'))?.mountPoint).toBe('-');
    expect(parseMountLine(asBytes('1 2 0:3 / /x rw - tmpfs  rw'))).toMatchObject({ source: '', superOptions: 'rw' });
  });
  test('refuses what is no line', () => {
    for (const bad of ['', 'x', '1 2 3 4 5 6 7', 'a 2 0:3 / /x rw - t s o', '1 2 0 / /x rw - t s o'])
      expect(parseMountLine(asBytes(bad))).toBeNull();
  });
  test('a whole file: lines keep their bytes', () => {
    const lines = parseMountinfo(asBytes(`${sample}\nrubbish\n${sample}\n`));
    expect(lines.map((l) => l.line)).toEqual([sample, sample]);
  });
});

describe('layers', () => {
  const read = (text: string) => readOverlayOptions(asBytes(text));
  test('of the string interface: colons, data-only part, backslashes', () => {
    expect(read('rw,lowerdir=a\\134:b:c\\134\\054d:e\\134\\134f:g\\040h:n\\012l')).toMatchObject({
      lowers: ['a:b', 'c,d', 'e\\f', 'g h', 'n\nl'],
      data: [],
    });
    expect(read('lowerdir=l1:l2:l3::c\\134\\054d::e')).toMatchObject({
      lowers: ['l1', 'l2', 'l3'],
      data: ['c,d', 'e'],
    });
    expect(read('lowerdir=a\\134::b').lowers).toEqual(['a:', 'b']);
  });
  test('of the descriptor interface: verbatim', () => {
    const text = read('ro,lowerdir+=/x/a:b,lowerdir+=/x/c\\054d,lowerdir+=/x/e\\134f,datadir+=/d\\134:1');
    expect(text).toMatchObject({ lowers: ['/x/a:b', '/x/c,d', '/x/e\\f'], data: ['/d\\:1'], readonly: true });
  });
  test('upper and work: both readings where a backslash leaves it open', () => {
    expect(read('upperdir=/up\\134\\134x,workdir=/w').upper).toEqual(['/up\\x', '/up\\\\x']);
    expect(read('upperdir=/up\\134x,workdir=/w')).toMatchObject({ upper: ['/upx', '/up\\x'], work: ['/w'] });
    expect(read('upperdir=up\\134\\134x').upper).toEqual(['up\\x']);
    expect(read('lowerdir=a:b').upper).toEqual([]);
  });
  test('other options keep key and value, flags an empty one', () => {
    expect(read('rw,lowerdir=l,redirect_dir=on,userxattr,fsync=volatile,x=a=b').options).toEqual({
      redirect_dir: 'on',
      userxattr: '',
      fsync: 'volatile',
      x: 'a=b',
    });
  });
  test('a trailing backslash stands for itself', () => {
    expect(unescapeBackslash(asBytes('a\\'))).toBe('a\\');
    expect(splitLowerdir(asBytes('a\\')).lowers).toEqual(['a\\']);
  });

  type Given = { lowers: Bytes[]; data: Bytes[]; upper: Bytes | null; byString: boolean; upperByFd: boolean };
  const given: fc.Arbitrary<Given> = fc.record({
    lowers: fc.array(path, { minLength: 1, maxLength: 5 }),
    data: fc.array(path, { maxLength: 3 }),
    upper: fc.option(path),
    byString: fc.boolean(),
    upperByFd: fc.boolean(),
  });
  /** Shows a stack as ovl_show_options does. */
  function show({ lowers, data, upper, byString, upperByFd }: Given): string {
    const options = ['rw'];
    if (byString) {
      const text = lowers.map(forLowerdir).join(':') + data.map((d) => `::${forLowerdir(d)}`).join('');
      options.push(`lowerdir=${inOption(text)}`);
    } else {
      options.push(...lowers.map((l) => `lowerdir+=${inOption(l)}`), ...data.map((d) => `datadir+=${inOption(d)}`));
    }
    if (upper !== null) options.push(`upperdir=${inOption(upperByFd ? upper : upper.replaceAll('\\', '\\\\'))}`);
    return `${options.join(',')},workdir=/w,uuid=on`;
  }
  test('whatever is shown reads back', () => {
    fc.assert(
      fc.property(given, (stack) => {
        const text = read(show(stack));
        expect(text.lowers).toEqual(stack.lowers);
        expect(text.data).toEqual(stack.data);
        expect(text.work).toEqual(['/w']);
        expect(text.options).toEqual({ uuid: 'on' });
        if (stack.upper === null) expect(text.upper).toEqual([]);
        else {
          expect(text.upper).toContain(stack.upper);
          if (!stack.upperByFd) expect(text.upper[0]).toBe(stack.upper);
        }
      }),
      { numRuns: 500 },
    );
  });
  test('a whole line round trips through fields', () => {
    fc.assert(
      fc.property(path, path, given, (root, mountPoint, stack) => {
        const line = `7 1 0:40 ${inField(root)} ${inField(mountPoint)} ro - overlay o ${show(stack)}`;
        const mount = parseMountLine(asBytes(line));
        expect(mount).toMatchObject({ root, mountPoint, dev: '0:40' });
        expect(readOverlayOptions(mount!.superOptions).lowers).toEqual(stack.lowers);
      }),
    );
  });
});
