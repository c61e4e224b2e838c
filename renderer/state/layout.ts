import { create } from 'zustand';

/** What stands where, for as long as the page lives. Sizes that are remembered are settings. */
export type Layout = {
  main: 'tree' | 'upper-use' | 'findings' | 'map' | 'verify';
  columnsOpen: boolean;
  /** What stands in the live lane beside the timeline. */
  live: 'events' | 'by-process';
  /** Shuts or opens a side pane. Set by the panes once they stand. */
  toggle: (pane: 'nav' | 'side') => void;
  /** Shuts or opens the live lane. */
  toggleLive: () => void;
};

export const useLayout = create<Layout>(() => ({
  main: 'tree',
  columnsOpen: false,
  live: 'events',
  toggle: () => {},
  toggleLive: () => {},
}));
