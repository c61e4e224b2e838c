/** CPU time of processes, from /proc (proc_pid_stat(5)); in milliseconds, as exact as the kernel's clock tick. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel gives these times to programs in hundredths of a second (USER_HZ), whatever its own tick is. */
const TICK_MS = 10;

/** Fields of /proc/PID/stat behind the name, which may hold anything: the first is the state (field 3). */
function ticks(pid: number | 'self', fields: readonly number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.reduce((sum, field) => sum + Number(words[field - 3]), 0);
}

/** User and system time of a process, of its children that have ended, and of those that run. */
export function cpuOf(pid: number): number {
  let sum = ticks(pid, [14, 15, 16, 17]) * TICK_MS;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
    for (const child of children.split(' ').filter((word) => word !== '')) sum += cpuOf(Number(child));
  }
  return sum;
}

/** User and system time of this process's children that have ended. */
export const cpuOfEnded = (): number => ticks('self', [16, 17]) * TICK_MS;
