import { afterEach, expect, test } from 'vitest';
import type { PumpState } from '../../shared/ipc/bridge.ts';
import { decodeFrame, encodeFrame, FrameKind } from '../../shared/ipc/frame.ts';
import { Pump } from './pump.ts';

/** A child that sends every byte back, and does as it is told by a first byte that no frame has. */
const ECHO = `process.stdin.on('data', (piece) => process.stdout.write(piece)).on('end', () => process.exit(0));`;

const pumps: Pump[] = [];
afterEach(() => {
  for (const pump of pumps.splice(0)) pump.stop();
});

function pumpOf(program: string, command = process.execPath) {
  const frames: Uint8Array[] = [];
  const states: PumpState[] = [];
  const notices: string[] = [];
  const waiting: (() => void)[] = [];
  const changed = (): void => {
    for (const wake of waiting.splice(0)) wake();
  };
  const pump = new Pump({
    command,
    args: ['-e', program],
    onFrame: (frame) => {
      frames.push(frame);
      changed();
    },
    onState: (state) => {
      states.push(state);
      changed();
    },
    onNotice: (text) => {
      notices.push(text);
      changed();
    },
  });
  pumps.push(pump);
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((wake) => waiting.push(wake));
  };
  return { pump, frames, states, notices, until };
}

test('frames come back whole, however the stream is cut', async () => {
  const { pump, frames, states, until } = pumpOf(ECHO);
  pump.start();
  const sent = [0, 1, 70_000, 3_000_000].map((size, id) =>
    encodeFrame(FrameKind.chunk, id, new Uint8Array(size).fill(id + 1)),
  );
  for (const frame of sent) pump.send(frame);
  await until(() => frames.length === sent.length);
  expect(states.map((state) => state.engine)).toEqual(['running']);
  for (const [i, frame] of frames.entries()) {
    expect(Buffer.compare(frame, sent[i] as Uint8Array)).toBe(0);
    expect(decodeFrame(frame).id).toBe(i);
    // Handed to a port or a socket as it is: nothing else may share its memory.
    expect(frame.buffer.byteLength).toBe(frame.length);
  }
});

test('an engine that is killed is said to have ended, and can be started again', async () => {
  const { pump, frames, states, until } = pumpOf(ECHO);
  pump.start();
  await until(() => states.length === 1);
  const first = states[0] as PumpState & { engine: 'running' };
  process.kill(first.pid, 'SIGKILL');
  await until(() => states.length === 2);
  expect(states[1]).toEqual({ engine: 'ended', why: 'The engine was ended by SIGKILL.' });
  pump.send(encodeFrame(FrameKind.cancel, 1, new Uint8Array(0)));
  pump.start();
  await until(() => states.length === 3);
  pump.send(encodeFrame(FrameKind.cancel, 2, new Uint8Array(0)));
  await until(() => frames.length === 1);
  expect(decodeFrame(frames[0] as Uint8Array).id).toBe(2);
});

test('the last words of an engine that fails are part of why', async () => {
  const { pump, states, notices, until } = pumpOf(`console.error('a layer ate it'); process.exitCode = 7;`);
  pump.start();
  await until(() => states.some((state) => state.engine === 'ended'));
  expect(pump.state).toEqual({ engine: 'ended', why: 'The engine ended with code 7: a layer ate it.' });
  expect(notices.join('')).toContain('a layer ate it');
});

test('a program that is not there is said so', async () => {
  const { pump, states, until } = pumpOf('', '/nowhere/node');
  pump.start();
  await until(() => states.length === 1);
  expect(states[0]).toMatchObject({ engine: 'ended', why: expect.stringContaining('could not be started') });
});

test('a stream that is no frames is cut off', async () => {
  const { pump, states, until } = pumpOf(`process.stdout.write(Buffer.alloc(64, 0xff)); setInterval(() => {}, 1000);`);
  pump.start();
  await until(() => states.some((state) => state.engine === 'ended'));
  expect(pump.state).toMatchObject({ why: expect.stringContaining('no answer') });
});

test('an engine that is stopped leaves by itself, without a word', async () => {
  const { pump, states, until } = pumpOf(ECHO);
  pump.start();
  await until(() => states.length === 1);
  const { pid } = states[0] as PumpState & { engine: 'running' };
  pump.stop();
  const gone = (): boolean => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };
  for (let i = 0; i < 100 && !gone(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(gone()).toBe(true);
  expect(states).toHaveLength(1);
});
