/**
 * A machine whose kernel lacks a call: `refusing.ts CALL… -- COMMAND…` puts a filter on itself that answers these calls
 * as an older kernel would, then becomes the command. Needs root, and keeps its privilege.
 */
import { type Instruction, installFilter, Op } from '../privilege/seccomp.ts';
import { execute } from '../syscalls/credentials.ts';
import { errnos } from '../syscalls/libc.ts';

const arm = process.arch === 'arm64';
const RET_ALLOW = 0x7fff0000;
const RET_ERRNO = 0x00050000;
const NUMBER_AT = 0;
const argumentAt = (index: number): number => 16 + 8 * index;

type Refusal = {
  number: number;
  errno: string;
  /** Only where this argument equals the value, or has any of these bits. */
  when?: { argument: number; equals?: number; bits?: number };
};

/** By the name that a test gives. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  listxattrat: { number: 465, errno: 'ENOSYS' },
  getxattrat: { number: 464, errno: 'ENOSYS' },
  open_tree: { number: 428, errno: 'ENOSYS' },
  mount_setattr: { number: 442, errno: 'ENOSYS' },
  statmount: { number: 457, errno: 'ENOSYS' },
  listmount: { number: 458, errno: 'ENOSYS' },
  openat2: { number: 437, errno: 'ENOSYS' },
  AT_HANDLE_FID: { number: arm ? 264 : 303, errno: 'EINVAL', when: { argument: 4, bits: 0x200 } },
  NS_MNT_GET_NEXT: { number: arm ? 29 : 16, errno: 'ENOTTY', when: { argument: 1, equals: 0x8010b70b } },
  NS_MNT_GET_PREV: { number: arm ? 29 : 16, errno: 'ENOTTY', when: { argument: 1, equals: 0x8010b70c } },
};

function filter(names: readonly string[]): Instruction[] {
  const out: Instruction[] = [];
  for (const name of names) {
    const { number, errno, when } = REFUSALS[name] as Refusal;
    const refuse: Instruction = [Op.return, 0, 0, RET_ERRNO | (errnos[errno] as number)];
    const body: Instruction[] = [];
    if (when) {
      body.push([Op.load, 0, 0, argumentAt(when.argument)]);
      body.push(when.bits === undefined ? [Op.equal, 0, 1, when.equals ?? 0] : [Op.bits, 0, 1, when.bits]);
    }
    body.push(refuse);
    out.push([Op.load, 0, 0, NUMBER_AT], [Op.equal, 0, body.length, number], ...body);
  }
  out.push([Op.return, 0, 0, RET_ALLOW]);
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const cut = process.argv.indexOf('--');
  const [file = '', ...args] = process.argv.slice(cut + 1);
  installFilter(filter(process.argv.slice(2, cut)));
  const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  execute(file, args, environment);
}
