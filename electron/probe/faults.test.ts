import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RecordFlag } from '../../shared/ipc/records.ts';
import { type Probe, probeCommand, startProbe } from './client.ts';
import { cannotMount, Sandbox } from './testing/machine.ts';
import { REFUSALS } from './testing/refusing.ts';
import { type Walked, walkPaths } from './testing/walked.ts';

/** Answers stay right, or say that they do not know, on a kernel that lacks one of the newer calls. */

const sandbox = new Sandbox();
let at = '';
let layers: string[] = [];
let whole: Walked[] = [];

const withoutCalls = (names: readonly string[]): Probe =>
  startProbe({
    prefix: [process.execPath, join(import.meta.dirname, 'testing/refusing.ts'), ...names, '--'],
    command: probeCommand(),
  });
const sorted = (entries: readonly Walked[]): Walked[] =>
  [...entries].sort((a, b) => (`${a.layer}/${a.path}` < `${b.layer}/${b.path}` ? -1 : 1));

beforeAll(async () => {
  if (cannotMount !== null) return;
  at = sandbox.filesystem('ext4');
  layers = ['upper', 'lower'].map((name) => join(at, name));
  const [upper, lower] = layers as [string, string];
  mkdirSync(`${lower}/dir/sub`, { recursive: true });
  mkdirSync(`${lower}/covered`);
  mkdirSync(upper);
  for (const name of ['a', 'b', 'dir/c', 'covered/under']) writeFileSync(`${lower}/${name}`, name);
  symlinkSync('a', `${lower}/link`);
  mkdirSync(join(at, 'work'));
  mkdirSync(join(at, 'merged'));
  sandbox.mount(
    ...['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${join(at, 'work')}`],
    join(at, 'merged'),
  );
  execFileSync('sh', ['-c', 'echo more >>a; rm b; echo new >dir/new; rm -r dir/sub; mkdir dir/sub'], {
    cwd: join(at, 'merged'),
  });
  sandbox.mount('--bind', `${lower}/dir`, `${lower}/covered`);
  const probe = startProbe();
  whole = sorted((await walkPaths(probe, layers)).reader.entries);
  await probe.close();
});
afterAll(() => sandbox.remove());

describe.skipIf(cannotMount)(`a kernel without${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('nothing: the tree has what the others are measured by', () => {
    expect(whole.some(({ xattrs }) => 'trusted.overlay.origin' in xattrs)).toBe(true);
    expect(whole.some(({ xattrs }) => 'trusted.overlay.opaque' in xattrs)).toBe(true);
    expect(whole.map(({ path }) => path)).toContain('covered/under');
  });

  const unseen = ['listxattrat', 'getxattrat', 'statmount', 'listmount', 'openat2', 'AT_HANDLE_FID', 'NS_MNT_GET_NEXT'];
  test.each([...unseen.map((name) => [name]), ['listxattrat', 'getxattrat'], ['NS_MNT_GET_NEXT', 'NS_MNT_GET_PREV']])(
    '%s %s: a walk gives the same records',
    async (...names) => {
      const probe = withoutCalls(names.filter((name) => name in REFUSALS));
      const { reader, result } = await walkPaths(probe, layers);
      expect(sorted(reader.entries)).toEqual(whole);
      expect(result.atime).toBe('untouched');
      const { syscalls } = await probe.client.call('hello', {});
      expect(Object.values(syscalls).filter((there) => !there).length).toBe(
        names.includes('openat2') ? 0 : expectedMissing(names),
      );
      await probe.close();
    },
  );

  test.each(['open_tree', 'mount_setattr'])('%s: access times may move, what is covered is unknown', async (name) => {
    const probe = withoutCalls([name]);
    const { reader, result } = await walkPaths(probe, layers);
    expect(result.atime).toBe('may move');
    const covered = reader.byPath(1).get('covered');
    expect(covered?.flags).toBe(RecordFlag.covered | RecordFlag.xattrsRefused);
    expect(covered?.isDirectory).toBe(false);
    const rest = (entries: readonly Walked[]) => entries.filter(({ path }) => !path.startsWith('covered'));
    expect(sorted(rest(reader.entries))).toEqual(rest(whole));
    expect((await probe.client.call('hello', {})).syscalls.clone).toBe(false);
    await probe.close();
  });

  test.each(Object.keys(REFUSALS).map((name) => [name]))(
    '%s: the overlay is found, and no layer is wrong',
    async (name) => {
      const probe = withoutCalls([name]);
      const stack = await probe.client.call('resolve', { stack: { kind: 'mount', mount: join(at, 'merged') } });
      await probe.close();
      expect(stack.layers.map(({ role }) => role)).toEqual(['upper', 'lower']);
      for (const [i, layer] of stack.layers.entries()) {
        expect(layer.path).toBe(layers[i]);
        expect(['ok', 'unverified']).toContain(layer.state);
      }
    },
  );
});

const expectedMissing = (names: readonly string[]): number => (names.includes('NS_MNT_GET_NEXT') ? 1 : names.length);
