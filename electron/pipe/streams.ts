/**
 * Frames over Node streams: the same for a child's pipes, for a program's own standard input and output, and for a
 * socket. Knows nothing of what the frames say.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { FrameError, FrameSplitter } from '../../shared/ipc/frame.ts';
import type { Transport } from '../../shared/ipc/rpc.ts';

/** A transport that can also be waited for and closed. */
export type StreamTransport = Transport & {
  drained(): Promise<void>;
  /** Ends the outgoing stream; what was sent is still delivered. */
  close(): void;
};

/**
 * Joins a pair of streams into a transport. It is closed once: when the incoming stream ends or fails, when the
 * outgoing one fails, or when what comes in is no frame. `drained` resolves when the outgoing stream's buffer is empty
 * again, or it is closed.
 */
export function streamTransport(input: Readable, output: Writable): StreamTransport {
  const splitter = new FrameSplitter();
  let onFrame: (frame: Uint8Array) => void = () => {};
  const closers: (() => void)[] = [];
  let waiting: (() => void)[] = [];
  let closed = false;

  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    wake();
    for (const listener of closers) listener();
  };

  input.on('data', (piece: Buffer) => {
    if (closed) return;
    try {
      splitter.push(piece, (frame) => onFrame(frame));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // What talks there does not speak our frames: nothing after this can be understood.
      close();
      input.destroy();
    }
  });
  input.on('end', close);
  input.on('close', close);
  input.on('error', close);
  output.on('error', close);
  output.on('close', close);
  output.on('drain', wake);

  return {
    send(frame) {
      if (!closed && output.writable) output.write(frame);
    },
    onFrame(listener) {
      onFrame = listener;
    },
    onClose(listener) {
      if (closed) listener();
      else closers.push(listener);
    },
    drained() {
      if (closed || !output.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    close() {
      output.end();
    },
  };
}

/**
 * The transport over this program's own standard input and output. Node writes to a pipe synchronously by default; a
 * socket on the same descriptor does not, so that a slow reader never blocks the program.
 */
export function stdioTransport(): StreamTransport {
  const kind = fstatSync(1);
  const output =
    kind.isFIFO() || kind.isSocket()
      ? new Socket({ fd: 1, readable: false, writable: true, allowHalfOpen: true })
      : process.stdout;
  return streamTransport(process.stdin, output);
}
