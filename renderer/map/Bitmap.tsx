import type { BitmapFigures } from '../../shared/ipc/map.ts';
import { bytesWord } from '../inspector/words.ts';
import { countText, sizeText } from '../tree/format.ts';

const ACROSS = 64;
const CELL = 6;

const percent = (share: number): string =>
  share === 0 ? '0 %' : share < 0.0001 ? '< 0.01 %' : `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;

/** The bits in front of the map, drawn: each cell as full as its share of bits that are set; and what that means. */
export function Bitmap({ of, title }: { of: BitmapFigures; title: 'upper' | 'lower' }) {
  const down = Math.ceil(of.picture.length / ACROSS);
  const { measured, sample, expected } = of.falsePositives;
  const most = Math.max(...of.picture, 0.0001);
  return (
    <figure className="map-bitmap">
      <figcaption>
        <b className={`c-${title}`}>{title}</b>
        <span className="two">
          {countText(of.bits)} bits, {of.bytes < 1024 ? bytesWord(String(of.bytes)) : sizeText(String(of.bytes))}
        </span>
      </figcaption>
      <svg
        role="img"
        aria-label={`The bitmap in front of the ${title} numbers: ${percent(of.fill)} of its bits are set`}
        viewBox={`0 0 ${ACROSS * CELL} ${down * CELL}`}
        className={`map-bits is-${title}`}
      >
        {of.picture.map((share, index) =>
          share === 0 ? null : (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
              key={index}
              x={(index % ACROSS) * CELL}
              y={Math.floor(index / ACROSS) * CELL}
              width={CELL - 1}
              height={CELL - 1}
              fillOpacity={0.25 + 0.75 * (share / most)}
            />
          ),
        )}
      </svg>
      <dl>
        <dt>bits set</dt>
        <dd>{percent(of.fill)}</dd>
        <dt>let through though not mapped</dt>
        <dd>
          {percent(measured)} of {countText(sample)} tried
        </dd>
        <dt>by the theory</dt>
        <dd>{percent(expected)}</dd>
      </dl>
    </figure>
  );
}
