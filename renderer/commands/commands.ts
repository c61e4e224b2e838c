import type { Bytes } from '../../shared/bytes/bytes.ts';
import { setPaused, setWatching } from '../actions/live.ts';
import { setSetting } from '../actions/settings.ts';
import { cancelReading, closeStack, refreshSources, scanAgain } from '../actions/stacks.ts';
import { expandLevel, openBelow, selectedIndex, showHidden, sortBy, turnAll } from '../actions/tree.ts';
import { cancelVerify, whyNotVerified } from '../actions/verify.ts';
import { showDialog } from '../dialogs/open.ts';
import { copyText } from '../inspector/clipboard.ts';
import { exactText, shellWord } from '../inspector/copy.ts';
import { showBox, showFind } from '../jump/open.ts';
import { useFindings } from '../state/findings.ts';
import { useLayout } from '../state/layout.ts';
import { isFollowing, useLive } from '../state/live.ts';
import { useSelection } from '../state/selection.ts';
import { addNotice, useSession } from '../state/session.ts';
import { THEMES, type Theme, useSettings } from '../state/settings.ts';
import { useVerify } from '../state/verify.ts';
import { COLUMN_TITLES, COLUMNS } from '../tree/columns.ts';
import { stepPane } from './panes.ts';
import { type Command, registerCommands } from './registry.ts';

const isOpen = (): boolean => useSession.getState().stack !== null;
const isUp = (): boolean => useSession.getState().link === 'up';
const isSelected = (): boolean => isOpen() && useSelection.getState().path !== null;
const isReading = (): boolean => useSession.getState().viewState?.phase === 'reading';
const isPartial = (): boolean => isUp() && useSession.getState().hello?.privilege.trusted === false;

const THEME_TITLES: Record<Theme, string> = {
  system: 'Theme: as the system',
  dark: 'Theme: dark',
  light: 'Theme: light',
  contrast: 'Theme: high contrast',
};

function copyPath(as: (path: Bytes) => string): void {
  const { path } = useSelection.getState();
  if (path !== null) void copyOut(as(path));
}

async function copyOut(text: string | null): Promise<void> {
  if (text !== null && !(await copyText(text))) addNotice('The clipboard could not be written.', 'warning');
}

/** A number of the selected row whole, as a program prints it; null where there is none or it is not known. */
function selectedNumber(kind: 'ino' | 'dino' | 'real'): string | null {
  const { row } = useSelection.getState();
  const number = kind === 'real' ? row?.real?.ino : row?.shown?.[kind];
  return number === undefined || number === 'unknown' ? null : number;
}

const copyNumber = (kind: 'ino' | 'dino' | 'real', title: string, keys: string): Command => ({
  id: `copy-${kind}`,
  title,
  keys,
  when: () => isOpen() && selectedNumber(kind) !== null,
  run: () => void copyOut(selectedNumber(kind)),
});

