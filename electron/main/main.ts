/**
 * The shell: windows, menu, dialogs, an engine for each window. It understands nothing of stacks.
 *
 * Command line: `--stack=JSON`, percent-encoded, a StackRef to open. Environment: STRATOSCOPE_STANDING_FD, a descriptor
 * that gets one line when the window is to be seen (so that whoever started this knows that it worked).
 */
import { writeSync } from 'node:fs';
import { app, BrowserWindow, ipcMain, protocol, session } from 'electron';
import { PUMP_CHANNEL } from '../../shared/ipc/bridge.ts';
import { StackRef } from '../../shared/ipc/probe.ts';
import { setMenu } from './menu.ts';
import { SCHEME } from './origin.ts';
import { placesOf } from './places.ts';
import { confineContents, confineSession, isFromPage } from './security.ts';
import { answerShellCalls } from './shell-calls.ts';
import { type AppWindow, openWindow } from './window.ts';

const places = placesOf(__dirname, process.resourcesPath);
const windows = new Set<AppWindow>();

/** The stack that a command line names; undefined for none, and for one that is no StackRef. */
function stackOf(words: readonly string[]): unknown {
  const word = words.find((one) => one.startsWith('--stack='));
  if (word === undefined) return undefined;
  try {
    return StackRef.parse(JSON.parse(decodeURIComponent(word.slice('--stack='.length))));
  } catch (error) {
    process.stderr.write(`stratoscope: --stack is not understood: ${String(error)}\n`);
    return undefined;
  }
}

let tellStanding = (line: string): void => {
  const descriptor = Number(process.env.STRATOSCOPE_STANDING_FD);
  tellStanding = () => {};
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
  try {
    writeSync(descriptor, `${line}\n`);
  } catch {
    // Nobody waits for it any more.
  }
};

function open(stack: unknown): void {
  const opened = openWindow(places, stack, () => tellStanding('standing'));
  windows.add(opened);
  opened.window.on('closed', () => windows.delete(opened));
}

function main(): void {
  // One process for a person's windows: two would fight over the profile.
  if (!app.requestSingleInstanceLock()) {
    tellStanding('handed over');
    app.quit();
    return;
  }
  app.on('second-instance', (_event, words) => open(stackOf(words)));
  app.on('window-all-closed', () => app.quit());
  // Not beside --no-sandbox (root's --as-root): the two together start no process at all.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);
  confineContents();
  answerShellCalls();
  ipcMain.on(PUMP_CHANNEL, (event) => {
    if (!isFromPage(event)) return;
    for (const { window, connect } of windows) {
      if (window === BrowserWindow.fromWebContents(event.sender)) connect();
    }
  });
  void app.whenReady().then(() => {
    confineSession(session.defaultSession, places.page);
    setMenu(() => open(undefined));
    open(stackOf(process.argv));
  });
}

main();
