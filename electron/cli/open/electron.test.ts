import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findElectron } from './electron.ts';

const modules = join(import.meta.dirname, '..', '..', '..', 'node_modules');
let base = '';
let root = '';
let server: Server | undefined;
const said: string[] = [];
const steps: string[] = [];

/** A checkout with the electron package, whose release page is a server of the test's own. */
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stratoscope-find-'));
  root = join(base, 'checkout');
  cpSync(join(modules, 'electron'), join(root, 'node_modules', 'electron'), {
    recursive: true,
    filter: (path) => !/electron\/(dist|path\.txt)/.test(path),
  });
  for (const scope of ['@electron', '@electron-internal']) {
    symlinkSync(join(modules, scope), join(root, 'node_modules', scope));
  }
  vi.stubEnv('electron_config_cache', join(base, 'cache'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  said.length = 0;
  steps.length = 0;
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true });
});

async function releasePage(answer: RequestListener): Promise<void> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('ELECTRON_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const find = (env: NodeJS.ProcessEnv = {}) =>
  findElectron({
    root,
    env: { ...process.env, ...env },
    say: (text) => said.push(text),
    progress: (text) => steps.push(text),
    firstByteMs: 300,
  });

/** A release of the pinned version: a zip with a program in it, and its digest where the package keeps digests. */
function release(): Buffer {
  const folder = join(root, 'node_modules', 'electron');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  writeFileSync(join(base, 'electron'), '#!/bin/sh\n'.padEnd(300_000, '#'));
  writeFileSync(join(base, 'version'), version);
  execFileSync('python3', ['-m', 'zipfile', '-c', 'release.zip', 'electron', 'version'], { cwd: base });
  const zip = readFileSync(join(base, 'release.zip'));
  const name = `electron-v${version}-linux-${process.arch}.zip`;
  writeFileSync(
    join(folder, 'checksums.json'),
    JSON.stringify({ [name]: createHash('sha256').update(zip).digest('hex') }),
  );
  return zip;
}

test('ELECTRON_OVERRIDE_DIST_PATH comes first', async () => {
  writeFileSync(join(base, 'electron'), '');
  expect(await find({ ELECTRON_OVERRIDE_DIST_PATH: base })).toEqual({ executable: join(base, 'electron'), app: root });
  expect(await find({ ELECTRON_OVERRIDE_DIST_PATH: root })).toEqual({ missing: expect.stringContaining(root) });
  expect(said).toEqual([]);
});

test('the binary is fetched, with its progress, and then it is there', async () => {
  const zip = release();
  let asked = 0;
  await releasePage((_request, response) => {
    asked++;
    response.writeHead(200, { 'Content-Length': zip.length });
    response.write(zip.subarray(0, zip.length / 2));
    // Longer than the first byte may take: only that one is hurried.
    setTimeout(() => response.end(zip.subarray(zip.length / 2)), 600);
  });
  const executable = join(root, 'node_modules', 'electron', 'dist', 'electron');
  expect(await find()).toEqual({ executable, app: root });
  expect(said).toEqual([expect.stringMatching(/^Fetching Electron [\d.]+, once\.$/)]);
  expect(steps[0]).toMatch(/^Fetching Electron [\d.]+: \d+ %$/);
  expect(steps.at(-1)).toBe('Unpacking Electron …');
  said.length = 0;
  expect(await find()).toEqual({ executable, app: root });
  expect(said).toEqual([]);
  expect(asked).toBe(1);
});

test('a page that sends nothing is given up', async () => {
  await releasePage(() => {});
  const started = performance.now();
  expect(await find()).toEqual({ missing: expect.stringContaining('no answer within 0.3 seconds') });
  expect(performance.now() - started).toBeLessThan(5000);
});

test('a page that has no such release is told', async () => {
  await releasePage((_request, response) => response.writeHead(404).end());
  expect(await find()).toEqual({ missing: expect.stringContaining('404') });
});

test('something else than the release is refused', async () => {
  release();
  await releasePage((_request, response) => response.end('something else'));
  expect(await find()).toEqual({ missing: expect.stringMatching(/checksum|sum check/i) });
});

test('a checkout without the package says what brings it', async () => {
  rmSync(join(root, 'node_modules', 'electron'), { recursive: true });
  expect(await find()).toEqual({ missing: expect.stringContaining('npm ci') });
});
