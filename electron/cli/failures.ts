import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ErrorLine } from '../../shared/contract/scan.ts';
import { type Failure, FailureError } from '../../shared/ipc/rpc.ts';

/** What a run of the program ends with (terminal contract, "Everywhere"). */
export const Exit = {
  done: 0,
  found: 1,
  usage: 2,
  nothingRead: 3,
  needsPrivilege: 4,
  /** A fault of the program itself; the contract tells readers to take an unknown status as failure. */
  fault: 70,
  interrupted: 130,
} as const;

/** Codes of Failure that no input of the user's causes, and those with a status of their own; the rest is bad input. */
const STATUS: Record<string, number> = {
  internal: Exit.fault,
  closed: Exit.fault,
  cancelled: Exit.interrupted,
  unreadable: Exit.nothingRead,
  'no-layer': Exit.nothingRead,
  'needs-privilege': Exit.needsPrivilege,
};

/** Where a failure lies that no path names, by its code. */
const WHERE: Record<string, string> = {
  usage: 'the command line',
  'bad-options': 'the options',
  'no-layer': 'the layers',
  closed: 'the engine',
  internal: 'the program',
};

export const exitOf = (failure: Failure): number => STATUS[failure.code] ?? Exit.usage;

/** Bad usage: `message` says what is wrong, `hint` what to type instead. */
export const usage = (message: string, hint: string): FailureError =>
  new FailureError({ code: 'usage', message, hint });

/** A text of ours as a sentence: one full stop at its end, and nothing that a terminal would act on. */
function sentence(text: string): string {
  const shown = textForEyes(bytesOfText(text)).trim();
  return /[.?!]$/.test(shown) ? shown : `${shown}.`;
}
/** A word of the language gets its capital; an option or a path stays as it is. */
const capital = (text: string): string =>
  /^[a-z]+( |$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

/** `WHAT: WHERE: WHY. NEXT STEP.` on one line; what the user broke off has neither place nor next step. */
export function messageOf(what: string, failure: Failure): string {
  const place = failure.path || (WHERE[failure.code] ?? 'the stack');
  const where = failure.code === 'cancelled' ? '' : `${textForEyes(bytesOfText(place))}: `;
  // In a fault the hint is the stack of calls, which stays for --debug.
  const isFault = STATUS[failure.code] === Exit.fault && failure.code === 'internal';
  const hint = isFault
    ? 'run it again with --debug and report what it prints'
    : failure.code === 'needs-privilege'
      ? 'run it with sudo'
      : failure.hint;
  const next = hint === undefined || hint === '' ? '' : ` ${sentence(capital(hint))}`;
  return `stratoscope: ${what}: ${where}${sentence(failure.message)}${next}`;
}

/** The same as the contract's JSON line. */
export function errorLine(failure: Failure): ErrorLine {
  const hint = failure.code === 'internal' ? null : (failure.hint ?? null);
  return { error: { code: failure.code, message: failure.message, path: failure.path ?? null, hint } };
}
