/** One window of the app: its page, its engine, the port between them. */
import { join } from 'node:path';
import { app, BrowserWindow, MessageChannelMain, type MessagePortMain, nativeTheme, screen } from 'electron';
import { isPumpRequest, PUMP_CHANNEL, pageFragment } from '../../shared/ipc/bridge.ts';
import { Pump } from '../pipe/pump.ts';
import { MINIMUM, readWindowState, USUAL, writeWindowState } from './bounds.ts';
import { PAGE_URL } from './origin.ts';
import type { Places } from './places.ts';
import { WEB_PREFERENCES } from './security.ts';

export type AppWindow = {
  window: BrowserWindow;
  /** Hands the page a port to a fresh engine; one that it had before is ended. */
  connect(): void;
};

/** Grounds of the themes, painted until the page is: a window must not flash white in the dark. */
const GROUND = { dark: '#16181d', light: '#ffffff' } as const;

/** Opens a window on a stack (a StackRef, or nothing). `onStanding` is called once it is to be seen. */
export function openWindow(places: Places, stack: unknown, onStanding: () => void): AppWindow {
  const stateFile = join(app.getPath('userData'), 'window.json');
  const state = readWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const window = new BrowserWindow({
    ...USUAL,
    ...state.bounds,
    minWidth: MINIMUM.width,
    minHeight: MINIMUM.height,
    show: false,
    title: 'Stratoscope',
    backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
    webPreferences: { ...WEB_PREFERENCES, preload: places.preload },
  });
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => {
    window.show();
    onStanding();
  });
  window.on('close', () => {
    writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  });

  let disconnect = (): void => {};
  const connect = (): void => {
    disconnect();
    const { port1, port2 } = new MessageChannelMain();
    disconnect = pumpThrough(port2, places);
    window.webContents.postMessage(PUMP_CHANNEL, null, [port1]);
  };
  // The page of a crashed renderer is gone, and with it what it asked for; a fresh one asks again.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    disconnect();
    if (reason !== 'clean-exit') window.webContents.reload();
  });
  window.on('closed', () => disconnect());

  const fragment = stack === undefined ? '' : `#${pageFragment({ stack })}`;
  void window.loadURL(`${PAGE_URL}${fragment}`);
  return { window, connect };
}

/** Starts an engine behind a port. Returns what ends it. */
function pumpThrough(port: MessagePortMain, places: Places): () => void {
  const pump = new Pump({
    command: places.node,
    args: [places.engine],
    onFrame: (frame) => port.postMessage(frame.buffer),
    onState: (state) => port.postMessage(state),
    onNotice: (text) => process.stderr.write(text),
  });
  port.on('message', ({ data }) => {
    if (data instanceof ArrayBuffer) pump.send(new Uint8Array(data));
    else if (isPumpRequest(data)) pump.start();
  });
  port.start();
  pump.start();
  return () => {
    pump.stop();
    port.close();
  };
}
