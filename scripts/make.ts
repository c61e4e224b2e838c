/**
 * `npm run make`: a deb and a zip in out/make/. Needs the pinned Electron, which its release page has; where that is out
 * of reach one line says so, nothing is made, and the exit status is 1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findElectron } from '../electron/cli/open/electron.ts';
import { stage } from './package/stage.ts';

const root = join(import.meta.dirname, '..');
// An Electron named by hand starts the window here, but it is not the one to be shipped.
const env = { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: undefined };
const electron = await findElectron({
  root,
  env,
  say: (line) => console.log(line),
  progress: (text) => process.stdout.isTTY && process.stdout.write(`\r${text}`),
});
if ('missing' in electron) {
  console.error(`No package was made: ${electron.missing}.`);
  process.exitCode = 1;
} else {
  await import('./build.ts');
  await stage(root);
  const forge = spawn(join(root, 'node_modules', '.bin', 'electron-forge'), ['make'], { cwd: root, stdio: 'inherit' });
  const [status] = await once(forge, 'close');
  process.exitCode = status ?? 1;
}
