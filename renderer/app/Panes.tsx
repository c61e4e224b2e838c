import { type ReactNode, useEffect, useRef } from 'react';
import { Group, type Layout, Panel, type PanelImperativeHandle, Separator } from 'react-resizable-panels';
import { setSetting } from '../actions/settings.ts';
import { useLayout } from '../state/layout.ts';
import { useSettings } from '../state/settings.ts';

/** Widths that the panes have until somebody moves them: by the window's width, as drawn. */
function usualWidths(width: number): { nav: number; side: number } {
  if (width >= 1800) return { nav: 236, side: 408 };
  if (width > 1360) return { nav: 212, side: 356 };
  return { nav: 188, side: 316 };
}

const remember = (sizes: Record<string, number>): void =>
  setSetting('panes', { ...useSettings.getState().panes, ...sizes });

const LIVE_PX = 192;

/** The panes, and below them the live lane, where there is one; it keeps its height, and remembers it. */
export function Panes({ live, ...panes }: { nav: ReactNode; main: ReactNode; side: ReactNode; live: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const livePanel = useRef<PanelImperativeHandle>(null);
  const stored = useSettings((settings) => settings.panes?.live);
  const hasLive = live !== null;
  const applied = useRef(false);
  useEffect(() => {
    if (applied.current || stored === undefined || !hasLive) return;
    applied.current = true;
    livePanel.current?.resize(stored);
  }, [stored, hasLive]);
  useEffect(() => {
    useLayout.setState({
      toggleLive: () => {
        const panel = livePanel.current;
        if (panel?.isCollapsed()) panel.expand();
        else panel?.collapse();
      },
    });
  }, []);
  return (
    <Group
      elementRef={box}
      className="panes"
      orientation="vertical"
      onLayoutChanged={(layout, meta) => {
        if (!meta.isUserInteraction) return;
        applied.current = true;
        // Per cent of what the separator, a pixel, leaves.
        remember({ live: Math.round(((layout.live ?? 0) * ((box.current?.clientHeight ?? 0) - 1)) / 100) });
      }}
    >
      <Panel id="upper" minSize={160}>
        <SidePanes {...panes} />
      </Panel>
      {hasLive && (
        <>
          <Separator className="split is-flat" title="Height of the live lane" />
          <Panel
            panelRef={livePanel}
            id="live"
            defaultSize={LIVE_PX}
            minSize={100}
            collapsible
            collapsedSize={28}
            groupResizeBehavior="preserve-pixel-size"
          >
            {live}
          </Panel>
        </>
      )}
    </Group>
  );
}

/** Three panes side by side; the outer ones keep their width when the window changes, and remember it. */
function SidePanes({ nav, main, side }: { nav: ReactNode; main: ReactNode; side: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const navPanel = useRef<PanelImperativeHandle>(null);
  const sidePanel = useRef<PanelImperativeHandle>(null);
  const stored = useSettings((settings) => settings.panes);
  const usual = usualWidths(window.innerWidth);

  useEffect(() => {
    useLayout.setState({
      toggle: (pane) => {
        const panel = (pane === 'nav' ? navPanel : sidePanel).current;
        if (panel?.isCollapsed()) panel.expand();
        else panel?.collapse();
      },
    });
  }, []);

  // Once: what the engine had stored comes after the first paint. Later changes come from here.
  const applied = useRef(false);
  useEffect(() => {
    if (applied.current || stored === null) return;
    applied.current = true;
    const { nav: left, side: right } = stored;
    if (left !== undefined) navPanel.current?.resize(left);
    if (right !== undefined) sidePanel.current?.resize(right);
  }, [stored]);

  const rememberWidths = (layout: Layout): void => {
    // The layout is in per cent of what the separators, a pixel each, leave.
    const px = (part: number | undefined): number =>
      Math.round(((part ?? 0) * ((box.current?.clientWidth ?? 0) - 2)) / 100);
    applied.current = true;
    remember({ nav: px(layout.nav), side: px(layout.side) });
  };

  return (
    <Group
      elementRef={box}
      className="panes"
      orientation="horizontal"
      onLayoutChanged={(layout, meta) => meta.isUserInteraction && rememberWidths(layout)}
    >
      <Panel
        panelRef={navPanel}
        id="nav"
        data-pane="sources"
        className="pane"
        defaultSize={usual.nav}
        minSize={140}
        maxSize={420}
        collapsible
        groupResizeBehavior="preserve-pixel-size"
      >
        {nav}
      </Panel>
      <Separator className="split" title="Width of the sources" />
      <Panel id="main" data-pane="tree" className="pane" minSize={400}>
        {main}
      </Panel>
      <Separator className="split" title="Width of the inspector" />
      <Panel
        panelRef={sidePanel}
        id="side"
        data-pane="inspector"
        className="pane"
        defaultSize={usual.side}
        minSize={240}
        maxSize={720}
        collapsible
        groupResizeBehavior="preserve-pixel-size"
      >
        {side}
      </Panel>
    </Group>
  );
}
