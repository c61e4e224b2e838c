// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid is made of boxes, a table would lay out every row
import { type MouseEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { selectIndex, setList, turn, wantRows } from '../actions/tree.ts';
import { stripLayers } from '../marks/StripView.tsx';
import { useRows } from '../state/rows.ts';
import { useSelection } from '../state/selection.ts';
import type { OpenStack } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { type ColumnFacts, nameWidth, shownColumns, template } from './columns.ts';
import { HeadRow } from './HeadRow.tsx';
import { useLongest } from './measures.ts';
import { anchorIndex, pushedPx, selectedInSight, stickyFor, useReveal } from './place.ts';
import { indentLevels, ROW_PX, RowView, StickyRow } from './RowView.tsx';
import { type MenuPlace, TreeMenu } from './TreeMenu.tsx';
import { TreeTip } from './TreeTip.tsx';
import { OVERSCAN, useScroller } from './useScroller.ts';
import { useTreeKeys } from './useTreeKeys.ts';
import { rowAt, stickyAt } from './window.ts';

const HEAD_PX = 24;
const SCROLLBAR_PX = 12;

/** The entries: a tree in a grid, of which only the rows in sight are made. */
export function TreeGrid({ stack, width }: { stack: OpenStack; width: number }) {
  const grid = useRef<HTMLDivElement>(null);
  const window_ = useRows((rows) => rows.window);
  const shift = useRows((rows) => rows.shift);
  const sort = useSettings((settings) => settings.sort);
  const chosen = useSettings((settings) => settings.columns);
  const selectedAt = useSelection((selection) => selection.index);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const pointerY = useRef<number | null>(null);
  const scroller = useScroller(grid, window_.total, HEAD_PX);
  const reveal = useReveal(scroller, window_.version);

  const strips = useMemo(() => stripLayers(stack.facts.layers), [stack]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: "today" is as of this version
  const nowMs = useMemo(() => Date.now(), [window_.version]);
  const longest = useLongest(window_.rows, stack.view, nowMs);
  const facts: ColumnFacts = {
    layers: strips.layers.length,
    volatile: stack.facts.inodeMode === 'none',
    longest,
  };
  const shown = shownColumns(chosen, width - SCROLLBAR_PX, facts);
  const columnKey = shown.columns.join();
  const levels = indentLevels(nameWidth(shown, width - SCROLLBAR_PX, facts));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same columns are the same array, for memo
  const steadyColumns = useMemo(() => shown.columns, [columnKey]);

  const items = scroller.rows.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 40;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view wants its rows even at the same place
  useEffect(() => wantRows(first, last), [first, last, stack.view]);

  // Before the paint, so that what came in above is never seen to push.
  const turned = useRef(shift.turn);
  const isOtherOrder = useRef(false);
  useLayoutEffect(() => {
    if (turned.current === shift.turn) return;
    turned.current = shift.turn;
    const by = shift.rows * ROW_PX;
    // Another order puts rows elsewhere by their own right.
    if (isOtherOrder.current) scroller.scrollTo(scroller.topNow() + by);
    else scroller.shiftBy(by);
    isOtherOrder.current = false;
  }, [shift, scroller]);

  useEffect(() => {
    setList({
      reveal: reveal.reveal,
      anchor: () => (reveal.isPending() ? null : anchorIndex(grid.current, scroller, pointerY.current)),
      prepareOrder: () => {
        isOtherOrder.current = true;
        if (selectedInSight(scroller) === null) scroller.scrollTo(0);
      },
      focus: () => grid.current?.focus(),
    });
    return () => setList(null);
  }, [scroller, reveal]);

  // With no focus anywhere yet, the keys are the tree's.
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement === null) grid.current?.focus();
  }, []);

  const sticky = stickyAt(window_, Math.floor(scroller.top / ROW_PX), stickyFor(scroller.viewPx));
  const onKeyDown = useTreeKeys(grid, scroller, setMenu);

  const indexFrom = (event: MouseEvent): { index: number; isSticky: boolean; isTwisty: boolean } | null => {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('[data-index],[data-sticky]');
    const index = row?.dataset.index ?? row?.dataset.sticky;
    if (index === undefined) return null;
    return {
      index: Number(index),
      isSticky: row?.dataset.sticky !== undefined,
      isTwisty: target.closest('[data-twisty]') !== null,
    };
  };

  const onMouseDown = (event: MouseEvent): void => {
    const hit = indexFrom(event);
    if (!hit) return;
    const row = rowAt(window_, hit.index) ?? sticky.find((placed) => placed.index === hit.index)?.row;
    if (!row) return;
    if (hit.isTwisty && event.button === 0 && !hit.isSticky) void turn(hit.index, !row.expanded);
    else if (hit.isSticky) {
      selectIndex(hit.index, { reveal: false });
      reveal.reveal(hit.index, row.depth);
    } else selectIndex(hit.index, { reveal: false });
  };

  const onDoubleClick = (event: MouseEvent): void => {
    const hit = indexFrom(event);
    const row = hit && !hit.isTwisty && !hit.isSticky ? rowAt(window_, hit.index) : undefined;
    if (hit && row && row.expanded !== null) void turn(hit.index, !row.expanded);
  };

  // While it scrolls, elements keep their place in the document and take other rows: nothing is moved or made. At rest
  // they stand in the order of the rows again, as a reader goes through them.
  const slots = Math.ceil(scroller.viewPx / ROW_PX) + 2 * OVERSCAN + 2;
  const ordered = scroller.rows.isScrolling ? [...items].sort((a, b) => (a.index % slots) - (b.index % slots)) : items;
  const look = { columns: steadyColumns, whole: shown.whole, strips, nowMs, levels };
  const painted = ordered.map((item) => (
    <RowView
      key={item.index % slots}
      row={rowAt(window_, item.index) ?? null}
      index={item.index}
      top={item.start + scroller.offset}
      selected={item.index === selectedAt}
      {...look}
    />
  ));
  const active =
    selectedAt !== null && selectedAt >= first && selectedAt <= last ? rowAt(window_, selectedAt) : undefined;

  return (
    <>
      <div
        ref={grid}
        role="treegrid"
        aria-label="Entries"
        aria-rowcount={window_.total + 1}
        aria-activedescendant={active ? `row-${active.id}` : undefined}
        tabIndex={0}
        className="grid"
        style={{ ['--cols' as string]: template(shown, facts) }}
        onKeyDown={(event) => {
          scroller.settle();
          onKeyDown(event);
        }}
        onMouseDown={onMouseDown}
        onDoubleClick={onDoubleClick}
        onPointerMove={(event) => {
          pointerY.current = event.clientY;
        }}
        onPointerLeave={() => {
          pointerY.current = null;
          if (selectedInSight(scroller) === null) scroller.settle();
        }}
        onContextMenu={(event) => {
          event.preventDefault();
          if (event.button === 2 && indexFrom(event)) setMenu({ x: event.clientX, y: event.clientY });
        }}
      >
        <div role="rowgroup" className="head">
          <HeadRow columns={steadyColumns} facts={facts} strips={strips} sort={sort} grid={grid} />
        </div>
        <div className="stickies" aria-hidden="true">
          {sticky.map((placed, n) => (
            <StickyRow
              key={placed.index}
              row={placed.row}
              index={placed.index}
              top={n * ROW_PX - pushedPx(window_, scroller.top, sticky, n)}
              selected={placed.index === selectedAt}
              isLast={n === sticky.length - 1}
              {...look}
            />
          ))}
        </div>
        <div role="rowgroup" className="body" style={{ height: scroller.boxPx }}>
          {painted}
        </div>
      </div>
      <TreeTip grid={grid} strips={strips} />
      <TreeMenu place={menu} onClose={() => setMenu(null)} />
    </>
  );
}
