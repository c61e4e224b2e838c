/** The probe's answers, call by call. */
import { type Place, type ProbeContract, probeContract } from '../../shared/ipc/probe.ts';
import { createServer, type Failure, FailureError, type Handlers } from '../../shared/ipc/rpc.ts';
import type { StreamTransport } from '../pipe/streams.ts';
import { listOverlays, resolveStack, seenFilesystems } from './discovery/index.ts';
import { hello } from './hello.ts';
import { hangJudge } from './layers/danger.ts';
import { CannotList, listDirectories } from './layers/directories.ts';
import { readEntry, readNames, readWork } from './layers/entry.ts';
import { verifyHandles } from './layers/handles.ts';
import { identify } from './layers/identify.ts';
import { type HandleAnswer, type HandleRequest, releaseSession, sessionLayer } from './layers/sessions.ts';
import { watchStack } from './live/watcher.ts';
import { observe } from './observe/observe.ts';
import { isApart } from './programs.ts';
import { SyscallError } from './syscalls/libc.ts';
import { askApart } from './walk/apart.ts';
import { rereadNames } from './walk/reread.ts';
import { walkLayers } from './walk/session-walk.ts';

/** A refusal of the kernel as a failure of the call. */
function failure(error: unknown, path: string): unknown {
  if (!(error instanceof SyscallError) && !(error instanceof CannotList)) return error;
  const { code, message } = error;
  return new FailureError({ code, message: `${path}: ${message}`, path } satisfies Failure);
}

async function naming<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw failure(error, path);
  }
}

/** Answers here, or, where the place may hang, in a process that can be left behind. */
function here<T>(place: Place, use: () => Promise<T>, apart: () => Promise<T>): Promise<T> {
  return naming(place.path, () => (!isApart && hangJudge()(place) ? apart() : use()));
}

/** Handles of all layers, those of layers read apart by their readers, answers in the order of the requests. */
async function handles(session: number, requests: readonly HandleRequest[], signal: AbortSignal) {
  const rootOf = (layer: number): number | null => {
    const found = sessionLayer(session, layer);
    return found?.kind === 'here' ? found.fd : null;
  };
  const answers: HandleAnswer[] = await verifyHandles(requests, rootOf, signal);
  const apart = new Map<number, number[]>();
  requests.forEach(({ layer }, i) => {
    if (sessionLayer(session, layer)?.kind !== 'apart') return;
    const places = apart.get(layer) ?? [];
    places.push(i);
    apart.set(layer, places);
  });
  await Promise.all(
    [...apart].map(async ([layer, places]) => {
      const found = sessionLayer(session, layer);
      if (found?.kind !== 'apart') return;
      const theirs = await found.reader.handles(
        places.map((i) => requests[i] as HandleRequest),
        signal,
      );
      places.forEach((place, i) => {
        answers[place] = theirs[i] as HandleAnswer;
      });
    }),
  );
  return { answers };
}

const handlers: Handlers<ProbeContract> = {
  hello: () => hello(),
  overlays: (_, { item, signal }) => listOverlays(item, signal),
  resolve: ({ stack }, { signal }) => resolveStack(stack, signal),
  walk: (params, context) => walkLayers(params, context),
  names: ({ place, paths }, { signal }) =>
    here(
      place,
      async () => ({ lists: await readNames(place, paths) }),
      () => askApart((client) => client.call('names', { place, paths }), signal),
    ),
  reread: (params, { chunk }) => naming(params.upper.path, () => rereadNames(params, chunk)),
  handles: ({ session, requests }, { signal }) => handles(session, requests, signal),
  release: ({ session }) => {
    releaseSession(session);
    return null;
  },
  entry: (params, { signal }) =>
    here(
      params.place,
      () => readEntry(params.place, params.path, params.target),
      () => askApart((client) => client.call('entry', params), signal),
    ),
  filesystems: async (_, { signal }) => ({ filesystems: await seenFilesystems(signal) }),
  identify: (params, { signal }) =>
    here(
      params.place,
      async () => ({ answers: await identify(params.place, params.paths, signal) }),
      () => askApart((client) => client.call('identify', params), signal),
    ),
  work: (params, { signal }) =>
    here(
      params.place,
      () => readWork(params.place),
      () => askApart((client) => client.call('work', params), signal),
    ),
  observe: (params, context) => observe(params, context),
  watch: (params, context) => watchStack(params, context),
  directories: ({ path }) => naming(path, async () => ({ names: await listDirectories(path) })),
};

/** Answers over a transport until it closes. */
export function serve(transport: StreamTransport): void {
  createServer(probeContract, transport, handlers);
}
