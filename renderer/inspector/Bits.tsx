import type { ListObject } from '../../shared/contract/scan.ts';
import { type BitRun, type NumberBits, runText } from './numbers.ts';
import { roleOf } from './words.ts';

/** The 64 bits of a number, the highest first: set ones filled, the inode's own in the colour of its layer. */
export function Bits({ of: { bits, runs, layer }, facts }: { of: NumberBits; facts: ListObject }) {
  const role = layer === null ? 'shape' : roleOf(facts, layer);
  const inkOf = (place: number): string => (runOf(runs, place)?.what === 'inode' ? ` c-${role}` : '');
  return (
    <>
      <div className="num-bits" role="img" aria-label={`Bits ${runs.map((run) => wordsOf(run)).join(', ')}`}>
        {bits.match(/.{8}/g)?.map((byte, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: eight bytes, always in their order
          <span key={at}>
            {[...byte].map((bit, n) => {
              const place = 63 - at * 8 - n;
              return <i key={place} className={bit === '1' ? `one${inkOf(place)}` : undefined} />;
            })}
          </span>
        ))}
      </div>
      <div className="num-bit-words">
        <span>
          {runs
            .filter(({ what }) => what !== 'inode')
            .map(wordsOf)
            .join(' · ')}
        </span>
        {runs
          .filter(({ what }) => what === 'inode')
          .map((run) => (
            <span key={run.from}>
              {runText(run)}: <span className={`c-${role}`}>{run.words}</span>
            </span>
          ))}
      </div>
    </>
  );
}

const runOf = (runs: readonly BitRun[], place: number): BitRun | undefined =>
  runs.find(({ from, to }) => place <= from && place >= to);

const wordsOf = (run: BitRun): string => `${runText(run)}: ${run.words}`;
