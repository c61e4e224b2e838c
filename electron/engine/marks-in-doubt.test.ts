import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

let lab: Laboratory;
let maker: ChildProcess | undefined;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(async () => {
  if (maker?.exitCode === null) {
    const ended = once(maker, 'exit');
    maker.stdin?.end();
    await ended;
  }
  await lab.end();
});

test.skipIf(cannotMount !== null)('a mark that may not count leaves what hangs on it unknown', async () => {
  lab.filesystem('ext4', 'fs');
  lab.sh(`mkdir -p m fs/l1/d fs/l1/plain fs/l2/d fs/l2/plain; touch fs/l2/d/below fs/l2/plain/below
    mknod fs/l1/gone c 0 0; touch fs/l2/gone; setfattr -n trusted.overlay.opaque -v y fs/l1/d`);
  // A user namespace's mount without an upper has the text of anybody's.
  const script = `mount -t overlay o -o lowerdir=${lab.at('fs/l1')}:${lab.at('fs/l2')} ${lab.at('m')}; echo; read`;
  maker = spawn('unshare', ['-U', '-r', '-m', '--propagation', 'private', 'bash', '-ec', script]);
  await once(maker.stdout as NodeJS.ReadableStream, 'data');
  const stack = { kind: 'mount', mount: asBytes(lab.at('m')), pid: maker.pid as number } as const;

  const { objects } = await lab.scan(stack);
  expect(objects.get('d')).toMatchObject({ type: 'dir', marks: ['unknown:opaque'] });
  expect(objects.get('d/below')).toMatchObject({ lookup: 'unknown', listed: 'unknown' });
  expect(objects.get('plain')).toMatchObject({ lookup: 'ok', marks: [], provenance: 'merged' });
  expect(objects.get('plain/below')).toMatchObject({ lookup: 'ok', listed: true });
  // A whiteout is no attribute: it counts everywhere.
  expect(objects.get('gone')).toMatchObject({ type: 'whiteout', lookup: 'ENOENT' });
  expect((await lab.explain(stack, 'd')).object.marks).toEqual(['unknown:opaque']);
});
