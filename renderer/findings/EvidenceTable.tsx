import type { ReactNode } from 'react';
import type { ObjectFinding } from '../../shared/ipc/engine.ts';
import { NumberText } from '../inspector/NumberText.tsx';
import { safe } from '../inspector/Sentence.tsx';
import { NONE } from '../tree/format.ts';
import { wordsOf } from './evidence.ts';

export type Json = ObjectFinding['evidence'][string];

/** Numbers and bytes that something is told by, one name a line. */
export const EvidenceTable = ({ facts }: { facts: readonly [name: string, value: Json][] }) => (
  <table className="finding-evidence">
    <caption className="sr">Evidence</caption>
    <tbody>
      {facts.map(([key, value]) => (
        <tr key={key}>
          <th scope="row">{wordsOf(key)}</th>
          <td>
            <Value of={value} name={key} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** A value of the evidence: the fields of an object one after another, the parts of a list one below another. */
/** Names under which a number of an inode stands. */
const INODES = new Set(['ino', 'real', 'dino', 'origin', 'upperIno', 'lowerIno', 'cachedIno']);

function Value({ of: value, name }: { of: Json; name: string }): ReactNode {
  if (Array.isArray(value))
    return value.map((one, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a list of the evidence never changes
      <span key={index} className="one-of-many">
        <Value of={one} name={name} />
      </span>
    ));
  if (typeof value === 'string' && INODES.has(name) && /^\d+$/.test(value))
    return <NumberText number={value} what={wordsOf(name)} />;
  if (value === null || typeof value !== 'object') return <span className="mono">{plain(value)}</span>;
  return Object.entries(value).map(([key, one]) => (
    <span key={key} className="field">
      <span className="two">{wordsOf(key)}</span> <Value of={one ?? null} name={key} />
    </span>
  ));
}

const plain = (value: string | number | boolean | null): string => (value === null ? NONE : safe(String(value)));
