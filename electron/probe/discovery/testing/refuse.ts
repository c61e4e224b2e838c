import { type Instruction, installFilter, Op } from '../../privilege/seccomp.ts';
import { listOverlays } from '../index.ts';

/**
 * `node refuse.ts LIST`: makes the kernel refuse system calls to this process, as an older kernel or a container's
 * filter would, then prints what `listOverlays` finds as JSON. LIST is a JSON list of Refusal. Needs root.
 */
export type Refusal = {
  number: number;
  errno: number;
  /** Only where the second argument is this (the request of an ioctl). */
  second?: number;
};

// struct seccomp_data: u32 number at 0, low half of the second argument at 24.
const load = (at: number): Instruction => [Op.load, 0, 0, at];
const RET_ALLOW = 0x7fff0000;
const RET_ERRNO = 0x00050000;

const program = (JSON.parse(process.argv[2] ?? '[]') as Refusal[]).flatMap(
  ({ number, errno, second }): Instruction[] => {
    const body: Instruction[] = [[Op.return, 0, 0, RET_ERRNO | errno]];
    if (second !== undefined) body.unshift(load(24), [Op.equal, 0, 1, second]);
    return [load(0), [Op.equal, 0, body.length, number], ...body];
  },
);
installFilter([...program, [Op.return, 0, 0, RET_ALLOW]]);

const stacks: unknown[] = [];
const result = await listOverlays((stack) => stacks.push(stack));
console.log(JSON.stringify({ stacks, result }));
