/** The call `walk`: opens the layers, reads those that answer here and the others each in a process of its own. */
import type { z } from 'zod';
import type { Place, probeContract, WalkProgress } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { hangJudge } from '../layers/danger.ts';
import { PlaceOpener } from '../layers/place.ts';
import { openSession, releaseSession } from '../layers/sessions.ts';
import { isApart } from '../programs.ts';
import { errnoName, SyscallError } from '../syscalls/libc.ts';
import { startApart } from './apart.ts';
import type { WalkRoot } from './messages.ts';
import { Walk, type WalkOutput } from './walk.ts';

type WalkSpec = (typeof probeContract)['calls']['walk'];
export type WalkParams = z.output<WalkSpec['params']>;
export type WalkResult = z.input<WalkSpec['result']>;
export type WalkContext = WalkOutput & { item(progress: WalkProgress): void };
type LayerProgress = WalkProgress['layers'][number];

const PROGRESS_MS = 100;

/** A layer's error as the contract gives it. */
const problem = (place: Place, error: SyscallError): LayerProgress['error'] => ({
  code: error.code,
  message: `${place.path}: ${error.message}`,
});

/**
 * Reads whole layers (see the contract). The roots stay open under the session until it is released, or is walked anew;
 * a walk that is cancelled releases them itself.
 */
export async function walkLayers(params: WalkParams, context: WalkContext): Promise<WalkResult> {
  const from = performance.now();
  releaseSession(params.session);
  const session = openSession(params.session);
  const progress = new Map<number, LayerProgress>();
  const roots: WalkRoot[] = [];
  const apart: Promise<void>[] = [];
  const say = (): void => context.item({ layers: [...progress.values()] });
  let byPath = false;

  const mayHang = hangJudge();
  const opener = new PlaceOpener();
  try {
    for (const { layer, place, isolate } of params.layers) {
      if (progress.has(layer)) throw new FailureError({ code: 'bad-request', message: `layer ${layer} stands twice` });
      const own: LayerProgress = { layer, directories: 0, entries: 0, done: false, error: null };
      progress.set(layer, own);
      if (isolate || (!isApart && mayHang(place))) {
        const reader = startApart({ ...params, layers: [{ layer, place, isolate: false }] }, context.signal);
        session.set(layer, { kind: 'apart', reader });
        const onProgress = (seen: LayerProgress): void => {
          progress.set(layer, seen);
        };
        apart.push(
          reader.walk({ ...context, item: ({ layers: [seen] }) => seen && onProgress(seen) }).then(
            ({ atime }) => {
              byPath ||= atime === 'may move';
            },
            (error: unknown) => {
              if (!(error instanceof FailureError)) throw error;
              const { code, message } = error.failure;
              onProgress({ ...(progress.get(layer) ?? own), done: true, error: { code, message } });
            },
          ),
        );
        continue;
      }
      try {
        const { fd, access } = await opener.open(place);
        session.set(layer, { kind: 'here', fd, byPath: access === 'path' });
        roots.push({ layer, fd, byPath: access === 'path' });
        byPath ||= access === 'path';
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        Object.assign(own, { done: true, error: problem(place, error) });
      }
    }
  } finally {
    await opener.end();
  }

  const walk = new Walk(roots);
  const update = (): void => {
    for (const { layer, directories, entries, done, errno } of walk.progress()) {
      const error = errno === 0 ? null : { code: errnoName(errno), message: `its root: ${errnoName(errno)}` };
      progress.set(layer, { layer, directories, entries, done, error });
    }
  };
  const timer = setInterval(() => {
    update();
    say();
  }, PROGRESS_MS);
  try {
    const origins = params.origins.flatMap(({ layer, uuid }) => {
      const root = roots.findIndex((one) => one.layer === layer);
      return root < 0 ? [] : [{ root, uuid: Uint8Array.from(Buffer.from(uuid, 'hex')) }];
    });
    await Promise.all([walk.run({ targets: params.targets, origins }, context), ...apart]);
    if (context.signal.aborted) throw new FailureError({ code: 'cancelled', message: 'the walk was cancelled' });
  } finally {
    clearInterval(timer);
    if (context.signal.aborted) releaseSession(params.session, session);
  }
  update();
  say();
  let entries = 0;
  for (const layer of progress.values()) entries += layer.entries;
  return { entries, seconds: (performance.now() - from) / 1000, atime: byPath ? 'may move' : 'untouched' };
}
