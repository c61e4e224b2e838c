/**
 * Opens the app: in a window, or, where something stands against one, in a browser, saying in one line what that is
 * and what would mend it.
 */
import { join } from 'node:path';
import { hasDisplay, openInBrowser } from './browser.ts';
import { findElectron } from './electron.ts';
import { type Why, whyNoWindow } from './why.ts';
import { startWindow } from './window.ts';

export type OpenOptions = {
  /** The folder of the built program. */
  dist: string;
  /** A StackRef to open. */
  stack?: unknown;
  /** As root: a window without Chromium's sandbox, which refuses root, instead of a browser. */
  asRoot: boolean;
  env: NodeJS.ProcessEnv;
  /** One line for the person, on standard error. */
  say(line: string): void;
  /** How far a fetch has come; each text takes the place of the one before. Shown on a terminal only. */
  progress(text: string): void;
  /** Aborted when the person interrupts. */
  signal: AbortSignal;
  platform?: NodeJS.Platform;
};

/** Opens the app and resolves when the person has closed it or interrupted. */
export async function openApp(options: OpenOptions): Promise<void> {
  const { say, signal } = options;
  if ((options.platform ?? process.platform) !== 'linux') {
    say('Overlay mounts live on Linux only: on this system the app opens what was saved.');
  }
  const opened = await openWindow(options);
  if (opened === 'closed' || signal.aborted) return;
  say(`No window: ${opened.cause}. To mend it: ${opened.cure}. The app is in a browser instead:`);
  const serving = await openInBrowser(options);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await serving.close();
}

/** Resolves with `closed` once a window stood and is closed, or with why there was none. */
async function openWindow({ dist, stack, asRoot, env, say, progress, signal }: OpenOptions): Promise<'closed' | Why> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot && !asRoot) {
    const again = env.npm_lifecycle_event === 'start' ? 'npm start -- --as-root' : 'stratoscope open --as-root';
    return {
      cause: "this is root, and Chromium's sandbox refuses root",
      cure: `start it as a plain user, or "${again}" for a window without the sandbox`,
    };
  }
  if (process.platform === 'linux' && !hasDisplay(env)) {
    return { cause: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)', cure: 'start it on a desktop' };
  }
  const found = await findElectron({ root: join(dist, '..'), env, say, progress });
  if ('missing' in found) {
    return { cause: found.missing, cure: 'set ELECTRON_OVERRIDE_DIST_PATH to the folder of an Electron' };
  }
  const args: string[] = [];
  // Never for a plain user: without it a page that is broken into is the user.
  if (isRoot) args.push('--no-sandbox');
  if (found.app !== null) args.push(found.app);
  if (stack !== undefined) args.push(`--stack=${encodeURIComponent(JSON.stringify(stack))}`);
  const run = await startWindow({ executable: found.executable, args, env, signal });
  if (!run.standing) return whyNoWindow(run.ending, found.executable);
  await run.closed;
  return 'closed';
}
