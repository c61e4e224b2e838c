import { bind, check, Memory } from './libc.ts';

/** What time it is: clock_gettime(2). */

const CLOCK_REALTIME = 0;
const clockGettime = bind<(clock: number, out: number) => number>('clock_gettime', 'int', ['int', 'address']);
const memory = new Memory(16);

/** Nanoseconds since the epoch, as the machine's clock has it now. */
export function realtimeNs(): bigint {
  check('clock_gettime', clockGettime(CLOCK_REALTIME, memory.address));
  return memory.view.getBigInt64(0, true) * 1_000_000_000n + memory.view.getBigInt64(8, true);
}
