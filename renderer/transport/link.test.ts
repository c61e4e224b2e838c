import { expect, test } from 'vitest';
import { createRun } from './link.ts';

const bytes = (...list: number[]): Uint8Array => new Uint8Array(list);

test('frames go both ways while the run is open', () => {
  const sent: Uint8Array[] = [];
  const got: Uint8Array[] = [];
  const run = createRun((frame) => sent.push(frame));
  run.transport.onFrame((frame) => got.push(frame));
  run.transport.send(bytes(1));
  run.deliver(bytes(2));
  expect(sent).toEqual([bytes(1)]);
  expect(got).toEqual([bytes(2)]);
});

test('once closed nothing passes, and the close is told once', () => {
  const sent: Uint8Array[] = [];
  let frames = 0;
  let closes = 0;
  const run = createRun((frame) => sent.push(frame));
  run.transport.onFrame(() => frames++);
  run.transport.onClose(() => closes++);
  run.close();
  run.close();
  run.transport.send(bytes(1));
  run.deliver(bytes(2));
  expect({ sent: sent.length, frames, closes }).toEqual({ sent: 0, frames: 0, closes: 1 });
});
