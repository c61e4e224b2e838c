import { type PumpRequest, type PumpState, SOCKET_PATH, SOCKET_PROTOCOL } from '../../shared/ipc/bridge.ts';
import { createRun, type Link, type LinkListener, type Run } from './link.ts';

const RESTART: PumpRequest = { engine: 'restart' };
const LOST = 'The connection to the server is lost. It may have been stopped at its terminal.';
const REFUSED =
  'The server is not there, or does not let this page in: its address works in the browser that opened it first. Start it again for a new one.';

/**
 * The link of the browser form: a WebSocket to where the page came from. When the socket itself is gone, a restart
 * opens another one.
 */
export function openSocket(token: string, listener: LinkListener): Link {
  let socket: WebSocket;
  let run: Run | null = null;

  const end = (why: string): void => {
    run?.close();
    run = null;
    listener.ended(why);
  };

  const connect = (): void => {
    const mine = new WebSocket(`ws://${window.location.host}${SOCKET_PATH}`, [SOCKET_PROTOCOL, token]);
    socket = mine;
    mine.binaryType = 'arraybuffer';
    mine.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data !== 'string') return run?.deliver(new Uint8Array(data));
      const state = JSON.parse(data) as PumpState;
      if (state.engine === 'ended') return end(state.why);
      run?.close();
      run = createRun((frame) => mine.send(frame as Uint8Array<ArrayBuffer>));
      listener.running(run.transport);
    };
    let stood = false;
    mine.onopen = () => {
      stood = true;
    };
    mine.onclose = () => {
      if (mine === socket) end(stood ? LOST : REFUSED);
    };
  };

  connect();
  return {
    restart: () => (socket.readyState === WebSocket.OPEN ? socket.send(JSON.stringify(RESTART)) : connect()),
  };
}
