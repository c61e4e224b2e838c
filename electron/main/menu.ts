/**
 * The menu: what a desktop expects to find there. The page has its own keys for everything; its commands stand here
 * too, each pressing the key that the page listens to, so that there is one way in.
 */
import { BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron';

type Modifier = 'control' | 'shift' | 'alt';

function pressed(
  label: string,
  accelerator: string,
  key: string,
  modifiers: Modifier[] = [],
): MenuItemConstructorOptions {
  return {
    label,
    accelerator,
    // Only shown: the page hears the key itself.
    registerAccelerator: false,
    click: (_item, window) => {
      if (!(window instanceof BrowserWindow)) return;
      for (const type of ['keyDown', 'keyUp'] as const) {
        window.webContents.sendInputEvent({ type, keyCode: key, modifiers });
      }
    },
  };
}

/** Sets the application's menu; `newWindow` opens another window. */
export function setMenu(newWindow: () => void): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: '&File',
        submenu: [
          { label: '&New window', accelerator: 'Control+N', click: newWindow },
          { role: 'close', label: '&Close window' },
          { type: 'separator' },
          { role: 'quit', label: '&Quit' },
        ],
      },
      {
        label: '&Edit',
        submenu: [
          { role: 'copy', label: '&Copy' },
          { role: 'cut', label: 'C&ut' },
          { role: 'paste', label: '&Paste' },
          { role: 'selectAll', label: 'Select &all' },
          { type: 'separator' },
          pressed('&Settings …', 'Control+,', ',', ['control']),
        ],
      },
      {
        label: '&Go',
        submenu: [
          pressed('Jump to &path …', 'Control+P', 'P', ['control']),
          pressed('&Find by name …', 'Control+F', 'F', ['control']),
          pressed('&Commands …', 'Control+Shift+P', 'P', ['control', 'shift']),
          { type: 'separator' },
          pressed('&Next pane', 'F6', 'F6'),
          pressed('&Scan again', 'F5', 'F5'),
          pressed('&Verify …', 'Control+Alt+V', 'V', ['control', 'alt']),
        ],
      },
      {
        label: '&View',
        submenu: [
          { role: 'zoomIn', label: 'Zoom &in' },
          { role: 'zoomOut', label: 'Zoom &out' },
          { role: 'resetZoom', label: '&Actual size' },
          { role: 'togglefullscreen', label: '&Full screen' },
          { type: 'separator' },
          { role: 'toggleDevTools', label: '&Developer tools' },
        ],
      },
    ]),
  );
}
