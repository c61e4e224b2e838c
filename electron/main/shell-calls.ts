/** The calls of the bridge, answered to the page alone. */
import { BrowserWindow, clipboard, dialog, type IpcMainInvokeEvent, ipcMain } from 'electron';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { type Bridge, SHELL_CHANNELS, type ShellAnswer } from '../../shared/ipc/bridge.ts';
import { isFromPage } from './security.ts';

const refused: ShellAnswer<never> = { error: { code: 'refused', message: 'the caller is not the page of this app' } };
const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length <= longest;
const bad: ShellAnswer<never> = { error: { code: 'bad-request', message: 'a text was expected' } };

type Handlers = {
  [K in keyof Bridge]: (event: IpcMainInvokeEvent, argument: unknown) => ReturnType<Bridge[K]>;
};

const handlers: Handlers = {
  async pickDirectory(event, title) {
    if (!isText(title, 200)) return bad;
    const window = BrowserWindow.fromWebContents(event.sender);
    if (window === null) return refused;
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title,
      properties: ['openDirectory', 'showHiddenFiles'],
    });
    const [path] = filePaths;
    if (canceled || path === undefined) return { ok: null };
    // The dialog speaks text: a path that is not UTF-8 has lost its bytes here, and another directory could be meant.
    if (path.includes('\ufffd'))
      return {
        error: { code: 'not-utf-8', message: 'this name is not UTF-8: type its path, with \\xNN for each byte' },
      };
    return { ok: bytesOfText(path) };
  },
  async copyText(_event, text) {
    if (!isText(text, 64 * 1024 * 1024)) return bad;
    clipboard.writeText(text);
    return { ok: null };
  },
};

/** Answers the bridge's calls, from the page's own top frame only. */
export function answerShellCalls(): void {
  for (const name of Object.keys(SHELL_CHANNELS) as (keyof Bridge)[]) {
    ipcMain.handle(SHELL_CHANNELS[name], (event, argument: unknown) =>
      isFromPage(event) ? handlers[name](event, argument) : refused,
    );
  }
}
