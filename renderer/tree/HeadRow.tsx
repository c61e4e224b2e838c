// biome-ignore-all lint/a11y/useSemanticElements: the header of a virtual grid is made of boxes like its rows
// biome-ignore-all lint/a11y/useFocusableInteractive: the buttons in the headers have the focus
import { type KeyboardEvent, type RefObject, useState } from 'react';
import type { ViewState } from '../../shared/ipc/engine.ts';
import { sortBy } from '../actions/tree.ts';
import type { StripLayers } from '../marks/StripView.tsx';
import { layerLabel, STRIP_CELLS } from '../marks/strip.ts';
import { type Column, type ColumnFacts, headTitle } from './columns.ts';

const RIGHT: ReadonlySet<string> = new Set(['size', 'mode', 'ino', 'dino', 'real', 'since']);
const TIPS: Partial<Record<Column, string>> = {
  size: 'Size of a file. A directory shows the entries and the allocated bytes that the upper holds beneath it.',
  dev: 'The device that stat reports: the mount’s own, or P1, a device of filesystem id 1 that no mount names.',
  ino: 'The number that stat reports. 1·18: filesystem id 1 set above inode number 18.',
  dino: 'The number that a listing of the parent gives; amber where it is not stat’s.',
  real: 'The topmost used entry: its layer and its inode number there.',
  since: 'Birth of the upper’s inode: on ext4, xfs and btrfs the moment of its copy-up.',
};

type Props = {
  columns: readonly Column[];
  facts: ColumnFacts;
  strips: StripLayers;
  sort: ViewState['sort'];
  grid: RefObject<HTMLDivElement | null>;
};

/** The column headers: one tab stop, arrows between them, Enter or a click orders. */
export function HeadRow({ columns, facts, strips, sort, grid }: Props) {
  const all = ['name', ...columns] as const;
  const [at, setAt] = useState(0);
  const stop = Math.min(at, all.length - 1);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const to = { ArrowLeft: stop - 1, ArrowRight: stop + 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'ArrowDown' || event.key === 'Escape') grid.current?.focus();
    else if (to === undefined) {
      // Enter and Space are the button's own; nothing that is meant for the header may move the rows.
      event.stopPropagation();
      return;
    } else {
      const next = Math.max(0, Math.min(all.length - 1, to));
      setAt(next);
      event.currentTarget.querySelectorAll<HTMLElement>('button')[next]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div role="row" className="cols" aria-rowindex={1} onKeyDown={onKeyDown}>
      {all.map((column, index) => {
        const sorted = sort.column === column;
        return (
          <div
            key={column}
            role="columnheader"
            aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
            className={`col-${column}${RIGHT.has(column) ? ' r' : ''}${sorted ? ' sorted' : ''}`}
          >
            <button
              type="button"
              tabIndex={index === stop ? 0 : -1}
              title={column === 'name' ? undefined : TIPS[column]}
              aria-label={column === 'layers' ? 'Layers' : undefined}
              onFocus={() => setAt(index)}
              onClick={() => sortBy(column)}
            >
              {column === 'layers' ? <LayersTitle strips={strips} /> : headTitle(column, facts)}
              {sorted && <SortArrow descending={sort.descending} />}
            </button>
          </div>
        );
      })}
    </div>
  );
}

function LayersTitle({ strips }: { strips: StripLayers }) {
  if (strips.layers.length > STRIP_CELLS) return <>Layers in use, of {strips.layers.length}</>;
  return (
    <span className="strip-heads" aria-hidden="true">
      {strips.layers.map((layer) => (
        <i key={layer} className={`c-${strips.roleOf(layer)}`}>
          {layerLabel(layer)}
        </i>
      ))}
    </span>
  );
}

const SortArrow = ({ descending }: { descending: boolean }) => (
  <svg className="sort-arrow" viewBox="0 0 8 8" aria-hidden="true">
    <path d={descending ? 'M0 1.5 4 7l4-5.5z' : 'M0 6.5 4 1l4 5.5z'} />
  </svg>
);
