import { Anchor, CircleQuestionMark, RefreshCw } from 'lucide-react';
import { showBox } from '../jump/open.ts';
import { CopyButton } from './Copy.tsx';
import type { Lasts } from './numbers.ts';

type NumberProps = {
  /** Whole, in decimal; `unknown`; null where the kernel counts. */
  number: string | null;
  /** Whose it is, for a screen reader: `st_ino`, `inode of lower 3`. */
  what: string;
  /** In few letters, where it stands so. */
  short?: string;
  /** readdir's, and not stat's. */
  differs?: boolean;
  /** With a button that copies it. */
  copy?: boolean;
};

/** An inode number: pressed, it finds everything that it means; whole on hover and on copy. */
export function NumberText({ number, what, short, differs, copy }: NumberProps) {
  if (number === null) return <em className="volatile">volatile</em>;
  if (number === 'unknown') return <i className="unknown">unknown</i>;
  return (
    <>
      <button
        type="button"
        className={differs ? 'num-link mono differs' : 'num-link mono'}
        title={`${number}: find everything that it means`}
        aria-label={`${what} ${number}: find everything that it means`}
        onClick={() => showBox('path', number)}
      >
        {short ?? number}
      </button>
      {copy && <CopyButton label={`Copy ${what} ${number}`} what={what} text={number} />}
    </>
  );
}

const SIGNS = { stays: Anchor, changes: RefreshCw, volatile: RefreshCw, unknown: CircleQuestionMark } as const;

/** How long a number lasts: by sign and by word. */
export function LastsText({ lasts: { sign, words } }: { lasts: Lasts }) {
  const Sign = SIGNS[sign];
  return (
    <p className={`num-lasts is-${sign}`}>
      <Sign aria-hidden />
      <span>
        <b>{sign === 'volatile' ? <em className="volatile">volatile</em> : sign}</b>, {words}
      </span>
    </p>
  );
}
