import './app.css';
import { useEffect } from 'react';
import { commandFor, keysOf } from '../commands/registry.ts';
import { Dialogs } from '../dialogs/Dialogs.tsx';
import { Findings } from '../findings/Findings.tsx';
import { useFollowFindings } from '../findings/follow.ts';
import { FirstStart } from '../first/FirstStart.tsx';
import { Inspector } from '../inspector/Inspector.tsx';
import { Jump } from '../jump/Jump.tsx';
import { Live } from '../live/Live.tsx';
import { MapView } from '../map/MapView.tsx';
import { Sources } from '../sources/Sources.tsx';
import { useLayout } from '../state/layout.ts';
import { useSession } from '../state/session.ts';
import { TreePane } from '../tree/TreePane.tsx';
import { UpperUse } from '../upper-use/UpperUse.tsx';
import { VerifyView } from '../verify/VerifyView.tsx';
import { Banners } from './Banners.tsx';
import { Foot } from './Foot.tsx';
import { Panes } from './Panes.tsx';
import { TopBar } from './TopBar.tsx';
import { stackTitle } from './words.ts';

/** Keys that mean a command wherever the focus is: those with a modifier, and function keys. */
const isGlobal = (keys: string): boolean => /^(Ctrl|Alt|Meta)\+|^(Shift\+)?F\d+$/.test(keys);

function useCommandKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const keys = keysOf(event);
      if (keys === null || event.defaultPrevented || !isGlobal(keys)) return;
      const command = commandFor(keys);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

/** The window: bar, panes, foot; boxes and dialogs above them. */
export function App() {
  const stack = useSession((session) => session.stack);
  const isFailed = useSession((session) => session.openFailure !== null);
  const main = useLayout((layout) => layout.main);
  useCommandKeys();
  useFollowFindings();
  useEffect(() => {
    document.title = stack ? `${stackTitle(stack.facts)} – Stratoscope` : 'Stratoscope';
  }, [stack]);
  return (
    <div className="app">
      <TopBar />
      <Banners />
      <Panes
        nav={<Sources />}
        main={
          <main className="main">
            {stack === null || isFailed ? (
              <FirstStart />
            ) : main === 'upper-use' ? (
              <UpperUse />
            ) : main === 'map' ? (
              <MapView />
            ) : main === 'verify' ? (
              <VerifyView stack={stack} />
            ) : main === 'findings' ? (
              <Findings stack={stack} />
            ) : (
              <TreePane stack={stack} />
            )}
          </main>
        }
        side={<Inspector />}
        live={stack !== null && !isFailed ? <Live stack={stack} /> : null}
      />
      <Foot />
      <Jump />
      <Dialogs />
    </div>
  );
}
