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

/** Three panes side by side; the outer ones keep their width when the window changes, and remember it. */
export function Panes({ nav, main, side }: { nav: ReactNode; main: ReactNode; side: ReactNode }) {
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

  const remember = (layout: Layout): void => {
    // The layout is in per cent of what the separators, a pixel each, leave.
    const px = (part: number | undefined): number =>
      Math.round(((part ?? 0) * ((box.current?.clientWidth ?? 0) - 2)) / 100);
    applied.current = true;
    setSetting('panes', { nav: px(layout.nav), side: px(layout.side) });
  };

  return (
    <Group
      elementRef={box}
      className="panes"
      orientation="horizontal"
      onLayoutChanged={(layout, meta) => meta.isUserInteraction && remember(layout)}
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
