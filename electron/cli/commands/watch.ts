import { textForJson } from '../../../shared/bytes/show.ts';
import type { WatchEvent, WatchMeta } from '../../../shared/contract/watch.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { Exit } from '../failures.ts';
import { eyes } from '../people.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { type Paint, paintFor } from '../text.ts';

export type WatchOptions = {
  /** End after so many seconds from the meta line, or after so many events; null: neither. */
  seconds: number | null;
  count: number | null;
  through: boolean;
};

/** `watch STACK`: prints what happens, a line each, until something ends it. */
export async function watch(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  options: WatchOptions,
): Promise<number> {
  const done = new AbortController();
  const { signal } = session;
  const lines = session.format === 'table' ? new TableLines(session) : new JsonLines(session);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  session.progress.show('reading');
  try {
    const { unmounted } = await engine.call(
      'watch',
      { stack, through: options.through },
      {
        signal: AbortSignal.any([signal, done.signal]),
        onItem: (item) => {
          if (done.signal.aborted) return;
          if ('meta' in item) {
            session.progress.clear();
            tellUnwatched(session, item.meta);
            lines.meta(item.meta);
            if (options.seconds !== null) timer = setTimeout(() => done.abort(), options.seconds * 1000);
            if (left <= 0) done.abort();
          } else if ('unmounted' in item) {
            lines.end(item.unmounted.stillAt.map(textForJson));
          } else {
            for (const event of item.events) {
              if (left-- <= 0) break;
              const latency = (process.hrtime.bigint() - BigInt(item.readMonotonicNs)) / 1000n;
              lines.event({ ...event, latencyUs: Number(latency) });
            }
            if (left <= 0) done.abort();
          }
        },
      },
    );
    if (!unmounted) throw new FailureError({ code: 'internal', message: 'the watch ended by itself' });
  } catch (error) {
    // Cancelled is how it ends; an interruption gives the session its status.
    if (!done.signal.aborted && !signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  session.rows.end();
  return Exit.done;
}

/** Says what is not watched, or not in the best way. */
function tellUnwatched({ progress }: Session, { watched }: WatchMeta['meta']): void {
  for (const { layer, by, why } of watched) {
    if (why === '') continue;
    const name = layer === -1 ? 'the work directory' : layer === 0 ? 'the upper' : `layer ${layer}`;
    const how = {
      none: 'is not watched',
      inotify: 'is watched without telling who',
      directories: 'is watched directory by directory',
      filesystem: 'is watched',
    }[by];
    progress.say(`stratoscope: ${name} ${how}: ${why}.`);
  }
}

class JsonLines {
  readonly #session: Session;
  constructor(session: Session) {
    this.#session = session;
  }
  meta(meta: object): void {
    this.#session.rows.meta(meta);
  }
  event(event: WatchEvent): void {
    this.#session.rows.row(event);
  }
  end(stillAt: string[]): void {
    this.#session.rows.row({ event: 'unmounted', stillAt });
  }
}

/** For people: the time of day, what happened, who did it, where. */
class TableLines {
  readonly #session: Session;
  readonly #paint: Paint;
  constructor(session: Session) {
    this.#session = session;
    this.#paint = paintFor(session.output.isTerminal);
  }
  meta({ mount, mountB64 }: WatchMeta['meta']): void {
    const name = mount === null ? 'these directories' : eyes(mount, mountB64);
    this.#session.progress.say(`stratoscope: watching ${name}; Ctrl-C ends it.`);
    this.#session.output.write(
      `${'TIME'.padEnd(15)}  ${'EVENT'.padEnd(13)}  ${'PID'.padStart(7)}  ${'COMMAND'.padEnd(15)}  PATH\n`,
    );
  }
  event({ time, event, path, pathB64, from, fromB64, temp, pid, command, bytes, layer }: WatchEvent): void {
    const where = path === null ? '' : path === '' ? '/' : eyes(path, pathB64);
    const parts = [
      event === 'layer-changed' ? `layer ${layer}: ${where}` : where,
      from === undefined ? '' : `from ${eyes(from, fromB64)}`,
      temp === undefined ? '' : `(${eyes(temp)})`,
      bytes === undefined || bytes === 'unknown' ? '' : `${bytes} bytes`,
    ];
    const word = this.#paint(
      event.padEnd(13),
      event.startsWith('temp') ? 'dim' : event === 'layer-changed' || event === 'overflow' ? 'warn' : 'upper',
    );
    const who = command === 'unknown' ? '' : eyes(command);
    this.#session.output.write(
      `${time.slice(11, 26)}  ${word}  ${String(pid ?? '').padStart(7)}  ${who.padEnd(15)}  ${parts.filter((part) => part !== '').join('  ')}\n`,
    );
  }
  end(stillAt: string[]): void {
    const where = stillAt.length === 0 ? '' : `; still mounted at ${stillAt.map((path) => eyes(path)).join(', ')}`;
    this.#session.progress.say(`stratoscope: unmounted${where}.`);
  }
}
