/**
 * Between the page and what holds it. The same pump stands behind both forms of the app:
 *
 *   window   main ↔ MessagePort ↔ page. The preload posts a message whose data is PORT_MESSAGE and whose first port is
 *            the pump; it does so again whenever the page asks with PORT_REQUEST (the page asks once it listens).
 *   browser  `serve` ↔ WebSocket ↔ page, at SOCKET_PATH, with the subprotocols [SOCKET_PROTOCOL, TOKEN]. The first use
 *            of the token binds it to that browser (by a cookie that the page does not see): a reload may use it again,
 *            somebody else who has read it may not.
 *
 * Through the pump go whole frames (shared/ipc/frame.ts), each as an ArrayBuffer, and beside them a few words about
 * the engine itself: objects over the port, JSON text messages over the socket. After `ended` no frame comes and every
 * open call is lost; the page says so, keeps what it shows and sends `restart`; `running` follows once.
 *
 * What to open at the start stands in the page's fragment, as `stack=` and a StackRef (shared/ipc/probe.ts) in JSON;
 * the browser form's token stands there too, as `token=`. Neither ever reaches a server's log.
 */
export const PORT_MESSAGE = 'stratoscope:port';
export const PORT_REQUEST = 'stratoscope:port-please';

export const SOCKET_PATH = '/engine';
export const SOCKET_PROTOCOL = 'stratoscope.1';

/** What the pump says about the engine. `why` is one plain sentence. */
export type PumpState = { engine: 'running'; pid: number } | { engine: 'ended'; why: string };

/** What the page may ask of the pump: start the engine again. Ignored while it runs. */
export type PumpRequest = { engine: 'restart' };

export const isPumpRequest = (value: unknown): value is PumpRequest =>
  typeof value === 'object' && value !== null && (value as { engine?: unknown }).engine === 'restart';

/** An answer of the shell: a value, or what went wrong as a value. */
export type ShellAnswer<T> = { ok: T } | { error: { code: string; message: string } };

/**
 * `window.stratoscope` in the window; undefined in a browser, where the page does without. Each member is one call with
 * its own channel, which main answers only to the page's own top frame.
 */
export type Bridge = {
  /** Asks for a directory. The path as Bytes (latin1 text); null if the person closed the dialog. */
  pickDirectory(title: string): Promise<ShellAnswer<string | null>>;
  /** Puts a text on the clipboard (the page itself is granted no permission). */
  copyText(text: string): Promise<ShellAnswer<null>>;
};

/** Members of Bridge, each with the channel that carries it. */
export const SHELL_CHANNELS = {
  pickDirectory: 'shell:pick-directory',
  copyText: 'shell:copy-text',
} as const satisfies Record<keyof Bridge, string>;

/** Channel over which the preload asks main for a pump, and main hands it the port. */
export const PUMP_CHANNEL = 'shell:pump';

/** The fragment of the page's address: what it opens, and the browser form's token. Both optional. */
export function pageFragment(parts: { token?: string; stack?: unknown }): string {
  const fields: string[] = [];
  if (parts.token !== undefined) fields.push(`token=${encodeURIComponent(parts.token)}`);
  if (parts.stack !== undefined) fields.push(`stack=${encodeURIComponent(JSON.stringify(parts.stack))}`);
  return fields.join('&');
}

/** Reads a fragment (with or without #) back. `stack` is not validated; one that is not JSON counts as absent. */
export function readPageFragment(fragment: string): { token?: string; stack?: unknown } {
  const out: { token?: string; stack?: unknown } = {};
  for (const field of fragment.replace(/^#/, '').split('&')) {
    const at = field.indexOf('=');
    try {
      const value = decodeURIComponent(field.slice(at + 1));
      if (field.startsWith('token=')) out.token = value;
      else if (field.startsWith('stack=')) out.stack = JSON.parse(value);
    } catch {
      // A fragment is typed or pasted by people: what cannot be read is left out.
    }
  }
  return out;
}
