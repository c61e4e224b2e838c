import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TraceLine, UnmountLine } from './no-trace.ts';

/**
 * The program leaves no trace in the layers of a live mount, asks the kernel for no mount, and keeps nothing from
 * being unmounted while it runs. Each check is one run of no-trace.ts, whose first commands show that it sees traces.
 */
let traces: TraceLine[] = [];
let unmounts: UnmountLine[] = [];

beforeAll(async () => {
  const program = join(import.meta.dirname, 'no-trace.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program], { maxBuffer: 1 << 28 });
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceLine | UnmountLine);
  traces = lines.filter((line) => 'command' in line);
  unmounts = lines.filter((line) => 'unmounted' in line);
}, 120_000);

const trace = (stack: string, command: string): TraceLine => {
  const found = traces.find((line) => line.stack === stack && line.command === command);
  if (found === undefined) throw new Error(`${command} was not run on ${stack}`);
  return found;
};

describe('the check sees', () => {
  const changed = (command: string, word: string): void => {
    const { changes } = trace('upper and two lowers on ext4', command);
    const value = (text: string): string | undefined => text.split(' ').find((field) => field.startsWith(word));
    expect(changes.some(({ before, after }) => value(before) !== value(after))).toBe(true);
  };

  test.each(['read a file', 'read a symlink', 'list a directory'])('the atime that is moved by: %s', (command) => {
    changed(command, 'atime=');
  });

  test('an attribute that is set and removed again', () => {
    changed('write and restore', 'ctime=');
    expect(trace('upper and two lowers on ext4', 'write and restore').writes.map(({ what }) => what)).toContain(
      'attrib',
    );
  });

  test('what the kernel writes when somebody looks through the mount', () => {
    changed('look through the mount', 'trusted.overlay.origin=');
    expect(trace('upper and two lowers on ext4', 'look through the mount').writes.length).toBeGreaterThan(0);
  });

  test('a mount', () => {
    expect(trace('upper and two lowers on ext4', 'mount').mounts.join('\n')).toContain('mount("none"');
  });
});

describe.each(['upper and two lowers on xfs', 'an overlay as a lower'])('%s', (stack) => {
  test.each(['list', 'scan', 'tree', 'explain'])('%s answers and leaves no trace', (command) => {
    const { code, stderr, lines, tracedCalls, changes, writes, mounts } = trace(stack, command);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines).toBeGreaterThan(1);
    expect(tracedCalls).toBeGreaterThan(0);
    expect({ changes, writes, mounts }).toEqual({ changes: [], writes: [], mounts: [] });
  });

  test.each(['map build', 'map check', 'map show'])('%s leaves no trace', (command) => {
    const { code, stderr, lines, tracedCalls, changes, writes, mounts } = trace(stack, command);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines).toBeGreaterThan(0);
    expect(tracedCalls).toBeGreaterThan(0);
    expect({ changes, writes, mounts }).toEqual({ changes: [], writes: [], mounts: [] });
  });

  test('a browsed window leaves no trace', () => {
    const { stderr, lines, tracedCalls, changes, writes, mounts } = trace(stack, 'browse');
    expect(stderr).toBe('');
    expect(lines).toBeGreaterThan(10);
    expect(tracedCalls).toBeGreaterThan(0);
    expect({ changes, writes, mounts }).toEqual({ changes: [], writes: [], mounts: [] });
  });

  test('overlay and filesystems unmount while the browser form runs and a view is open', () => {
    const found = unmounts.find((line) => line.stack === stack);
    expect(found?.refused).toBeNull();
    expect(found?.unmounted).toHaveLength(3);
  });
});