const COMMANDS: Command[] = [
  { id: 'palette', title: 'Commands…', keys: 'Ctrl+Shift+P', run: () => showBox('palette') },
  { id: 'jump', title: 'Jump to path…', keys: 'Ctrl+P', when: isOpen, run: () => showBox('path') },
  { id: 'find', title: 'Find by name…', keys: 'Ctrl+F', when: isOpen, run: showFind },
  { id: 'scan', title: 'Scan again', keys: 'F5', when: isUp, run: () => void scanAgain() },
  { id: 'cancel', title: 'Cancel reading', when: isReading, run: cancelReading },
  { id: 'next-pane', title: 'Go to the next pane', keys: 'F6', run: () => stepPane(1) },
  { id: 'previous-pane', title: 'Go to the previous pane', keys: 'Shift+F6', run: () => stepPane(-1) },
  {
    id: 'hidden',
    title: 'Show or leave out what is hidden',
    keys: 'Ctrl+H',
    when: isOpen,
    run: () => showHidden(!useSettings.getState().hidden),
  },
  {
    id: 'columns',
    title: 'Choose columns…',
    when: isOpen,
    run: () => useLayout.setState({ columnsOpen: true }),
  },
  {
    id: 'columns-reset',
    title: 'Columns as the width allows',
    when: () => isOpen() && useSettings.getState().columns !== null,
    run: () => setSetting('columns', null),
  },
  ...(['name', ...COLUMNS] as const).map(
    (column): Command => ({
      id: `sort-${column}`,
      title: `Sort by ${COLUMN_TITLES[column].toLowerCase()}`,
      when: isOpen,
      run: () => sortBy(column),
    }),
  ),
  { id: 'expand-all', title: 'Expand all', keys: 'Ctrl+Shift+E', when: isOpen, run: () => void turnAll(true) },
  { id: 'collapse-all', title: 'Collapse all', when: isOpen, run: () => void turnAll(false) },
  {
    id: 'expand-below',
    title: 'Expand all beneath the selected',
    when: isSelected,
    run: () => void openBelow(),
  },
  {
    id: 'expand-level',
    title: 'Expand all beside the selected',
    keys: '*',
    when: isSelected,
    run: () => void selectedIndex().then((index) => (index === null ? undefined : expandLevel(index))),
  },
  { id: 'copy-path', title: 'Copy path', keys: 'Ctrl+Shift+C', when: isSelected, run: () => copyPath(exactText) },
  {
    id: 'copy-quoted',
    title: 'Copy path, quoted for a shell',
    keys: 'Ctrl+Alt+C',
    when: isSelected,
    run: () => copyPath(shellWord),
  },
  copyNumber('ino', 'Copy st_ino', 'Ctrl+Alt+I'),
  copyNumber('dino', 'Copy d_ino', 'Ctrl+Alt+E'),
  copyNumber('real', 'Copy the real inode number', 'Ctrl+Alt+U'),
  { id: 'export', title: 'Export the rows shown…', when: isOpen, run: () => showDialog('export') },
  {
    id: 'open-directories',
    title: 'Open directories…',
    keys: 'Ctrl+O',
    when: isUp,
    run: () => showDialog('directories'),
  },
  { id: 'save', title: 'Save this stack…', keys: 'Ctrl+S', when: isOpen, run: () => showDialog('save') },
  { id: 'demo', title: 'Open the demo…', when: isUp, run: () => showDialog('demo') },
  { id: 'close', title: 'Close this stack', when: isOpen, run: closeStack },
  { id: 'sources', title: 'List mounts again', when: isUp, run: () => void refreshSources() },
  { id: 'privilege', title: 'Read with privilege…', when: isPartial, run: () => showDialog('privilege') },
  {
    id: 'upper-use',
    title: 'What filled the upper?',
    keys: 'Ctrl+U',
    when: () => isOpen() && useSession.getState().stack?.facts.layers[0]?.role === 'upper',
    run: () => useLayout.setState(({ main }) => ({ main: main === 'upper-use' ? 'tree' : 'upper-use' })),
  },
  {
    id: 'findings',
    title: 'Findings',
    keys: 'Ctrl+M',
    when: isOpen,
    run: () => useLayout.setState(({ main }) => ({ main: main === 'findings' ? 'tree' : 'findings' })),
  },
  {
    id: 'cures',
    title: 'Write a script of the cures…',
    when: () => isOpen() && useFindings.getState().groups.length > 0,
    run: () => showDialog('cures'),
  },
  {
    id: 'verify',
    title: 'Verify…',
    keys: 'Ctrl+Alt+V',
    when: () => whyNotVerified() === null,
    run: () => showDialog('verify'),
  },
  {
    id: 'verified',
    title: 'What the last verify found',
    when: () => isOpen() && useVerify.getState().phase !== 'none',
    run: () => useLayout.setState(({ main }) => ({ main: main === 'verify' ? 'tree' : 'verify' })),
  },
  {
    id: 'cancel-verify',
    title: 'Cancel verify',
    when: () => useVerify.getState().phase === 'running',
    run: cancelVerify,
  },
  {
    id: 'map',
    title: 'Inode map of 2017',
    when: isOpen,
    run: () => useLayout.setState(({ main }) => ({ main: main === 'map' ? 'tree' : 'map' })),
  },
  {
    id: 'toggle-sources',
    title: 'Show or hide the sources',
    keys: 'Ctrl+B',
    run: () => useLayout.getState().toggle('nav'),
  },
  {
    id: 'toggle-inspector',
    title: 'Show or hide the inspector',
    keys: 'Ctrl+I',
    run: () => useLayout.getState().toggle('side'),
  },
  {
    id: 'toggle-live',
    title: 'Show or hide the live lane',
    keys: 'Ctrl+L',
    when: isOpen,
    run: () => useLayout.getState().toggleLive(),
  },
  {
    id: 'watch',
    title: 'Watch what happens',
    when: () => isOpen() && ['off', 'failed', 'unmounted'].includes(useLive.getState().phase),
    run: () => setWatching(true),
  },
  {
    id: 'watch-end',
    title: 'Stop watching',
    when: () => isOpen() && !['off', 'failed', 'unmounted'].includes(useLive.getState().phase),
    run: () => setWatching(false),
  },
  {
    id: 'live-pause',
    title: 'Pause the live lane, or let it go on',
    when: () => isOpen() && isFollowing(useLive.getState().phase),
    run: () => setPaused(useLive.getState().pausedAt === null),
  },
  {
    id: 'by-process',
    title: 'Who copied up how much?',
    when: isOpen,
    run: () => useLayout.setState(({ live }) => ({ live: live === 'events' ? 'by-process' : 'events' })),
  },
  { id: 'export-events', title: 'Export the events shown…', when: isOpen, run: () => showDialog('export-events') },
  ...THEMES.map(
    (theme): Command => ({ id: `theme-${theme}`, title: THEME_TITLES[theme], run: () => setSetting('theme', theme) }),
  ),
  { id: 'settings', title: 'Settings…', keys: 'Ctrl+,', run: () => showDialog('settings') },
  { id: 'keys', title: 'Keys…', keys: 'F1', run: () => showDialog('keys') },
  { id: 'about', title: 'About Stratoscope…', run: () => showDialog('about') },
];

export const registerAll = (): void => registerCommands(COMMANDS);
