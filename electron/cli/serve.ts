/**
 * The app in a browser: the page's files over HTTP and the engine over a WebSocket, on loopback only.
 *
 * Who may talk to the engine: whoever first brings the token of the printed address, and from then on that browser
 * alone, known by a cookie (the address can be read in a list of processes or a history). A page of another site in
 * the same browser has no token, and is refused by its Origin besides; one that points a name of its own at 127.0.0.1 is
 * refused by its Host.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isPumpRequest, type PumpState, pageFragment, SOCKET_PATH, SOCKET_PROTOCOL } from '../../shared/ipc/bridge.ts';
import { FRAME_MAX } from '../../shared/ipc/frame.ts';
import { PAGE_HEADERS, pageFile } from '../pipe/page-files.ts';
import { Pump } from '../pipe/pump.ts';

export type ServeOptions = {
  /** The folder of the built program: holds engine.js and page/. */
  dist: string;
  /** 0 takes a free one. */
  port: number;
  /** A StackRef that the page opens at the start. */
  stack?: unknown;
  /** What engines write to standard error. */
  onNotice(text: string): void;
};

export type Serving = {
  port: number;
  /** The address to open, token and stack in its fragment. It works in the first browser that opens it. */
  url: string;
  /** Ends connections and their engines. */
  close(): Promise<void>;
};

/** Above this much unsent, an engine is held back; below a quarter of it, it goes on. */
const UNSENT_MAX = 16 * 1024 * 1024;

const secret = (): string => randomBytes(32).toString('base64url');

/** Cookies do not know ports: a name of its own keeps two servers of one machine apart. */
const cookieName = (port: number): string => `stratoscope-${port}`;

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Starts serving. Rejects with the system's error where the port cannot be had. */
export async function serve({ dist, port: wanted, stack, onNotice }: ServeOptions): Promise<Serving> {
  const token = secret();
  /** What the cookie of the first browser holds; null until there was one. */
  let bound: string | null = null;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_MAX + 4,
    perMessageDeflate: false,
    handleProtocols: () => SOCKET_PROTOCOL,
  });
  const server = createServer((request, response) => void answer(request, response));

  /** Whether the request names this server, and comes from its page or from no page. */
  const isOurs = ({ headers }: IncomingMessage): boolean => {
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    if (headers.host === undefined || !hosts.includes(headers.host)) return false;
    return headers.origin === undefined || headers.origin === `http://${headers.host}`;
  };

  /** Whether a socket may be opened with this token and these cookies. */
  const isAdmitted = (given: string, cookies: string): boolean => {
    if (!isSame(given, token)) return false;
    if (bound === null) return true;
    const session = cookies.split(/;\s*/).find((cookie) => cookie.startsWith(`${cookieName(port)}=`));
    return session !== undefined && isSame(session.slice(cookieName(port).length + 1), bound);
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, headers: Record<string, string>, body: Buffer | string): void => {
      response.writeHead(status, { ...PAGE_HEADERS, ...headers });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    const text = { 'Content-Type': 'text/plain; charset=utf-8' };
    if (!isOurs(request)) return reply(403, text, 'This address is not served.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply(405, { ...text, Allow: 'GET, HEAD' }, 'Only GET is answered.\n');
    }
    const path = (request.url ?? '').replace(/\?.*$/, '');
    const file = await pageFile(join(dist, 'page'), path);
    if (file === null) return reply(404, text, 'There is no such file.\n');
    reply(200, { 'Content-Type': file.type }, file.body);
  }

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const refuse = (status: string): void => {
      stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    stream.on('error', () => stream.destroy());
    if (request.url !== SOCKET_PATH) return refuse('404 Not Found');
    if (!isOurs(request) || request.headers.origin === undefined) return refuse('403 Forbidden');
    const [protocol, given] = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
    if (protocol !== SOCKET_PROTOCOL || given === undefined) return refuse('401 Unauthorized');
    if (!isAdmitted(given, request.headers.cookie ?? '')) return refuse('401 Unauthorized');
    sockets.handleUpgrade(request, stream, head, (socket) => pumpThrough(socket, dist, onNotice));
  });
  sockets.on('headers', (headers) => {
    if (bound !== null) return;
    bound = secret();
    headers.push(`Set-Cookie: ${cookieName(port)}=${bound}; Path=${SOCKET_PATH}; HttpOnly; SameSite=Strict`);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/#${pageFragment({ token, stack })}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Starts an engine behind a socket; it ends with the socket. */
function pumpThrough(socket: WebSocket, dist: string, onNotice: (text: string) => void): void {
  const pump = new Pump({
    command: process.execPath,
    args: [join(dist, 'engine.js')],
    onFrame: (frame) => {
      socket.send(frame, () => {
        if (socket.bufferedAmount < UNSENT_MAX / 4) pump.resume();
      });
      if (socket.bufferedAmount > UNSENT_MAX) pump.pause();
    },
    onState: (state: PumpState) => socket.send(JSON.stringify(state)),
    onNotice,
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) pump.send(data);
    else if (isPumpRequest(parsed(data))) pump.start();
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => pump.stop());
  pump.start();
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return null;
  }
}
