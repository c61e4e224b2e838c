import { useMemo } from 'react';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { showPath } from '../actions/live.ts';
import { plural, safeText } from '../app/words.ts';
import { useLayout } from '../state/layout.ts';
import { useLive } from '../state/live.ts';
import { countText, NONE, sizeText } from '../tree/format.ts';
import { NO_FILTER } from './filter.ts';
import { useShownEvents } from './shown.ts';
import type { ProgramUse } from './usage.ts';
import { useTurn } from './useTurn.ts';

const COUNT_MS = 250;
const MOST_ROWS = 200;

/** Who copied up how much, in how many files, since the watch began: what blew up the upper layer, in one look. */
export function ByProcess() {
  const usage = useLive((live) => live.past.usage);
  const turn = useTurn(COUNT_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it grows in place
  const programs = useMemo(() => usage.programs, [usage, turn]);
  const total = programs.reduce((sum, { bytes }) => sum + bytes, 0n);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys too
    <section className="by-process" aria-label="By process" tabIndex={0}>
      <p className="by-process-says">{saysOf(programs, total)}</p>
      {programs.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Program</th>
              <th className="r">Copied up</th>
              <th className="r">Files</th>
              <th className="r" title="Copied up without their data">
                Attributes alone
              </th>
              <th className="r">Created</th>
              <th className="r">Removed</th>
              <th>Largest copied up</th>
            </tr>
          </thead>
          <tbody>
            {programs.slice(0, MOST_ROWS).map((use) => (
              <Program key={use.key} use={use} total={total} />
            ))}
          </tbody>
        </table>
      )}
      {programs.length > MOST_ROWS && <p className="two">and {plural(programs.length - MOST_ROWS, 'more program')}</p>}
    </section>
  );
}

/** The answer in a sentence. */
function saysOf([first, ...others]: readonly ProgramUse[], total: bigint): string {
  if (!first || total === 0n) return 'Nothing was copied up with its data since the watch began.';
  const who = first.command === 'unknown' ? 'An unknown process' : safeText(first.command);
  const share = Number((first.bytes * 1000n) / total) / 10;
  const files = plural(first.files, 'file');
  const rest = others.some(({ bytes }) => bytes > 0n) ? `, ${share} % of ${amount(total)} in all` : '';
  return `${who} copied up ${amount(first.bytes)} in ${files}${rest}.`;
}

/** A size that stands in a sentence. */
const amount = (bytes: bigint): string => (bytes < 1024n ? plural(Number(bytes), 'byte') : sizeText(String(bytes)));

const count = (n: number): string => (n === 0 ? NONE : countText(n));

function Program({ use, total }: { use: ProgramUse; total: bigint }) {
  const [pid] = use.pids;
  const processes =
    use.pids.size === 1 ? String(pid) : use.pids.size > 1 ? plural(use.pids.size, 'process', 'processes') : '';
  const share = total === 0n ? 0 : Number((use.bytes * 1000n) / total) / 10;
  const showEvents = (): void => {
    useShownEvents.getState().setFilter({ ...NO_FILTER, text: use.command });
    useLayout.setState({ live: 'events' });
  };
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className="quiet"
          title={[
            use.exe === 'unknown' ? null : safeText(use.exe),
            use.container && `container ${safeText(use.container)}`,
            'Show its events',
          ]
            .filter(Boolean)
            .join('\n')}
          onClick={showEvents}
        >
          {use.command === 'unknown' ? <span className="unknown">unknown</span> : safeText(use.command)}
          <span className="dim">{processes}</span>
        </button>
      </th>
      <td className="r share">
        {share > 0 && <span className="share-bar" style={{ width: `${share}%` }} />}
        <span>{use.bytes === 0n ? NONE : sizeText(String(use.bytes))}</span>
        {use.unsized > 0 && <span className="unknown"> + {countText(use.unsized)} unknown</span>}
      </td>
      <td className="r">{count(use.files)}</td>
      <td className="r">{count(use.attributes)}</td>
      <td className="r">{count(use.created)}</td>
      <td className="r">{count(use.removed)}</td>
      <td className="largest">
        {use.largest === null ? (
          NONE
        ) : (
          <button
            type="button"
            className="quiet mono"
            onClick={() => void showPath(bytesOfText(use.largest?.path ?? ''))}
          >
            <span className="cut">{safeText(use.largest.path)}</span>
            <span className="dim">{sizeText(String(use.largest.bytes))}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
