import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { decodeFrame, encodeFrame, FRAME_MAX, FrameKind } from './frame.ts';
import { createClient, createServer, FailureError, type Handlers, type Transport, transportPair } from './rpc.ts';

const contract = {
  calls: {
    add: { params: z.object({ a: z.number(), b: z.number().default(1) }), result: z.number() },
    count: { params: z.object({ to: z.number() }), item: z.object({ n: z.number() }), result: z.string() },
    bytes: { params: z.object({}), chunks: true, result: z.null() },
    wait: { params: z.object({}), result: z.string() },
    fail: { params: z.object({ how: z.enum(['failure', 'error', 'word', 'later']) }), result: z.null() },
  },
  events: { notice: z.object({ text: z.string() }) },
} as const;

const handlers: Handlers<typeof contract> = {
  add: ({ a, b }) => a + b,
  count: async ({ to }, { item, signal }) => {
    for (let n = 1; n <= to; n++) {
      if (signal.aborted) throw new Error('stopped');
      item({ n });
      await Promise.resolve();
    }
    return 'counted';
  },
  bytes: (_, { chunk }) => {
    chunk(new Uint8Array([0, 255]));
    chunk(new Uint8Array(0));
    return null;
  },
  wait: (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('woken')))),
  fail: async ({ how }) => {
    if (how === 'failure') throw new FailureError({ code: 'not-found', message: 'gone', path: '/a', hint: 'look' });
    if (how === 'error') throw new TypeError('a mistake');
    if (how === 'word') throw 'a word';
    await Promise.resolve();
    throw new Error('late');
  },
};

/** A client and a server with what went over the wire between them, and the means to close the client's end. */
function joined(own: Partial<Handlers<typeof contract>> = {}) {
  const [a, b] = transportPair();
  const sent: { kind: number; id: number; body: string }[] = [];
  let close = (): void => {};
  const tap: Transport = {
    ...a,
    send: (frame) => {
      const { kind, id, payload } = decodeFrame(frame);
      sent.push({ kind, id, body: new TextDecoder().decode(payload) });
      a.send(frame);
    },
    onClose: (listener) => {
      close = listener;
    },
  };
  let closeServer = (): void => {};
  const server = createServer(
    contract,
    {
      ...b,
      onClose: (listener) => {
        closeServer = listener;
      },
    },
    { ...handlers, ...own },
  );
  return { client: createClient(contract, tap), server, sent, close: () => close(), closeServer: () => closeServer() };
}

const failure = (code: string, message?: RegExp) =>
  expect.objectContaining({
    failure: expect.objectContaining({ code, ...(message ? { message: expect.stringMatching(message) } : {}) }),
  });

test('a call gives its result, and defaults are filled in by the server', async () => {
  const { client } = joined();
  expect(await client.call('add', { a: 1, b: 2 })).toBe(3);
  expect(await client.call('add', { a: 1 })).toBe(2);
});

test('items and chunks come in order, before the result', async () => {
  const { client } = joined();
  const got: unknown[] = [];
  got.push(await client.call('count', { to: 3 }, { onItem: ({ n }) => got.push(n) }));
  expect(got).toEqual([1, 2, 3, 'counted']);
  const chunks: number[][] = [];
  await client.call('bytes', {}, { onChunk: (chunk) => chunks.push([...chunk]) });
  expect(chunks).toEqual([[0, 255], []]);
});

test('calls run beside each other, each with its own items', async () => {
  const { client } = joined();
  const counts: number[][] = [[], []];
  const run = (i: number, to: number) => client.call('count', { to }, { onItem: ({ n }) => counts[i]?.push(n) });
  await Promise.all([run(0, 3), run(1, 2)]);
  expect(counts).toEqual([
    [1, 2, 3],
    [1, 2],
  ]);
});

