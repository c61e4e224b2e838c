import type { ListObject } from '../../shared/contract/scan.ts';
import type { FactCommand, ObjectDetail } from '../../shared/ipc/engine.ts';
import { Cell } from '../marks/Cell.tsx';
import { SmallCommand } from './Copy.tsx';
import { layerLetter } from './ranges.ts';
import { factCommand, Section } from './Section.tsx';
import { safe, Value } from './Sentence.tsx';
import { layerLines, layerWord, originWord, roleWord } from './words.ts';

const FACTS = ['inode', 'device', 'links'] as const;
const FIELDS = { inode: 'ino', device: 'dev', links: 'nlink' } as const;

/** The real inode and device behind every entry, the origin and the index. */
export function Inodes({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const lines = layerLines(facts, detail.row, detail.object).filter((line) => line.entries.length > 0);
  return (
    <>
      <Section title="Real inodes">
        <div className="insp-scroll">
          <table className="insp-inodes">
            <thead>
              <tr>
                <th scope="col">Layer</th>
                <th scope="col" className="r">
                  Inode
                </th>
                <th scope="col" className="r">
                  Device
                </th>
                <th scope="col" className="r">
                  Links
                </th>
                <th scope="col">Use</th>
              </tr>
            </thead>
            <tbody>
              {lines.flatMap((line) =>
                line.entries.map((entry) => (
                  <tr key={`${line.layer} ${entry.path} ${entry.role}`}>
                    <th scope="row">
                      <Cell kind={line.kind} role={line.role} />{' '}
                      <b className={`mono c-${line.role}`}>{layerLetter(line.layer)}</b>
                    </th>
                    {FACTS.map((fact) => (
                      <td key={fact} className="r">
                        <Value mono>{String(entry[FIELDS[fact]])}</Value>
                        <SmallCommand of={factCommand(detail.commands, fact, entry.layer)} />
                      </td>
                    ))}
                    <td className="two">{line.kind === 'stands' ? 'stands there' : roleWord(entry, detail.object)}</td>
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </div>
      </Section>
      <OriginSection detail={detail} facts={facts} />
      <IndexSection index={detail.index} commands={factCommand(detail.commands, 'index entry')} />
    </>
  );
}

function IndexSection({ index, commands }: { index: ObjectDetail['index']; commands: FactCommand[] }) {
  if (index === null) return null;
  return (
    <Section title="Index entry" commands={commands}>
      {index === 'unknown' ? (
        <p className="insp-note">
          <i className="unknown">unknown</i>: the work directory could not be read.
        </p>
      ) : (
        <table className="insp-fields">
          <tbody>
            <tr>
              <th scope="row">name</th>
              <td className="mono insp-long">{safe(index.name)}</td>
            </tr>
            <tr>
              <th scope="row">inode</th>
              <td className="mono">{index.ino}</td>
            </tr>
            <tr>
              <th scope="row">links</th>
              <td className="mono">{index.nlink}</td>
            </tr>
          </tbody>
        </table>
      )}
    </Section>
  );
}

function OriginSection({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const { origin } = detail.object;
  if (origin === null) return null;
  if (origin === 'unknown') {
    return (
      <Section title="Origin">
        <p className="insp-note">
          <i className="unknown">unknown</i>: reading the mark needs privilege.
        </p>
      </Section>
    );
  }
  const layer = facts.layers.find((one) => one.layer === origin.layer);
  const [word, ...rest] = originWord(origin.state).split(': ');
  const good = origin.state === 'verified' || origin.state === 'by-path';
  return (
    <Section title="Origin">
      <table className="insp-fields">
        <tbody>
          <tr>
            <th scope="row">state</th>
            <td>
              <b className={good ? 'f-ok' : undefined}>{word}</b>
              {rest.length > 0 && <>, {rest.join(': ')}</>}
            </td>
          </tr>
          <tr>
            <th scope="row">layer</th>
            <td>{layer ? <b className={`c-${layer.role}`}>{layerWord(layer)}</b> : <Value>unknown</Value>}</td>
          </tr>
          <tr>
            <th scope="row">inode</th>
            <td>
              <Value mono>{origin.ino}</Value>
            </td>
          </tr>
          <tr>
            <th scope="row">links</th>
            <td>
              <Value mono>{String(origin.nlink)}</Value>
            </td>
          </tr>
          {origin.why !== '' && (
            <tr>
              <th scope="row">why</th>
              <td>{safe(origin.why)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </Section>
  );
}
