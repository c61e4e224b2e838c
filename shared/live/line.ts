import type { Bytes } from '../bytes/bytes.ts';
import { jsonField, textForJson } from '../bytes/show.ts';
import type { WatchEvent } from '../contract/watch.ts';
import type { LiveEvent } from './event.ts';
import type { Process } from './raw.ts';

const NO_PID = 'unknown, needs privilege';

/** ISO 8601 in UTC with microseconds, of nanoseconds since the epoch. */
export function isoTime(ns: bigint): string {
  const ms = ns / 1_000_000n;
  const us = String((ns / 1000n) % 1000n).padStart(3, '0');
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${us}Z`;
}

/** Who, in the fields of the terminal contract. */
export function whoFields(by: Process | null): Pick<WatchEvent, 'pid' | 'command' | 'exe'> & Partial<WatchEvent> {
  if (by === null || by.pid === null)
    return { pid: null, whyNoPid: by?.why ?? NO_PID, command: 'unknown', exe: 'unknown' };
  const text = (bytes: Bytes | undefined): string => (bytes === undefined ? 'unknown' : textForJson(bytes));
  return {
    pid: by.pid,
    command: text(by.command),
    ...(by.commandLine === undefined ? {} : { commandLine: textForJson(by.commandLine) }),
    ...(by.exe === undefined ? { exe: 'unknown' } : (jsonField('exe', by.exe) as { exe: string })),
    ...(by.why === undefined ? {} : { whyNoCommand: by.why }),
    ...(by.container === undefined ? {} : { container: by.container.id }),
  };
}

/** An event as the terminal contract has it, but for the latency, which is known when it is written. */
export function watchEvent(live: LiveEvent, seq: number, readNs: bigint): WatchEvent {
  const { event, path, from, layer, temp, bytes, copied, assumed, merged, by } = live;
  return {
    time: isoTime(readNs),
    seq,
    event,
    ...(path === null ? { path: null } : (jsonField('path', path) as { path: string })),
    ...(from === undefined ? {} : jsonField('from', from)),
    layer,
    ...(temp === undefined ? {} : jsonField('temp', temp)),
    ...whoFields(by),
    ...(bytes === undefined ? {} : { bytes }),
    ...(copied === undefined ? {} : { copied }),
    ...(assumed === undefined ? {} : { assumed }),
    ...(merged === undefined ? {} : { merged }),
  };
}
