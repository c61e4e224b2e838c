/**
 * Finds the Electron that shows the window. Electron's npm package carries no binary: it comes from its release page
 * on first use, which not every machine can reach.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** An Electron and the folder of the app to start it with; or, in plain words, why there is none. */
export type Found = { executable: string; app: string | null } | { missing: string };

export type FindOptions = {
  /** The checkout: the folder that holds dist/ and node_modules/. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** One line for the person. */
  say(line: string): void;
  /** How far a fetch has come; each text takes the place of the one before. */
  progress(text: string): void;
  /** How long the release page may take to send its first byte, in milliseconds. */
  firstByteMs?: number;
};

/** The executable of a packaged app, which this program's own folder lies in (resources/engine). */
export function packagedWindow(root: string): string | null {
  const executable = join(root, '..', '..', 'stratoscope');
  return existsSync(join(root, '..', 'app.asar')) && existsSync(executable) ? executable : null;
}

/** The Electron to use, in the order: packaged, ELECTRON_OVERRIDE_DIST_PATH, the pinned one if there, fetched. */
export async function findElectron(options: FindOptions): Promise<Found> {
  const { root, env } = options;
  const packaged = packagedWindow(root);
  if (packaged !== null) return { executable: packaged, app: null };
  const override = env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override !== undefined && override !== '') {
    const executable = join(override, 'electron');
    return existsSync(executable)
      ? { executable, app: root }
      : { missing: `ELECTRON_OVERRIDE_DIST_PATH is set to ${override}, which holds no file named electron` };
  }
  const folder = join(root, 'node_modules', 'electron');
  if (!existsSync(folder)) return { missing: 'the package electron is not installed (npm ci installs it)' };
  const pinned = pinnedBinary(folder);
  if (pinned !== null) return { executable: pinned, app: root };
  try {
    await fetchElectron(folder, options);
  } catch (error) {
    return { missing: `Electron could not be fetched from its release page (${rootCause(error)})` };
  }
  const fetched = pinnedBinary(folder);
  return fetched === null ? { missing: 'Electron was fetched but not unpacked' } : { executable: fetched, app: root };
}

/** The binary that the electron package's own installer left, if it is whole and of the pinned version. */
function pinnedBinary(folder: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    const unpacked = readFileSync(join(folder, 'dist', 'version'), 'utf8')
      .trim()
      .replace(/^v/, '');
    const executable = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    return unpacked === version && existsSync(executable) ? executable : null;
  } catch {
    return null;
  }
}

/**
 * Fetches the binary into the cache of Electron's own downloader, then lets the package's installer verify and unpack
 * it. Gives up when no byte has come in time; once bytes come it may take as long as it takes.
 */
async function fetchElectron(folder: string, { env, say, progress, firstByteMs = 5000 }: FindOptions): Promise<void> {
  const require = createRequire(join(folder, 'install.js'));
  const { version } = require('./package.json') as { version: string };
  const { downloadArtifact } = require('@electron/get') as {
    downloadArtifact(details: object): Promise<string>;
  };
  const giveUp = new AbortController();
  const timer = setTimeout(
    () => giveUp.abort(new Error(`no answer within ${firstByteMs / 1000} seconds`)),
    firstByteMs,
  );
  let shown = -1;
  try {
    await downloadArtifact({
      version,
      artifactName: 'electron',
      platform: process.platform,
      arch: process.arch,
      checksums: require('./checksums.json'),
      // The installer looks there too.
      cacheRoot: env.electron_config_cache,
      downloadOptions: {
        quiet: true,
        signal: giveUp.signal,
        getProgressCallback: ({ percent, total }: { percent: number; total: number | null }) => {
          clearTimeout(timer);
          if (shown < 0) say(`Fetching Electron ${version}, once.`);
          const whole = Math.floor(percent * 100);
          if (whole === shown) return;
          shown = whole;
          if (total !== null) progress(`Fetching Electron ${version}: ${whole} %`);
        },
      },
    });
  } finally {
    clearTimeout(timer);
  }
  progress('Unpacking Electron …');
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: ['ignore', 'ignore', 'pipe'], env });
    let errors = '';
    child.stderr.on('data', (piece) => {
      errors += piece;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(errors.trim().split('\n')[0]))));
  });
}

/** The innermost reason of an error: fetch wraps the one that says something. */
function rootCause(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause !== undefined) at = at.cause;
  return at instanceof Error ? at.message || at.name : String(at);
}
