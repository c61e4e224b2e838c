import type { ListLayer } from '../../shared/contract/scan.ts';
import type { CellKind, Status } from '../../shared/ipc/engine.ts';

const CROSS = 'M2 2l8 8M10 2l-8 8';
const QUESTION = 'M3.6 4a2.4 2.4 0 1 1 3.6 2.1C6.3 6.6 6 7 6 7.8M6 10.3v.2';
const DOTS = 'M1.5 6h.01M6 6h.01M10.5 6h.01';

/** temp */
export function Cell({ kind, role }: { kind: CellKind; role: ListLayer['role'] }) {
  const frame = <rect x="1" y="1" width="10" height="10" rx="2" fill="none" stroke="currentColor" strokeWidth="1.5" />;
  const shapes: Record<CellKind, React.ReactNode> = {
    used: <rect x=".5" y=".5" width="11" height="11" rx="2" fill="currentColor" />,
    hidden: frame,
    origin: (
      <>
        {frame}
        <circle cx="6" cy="6" r="2.25" fill="currentColor" />
      </>
    ),
    whiteout: <path d={CROSS} stroke="currentColor" strokeWidth="2" strokeLinecap="round" />,
    opaque: (
      <>
        <path d="M.5 1.25h11" stroke="currentColor" strokeWidth="2" />
        <rect x=".5" y="4.25" width="11" height="7.25" rx="1.5" fill="currentColor" />
      </>
    ),
    metacopy: (
      <>
        {frame}
        <path d="M1 1H11L1 11Z" fill="currentColor" />
      </>
    ),
    data: (
      <>
        {frame}
        <path d="M11 1V11H1Z" fill="currentColor" />
      </>
    ),
    stands: (
      <rect
        x="1"
        y="1"
        width="10"
        height="10"
        rx="2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeDasharray="2.6 1.9"
      />
    ),
    unknown: <path d={QUESTION} fill="none" stroke="var(--text-2)" strokeWidth="1.5" strokeLinecap="round" />,
    reading: <path d={DOTS} stroke="var(--shape)" strokeWidth="2.2" strokeLinecap="round" />,
    absent: <circle cx="6" cy="6" r="1.25" fill="var(--shape)" />,
  };
  return (
    <svg className={`cell c-${role}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {shapes[kind]}
    </svg>
  );
}

export function Glyph({ status, role }: { status: Status; role: ListLayer['role'] }) {
  const shapes: Record<string, React.ReactNode> = {
    lower: <rect x="2" y="2" width="8" height="8" rx="1.5" fill={`var(--${role === 'data' ? 'data' : 'lower'})`} />,
    upper: <rect x="2" y="2" width="8" height="8" rx="1.5" fill="var(--upper)" />,
    'copied up': (
      <>
        <path d="M3.5 5H1.75V10.25H7V8.5" fill="none" stroke="var(--lower)" strokeWidth="1.5" />
        <rect x="4.5" y="1" width="6.5" height="6.5" rx="1" fill="var(--upper)" />
      </>
    ),
    metacopy: (
      <>
        <path d="M1.5 1.5H9.5L1.5 9.5Z" fill="var(--upper)" />
        <path d="M10.5 3V10.5H3Z" fill="var(--lower)" />
      </>
    ),
    merged: (
      <>
        <rect x="1.5" y="2" width="9" height="3.25" rx="1" fill={`var(--${role})`} />
        <rect x="1.5" y="6.75" width="9" height="3.25" rx="1" fill="var(--lower)" />
      </>
    ),
    whiteout: <path d={CROSS} stroke={`var(--${role})`} strokeWidth="2" strokeLinecap="round" />,
    hidden: (
      <>
        <rect x="2" y="2" width="8" height="8" rx="1.5" fill="none" stroke={`var(--${role})`} strokeWidth="1.5" />
        <path d="M1 11L11 1" stroke={`var(--${role})`} strokeWidth="1.25" />
      </>
    ),
    unknown: <path d={QUESTION} fill="none" stroke="var(--text-2)" strokeWidth="1.5" strokeLinecap="round" />,
    reading: <path d={DOTS} stroke="var(--shape)" strokeWidth="2.2" strokeLinecap="round" />,
  };
  return (
    <svg className="glyph" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {shapes[status]}
    </svg>
  );
}
