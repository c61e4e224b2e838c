import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayOfBytes, asBytes, type Bytes, bytesOfText } from '../../../shared/bytes/bytes.ts';
import { nameToHandle } from './handle.ts';
import { addressOf, errno, errnoName, Memory, SyscallError, scratch, sure } from './libc.ts';
import { AT_FDCWD, close, listDirectory, Open, openat, pathOfFd, readlinkat, readWhole, withOpen } from './open.ts';
import { Mode, statx } from './statx.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stratoscope-syscalls-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const open = (): number => openat(AT_FDCWD, bytesOfText(directory), Open.readOnly | Open.directory);
const codeOf = (use: () => unknown): string => {
  try {
    use();
  } catch (error) {
    if (error instanceof SyscallError) return error.code;
    throw error;
  }
  return 'none';
};

describe('names are bytes', () => {
  const hostile = [
    asBytes('a\nb'),
    asBytes('\xff\xfe'),
    asBytes('x'.repeat(255)),
    asBytes('\x1b[2J'),
    bytesOfText('ü'),
  ];
  test('what getdents64, statx and handles are given and give is exact', () => {
    for (const name of hostile) {
      const path = Buffer.concat([Buffer.from(`${directory}/`), arrayOfBytes(name)]);
      writeFileSync(path, 'data');
    }
    const fd = open();
    const seen = listDirectory(fd);
    expect(new Set(seen.map((entry) => entry.name))).toEqual(new Set(hostile));
    for (const entry of seen) {
      const stat = statx(fd, entry.name);
      expect(stat.ino).toBe(entry.ino);
      expect(stat.mode & Mode.mask).toBe(Mode.regular);
      expect(stat.size).toBe(4n);
      expect(nameToHandle(fd, entry.name)?.handle.fid).toMatch(/^([0-9a-f]{2})+$/);
    }
    close(fd);
  });

  test('a symlink is read, not followed', () => {
    symlinkSync('no\nwhere', join(directory, 'link'));
    withOpen(AT_FDCWD, bytesOfText(directory), Open.path, (fd) => {
      expect(readlinkat(fd, asBytes('link'))).toBe('no\nwhere');
      expect(statx(fd, asBytes('link')).mode & Mode.mask).toBe(Mode.symlink);
      expect(pathOfFd(fd)).toBe(directory);
    });
  });
});

describe('failures', () => {
  test('carry the name of the errno', () => {
    const fd = open();
    expect(codeOf(() => statx(fd, asBytes('none')))).toBe('ENOENT');
    expect(codeOf(() => openat(fd, asBytes('link'), Open.readOnly | Open.noFollow))).toBe('ELOOP');
    expect(codeOf(() => statx(fd, 'n'.repeat(5000) as Bytes))).toBe('ENAMETOOLONG');
    expect(codeOf(() => statx(fd, 'n'.repeat(256) as Bytes))).toBe('ENAMETOOLONG');
    close(fd);
    expect(codeOf(() => listDirectory(fd))).toBe('EBADF');
    expect(errnoName(95)).toBe('EOPNOTSUPP');
    expect(errnoName(4000)).toBe('errno 4000');
  });
});

test('memory keeps its address', () => {
  const memory = new Memory(128);
  memory.string(3, asBytes('ab'));
  expect([...memory.bytes.subarray(3, 6)]).toEqual([97, 98, 0]);
  expect(addressOf(memory.bytes.buffer)).toBe(memory.address);
  expect(() => memory.string(126, asBytes('abc'))).toThrow(RangeError);
  expect(scratch.address).toBeLessThan(2 ** 53);
});

test('a file of /proc is read whole', () => {
  const text = Buffer.from(readWhole(AT_FDCWD, asBytes('/proc/self/status'))).toString('latin1');
  expect(text).toContain(`Pid:\t${process.pid}`);
});

describe('why a call failed', () => {
  test('is sure once the same comes out twice, whatever else leaves its errno between', () => {
    const seen = [11, 2, 2];
    let calls = 0;
    const got = sure(
      () => {
        calls++;
        return -1;
      },
      () => seen.shift() as number,
    );
    expect([got, calls, errno()]).toEqual([-1, 2, 2]);
  });

  test('is no matter once it succeeds', () => {
    expect(
      sure(
        () => 7,
        () => 11,
      ),
    ).toBe(7);
  });
});
