import type { Transport } from '../../shared/ipc/rpc.ts';

/** What the page hears of the engine behind its link. */
export type LinkListener = {
  /** An engine runs. Each run has a transport of its own; the one before has closed by then. */
  running(transport: Transport): void;
  /** The engine, or the way to it, has ended. `why` is one plain sentence. */
  ended(why: string): void;
};

export type Link = {
  /** Asks for the engine to be started again. Does nothing while it runs. */
  restart(): void;
};

/** One engine run seen from the page: a transport, and the two ends that feed and close it. */
export type Run = { transport: Transport; deliver(frame: Uint8Array): void; close(): void };

/** Makes the transport of one run. `send` puts a whole frame on the way. */
export function createRun(send: (frame: Uint8Array) => void): Run {
  let onFrame: (frame: Uint8Array) => void = () => {};
  let onClose: () => void = () => {};
  let open = true;
  return {
    transport: {
      send: (frame) => {
        if (open) send(frame);
      },
      onFrame: (listener) => {
        onFrame = listener;
      },
      onClose: (listener) => {
        onClose = listener;
      },
    },
    deliver: (frame) => {
      if (open) onFrame(frame);
    },
    close: () => {
      if (!open) return;
      open = false;
      onClose();
    },
  };
}
