import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DemoForm, MANIFEST_NAME } from '../../shared/demo/manifest.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { startTicks } from './holder.ts';
import { buildDemo, removeDemo } from './index.ts';
import { alive, eventually, holdDemo, isGone, isRoot, kind, mountedAnywhere, PLAIN_UID } from './testing/witness.ts';

/** The best form that this process can have; removal is the same for all. */
const FORM: DemoForm = isRoot ? 'root' : 'directories';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'stratoscope-demo-removal-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** The failure with which a promise is rejected. */
async function failureOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FailureError);
  return (error as FailureError).failure;
}

/** The process that holds the demo in `dir`. */
const holderOf = (dir: string): number => JSON.parse(readFileSync(join(dir, MANIFEST_NAME), 'utf8')).holder.pid;

describe('close()', () => {
  it('removes all, with the directories that were made for it', async () => {
    const demo = await buildDemo(join(parent, 'a/b/c'), { form: FORM });
    const pid = holderOf(demo.dir);
    await demo.close();
    await demo.close();
    expect(isGone(demo)).toBe(true);
    expect(alive(pid)).toBe(false);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('leaves a directory that was there before, and what is not its own', async () => {
    const demo = await buildDemo(parent, { form: FORM });
    writeFileSync(join(parent, 'mine.txt'), 'mine');
    await demo.close();
    expect(readdirSync(parent)).toEqual(['mine.txt']);
  });

  it('clears after a holder that was killed outright', async () => {
    const demo = await buildDemo(join(parent, 'demo'), { form: FORM });
    process.kill(holderOf(demo.dir), 'SIGKILL');
    await demo.ended;
    expect(existsSync(join(demo.dir, 'upper'))).toBe(true);
    await demo.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('does not touch a demo that another process has built there since', async () => {
    const dir = join(parent, 'demo');
    const first = await buildDemo(dir, { form: FORM });
    process.kill(holderOf(dir), 'SIGTERM');
    await first.ended;
    const second = await buildDemo(dir, { form: FORM });
    await first.close();
    expect(existsSync(join(dir, 'upper/etc/hostname'))).toBe(true);
    await second.close();
  });
});

describe('the end of the process that built it', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('%s leaves nothing', async (signal) => {
    const { child, demo } = await holdDemo(join(parent, 'demo'), { form: FORM });
    const pid = holderOf(demo.dir);
    child.kill(signal);
    expect(await eventually(() => isGone(demo) && !alive(pid))).toBe(true);
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe('the death of the process that builds it', () => {
  it.each(['base', 'upper/etc/motd', 'merged/srv'])('leaves nothing when it comes as %s is made', async (moment) => {
    const dir = join(parent, 'demo');
    const building = spawn(process.execPath, [join(import.meta.dirname, 'testing/hold.ts'), dir, FORM], {
      stdio: 'pipe',
    });
    expect(await eventually(() => existsSync(join(dir, moment)) || existsSync(join(dir, 'upper/etc/hostname')))).toBe(
      true,
    );
    const pid = holderOf(dir);
    building.kill('SIGKILL');
    expect(await eventually(() => !alive(pid))).toBe(true);
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe('the death of the process that tries what can be built', () => {
  it('leaves no trial behind', async () => {
    const dir = join(parent, 'demo');
    const bin = join(parent, 'bin');
    mkdirSync(dir);
    mkdirSync(bin);
    // A trial lasts too short a time to be caught, so one of its commands is made to take a second.
    writeFileSync(join(bin, 'mknod'), '#!/bin/sh\nsleep 1\nPATH=/usr/bin:/bin exec mknod "$@"\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const words = [join(import.meta.dirname, 'testing/hold.ts'), dir, FORM];
    const building = spawn(process.execPath, words, { stdio: 'pipe', env });
    const isTrying = (): boolean => readdirSync(dir).some((name) => name.startsWith('.stratoscope-trial-'));
    expect(await eventually(isTrying)).toBe(true);
    building.kill('SIGKILL');
    expect(await eventually(() => readdirSync(dir).length === 0)).toBe(true);
  });
});

describe('removeDemo()', () => {
  it('clears what is left when builder and holder were both killed', async () => {
    const { child, demo } = await holdDemo(join(parent, 'demo'), { form: FORM });
    const pid = holderOf(demo.dir);
    child.kill('SIGSTOP');
    process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    expect(await eventually(() => !alive(pid))).toBe(true);
    expect(existsSync(join(demo.dir, 'upper'))).toBe(true);
    await removeDemo(demo.dir);
    expect(isGone(demo)).toBe(true);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('ends a demo that is still held, by whatever path it is named', async () => {
    const demo = await buildDemo(join(parent, 'demo'), { form: FORM });
    symlinkSync(demo.dir, join(parent, 'alias'));
    await removeDemo(relative(process.cwd(), join(parent, 'alias')));
    await demo.ended;
    expect(isGone(demo)).toBe(true);
  });

  it('removes nothing but the names that a demo makes, and follows no link', async () => {
    const dir = join(parent, 'demo');
    const outside = join(parent, 'outside');
    mkdirSync(join(outside, 'etc'), { recursive: true });
    const demo = await buildDemo(dir, { form: FORM });
    const manifest = readFileSync(join(dir, MANIFEST_NAME));
    await demo.close();
    mkdirSync(join(dir, 'photos'), { recursive: true });
    symlinkSync(outside, join(dir, 'upper'));
    writeFileSync(join(dir, MANIFEST_NAME), manifest);
    await removeDemo(dir);
    expect(readdirSync(dir)).toEqual(['photos']);
    expect(readdirSync(outside)).toEqual(['etc']);
  });

  it('ends no process but a holder, whatever the manifest says', async () => {
    const demo = await buildDemo(join(parent, 'demo'), { form: FORM });
    const manifest = JSON.parse(readFileSync(join(demo.dir, MANIFEST_NAME), 'utf8'));
    await demo.close();
    const innocent = spawn('sleep', ['60']);
    manifest.holder = { pid: innocent.pid, startTicks: startTicks(innocent.pid ?? 0) };
    writeFileSync(join(parent, MANIFEST_NAME), JSON.stringify({ ...manifest, madeFrom: null }));
    try {
      await removeDemo(parent);
      expect(readdirSync(parent)).toEqual([]);
      expect(alive(innocent.pid ?? 0)).toBe(true);
    } finally {
      innocent.kill();
    }
  });

  it.runIf(isRoot)("refuses another user's (elsewhere skipped: only root can make a file another's)", async () => {
    const demo = await buildDemo(join(parent, 'demo'), { form: FORM });
    chownSync(join(demo.dir, MANIFEST_NAME), PLAIN_UID, PLAIN_UID);
    expect(await failureOf(removeDemo(demo.dir))).toMatchObject({ code: 'not-yours' });
    expect(alive(holderOf(demo.dir))).toBe(true);
    await demo.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  it.each([
    ['no manifest', null],
    ['a manifest that is no JSON', 'hello'],
    ['a manifest of another shape', '{"stratoscopeDemo":1}'],
    ['a manifest of a later version', '{"stratoscopeDemo":2}'],
  ])('refuses a directory with %s', async (_, text) => {
    mkdirSync(join(parent, 'upper'));
    if (text !== null) writeFileSync(join(parent, MANIFEST_NAME), text);
    expect(await failureOf(removeDemo(parent))).toMatchObject({ code: 'no-demo', path: parent });
    expect(existsSync(join(parent, 'upper'))).toBe(true);
  });
});

describe('buildDemo()', () => {
  it('refuses a directory that holds anything', async () => {
    writeFileSync(join(parent, 'mine.txt'), 'mine');
    expect(await failureOf(buildDemo(parent))).toMatchObject({ code: 'not-empty', path: parent });
    expect(readdirSync(parent)).toEqual(['mine.txt']);
  });

  it('refuses a second demo in the same place', async () => {
    const demo = await buildDemo(join(parent, 'demo'), { form: FORM });
    expect(await failureOf(buildDemo(demo.dir))).toMatchObject({ code: 'demo-exists' });
    expect(kind(Buffer.from(`${demo.dir}/upper`))).toBe('dir');
    await demo.close();
  });

  it.each([
    ['a file', 'file', 'not-a-directory'],
    ['a place below a file', 'file/demo', 'not-a-directory'],
    ['a name that no mount option can carry', 'a"b', 'bad-directory'],
  ])('refuses %s', async (_, name, code) => {
    writeFileSync(join(parent, 'file'), '');
    expect(await failureOf(buildDemo(join(parent, name)))).toMatchObject({ code });
    expect(readdirSync(parent)).toEqual(['file']);
  });

  it('builds in a directory of an odd name', async () => {
    const odd = ` a b:c,d,ro,e\\f'g$HOME\`h\`é=\t*`;
    const demo = await buildDemo(join(parent, odd), { form: FORM });
    expect(demo.form).toBe(FORM);
    expect(kind(Buffer.from(`${demo.dir}/upper/etc/motd`))).toBe('whiteout');
    await demo.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('leaves nothing when it is cancelled half way', async () => {
    const controller = new AbortController();
    const dir = join(parent, 'demo');
    const building = buildDemo(dir, {
      form: FORM,
      signal: controller.signal,
      onProgress: (done, total) => {
        if (done > total / 2) controller.abort();
      },
    });
    expect(await failureOf(building)).toMatchObject({ code: 'cancelled' });
    expect(readdirSync(parent)).toEqual([]);
    expect(mountedAnywhere(dir)).toBe(false);
  });
});
