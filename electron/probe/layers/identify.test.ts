import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOfText } from '../../../shared/bytes/bytes.ts';
import type { Place } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { type Probe, startProbe } from '../client.ts';
import { cannotMount, FILESYSTEMS, Sandbox } from '../testing/machine.ts';

let probe: Probe;
const sandbox = new Sandbox();
beforeAll(() => {
  probe = startProbe();
});
afterAll(async () => {
  await probe.close();
  sandbox.remove();
});

const placeOf = (path: string): Place => ({
  pid: null,
  nsId: null,
  path: bytesOfText(path) as Place['path'],
  handle: null,
});

describe.skipIf(cannotMount)(`identify${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test.each(FILESYSTEMS)('gives on %s what names each entry, and leaves no trace', async (name) => {
    const at = sandbox.filesystem(name);
    mkdirSync(`${at}/d/deep`, { recursive: true });
    for (const file of ['a', 'd/b', 'd/deep/c', 'line\nbreak']) writeFileSync(`${at}/${file}`, file);
    symlinkSync('d', `${at}/to-d`);
    execFileSync('mkfifo', [`${at}/fifo`]);
    const paths = ['a', 'd', 'd/b', 'd/deep/c', 'to-d', 'fifo', 'line\nbreak', '', 'd/b'];
    const times = () => paths.map((path) => lstatSync(`${at}/${path}`, { bigint: true }).atimeNs);
    const before = times();

    const place = placeOf(at);
    const { answers } = await probe.client.call('identify', { place, paths });
    expect(times()).toEqual(before);
    for (const [i, path] of paths.entries()) {
      const { handle, ino, dev } = await probe.client.call('entry', { place, path, target: false });
      expect(answers[i]).toEqual({ handle, ino, dev });
      expect(handle).not.toBeNull();
      expect(ino).toBe(`${lstatSync(`${at}/${path}`, { bigint: true }).ino}`);
    }
    const handles = answers.flatMap((answer) => ('handle' in answer ? [answer.handle?.fid] : []));
    expect(new Set(handles).size).toBe(paths.length - 1);
  });

  test('says of each path why it leads to nothing; symlinks and .. lead nowhere', async () => {
    const at = sandbox.path;
    mkdirSync(`${at}/layer/d`, { recursive: true });
    writeFileSync(`${at}/layer/d/f`, '');
    symlinkSync('d', `${at}/layer/to-d`);
    const place = placeOf(`${at}/layer`);
    const paths = ['none', 'none/f', 'to-d/f', 'd/f/g', '../layer', 'd/../d', 'd/f'];
    const { answers } = await probe.client.call('identify', { place, paths });
    expect(answers.slice(0, 6).map((answer) => ('errno' in answer ? answer.errno : 'led on'))).toEqual([
      'ENOENT',
      'ENOENT',
      'ENOTDIR',
      'ENOTDIR',
      'ENOENT',
      'ENOENT',
    ]);
    expect(answers[6]).toMatchObject({ ino: `${lstatSync(`${at}/layer/d/f`, { bigint: true }).ino}` });
  });

  test('fails where the place cannot be opened', async () => {
    const place = placeOf(`${sandbox.path}/nowhere`);
    const answer = await probe.client.call('identify', { place, paths: ['a'] }).catch((error) => error);
    expect(answer).toBeInstanceOf(FailureError);
    expect(answer.failure).toMatchObject({ code: 'ENOENT' });
  });
});
