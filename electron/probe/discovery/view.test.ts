import { describe, expect, test } from 'vitest';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { parseMountinfo } from '../../../shared/mountinfo/line.ts';
import { below, folderOf } from './layer-facts.ts';
import { danger, mountOf } from './view.ts';

const mounts = parseMountinfo(
  asBytes(`1 0 8:1 / / rw - ext4 /dev/a rw
2 1 0:5 / /a rw - tmpfs t rw
3 2 0:6 / /a rw - xfs /dev/b rw
4 1 0:7 / /ov rw - overlay o rw,lowerdir=x:y
5 4 0:8 / /ov/sub rw - ext4 /dev/c rw
6 1 0:9 / /net rw - nfs4 server: rw
7 6 0:10 / /net/local rw - tmpfs t rw
8 1 0:11 / /auto rw - autofs systemd rw
9 1 0:12 / /fuse rw - fuse.sshfs s rw`),
);
const path = asBytes;

describe('mountOf', () => {
  test('the longest mount point, whole components, the one on top', () => {
    expect(mountOf(mounts, path('/'))?.mount.id).toBe(1);
    expect(mountOf(mounts, path('/ab'))?.mount.id).toBe(1);
    expect(mountOf(mounts, path('/a/b'))?.mount.id).toBe(3);
    expect(mountOf([...mounts].reverse(), path('/a'))?.mount.id).toBe(3);
    expect(mountOf(mounts, path('/ov/sub/x'))?.mount.id).toBe(5);
    expect(mountOf([], path('/'))).toBeNull();
  });
});

describe('danger', () => {
  test.each([
    ['/a/b', null],
    ['/ov', null],
    ['/ov/x', 'overlay'],
    ['/ov/sub/x', null],
    ['/ov/sub/..', null],
    ['/ov/sub/../x', 'overlay'],
    ['/net', 'hangs'],
    ['/net/local/x', 'hangs'],
    ['/net/../a', 'hangs'],
    ['/fuse/x', 'hangs'],
    ['/auto/x', 'automount'],
  ])('%s: %s', (where, expected) => {
    expect(danger(mounts, path(where))).toBe(expected);
  });
});

test('folderOf: the rest of a true path that ends with its text', () => {
  expect(folderOf(path('/x/y/u'), path('u'))).toBe('/x/y');
  expect(folderOf(path('/x/y/u'), path('./y//u/'))).toBe('/x');
  expect(folderOf(path('/u'), path('u'))).toBe('/');
  for (const text of ['/x/y/u', '../y/u', 'v', 'yy/u', 'a/x/y/u', '', '.'])
    expect(folderOf(path('/x/y/u'), path(text))).toBeNull();
});

test('below: what is left of a path under a directory', () => {
  expect(below(path('/a/b'), path('/a'))).toBe('b');
  expect(below(path('/a'), path('/a'))).toBe('');
  expect(below(path('/a/b'), path('/'))).toBe('a/b');
  expect(below(path('/ab'), path('/a'))).toBeNull();
});
