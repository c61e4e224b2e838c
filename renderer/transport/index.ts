import { readPageFragment } from '../../shared/ipc/bridge.ts';
import type { Link, LinkListener } from './link.ts';
import { openPort } from './port.ts';
import { openSocket } from './socket.ts';

const TOKEN_KEY = 'stratoscope.token';

/** What the page's address asked for. Read once; the address is cleared so that nobody copies the token with it. */
export type Start = { token: string | null; stack: unknown };

/** Reads and clears the fragment. The token outlives a reload in this tab only. */
export function readStart(): Start {
  const { token, stack } = readPageFragment(window.location.hash);
  if (window.location.hash !== '') window.history.replaceState(null, '', window.location.pathname);
  if (token !== undefined) window.sessionStorage.setItem(TOKEN_KEY, token);
  return { token: token ?? window.sessionStorage.getItem(TOKEN_KEY), stack };
}

/** Opens the link to the engine: the window's port where there is a bridge, else the browser form's socket. */
export function openLink(start: Start, listener: LinkListener): Link {
  if ('stratoscope' in window) return openPort(listener);
  return openSocket(start.token ?? 'none', listener);
}
