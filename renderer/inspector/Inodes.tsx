import './inodes.css';
import type { ReactNode } from 'react';
import type { ListObject, Origin } from '../../shared/contract/scan.ts';
import { NUMBER_ROWS, type NumberRow } from '../../shared/inodes/rows.ts';
import { sourceInode } from '../../shared/inodes/source.ts';
import type { FactCommand, ObjectDetail } from '../../shared/ipc/engine.ts';
import { lastChange, momentWords } from '../history/changes.ts';
import { Cell } from '../marks/Cell.tsx';
import { Name } from '../marks/Name.tsx';
import { ReportSection } from '../report/Report.tsx';
import { Bits } from './Bits.tsx';
import { LastsText, NumberText } from './NumberText.tsx';
import { bitsOf, lastsOf, shortOf } from './numbers.ts';
import { layerLetter } from './ranges.ts';
import { factCommand, Section } from './Section.tsx';
import { safe, Value } from './Sentence.tsx';
import { HowToRead, ShownTable } from './ShownNumbers.tsx';
import { wayWord } from './way.ts';
import { layerLines, layerWord, originWord, roleOf } from './words.ts';

type Props = { detail: ObjectDetail; facts: ListObject };

/**
 * The way from the name to the number, a step a box: the name, the real inodes that stand under it, the inode that the
 * origin names, the number that is made of one of them, and how long it lasts.
 */
export function Inodes({ detail, facts }: Props) {
  const { object } = detail;
  const lasts = lastsOf(facts, object);
  return (
    <>
      <ol className="num-way" aria-label="From name to number">
        <Step title="Name" about="what a program asks for">
          <b className="mono num-long">{detail.path === '' ? '/' : <Name bytes={detail.path} />}</b>
        </Step>
        <Step title="Real inodes" about="what stands under it, layer by layer">
          <RealInodes detail={detail} facts={facts} />
        </Step>
        <OriginStep detail={detail} facts={facts} />
        <NumberStep detail={detail} facts={facts} />
        {lasts && (
          <Step title="How long" about="whether a program may remember it">
            <LastsText lasts={lasts} />
          </Step>
        )}
      </ol>
      {object.shown && (
        <Section title="What stat and readdir give" commands={factCommand(detail.commands, 'st_ino')}>
          <ShownTable detail={detail} facts={facts} copy />
          <p className="insp-note">
            st_nlink <Value mono>{String(object.shown.nlink)}</Value>
          </p>
        </Section>
      )}
      <IndexSection index={detail.index} commands={factCommand(detail.commands, 'index entry')} />
      <HowToRead facts={facts} />
      <ReportSection path={detail.path} />
    </>
  );
}

/** One box of the way. */
const Step = ({ title, about, children }: { title: string; about: string; children: ReactNode }) => (
  <li>
    <h3>
      {title} <span>{about}</span>
    </h3>
    <div className="num-box">{children}</div>
  </li>
);

