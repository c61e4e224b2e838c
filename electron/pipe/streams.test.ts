import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, FrameKind } from '../../shared/ipc/frame.ts';
import { streamTransport } from './streams.ts';

const payload = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (frame: Uint8Array): string => new TextDecoder().decode(decodeFrame(frame).payload);

function pair() {
  const there = new PassThrough();
  const back = new PassThrough();
  return { there, back, a: streamTransport(back, there), b: streamTransport(there, back) };
}

test('frames arrive whole and in order, however the bytes are cut', async () => {
  const input = new PassThrough();
  const transport = streamTransport(input, new PassThrough());
  const got: string[] = [];
  transport.onFrame((frame) => got.push(text(frame)));
  const bytes = Buffer.concat(['one', '', 'three'].map((word, i) => encodeFrame(FrameKind.item, i, payload(word))));
  for (const byte of bytes) input.write(Buffer.from([byte]));
  await new Promise((resolve) => setImmediate(resolve));
  expect(got).toEqual(['one', '', 'three']);
});

test('the end of the other side closes it, once', async () => {
  const { a, b } = pair();
  let closed = 0;
  b.onClose(() => closed++);
  const frames: string[] = [];
  b.onFrame((frame) => frames.push(text(frame)));
  a.send(encodeFrame(FrameKind.item, 1, payload('last')));
  a.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(frames).toEqual(['last']);
  expect(closed).toBe(1);
});

test('what is no frame closes it', async () => {
  const input = new PassThrough();
  const transport = streamTransport(input, new PassThrough());
  const frames: Uint8Array[] = [];
  transport.onFrame((frame) => frames.push(frame));
  const closed = new Promise<void>((resolve) => transport.onClose(resolve));
  input.write('GET / HTTP/1.1\r\n\r\n');
  await closed;
  expect(frames).toEqual([]);
});

test('drained waits for a slow reader, and no longer than that', async () => {
  const child = spawn('sh', ['-c', 'sleep 0.2; cat >/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const transport = streamTransport(child.stdout, child.stdin);
  await transport.drained();
  transport.send(encodeFrame(FrameKind.chunk, 1, new Uint8Array(4 << 20)));
  const from = performance.now();
  await transport.drained();
  expect(performance.now() - from).toBeGreaterThan(100);
  transport.close();
  await new Promise<void>((resolve) => transport.onClose(resolve));
});
