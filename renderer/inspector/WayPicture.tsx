import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { Cell } from '../marks/Cell.tsx';
import { NumberText } from './NumberText.tsx';
import { safe } from './Sentence.tsx';
import { type Way, type WayEnd, wayOf } from './way.ts';

const ROW = 24;
const middle = (row: number): number => ROW / 2 + ROW * row;

type Props = { detail: ObjectDetail; facts: ListObject; name: string; was?: string };

/**
 * From name to number: the strip stood on its side, with the way from the name to the entry that it leads to (dashed on
 * to the one that gives the number), and out to the number. `was`: what it showed before.
 */
export function WayPicture({ detail, facts, name, was }: Props) {
  const way = wayOf(detail, facts);
  return (
    <div className={`way beside-${way.beside}`}>
      <div className="way-end way-name">
        <b className="mono cut">{safe(name)}</b>
        <small>name</small>
      </div>
      <Line rows={way.rows.length} width={20} className="way-line way-in" path={inward(way)} />
      <table className="way-layers">
        <caption className="sr">The layers, top first, with what stands there</caption>
        <tbody>
          {way.rows.map((row) => (
            <tr key={row.letter}>
              <td>
                <Cell kind={row.kind} role={row.role} />
              </td>
              <th
                scope="row"
                className={row.layer === null && row.letter.length > 1 ? 'mono two' : `mono c-${row.role}`}
              >
                {row.letter}
              </th>
              <td className="mono r">
                {row.ino !== null && <NumberText number={row.ino} what={`inode of layer ${row.letter}`} />}
              </td>
              <td className={row.ino === null ? 'dim' : 'two'}>{row.word}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Line rows={way.rows.length} width={28} className="way-line" path={outward(way)} dashed={across(way)} />
      <div className="way-end">
        <EndText end={way.end} />
        <small>{was === undefined ? way.end.under : `was ${was}`}</small>
      </div>
    </div>
  );
}

function EndText({ end: { text, number } }: { end: WayEnd }) {
  if (text === 'unknown') return <i className="unknown">unknown</i>;
  if (text === 'volatile') return <em className="volatile">volatile</em>;
  if (number === null) return <b className="mono">{safe(text)}</b>;
  return (
    <b className="mono">
      <NumberText number={number} what="st_ino" short={text} />
    </b>
  );
}

function Line(props: { rows: number; width: number; className: string; path: string | null; dashed?: string | null }) {
  const height = props.rows * ROW;
  return (
    <svg
      className={props.className}
      viewBox={`0 0 ${props.width} ${height}`}
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {props.dashed && <path className="way-dashed" d={props.dashed} />}
      {props.path && <path d={props.path} />}
    </svg>
  );
}

const centre = (way: Way): number => (way.rows.length * ROW) / 2;

const inward = (way: Way): string | null =>
  way.from === null ? null : `M0 ${centre(way)}C12 ${centre(way)} 8 ${middle(way.from)} 20 ${middle(way.from)}`;

/** From the entry that the name leads to to the one that gives the number, where these are two. */
function across({ from, to }: Way): string | null {
  if (from === null || to === null || from === to) return null;
  return `M0 ${middle(from)}C14 ${middle(from)} 14 ${middle(to) - 5} 1 ${middle(to) - 5}`;
}

const outward = (way: Way): string | null =>
  way.to === null ? null : `M0 ${middle(way.to)}C18 ${middle(way.to)} 14 ${centre(way)} 28 ${centre(way)}`;
