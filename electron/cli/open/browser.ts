/** The browser form: serves the app, prints where, and asks the desktop to open it where there is one. */
import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { type Serving, serve } from '../serve.ts';

export type BrowserOptions = {
  dist: string;
  stack?: unknown;
  env: NodeJS.ProcessEnv;
  say(line: string): void;
};

/** Serves until `close` is called. The address is printed whole, for a terminal makes a link of it. */
export async function openInBrowser({ dist, stack, env, say }: BrowserOptions): Promise<Serving> {
  const serving = await serve({ dist, port: 0, stack, onNotice: (text) => process.stderr.write(text) });
  say(serving.url);
  const tunnel = sshTunnel(env, serving.port, userInfo().username);
  if (tunnel !== null) say(`From the machine before you: ${tunnel}   then open the address there.`);
  else if (hasDisplay(env) && process.getuid?.() !== 0) showInDesktop(serving.url, env);
  say('Ctrl+C ends it.');
  return serving;
}

export const hasDisplay = (env: NodeJS.ProcessEnv): boolean => Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);

/**
 * The ssh command that brings `port` to the machine that the person sits at; null where this is no ssh session.
 * SSH_CONNECTION is "client-address client-port server-address server-port" (ssh(1)).
 */
export function sshTunnel(env: NodeJS.ProcessEnv, port: number, user: string): string | null {
  const [, , server, serverPort] = (env.SSH_CONNECTION ?? '').split(' ');
  if (!server || !serverPort) return null;
  const odd = serverPort === '22' ? '' : `-p ${serverPort} `;
  return `ssh ${odd}-L ${port}:127.0.0.1:${port} ${user}@${server}`;
}

/** A desktop without xdg-open, or without a browser, has the printed address. */
function showInDesktop(url: string, env: NodeJS.ProcessEnv): void {
  const child = spawn('xdg-open', [url], { stdio: 'ignore', detached: true, env });
  child.on('error', () => {});
  child.unref();
}
