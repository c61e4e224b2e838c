import { readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { StackRef } from '../../shared/ipc/probe.ts';
import { optionalStack, pathInside, type StackOptions, stackOf, wordsOf } from './stack.ts';

const b = asBytes;
const here = readlinkSync('/proc/self/cwd', 'latin1');
const failure = (mount: string | undefined, options: StackOptions): string => {
  try {
    stackOf(mount === undefined ? undefined : b(mount), options);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no failure';
};

describe('STACK', () => {
  it('a mount point is made absolute and plain', () => {
    expect(stackOf(b('/srv//web/'), {})).toEqual({ kind: 'mount', mount: '/srv/web', pid: null });
    expect(stackOf(b('m/../n'), { pid: b('812') })).toEqual({ kind: 'mount', mount: `${here}/n`, pid: 812 });
    expect(stackOf(b('/a\xff b'), {})).toMatchObject({ mount: '/a\xff b' });
  });

  it('a device names its mount', () => {
    expect(stackOf(b('0:45'), {})).toEqual({ kind: 'dev', dev: '0:45' });
    expect(stackOf(b('./0:45'), {})).toMatchObject({ kind: 'mount' });
  });

  it('directories keep their order; symlinks and .. are left to the kernel', () => {
    const stack = stackOf(undefined, {
      lower: [b('/l1'), b('l2/../x')],
      data: [b('/d')],
      upper: b('u'),
      work: b('/w'),
      options: [b('index=on,userxattr'), b('redirect_dir=')],
    });
    expect(stack).toEqual({
      kind: 'directories',
      lowers: ['/l1', `${here}/l2/../x`],
      data: ['/d'],
      upper: `${here}/u`,
      work: '/w',
      options: { index: 'on', userxattr: '', redirect_dir: '' },
    });
    expect(StackRef.parse(stack)).toEqual(stack);
  });

  it('a mountinfo line stays as it is', () => {
    const line = b('1 2 0:45 / /m\\040x rw - overlay o rw,lowerdir=a');
    expect(stackOf(undefined, { mountinfo: b(`${line}\n`), pid: b('7') })).toEqual({ kind: 'mountinfo', line, pid: 7 });
  });

  it('none, two and half a stack are told apart', () => {
    expect(failure(undefined, {})).toBe('no stack is named');
    expect(failure('/m', { lower: [b('/l')] })).toBe('two stacks are named');
    expect(failure(undefined, { upper: b('/u') })).toBe('there is no lower directory');
    expect(failure(undefined, { mountinfo: b('1 2 0:3 / /m rw - overlay o rw\n4 5 0:6 / /n rw - overlay o rw') })).toBe(
      '--mountinfo holds more than one line',
    );
    const many = Array.from({ length: 500 }, (_, i) => b(`/l${i}`));
    expect(failure(undefined, { lower: many, data: [b('/d')] })).toBe('501 lower and data-only directories are named');
    expect(failure(undefined, { lower: [b('/l')], pid: b('1') })).toBe('--pid goes with a mount point or --mountinfo');
    expect(failure('/m', { pid: b('x1') })).toBe('--pid x1 is no process id');
    expect(failure('', {})).toBe('the mount point is empty');
    expect(failure(undefined, { lower: [b('')] })).toBe('a path is empty');
    for (const options of ['lowerdir=/x', 'upperdir=/x', 'a b=c', 'A=1']) {
      expect(failure(undefined, { lower: [b('/l')], options: [b(options)] })).toMatch(/--options holds/);
    }
    expect(optionalStack(undefined, {})).toBeNull();
  });

  it('its words name it again', () => {
    const stack = stackOf(undefined, {
      lower: [b('/l1'), b('/l2')],
      upper: b('/u'),
      options: [b('userxattr,index=on')],
    });
    expect(wordsOf(stack)).toEqual([
      '--lower',
      '/l1',
      '--lower',
      '/l2',
      '--upper',
      '/u',
      '--options',
      'userxattr,index=on',
    ]);
    expect(wordsOf({ kind: 'mount', mount: '/m', pid: 5 })).toEqual(['/m', '--pid', '5']);
  });
});

describe('PATH', () => {
  it('is from the merged root, with or without slashes', () => {
    expect(pathInside(b('/etc//passwd/'))).toBe('etc/passwd');
    expect(pathInside(b('.'))).toBe('');
    expect(pathInside(b('a\xff'))).toBe('a\xff');
    expect(() => pathInside(b('a/../b'))).toThrow('goes up');
  });
});
