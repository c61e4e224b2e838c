import type { ReactNode } from 'react';
import type { ObjectFinding } from '../../shared/ipc/engine.ts';
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
            <Value of={value} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** A value of the evidence: the fields of an object one after another, the parts of a list one below another. */
function Value({ of: value }: { of: Json }): ReactNode {
  if (Array.isArray(value))
    return value.map((one, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a list of the evidence never changes
      <span key={index} className="one-of-many">
        <Value of={one} />
      </span>
    ));
  if (value === null || typeof value !== 'object') return <span className="mono">{plain(value)}</span>;
  return Object.entries(value).map(([name, one]) => (
    <span key={name} className="field">
      <span className="two">{wordsOf(name)}</span> <Value of={one ?? null} />
    </span>
  ));
}

const plain = (value: string | number | boolean | null): string => (value === null ? NONE : safe(String(value)));
