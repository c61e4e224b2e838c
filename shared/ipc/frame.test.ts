import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, FRAME_HEADER, FRAME_MAX, FrameError, FrameKind, FrameSplitter } from './frame.ts';

const anyFrame = fc.record({
  kind: fc.constantFrom(...Object.values(FrameKind)),
  id: fc.integer({ min: 0, max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 40 }),
});

/** Pushes the pieces and gives copies of the frames, since a frame shares the memory of its piece. */
function split(pieces: Uint8Array[], splitter = new FrameSplitter()): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const piece of pieces) splitter.push(piece, (frame) => frames.push(frame.slice()));
  return frames;
}

/** Four bytes of length, then so many bytes as asked for. */
function announced(length: number, rest = 0): Uint8Array {
  const out = new Uint8Array(4 + rest);
  new DataView(out.buffer).setUint32(0, length, true);
  return out;
}

test('a frame is laid out as the format says', () => {
  const frame = encodeFrame(FrameKind.chunk, 0x01020304, new Uint8Array([0xaa, 0xbb]));
  expect([...frame]).toEqual([7, 0, 0, 0, 3, 4, 3, 2, 1, 0xaa, 0xbb]);
  expect(encodeFrame(FrameKind.cancel, 1, new Uint8Array(0))).toHaveLength(FRAME_HEADER);
});

test('a frame comes back, also from the middle of a larger array', () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(9), ({ kind, id, payload }, before) => {
      const frame = encodeFrame(kind, id, payload);
      const larger = new Uint8Array(before + frame.length + 3);
      larger.set(frame, before);
      const part = larger.subarray(before, before + frame.length);
      expect(decodeFrame(part)).toEqual({ kind, id, payload });
      expect(split([part])).toEqual([frame]);
    }),
  );
});

test('three frames come whole and in order, cut at any two bytes', () => {
  const frames = ['one', '', 'three'].map((word, id) =>
    encodeFrame(FrameKind.item, id, new TextEncoder().encode(word)),
  );
  const stream = Buffer.concat(frames);
  for (let a = 0; a <= stream.length; a++)
    for (let b = a; b <= stream.length; b++) {
      const pieces = [stream.subarray(0, a), stream.subarray(a, b), stream.subarray(b)];
      expect(split(pieces.map((piece) => new Uint8Array(piece)))).toEqual(frames);
    }
});

test('frames come whole and in order, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 30 })), (list, lengths) => {
      const frames = list.map(({ kind, id, payload }) => encodeFrame(kind, id, payload));
      const stream = new Uint8Array(Buffer.concat(frames));
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const length of lengths) {
        pieces.push(stream.subarray(at, at + length));
        at += length;
      }
      pieces.push(stream.subarray(at));
      expect(split(pieces)).toEqual(frames);
    }),
  );
});

test.each([0, 1, 4, FRAME_MAX + 1, 0xffffffff])('a length of %i is impossible', (length) => {
  expect(() => split([announced(length)])).toThrow(FrameError);
  // It is told as soon as the length is whole, also where it comes byte by byte.
  const splitter = new FrameSplitter();
  const bytes = announced(length);
  expect(split([bytes.subarray(0, 1), bytes.subarray(1, 3)], splitter)).toEqual([]);
  expect(() => split([bytes.subarray(3)], splitter)).toThrow(FrameError);
});

test('frames before an impossible length are still delivered', () => {
  const frame = encodeFrame(FrameKind.done, 1, new Uint8Array([1]));
  const frames: Uint8Array[] = [];
  const stream = new Uint8Array(Buffer.concat([frame, announced(3)]));
  expect(() => new FrameSplitter().push(stream, (bytes) => frames.push(bytes))).toThrow(FrameError);
  expect(frames).toEqual([frame]);
});

test('the shortest and the longest frame are possible', () => {
  expect(split([announced(5, 5)])).toEqual([announced(5, 5)]);
  const longest = announced(FRAME_MAX, FRAME_MAX);
  const lengths: number[] = [];
  const splitter = new FrameSplitter();
  for (const piece of [longest.subarray(0, 10), longest.subarray(10)])
    splitter.push(piece, (frame) => lengths.push(frame.length));
  expect(lengths).toEqual([FRAME_MAX + 4]);
});

test('no frame is made that its reader would refuse', () => {
  const fits = new Uint8Array(FRAME_MAX - 5);
  const frame = encodeFrame(FrameKind.chunk, 1, fits);
  const lengths: number[] = [];
  new FrameSplitter().push(frame, (bytes) => lengths.push(bytes.length));
  expect(lengths).toEqual([FRAME_MAX + 4]);
  expect(() => encodeFrame(FrameKind.chunk, 1, new Uint8Array(FRAME_MAX - 4))).toThrow(FrameError);
});
