import type { ListObject, ScanEntry } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { Cell } from '../marks/Cell.tsx';
import { CommandButton, CopyButton } from './Copy.tsx';
import { layerLetter } from './ranges.ts';
import { commandsOf, Section } from './Section.tsx';
import { safe, Value } from './Sentence.tsx';
import { layerLines, layerWord, originWord, roleWord } from './words.ts';

/** The real inode and device behind every entry, the origin and the index. */
export function Inodes({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const lines = layerLines(facts, detail.row, detail.object).filter((line) => line.entries.length > 0);
  return (
    <>
      <Section title="Real inodes">
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
              <th scope="col">
                <span className="sr">By hand</span>
              </th>
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
                  <td className="r">
                    <Value mono>{entry.ino}</Value>
                  </td>
                  <td className="r">
                    <Value mono>{entry.dev}</Value>
                  </td>
                  <td className="r">
                    <Value mono>{String(entry.nlink)}</Value>
                  </td>
                  <td className="two">{line.kind === 'stands' ? 'stands there' : roleWord(entry, detail.object)}</td>
                  <td className="r">
                    <EntryCommand detail={detail} entry={entry} />
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </Section>
      <OriginSection detail={detail} facts={facts} />
      <IndexSection index={detail.index} />
    </>
  );
}

function EntryCommand({ detail, entry }: { detail: ObjectDetail; entry: ScanEntry }) {
  const command = commandsOf(detail.commands, entry.layer)[0];
  if (command) return <CommandButton fact={command.fact} command={command.command} />;
  return entry.ino === 'unknown' ? null : (
    <CopyButton label={`Copy inode ${entry.ino}`} what="inode number" text={entry.ino} />
  );
}

function IndexSection({ index }: { index: ObjectDetail['index'] }) {
  if (index === null) return null;
  return (
    <Section title="Index entry">
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
