/**
 * What no page of this app may do, set for all web contents before they load anything: leave its page, open windows,
 * gain a permission, load from elsewhere, embed others.
 */
import { app, type IpcMainEvent, type IpcMainInvokeEvent, type Session, type WebPreferences } from 'electron';
import { PAGE_HEADERS, pageFile } from '../pipe/page-files.ts';
import { isOwn, PAGE_URL, SCHEME } from './origin.ts';

/** Preferences of every window. Electron's defaults say the same today; what is promised is said. */
export const WEB_PREFERENCES: WebPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  webviewTag: false,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  navigateOnDragDrop: false,
  spellcheck: false,
};

/** Refuses navigation, new windows and embedded views in all web contents, now and later. */
export function confineContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    // about:blank asks nobody: it is left again as soon as it is there.
    contents.on('did-navigate', (_navigated, url) => {
      if (!isOwn(url) && !url.startsWith('devtools:')) void contents.loadURL(PAGE_URL);
    });
  });
}

/** Grants no permission, lets nothing be loaded but the page's own files, and serves those with the policy. */
export function confineSession(session: Session, pageFolder: string): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !isOwn(details.url) && !details.url.startsWith('devtools:') });
  });
  session.protocol.registerBufferProtocol(SCHEME, (request, answer) => {
    const path = isOwn(request.url) && request.method === 'GET' ? new URL(request.url).pathname : '';
    void pageFile(pageFolder, path).then((file) => {
      if (file === null) answer({ statusCode: 404, headers: { ...PAGE_HEADERS }, data: Buffer.alloc(0) });
      else answer({ headers: { ...PAGE_HEADERS, 'Content-Type': file.type }, mimeType: file.type, data: file.body });
    });
  });
}

/** Whether a message comes from the page's own top frame, and not from a frame in it or a page that it became. */
export function isFromPage(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === event.sender.mainFrame && isOwn(frame.url);
}
