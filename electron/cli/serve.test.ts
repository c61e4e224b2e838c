import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readPageFragment, SOCKET_PATH, SOCKET_PROTOCOL } from '../../shared/ipc/bridge.ts';
import { decodeFrame, encodeFrame, FrameKind } from '../../shared/ipc/frame.ts';
import { type Serving, serve } from './serve.ts';

/** An engine that sends every byte back. */
const ENGINE = `process.stdin.on('data', (piece) => process.stdout.write(piece)).on('end', () => process.exit(0));\n`;

let dist = '';
let serving: Serving;
let token = '';

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'stratoscope-serve-'));
  await mkdir(join(dist, 'page'));
  await writeFile(join(dist, 'page', 'index.html'), '<!doctype html><title>Page</title>');
  await writeFile(join(dist, 'engine.js'), ENGINE);
});
afterAll(() => rm(dist, { recursive: true }));
beforeEach(async () => {
  serving = await serve({ dist, port: 0, stack: { kind: 'mount', mount: '/mnt' }, onNotice: () => {} });
  token = readPageFragment(new URL(serving.url).hash).token ?? '';
});
afterEach(() => serving.close());

type Answer = { status: number; headers: NodeJS.Dict<string | string[]>; body: string };

/** fetch would set Host and Origin by itself; here they are what is tested. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: serving.port, path, method, headers }, (answer) => {
      let body = '';
      answer.on('data', (piece) => {
        body += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

type Socket = {
  socket: WebSocket;
  cookie: string | undefined;
  texts: unknown[];
  frames: Buffer[];
  until(done: () => boolean): Promise<void>;
};

/** Opens a socket as the page does; rejects with the status that refused it. */
function connect(secret: string | null, headers: Record<string, string> = {}, path = SOCKET_PATH): Promise<Socket> {
  const protocols = secret === null ? [SOCKET_PROTOCOL] : [SOCKET_PROTOCOL, secret];
  const origin = `http://127.0.0.1:${serving.port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${serving.port}${path}`, protocols, {
    headers: { Origin: origin, ...headers },
  });
  const out: Socket = {
    socket,
    cookie: undefined,
    texts: [],
    frames: [],
    async until(done) {
      while (!done()) await new Promise((resolve) => socket.once('message', resolve));
    },
  };
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) out.frames.push(data);
    else out.texts.push(JSON.parse(data.toString()));
  });
  socket.on('upgrade', (answer) => {
    out.cookie = answer.headers['set-cookie']?.[0];
  });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(out));
    socket.on('unexpected-response', (_request, answer) => {
      socket.terminate();
      reject(new Error(String(answer.statusCode)));
    });
    socket.on('error', () => {});
  });
}

test('the address is loopback, with a token and the stack in its fragment', () => {
  const url = new URL(serving.url);
  expect(url.origin).toBe(`http://127.0.0.1:${serving.port}`);
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(readPageFragment(url.hash).stack).toEqual({ kind: 'mount', mount: '/mnt' });
});

test('the page comes with the policy', async () => {
  const { status, headers, body } = await get('/');
  expect(status).toBe(200);
  expect(body).toContain('<title>Page</title>');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['access-control-allow-origin']).toBeUndefined();
});

test.each(['/../package.json', '/engine.js', '/..%2fengine.js', '/none.html', SOCKET_PATH])(
  'nothing is at %s',
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test('other methods are refused', async () => {
  expect((await get('/', {}, 'POST')).status).toBe(405);
  expect((await get('/', {}, 'HEAD')).body).toBe('');
});

test.each([
  ['another name', 'evil.example'],
  ['another name with this port', 'evil.example:PORT'],
  ['the address with another port', '127.0.0.1:1'],
  ['every address', '0.0.0.0:PORT'],
  ['a longer name', '127.0.0.1.evil.example:PORT'],
])('a Host that is %s is refused, by HTTP and by socket', async (_what, host) => {
  const Host = host.replace('PORT', String(serving.port));
  expect((await get('/', { Host })).status).toBe(403);
  await expect(connect(token, { Host, Origin: `http://${Host}` })).rejects.toThrow('403');
});

test.each(['https://evil.example', 'null', 'http://127.0.0.1', 'http://127.0.0.1:1', 'file://'])(
  'an Origin of %s is refused, by HTTP and by socket',
  async (Origin) => {
    expect((await get('/', { Origin })).status).toBe(403);
    await expect(connect(token, { Origin })).rejects.toThrow('403');
  },
);

test('localhost is as good a name', async () => {
  const Host = `localhost:${serving.port}`;
  expect((await get('/', { Host })).status).toBe(200);
  const { socket } = await connect(token, { Host, Origin: `http://${Host}` });
  expect(socket.protocol).toBe(SOCKET_PROTOCOL);
});

test.each([
  ['no token', null],
  ['an empty token', ''],
  ['a wrong token', 'A'.repeat(43)],
])('%s, no answer', async (_what, given) => {
  if (given === '') {
    // An empty protocol cannot be written by a client; a trailing comma says the same.
    await expect(connect(null, { 'Sec-WebSocket-Protocol': `${SOCKET_PROTOCOL}, ` })).rejects.toThrow('401');
    return;
  }
  await expect(connect(given)).rejects.toThrow('401');
  // A wrong guess does not spend the right one.
  await connect(token);
});

test('the token works once, and then for the browser that used it', async () => {
  const first = await connect(token);
  expect(first.cookie).toMatch(/^stratoscope-\d+=[\w-]{43}; Path=\/engine; HttpOnly; SameSite=Strict$/);
  const cookie = first.cookie?.split(';')[0] ?? '';
  await expect(connect(token)).rejects.toThrow('401');
  await expect(connect(token, { Cookie: cookie.replace(/=.*/, `=${'A'.repeat(43)}`) })).rejects.toThrow('401');
  await expect(connect('A'.repeat(43), { Cookie: cookie })).rejects.toThrow('401');
  first.socket.close();
  const again = await connect(token, { Cookie: `other=1; ${cookie}` });
  expect(again.cookie).toBeUndefined();
});

test('a socket elsewhere is refused', async () => {
  await expect(connect(token, {}, '/other')).rejects.toThrow('404');
});

test('frames go through whole, both ways; the engine is restarted when asked', async () => {
  const page = await connect(token);
  await page.until(() => page.texts.length === 1);
  const { pid } = page.texts[0] as { engine: 'running'; pid: number };
  const sent = encodeFrame(FrameKind.chunk, 7, new Uint8Array(5_000_000).fill(3));
  page.socket.send(sent);
  await page.until(() => page.frames.length === 1);
  expect(Buffer.compare(page.frames[0] as Buffer, sent)).toBe(0);

  process.kill(pid, 'SIGKILL');
  await page.until(() => page.texts.length === 2);
  expect(page.texts[1]).toEqual({ engine: 'ended', why: 'The engine was ended by SIGKILL.' });
  page.socket.send('nonsense');
  page.socket.send(JSON.stringify({ engine: 'restart' }));
  await page.until(() => page.texts.length === 3);
  expect(page.texts[2]).toMatchObject({ engine: 'running' });
  page.socket.send(encodeFrame(FrameKind.cancel, 8, new Uint8Array(0)));
  await page.until(() => page.frames.length === 2);
  expect(decodeFrame(page.frames[1] as Buffer).id).toBe(8);
});

test('an engine ends with its socket', async () => {
  const page = await connect(token);
  await page.until(() => page.texts.length === 1);
  const { pid } = page.texts[0] as { engine: 'running'; pid: number };
  page.socket.terminate();
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