test.each([
  ['failure', { code: 'not-found', message: 'gone', path: '/a', hint: 'look' }],
  ['error', { code: 'internal', message: 'a mistake' }],
  ['word', { code: 'internal', message: 'a word' }],
  ['later', { code: 'internal', message: 'late' }],
] as const)('a handler that fails by %s fails the call alone', async (how, expected) => {
  const { client } = joined();
  const waiting = client.call('count', { to: 50 });
  const error = await client.call('fail', { how }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FailureError);
  expect((error as FailureError).failure).toMatchObject(expected);
  expect(await waiting).toBe('counted');
});

test('a call that is not in the contract is refused by name', async () => {
  const { client } = joined();
  for (const name of ['nothing', 'toString', '__proto__'])
    await expect(client.call(name as 'add', { a: 1 })).rejects.toEqual(failure('bad-request', new RegExp(name)));
});

test('bad parameters never reach the handler', async () => {
  const add = vi.fn(() => 0);
  const { client } = joined({ add });
  await expect(client.call('add', { a: '1' } as never)).rejects.toEqual(failure('bad-request', /add: .*at a/s));
  await expect(client.call('add', undefined as never)).rejects.toEqual(failure('bad-request'));
  expect(add).not.toHaveBeenCalled();
});

test.each(['', '{', 'null', '[]', '7', '{"call":7}'])(
  'the request %j is refused, and the server goes on',
  async (body) => {
    const [a, b] = transportPair();
    createServer(contract, b, handlers);
    const answers: { kind: number; id: number; code: string }[] = [];
    a.onFrame((frame) => {
      const { kind, id, payload } = decodeFrame(frame);
      answers.push({ kind, id, code: JSON.parse(new TextDecoder().decode(payload)).code });
    });
    a.send(encodeFrame(FrameKind.call, 5, new TextEncoder().encode(body)));
    await vi.waitFor(() => expect(answers).toEqual([{ kind: FrameKind.failed, id: 5, code: 'bad-request' }]));
    const client = createClient(contract, a);
    expect(await client.call('add', { a: 1, b: 1 })).toBe(2);
  },
);

test('a cancelled call is told so, and its handler is woken', async () => {
  const { client } = joined();
  const stop = new AbortController();
  const call = client.call('wait', {}, { signal: stop.signal });
  setTimeout(() => stop.abort(), 5);
  await expect(call).rejects.toEqual(failure('cancelled'));
});

test('a stream that is cancelled from its listener ends', async () => {
  const { client } = joined();
  const stop = new AbortController();
  const seen: number[] = [];
  const onItem = ({ n }: { n: number }): void => {
    seen.push(n);
    if (n === 2) stop.abort();
  };
  await expect(client.call('count', { to: 10_000 }, { onItem, signal: stop.signal })).rejects.toEqual(
    failure('cancelled'),
  );
  expect(seen.length).toBeLessThan(100);
});

test('what is cancelled before it begins is never sent', async () => {
  const { client, sent } = joined();
  await expect(client.call('wait', {}, { signal: AbortSignal.abort() })).rejects.toEqual(failure('cancelled'));
  expect(sent).toEqual([]);
});

test('an abort after the end says nothing to the server', async () => {
  const { client, sent } = joined();
  const stop = new AbortController();
  await client.call('add', { a: 1 }, { signal: stop.signal });
  stop.abort();
  expect(sent.map(({ kind }) => kind)).toEqual([FrameKind.call]);
});

test('a listener that throws ends its own call, and stops it at the server', async () => {
  const { client, sent } = joined();
  const other: number[] = [];
  const counted = client.call('count', { to: 50 }, { onItem: ({ n }) => other.push(n) });
  const onItem = (): void => {
    throw new RangeError('too much');
  };
  await expect(client.call('count', { to: 50 }, { onItem })).rejects.toThrow(new RangeError('too much'));
  expect(await counted).toBe('counted');
  expect(other).toHaveLength(50);
  expect(sent.filter(({ kind }) => kind === FrameKind.cancel)).toHaveLength(1);
  expect(await client.call('add', { a: 1 })).toBe(2);
});

