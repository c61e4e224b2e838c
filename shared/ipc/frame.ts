/**
 * The one framing between all processes. A frame is
 *   u32le  length of what follows (kind, id and payload)
 *   u8     kind
 *   u32le  id of the call that it belongs to (0 for events)
 *   …      payload: UTF-8 JSON, or raw bytes where the kind is `chunk`
 */
export const FrameKind = {
  /** caller → callee: JSON {call, params} */
  call: 1,
  /** callee → caller: one JSON item of a streamed answer */
  item: 2,
  /** callee → caller: one binary piece of a streamed answer */
  chunk: 3,
  /** callee → caller: the JSON result; the call has ended */
  done: 4,
  /** callee → caller: JSON Failure; the call has ended */
  failed: 5,
  /** caller → callee: stop this call; it ends with `failed` (code cancelled) or `done` */
  cancel: 6,
  /** callee → caller: JSON {event, data}; id is 0 */
  event: 7,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export type Frame = { kind: FrameKind; id: number; payload: Uint8Array };

/** Bytes before the payload, the length field included. */
export const FRAME_HEADER = 9;

/** No frame's length is larger: none is sent, and a peer that announces more is broken, and is cut off instead of believed. */
export const FRAME_MAX = 64 * 1024 * 1024;

/** What comes or should go over the wire is no frame: its length is impossible, or it is larger than FRAME_MAX. */
export class FrameError extends Error {}

/** A whole frame as it goes over the wire, header and payload in one array. Throws a FrameError above FRAME_MAX. */
export function encodeFrame(kind: FrameKind, id: number, payload: Uint8Array): Uint8Array {
  const length = FRAME_HEADER - 4 + payload.length;
  if (length > FRAME_MAX)
    throw new FrameError(`a message of ${length} bytes is larger than the ${FRAME_MAX} that go at once`);
  const out = new Uint8Array(4 + length);
  const view = new DataView(out.buffer);
  view.setUint32(0, length, true);
  out[4] = kind;
  view.setUint32(5, id, true);
  out.set(payload, FRAME_HEADER);
  return out;
}

/** Splits a whole frame (as `encodeFrame` made it, or as `FrameSplitter` cut it). The payload shares its memory. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { kind: bytes[4] as FrameKind, id: view.getUint32(5, true), payload: bytes.subarray(FRAME_HEADER) };
}

/** Cuts a byte stream into whole frames. Throws a FrameError when a length is impossible. */
export class FrameSplitter {
  #parts: Uint8Array[] = [];
  #have = 0;
  #need = 4;

  /** Takes the next piece of the stream and calls `onFrame` with each frame completed by it (header included). */
  push(piece: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    this.#parts.push(piece);
    this.#have += piece.length;
    while (this.#have >= this.#need) {
      const joined = this.#join();
      let at = 0;
      while (joined.length - at >= 4) {
        const length = new DataView(joined.buffer, joined.byteOffset + at).getUint32(0, true);
        if (length < 5 || length > FRAME_MAX) throw new FrameError(`impossible frame of ${length} bytes`);
        if (joined.length - at < 4 + length) {
          this.#keep(joined.subarray(at), 4 + length);
          return;
        }
        onFrame(joined.subarray(at, at + 4 + length));
        at += 4 + length;
      }
      this.#keep(joined.subarray(at), 4);
      if (joined.length - at < 4) return;
    }
  }

  #join(): Uint8Array {
    if (this.#parts.length === 1) return this.#parts[0] as Uint8Array;
    const joined = new Uint8Array(this.#have);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #keep(rest: Uint8Array, need: number): void {
    this.#parts = rest.length > 0 ? [rest] : [];
    this.#have = rest.length;
    this.#need = need;
  }
}
