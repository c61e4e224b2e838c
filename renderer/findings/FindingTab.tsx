import './findings.css';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail, ObjectFinding } from '../../shared/ipc/engine.ts';
import { SentenceText, safe } from '../inspector/Sentence.tsx';
import { SeverityIcon } from './Severity.tsx';

/** What was found in the selected object: cause, cure, rule and evidence of each. */
export function FindingTab({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  if (detail.findings.length === 0) return <p className="two">Nothing was found in this entry.</p>;
  return detail.findings.map((finding) => <Card key={finding.code} finding={finding} facts={facts} />);
}

function Card({ finding, facts }: { finding: ObjectFinding; facts: ListObject }) {
  const { code, severity, title, what, cause, cure, rule, evidence } = finding;
  return (
    <article className="finding-card" aria-label={`${code}: ${title}`}>
      <h3 className={`f-${severity}`}>
        <SeverityIcon of={severity} />
        <span className="mono">{code}</span>
      </h3>
      <p className="two">{safe(what)}.</p>
      <p>
        <b>Cause.</b> <SentenceText sentence={cause} facts={facts} />
      </p>
      <p>
        <b>Cure.</b> <SentenceText sentence={cure} facts={facts} />
      </p>
      <p className="finding-rule">{rule}</p>
      <table className="finding-evidence">
        <caption className="sr">Evidence</caption>
        <tbody>
          {Object.entries(evidence).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{wordsOf(name)}</th>
              <td>
                <Value of={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </article>
  );
}

/** `lowerNlink` as `lower nlink`. */
const wordsOf = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

type Json = ObjectFinding['evidence'][string];

/** A value of the evidence: the fields of an object one after another, the parts of a list one below another. */
function Value({ of: value }: { of: Json }) {
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

const plain = (value: string | number | boolean | null): string => (value === null ? '–' : safe(String(value)));
