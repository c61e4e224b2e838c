import type { Failure } from '../../shared/ipc/rpc.ts';

/** A failure as a person reads it in the window: what happened and what to do next, in sentences. Pure. */

/** Next steps that are another in the window than at a terminal, by code. */
const STEPS: Record<string, string> = {
  'needs-privilege': 'Choose “Read with privilege…” at the top of the window',
  mounted: 'Unmount it first, or write the script all the same',
  'not-mounted': 'Open the mount itself, from the list on the left',
  unmounted: 'Mount it again, then press F5',
  'no-view': 'Press F5 to open the stack again',
};

/** What only a terminal knows: options, and its own commands. */
const FOR_TERMINALS = /(^|\s|")(--[a-z]|sudo |stratoscope )/;
/** The list that a terminal is sent to stands in the window. */
const LIST = /stratoscope list/;

/** Names of programs and options, which are never written with a capital. */
const NAMES = /^(pkexec|sudo|ssh|userxattr|metacopy|index|xino|overlayfs|fanotify)\b/;

/** A fragment as a sentence. What begins with a path or a number stays as it is. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const begun =
    !NAMES.test(trimmed) && /^[a-z][a-z’',;:]*(\s|$)/.test(trimmed)
      ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
      : trimmed;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** The next step in a sentence; null where there is none to tell. */
export function nextStep({ code, hint }: Pick<Failure, 'code' | 'hint'>): string | null {
  const own = STEPS[code];
  if (own !== undefined) return sentence(own);
  if (hint === undefined || hint.trim() === '') return null;
  if (LIST.test(hint)) return 'The list on the left shows what is mounted; F5 reads it again.';
  if (/--lower and --upper/.test(hint)) return 'Name its layers in “Open directories…”.';
  return FOR_TERMINALS.test(hint)
    ? `At a terminal: ${sentence(hint).replace(/^./, (letter) => letter.toLowerCase())}`
    : sentence(hint);
}

export const whatFailed = ({ message }: Pick<Failure, 'message'>): string => sentence(message);