test('a peer that closes fails every open call, once, and every later one', async () => {
  const { client, close } = joined();
  const closed = vi.fn();
  client.onClose(closed);
  const open = [client.call('wait', {}), client.call('wait', {})];
  close();
  for (const call of open) await expect(call).rejects.toEqual(failure('closed'));
  expect(closed).toHaveBeenCalledTimes(1);
  await expect(client.call('add', { a: 1 })).rejects.toEqual(failure('closed'));
});

test('a server whose peer closes stops what runs for it', async () => {
  let signal: AbortSignal | undefined;
  const { client, closeServer } = joined({
    wait: (_, context) => {
      signal = context.signal;
      return new Promise(() => {});
    },
  });
  void client.call('wait', {});
  await vi.waitFor(() => expect(signal?.aborted).toBe(false));
  closeServer();
  expect(signal?.aborted).toBe(true);
});

test('events reach every listener until it is taken off', async () => {
  const { client, server } = joined();
  const got: string[] = [];
  const offA = client.on('notice', ({ text }) => got.push(`a ${text}`));
  client.on('notice', ({ text }) => got.push(`b ${text}`));
  server.emit('notice', { text: '1' });
  await client.call('add', { a: 1 });
  offA();
  server.emit('notice', { text: '2' });
  await client.call('add', { a: 1 });
  expect(got).toEqual(['a 1', 'b 1', 'b 2']);
});

test('a listener of an event that throws is told of, and neither the others nor the calls suffer', async () => {
  const [a, b] = transportPair();
  const server = createServer(contract, b, handlers);
  const faults: [string, unknown][] = [];
  const client = createClient(contract, a, (what, error) => faults.push([what, error]));
  const got: string[] = [];
  const mistake = new RangeError('too much');
  client.on('notice', () => {
    throw mistake;
  });
  client.on('notice', ({ text }) => got.push(text));
  server.emit('notice', { text: '1' });
  server.emit('notice', { text: '2' });
  expect(await client.call('add', { a: 1 })).toBe(2);
  expect(got).toEqual(['1', '2']);
  expect(faults).toEqual([
    [expect.stringContaining('notice'), mistake],
    [expect.stringContaining('notice'), mistake],
  ]);
});

test('a listener of the end that throws keeps no other from hearing of it', () => {
  let close = (): void => {};
  const faults: unknown[] = [];
  const quiet: Transport = { send: () => {}, onFrame: () => {}, onClose: (listener) => (close = listener) };
  const client = createClient(contract, quiet, (_, error) => faults.push(error));
  const closed = vi.fn();
  client.onClose(() => {
    throw new Error('no');
  });
  client.onClose(closed);
  close();
  expect(closed).toHaveBeenCalledTimes(1);
  expect(faults).toEqual([new Error('no')]);
});

test('an event and an answer that are no JSON end neither process', async () => {
  const [a, b] = transportPair();
  const faults: string[] = [];
  const client = createClient(contract, a, (what) => faults.push(what));
  b.onFrame((frame) => {
    const { id } = decodeFrame(frame);
    b.send(encodeFrame(FrameKind.event, 0, new TextEncoder().encode('{')));
    b.send(encodeFrame(FrameKind.done, id, new TextEncoder().encode('{')));
  });
  await expect(client.call('add', { a: 1 })).rejects.toEqual(failure('bad-answer'));
  expect(faults).toHaveLength(1);
});

test('what is too large for a frame fails its own call, at either end, and nothing else', async () => {
  const large = 'x'.repeat(FRAME_MAX);
  const { client } = joined({ wait: () => large });
  await expect(client.call('wait', {})).rejects.toEqual(failure('too-large', /larger than/));
  await expect(client.call('add', { a: large } as never)).rejects.toEqual(failure('too-large', /larger than/));
  expect(await client.call('add', { a: 1 })).toBe(2);
});
