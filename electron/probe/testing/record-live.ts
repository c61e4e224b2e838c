/**
 * Records what the probe tells of each change on a real mount, for the tests of meaning:
 *
 *   node electron/probe/testing/record-live.ts FILESYSTEM > shared/live/testing/FILESYSTEM.json
 *
 * Needs root. Numbers, handles and times are those of the one run; processes are left out.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import type { Place } from '../../../shared/ipc/probe.ts';
import { type Now, parseWatchItem, type RawEvent, type RawOrphan } from '../../../shared/live/raw.ts';
import { CHANGES, LOWER } from '../../../shared/live/testing/changes.ts';
import { startProbe } from '../client.ts';
import { AT_FDCWD } from '../syscalls/open.ts';
import { FILESYSTEMS, Sandbox } from './machine.ts';

const QUIET_MS = 150;

const name = FILESYSTEMS.find((one) => one === process.argv[2]);
if (!name) throw new Error(`name one of ${FILESYSTEMS.join(', ')}`);

const sandbox = new Sandbox();
const probe = startProbe();
/** States of everything in an upper, as the watch finds them before the change. */
async function statesOf(upper: string): Promise<Record<string, Now>> {
  const { readNow } = await import('../live/state.ts');
  const paths = execFileSync('find', ['.', '-printf', '%P\\n'], { cwd: upper, encoding: 'latin1' })
    .trimEnd()
    .split('\n');
  const base = { dirfd: AT_FDCWD, prefix: asBytes(upper) };
  return Object.fromEntries(paths.map((path) => [path, readNow(base, asBytes(path))]));
}

const recorded: { change: string; before: Record<string, Now>; records: (RawEvent | RawOrphan)[] }[] = [];
try {
  const at = sandbox.filesystem(name);
  const sh = (script: string, cwd: string): void => void execFileSync('bash', ['-ec', script], { cwd, stdio: 'pipe' });
  for (const [i, { title, options, before, run }] of CHANGES.entries()) {
    const folder = join(at, `${i}`);
    sh(`mkdir -p ${folder}/l ${folder}/u ${folder}/w ${folder}/m`, at);
    sh(LOWER, join(folder, 'l'));
    const layers = `lowerdir=${folder}/l,upperdir=${folder}/u,workdir=${folder}/w`;
    sandbox.mount(
      '-t',
      'overlay',
      'overlay',
      '-o',
      options === '' ? layers : `${layers},${options}`,
      join(folder, 'm'),
    );
    sh(before, join(folder, 'm'));
    const place = (path: string): Place => ({
      pid: null,
      nsId: null,
      path: join(folder, path) as Place['path'],
      handle: null,
    });
    const one: (typeof recorded)[number] = { change: title, before: await statesOf(join(folder, 'u')), records: [] };
    recorded.push(one);
    const stop = new AbortController();
    const ready = Promise.withResolvers<void>();
    const watching = probe.client.call(
      'watch',
      {
        layers: [
          { layer: -1, place: place('w'), dev: '0:1', fsType: name },
          { layer: 0, place: place('u'), dev: '0:1', fsType: name },
          { layer: 1, place: place('l'), dev: '0:1', fsType: name },
        ],
        lifetimes: true,
        mount: null,
      },
      {
        signal: stop.signal,
        onChunk: (chunk) => {
          const item = parseWatchItem(chunk);
          if (item.kind === 'ready') ready.resolve();
          else if (item.kind === 'events')
            for (const { by: _, ...event } of item.events) one.records.push({ ...event, by: null });
          else if (item.kind === 'orphans') one.records.push(...item.orphans);
        },
      },
    );
    await ready.promise;
    const { stderr, status } = spawnSync('bash', ['-ec', run], { cwd: join(folder, 'm'), encoding: 'utf8' });
    if (status !== 0) throw new Error(`${title}: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    stop.abort();
    await watching.catch(() => {});
    sandbox.unmount(join(folder, 'm'));
  }
  const lines = recorded.map((one) => JSON.stringify(one));
  process.stdout.write(`[\n${lines.join(',\n')}\n]\n`);
} finally {
  await probe.close();
  sandbox.remove();
}
