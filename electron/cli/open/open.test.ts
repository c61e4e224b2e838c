import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sshTunnel } from './browser.ts';
import { openApp } from './open.ts';

let dist = '';
beforeAll(async () => {
  dist = join(await mkdtemp(join(tmpdir(), 'stratoscope-open-')), 'dist');
  await mkdir(join(dist, 'page'), { recursive: true });
  await writeFile(join(dist, 'page', 'index.html'), '<!doctype html>');
});
afterAll(() => rm(join(dist, '..'), { recursive: true }));

/** Opens the app, interrupts it once its address is said, and returns what was said. */
async function said(platform: NodeJS.Platform): Promise<string[]> {
  const lines: string[] = [];
  const interrupted = new AbortController();
  await openApp({
    dist,
    asRoot: false,
    env: {},
    platform,
    say: (line) => {
      lines.push(line);
      if (line.startsWith('http:')) interrupted.abort();
    },
    progress: () => {},
    signal: interrupted.signal,
  });
  return lines;
}

test('on a system other than Linux it says what the app can do there', async () => {
  const lines = await said('darwin');
  expect(lines[0]).toBe('Overlay mounts live on Linux only: on this system the app opens what was saved.');
  expect((await said('linux'))[0]).toMatch(/^No window: /);
});

test('the address stands alone on its line, after the reason', async () => {
  const lines = await said('linux');
  expect(lines[0]).toMatch(/^No window: .+\. To mend it: .+\. The app is in a browser instead:$/);
  expect(lines[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
});

test.each([
  [{}, null],
  [{ SSH_CONNECTION: '' }, null],
  [{ SSH_CONNECTION: '192.0.2.7 50000 192.0.2.1 22' }, 'ssh -L 4711:127.0.0.1:4711 me@192.0.2.1'],
  [{ SSH_CONNECTION: '2001:db8::7 50000 2001:db8::1 2222' }, 'ssh -p 2222 -L 4711:127.0.0.1:4711 me@2001:db8::1'],
])('the tunnel of %j', (env, tunnel) => {
  expect(sshTunnel(env, 4711, 'me')).toBe(tunnel);
});
