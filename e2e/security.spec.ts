import { expect, test } from '@playwright/test';
import { CSP_HEADER } from '../shared/csp.ts';
import { launchWindow, type RunningWindow } from './app.ts';
import { type ShellFolder, shellFolder } from './shell/folder.ts';

let shell: ShellFolder;
let running: RunningWindow;

test.beforeAll(async () => {
  shell = await shellFolder();
  running = await launchWindow({ folder: shell.folder });
  await running.page.waitForSelector('body[data-ready]');
});
test.afterAll(async () => {
  await running.close();
  await shell.remove();
});

const evaluate = <T>(script: string): Promise<T> => running.page.evaluate(script) as Promise<T>;

test('the window is sandboxed, isolated, and without Node', async () => {
  const preferences = await running.app.evaluate(({ webContents }) => {
    const [contents] = webContents.getAllWebContents();
    return (contents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
  });
  expect(preferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
  });
  for (const name of ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer']) {
    expect(await evaluate(`typeof ${name}`), name).toBe('undefined');
  }
});

test('the page sees the bridge, and nothing more of it than its calls', async () => {
  expect(await evaluate('Object.keys(window.stratoscope).sort()')).toEqual(['copyText', 'pickDirectory']);
  // Isolation: what the page does to its own built-ins does not reach the preload.
  const answer = await evaluate(`(async () => {
    const keep = Array.prototype.push;
    Array.prototype.push = () => { throw new Error('reached'); };
    try { return await window.stratoscope.copyText('text'); } finally { Array.prototype.push = keep; }
  })()`);
  expect(answer).toEqual({ ok: null });
  expect(await running.app.evaluate(({ clipboard }) => clipboard.readText())).toBe('text');
});

test('the policy comes as a header too, and forbids what is inline', async () => {
  const answer = await running.page.reload();
  expect(answer?.headers()['content-security-policy']).toBe(CSP_HEADER);
  await running.page.waitForSelector('body[data-ready]');
  const ran = await evaluate(`(async () => {
    window.ran = [];
    const violations = window.violations.length;
    const add = (name, attributes, text) => {
      const element = Object.assign(document.createElement(name), { textContent: text });
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      document.body.append(element);
      return element;
    };
    add('script', {}, 'window.ran.push("inline script")');
    add('script', { src: 'data:text/javascript,window.ran.push("data: script")' }, '');
    add('div', { onclick: 'window.ran.push("handler")' }, '').click();
    add('img', { src: 'x', onerror: 'window.ran.push("onerror")' }, '');
    const styled = add('p', { style: 'color: rgb(1, 2, 3)' }, 'styled');
    add('style', {}, 'p { color: rgb(1, 2, 3) }');
    await new Promise((resolve) => setTimeout(resolve, 200));
    // Only now: while a test's own script runs, the debugger that runs it lets eval pass.
    try { (0, eval)('window.ran.push("eval")'); } catch {}
    if (getComputedStyle(styled).color === 'rgb(1, 2, 3)') window.ran.push('style');
    return { ran: window.ran, violations: window.violations.length > violations };
  })()`);
  expect(ran).toEqual({ ran: [], violations: true });
});

test('nothing is loaded from elsewhere', async () => {
  for (const address of ['https://example.org/', 'http://127.0.0.1:9/', 'file:///etc/passwd', 'stratoscope://other/']) {
    expect(await evaluate(`fetch(${JSON.stringify(address)}).then(() => 'loaded', () => 'refused')`), address).toBe(
      'refused',
    );
  }
  // Behind the policy stands the session: what main itself asks for is refused too.
  const asked = await running.app.evaluate(
    ({ net }) =>
      new Promise((resolve) => {
        const request = net.request('http://127.0.0.1:9/');
        request.on('response', () => resolve('answered'));
        request.on('error', (error) => resolve(error.message));
        request.end();
      }),
  );
  expect(asked).toContain('ERR_BLOCKED_BY_CLIENT');
});

test('navigation is refused', async () => {
  const before = running.page.url();
  for (const address of ['https://example.org/', 'file:///etc/passwd', 'about:blank', 'data:text/html,hi']) {
    await evaluate(`(() => { location.href = ${JSON.stringify(address)}; })()`);
    await running.page.waitForTimeout(200);
    expect(running.page.url()).toBe(before);
  }
  // Main's own view of it, so that a page that did leave could not answer for itself.
  const shown = await running.app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((one) => one.getURL()),
  );
  expect(shown).toEqual([before]);
});

test('no window can be opened', async () => {
  expect(await evaluate(`window.open('https://example.org/') === null`)).toBe(true);
  await evaluate(`(() => {
    const link = Object.assign(document.createElement('a'), { href: 'https://example.org/', target: '_blank' });
    document.body.append(link);
    link.click();
  })()`);
  await running.page.waitForTimeout(200);
  expect(await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('permission requests are refused', async () => {
  const answers = await evaluate(`(async () => {
    const denied = (promise) => promise.then(() => 'granted', (error) => error.name);
    return {
      notifications: await Notification.requestPermission(),
      media: await denied(navigator.mediaDevices.getUserMedia({ audio: true })),
      geolocation: await new Promise((resolve) =>
        navigator.geolocation.getCurrentPosition(() => resolve('granted'), (error) => resolve(error.code))),
      clipboard: await denied(navigator.clipboard.readText()),
    };
  })()`);
  expect(answers).toEqual({
    notifications: 'denied',
    media: expect.stringMatching(/NotAllowedError|NotFoundError/),
    geolocation: 1,
    clipboard: 'NotAllowedError',
  });
});

test('a sender that is not the page is refused', async () => {
  // A window with the same preload that shows something else. Main makes it here, since the page could not.
  const answers = await running.app.evaluate(async ({ BrowserWindow }, preload) => {
    const stranger = new BrowserWindow({ show: false, webPreferences: { sandbox: true, preload } });
    stranger.webContents.removeAllListeners('did-navigate');
    await stranger.loadURL('about:blank');
    const copy = `window.stratoscope.copyText('stranger')`;
    const port = `new Promise((resolve) => {
      addEventListener('message', (event) => { if (event.ports.length > 0) resolve('port'); });
      window.postMessage('stratoscope:port-please', '*');
      setTimeout(() => resolve('none'), 500);
    })`;
    const out = {
      copy: await stranger.webContents.executeJavaScript(copy),
      port: await stranger.webContents.executeJavaScript(port),
    };
    stranger.destroy();
    return out;
  }, `${shell.folder}/dist/preload.cjs`);
  expect(answers).toEqual({ copy: { error: { code: 'refused', message: expect.any(String) } }, port: 'none' });
  expect(await running.app.evaluate(({ clipboard }) => clipboard.readText())).not.toBe('stranger');
});

test('what the bridge is given is validated', async () => {
  const answers = await evaluate(`Promise.all([
    window.stratoscope.copyText(5), window.stratoscope.copyText({ length: 1 }), window.stratoscope.pickDirectory(null),
    window.stratoscope.pickDirectory('x'.repeat(201)),
  ])`);
  expect(answers).toEqual(
    Array.from({ length: 4 }, () => ({ error: { code: 'bad-request', message: expect.any(String) } })),
  );
});
