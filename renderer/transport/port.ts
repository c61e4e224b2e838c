import { PORT_MESSAGE, PORT_REQUEST, type PumpRequest, type PumpState } from '../../shared/ipc/bridge.ts';
import { createRun, type Link, type LinkListener, type Run } from './link.ts';

const RESTART: PumpRequest = { engine: 'restart' };

/** The link inside the window: the preload hands a MessagePort over as soon as the page asks for it. */
export function openPort(listener: LinkListener): Link {
  let port: MessagePort | null = null;
  let run: Run | null = null;

  const end = (why: string): void => {
    run?.close();
    run = null;
    listener.ended(why);
  };

  const take = (next: MessagePort): void => {
    run?.close();
    run = null;
    port?.close();
    port = next;
    next.onmessage = ({ data }: MessageEvent<ArrayBuffer | PumpState>) => {
      if (data instanceof ArrayBuffer) run?.deliver(new Uint8Array(data));
      else if (data.engine === 'ended') end(data.why);
      else {
        run?.close();
        // encodeFrame makes each frame an array of its own, so its buffer is the frame.
        run = createRun((frame) => next.postMessage(frame.buffer));
        listener.running(run.transport);
      }
    };
    next.start();
  };

  window.addEventListener('message', (event) => {
    const next = event.ports[0];
    if (event.source === window && event.data === PORT_MESSAGE && next) take(next);
  });
  window.postMessage(PORT_REQUEST, window.location.origin);
  return { restart: () => port?.postMessage(RESTART) };
}