/** The real inode behind every entry; the one that gives the number is marked. */
function RealInodes({ detail, facts }: Props) {
  const { object } = detail;
  const source = sourceInode(object);
  const lines = layerLines(facts, detail.row, object).filter((line) => line.entries.length > 0);
  return (
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
            line.entries.map((entry) => {
              const gives = source?.layer === entry.layer && source.ino === entry.ino;
              return (
                <tr key={`${line.layer} ${entry.path} ${entry.role}`} className={gives ? 'gives' : undefined}>
                  <th scope="row">
                    <Cell kind={line.kind} role={line.role} />{' '}
                    <b className={`mono c-${line.role}`}>{layerLetter(line.layer)}</b>
                  </th>
                  <td className="r">
                    <NumberText number={entry.ino} what={`inode of layer ${layerLetter(entry.layer)}`} copy />
                  </td>
                  <td className="r">
                    <Value mono>{entry.dev}</Value>
                  </td>
                  <td className="r">
                    <Value mono>{String(entry.nlink)}</Value>
                  </td>
                  <td className="two">{line.kind === 'stands' ? 'stands there' : wayWord(entry, object, source)}</td>
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
    </div>
  );
}

/** The lower inode that the upper's mark names, and what the kernel makes of it. */
function OriginStep({ detail, facts }: Props) {
  const { origin } = detail.object;
  const about = 'the inode that the upper’s mark names';
  if (origin === null) return null;
  if (origin === 'unknown')
    return (
      <Step title="Origin" about={about}>
        <p className="insp-note">
          <i className="unknown">unknown</i>: reading the mark needs privilege.
        </p>
      </Step>
    );
  const isGood = origin.state === 'verified' || origin.state === 'by-path';
  const [word, ...rest] = originWord(origin.state).split(': ');
  const reason = origin.why === '' || origin.state === 'verified' ? rest.join(': ') : origin.why;
  return (
    <Step title="Origin" about={about}>
      <p className="num-origin">
        <OriginInode origin={origin} facts={facts} />
        <b className={isGood ? 'f-ok' : 'f-warning'}>{word}</b>
      </p>
      {reason !== '' && <p className="insp-note">{safe(reason)}</p>}
      <Handle detail={detail} />
    </Step>
  );
}

/** What of the stored handle tells one inode from another that had its number before. */
function Handle({ detail }: { detail: ObjectDetail }) {
  const stored = detail.xattrs.find(({ layer, name, counts }) => layer === 0 && counts && name.endsWith('.origin'));
  const fields = stored?.fields.filter(({ label }) => label === 'filesystem' || label === 'generation') ?? [];
  return fields.map(({ label, text }) => (
    <p key={label} className="insp-note">
      {label} <span className="mono num-long">{safe(text)}</span>
    </p>
  ));
}

function OriginInode({ origin, facts }: { origin: Origin; facts: ListObject }) {
  const { layer, ino, nlink } = origin;
  if (layer === 'unknown' && ino === 'unknown') return null;
  const named = facts.layers.find((one) => one.layer === layer);
  return (
    <>
      {named ? (
        <b className={`c-${named.role}`}>{layerWord(named)}</b>
      ) : (
        <span>
          layer <Value>unknown</Value>
        </span>
      )}
      <span>
        <NumberText number={ino} what="inode that the origin names" copy />
      </span>
      {typeof nlink === 'number' && (
        <span className="two">
          {nlink} {nlink === 1 ? 'link' : 'links'}
        </span>
      )}
    </>
  );
}

/** The number, whole, its bits, and the row of the rule that chose the inode. */
function NumberStep({ detail, facts }: Props) {
  const { object } = detail;
  const { shown } = object;
  const about = 'what programs see';
  if (shown === null)
    return (
      <Step title="Number" about={about}>
        <p className="insp-note">
          {object.hiddenBy !== null || object.type === 'whiteout'
            ? 'None: stat answers ENOENT.'
            : `None: stat answers ${object.lookup}.`}
        </p>
      </Step>
    );
  const source = sourceInode(object);
  const bits = bitsOf(facts, object);
  const says = NUMBER_ROWS[shown.why as NumberRow];
  const short = shortOf(facts, shown.ino);
  const change = lastChange(detail.history);
  return (
    <Step title="Number" about={about}>
      <p className="num-whole">
        <NumberText number={shown.ino} what="st_ino" copy />
        {short !== shown.ino && shown.ino !== null && <span className="mono two">{short}</span>}
        {shown.cached && (
          <span className="num-was">
            was{' '}
            <NumberText number={shown.cached.ino} what="former st_ino" short={shortOf(facts, shown.cached.ino)} copy />
          </span>
        )}
        {change !== null && (
          <span className="num-was">
            was{' '}
            <NumberText
              number={change.before.ino}
              what="former st_ino"
              short={shortOf(facts, change.before.ino)}
              copy
            />{' '}
            until {momentWords(change.before.untilNs, Date.now())}
          </span>
        )}
      </p>
      {bits && <Bits of={bits} facts={facts} />}
      {says !== undefined && (
        <p className="num-rule">
          <b>{shown.why}</b>
          {source && (
            <span className={`mono c-${roleOf(facts, source.layer)}`}>
              {layerLetter(source.layer)}{' '}
              <NumberText number={source.ino} what={`inode of layer ${layerLetter(source.layer)}`} copy />
            </span>
          )}
          <span>{says}.</span>
        </p>
      )}
    </Step>
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
              <td>
                <NumberText number={index.ino} what="inode of the index entry" copy />
              </td>
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
