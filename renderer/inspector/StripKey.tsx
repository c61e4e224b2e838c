import type { ReactNode } from 'react';
import type { ListLayer } from '../../shared/contract/scan.ts';
import type { CellKind } from '../../shared/ipc/engine.ts';
import { SeverityIcon } from '../findings/Severity.tsx';
import { Cell } from '../marks/Cell.tsx';

type KeyLine = { kind: CellKind; role: ListLayer['role']; word: string; rest: string };

const KEY: KeyLine[] = [
  { kind: 'used', role: 'upper', word: 'used', rest: ' of this layer' },
  { kind: 'hidden', role: 'lower', word: 'hidden', rest: ', stands there unseen' },
  { kind: 'origin', role: 'lower', word: 'hidden, the origin', rest: ' of what was copied up' },
  { kind: 'whiteout', role: 'upper', word: 'whiteout', rest: ', hides what lies below' },
  { kind: 'opaque', role: 'upper', word: 'opaque', rest: ', nothing shows through' },
  { kind: 'metacopy', role: 'upper', word: 'metacopy', rest: ', attributes from here' },
  { kind: 'data', role: 'lower', word: 'its data', rest: ', from here' },
  { kind: 'absent', role: 'lower', word: 'absent', rest: '' },
  { kind: 'stands', role: 'lower', word: 'stands there', rest: ', whether used is unknown' },
  { kind: 'unknown', role: 'lower', word: 'unknown', rest: ', needs privilege or a layer' },
];

const ROLES: KeyLine[] = [
  { kind: 'used', role: 'upper', word: 'upper', rest: ', written to' },
  { kind: 'used', role: 'lower', word: 'lower', rest: ', read only' },
  { kind: 'used', role: 'data', word: 'data-only lower', rest: ', content by redirect' },
];

/** What the inspector shows while nothing is selected: how to read the strip. */
export function StripKey() {
  return (
    <>
      <div className="insp-head insp-head-alone">
        <h2 className="insp-key-title">How to read the strip</h2>
        <p>one cell a layer, the upper first</p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reachable by keyboard */}
      <section className="insp-body" tabIndex={0} aria-label="How to read the strip">
        <KeyList lines={KEY} />
        <h3>Roles</h3>
        <KeyList lines={ROLES} />
        <h3>Findings</h3>
        <ul className="insp-key">
          <KeyItem shape={<SeverityIcon of="error" />} word="error" rest=", an answer is wrong or refused" />
          <KeyItem shape={<SeverityIcon of="warning" />} word="warning" rest=", programs may be misled" />
          <KeyItem shape={<SeverityIcon of="note" />} word="note" rest=", worth knowing" />
        </ul>
      </section>
    </>
  );
}

const KeyList = ({ lines }: { lines: KeyLine[] }) => (
  <ul className="insp-key">
    {lines.map((line) => (
      <KeyItem key={line.word} shape={<Cell kind={line.kind} role={line.role} />} word={line.word} rest={line.rest} />
    ))}
  </ul>
);

const KeyItem = ({ shape, word, rest }: { shape: ReactNode; word: string; rest: string }) => (
  <li>
    {shape}
    <span>
      <b>{word}</b>
      {rest}
    </span>
  </li>
);
