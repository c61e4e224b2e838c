import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { type Probe, startProbe } from '../client.ts';
import { cannotMount, Sandbox } from '../testing/machine.ts';
import { walkPaths } from '../testing/walked.ts';

/** A real FUSE filesystem whose server is stopped: whoever asks it for something waits, and cannot be ended. */

const sandbox = new Sandbox();
const codeOf = (error: unknown): string => (error instanceof FailureError ? error.failure.code : String(error));
const isMounted = (at: string): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${at} `);

let server: ChildProcess;
let probe: Probe;
let far = '';
let near = '';

beforeAll(async () => {
  probe = startProbe();
  if (cannotMount !== null) return;
  far = join(sandbox.path, 'far');
  near = join(sandbox.path, 'near');
  for (const name of [far, near, join(sandbox.path, 'lower'), join(near, 'd')]) mkdirSync(name, { recursive: true });
  for (let i = 0; i < 50; i++) {
    mkdirSync(join(sandbox.path, 'lower', `d${i}`));
    writeFileSync(join(sandbox.path, 'lower', `d${i}`, 'file'), '');
    writeFileSync(join(near, 'd', `${i}`), '');
  }
  // Nothing is kept in the kernel, so that every question reaches the server.
  const options = `allow_other,timeout=0,lowerdir=${join(sandbox.path, 'lower')}`;
  server = spawn('fuse-overlayfs', ['-f', '-o', options, far], { stdio: 'inherit' });
  for (let i = 0; i < 100 && !isMounted(far); i++) await sleep(50);
  if (!isMounted(far)) throw new Error('fuse-overlayfs did not mount');
  sandbox.adopt(far);
});
afterAll(async () => {
  server?.kill('SIGCONT');
  await probe.close();
  sandbox.remove();
  server?.kill('SIGKILL');
});

describe.skipIf(cannotMount)(`a layer on a filesystem that hangs${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('is read apart, like any other, while it answers', async () => {
    const { reader, progress } = await walkPaths(probe, [far], { isolate: true });
    expect(reader.entries.length).toBe(100);
    expect(progress.layers).toMatchObject([{ layer: 0, directories: 51, entries: 100, done: true, error: null }]);
    const place = { pid: null, path: far };
    expect((await probe.client.call('entry', { place, path: 'd1/file', target: false })).size).toBe('0');
    await probe.client.call('release', { session: 1 });
  });

  test('stalls its own calls only, and these can be cancelled at once', async () => {
    server.kill('SIGSTOP');
    const controller = new AbortController();
    const signal = controller.signal;
    const place = { pid: null, path: far };
    const stuck = [
      walkPaths(probe, [far], { session: 2, isolate: true, signal }).then(() => 'done', codeOf),
      probe.client.call('entry', { place, path: 'd1/file', target: false }, { signal }).then(() => 'done', codeOf),
      probe.client.call('work', { place }, { signal }).then(() => 'done', codeOf),
    ];
    await sleep(700);
    const from = performance.now();
    const { reader } = await walkPaths(probe, [near], { session: 3 });
    expect(reader.entries.length).toBe(51);
    const entry = await probe.client.call('entry', { place: { pid: null, path: near }, path: 'd', target: false });
    expect(entry.nlink).toBe(2);
    expect(performance.now() - from).toBeLessThan(1000);
    expect(await Promise.race([...stuck, sleep(50, 'waiting')])).toBe('waiting');

    const cancelled = performance.now();
    controller.abort();
    expect(await Promise.all(stuck)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(performance.now() - cancelled).toBeLessThan(100);
    server.kill('SIGCONT');
  });

  test('does not keep the probe from ending', async () => {
    const other = startProbe();
    await other.client.call('hello', {});
    server.kill('SIGSTOP');
    const walking = walkPaths(other, [far], { isolate: true }).then(() => 'done', codeOf);
    await sleep(500);
    const from = performance.now();
    const exit = new Promise((resolve) => other.onExit(resolve));
    await other.close();
    expect(await walking).toBe('closed');
    expect(await exit).toMatchObject({ code: 0 });
    expect(performance.now() - from).toBeLessThan(1500);
    server.kill('SIGCONT');
  });

  test('is known by its mount, if the caller does not say so', async () => {
    server.kill('SIGSTOP');
    const controller = new AbortController();
    const walking = walkPaths(probe, [far, near], { session: 4, signal: controller.signal }).then(() => 'done', codeOf);
    await sleep(300);
    expect((await walkPaths(probe, [near], { session: 3 })).reader.entries.length).toBe(51);
    controller.abort();
    expect(await walking).toBe('cancelled');
    server.kill('SIGCONT');
  });
});
