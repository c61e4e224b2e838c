import { useCallback, useEffect, useId, useState } from 'react';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { setSetting } from '../actions/settings.ts';
import { scanAgain } from '../actions/stacks.ts';
import { showHidden } from '../actions/tree.ts';
import { plural } from '../app/words.ts';
import { type EngineClient, useSession } from '../state/session.ts';
import { HISTORY_MEGABYTES, isMegabytes, THEMES, type Theme, useSettings } from '../state/settings.ts';
import { sizeText } from '../tree/format.ts';
import { CancelButton, FailureLine, Frame } from './Frame.tsx';

const THEME_NAMES: Record<Theme, string> = {
  system: 'as the system',
  dark: 'dark',
  light: 'light',
  contrast: 'high contrast',
};

/** What the program does for this user, each change in effect at once. */
export function SettingsDialog() {
  const { theme, hidden, map } = useSettings();
  const id = useId();
  return (
    <Frame
      title="Settings"
      about="Each is in effect at once, and kept for the next start."
      actions={<CancelButton>Close</CancelButton>}
    >
      <h3>Looks</h3>
      <p className="setting-line">
        <label htmlFor={`${id}theme`}>Theme</label>
        <select id={`${id}theme`} value={theme} onChange={(event) => setSetting('theme', event.target.value as Theme)}>
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {THEME_NAMES[one]}
            </option>
          ))}
        </select>
      </p>
      <Check checked={hidden} onChange={showHidden}>
        Show what is hidden by whiteouts, opaque directories and files above
      </Check>
      <HistorySettings />
      <h3>Inode map</h3>
      <Check
        checked={map}
        onChange={(on) => {
          setSetting('map', on);
          if (on) void scanAgain();
        }}
      >
        Keep a map from upper to lower inodes of each stack that is opened
      </Check>
    </Frame>
  );
}

const Check = (props: { checked: boolean; onChange: (on: boolean) => void; children: string }) => (
  <label className="setting-check">
    <input type="checkbox" checked={props.checked} onChange={(event) => props.onChange(event.target.checked)} />
    {props.children}
  </label>
);

type Info = Awaited<ReturnType<typeof historyInfo>>;
const historyInfo = (client: EngineClient) => client.call('historyInfo', {});

/** Whether what is seen is remembered, in how many megabytes, how much it is now, and how to forget it. */
function HistorySettings() {
  const { history, historyMegabytes } = useSettings();
  const client = useSession((session) => session.client);
  const [text, setText] = useState(String(historyMegabytes));
  const [info, setInfo] = useState<Info | null>(null);
  const [asks, setAsks] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const id = useId();
  const ask = useCallback(() => {
    if (client) historyInfo(client).then(setInfo, (error: unknown) => setFailure(failureOf(error)));
  }, [client]);
  useEffect(ask, [ask]);
  const typed = Number(text);
  const isGood = /^\d+$/.test(text.trim()) && isMegabytes(typed);

  const wipe = async (): Promise<void> => {
    setAsks(false);
    try {
      await client?.call('historyWipe', {});
      setFailure(null);
    } catch (error) {
      setFailure(failureOf(error));
    }
    ask();
  };
  return (
    <>
      <h3>History</h3>
      <Check
        checked={history}
        onChange={(on) => {
          setSetting('history', on);
          ask();
        }}
      >
        Remember what each path of an opened stack showed, to tell when its number changes
      </Check>
      <p className="setting-line">
        <label htmlFor={`${id}megabytes`}>At most, in megabytes</label>
        <input
          id={`${id}megabytes`}
          className={isGood ? 'input' : 'input bad'}
          inputMode="numeric"
          value={text}
          disabled={!history}
          aria-invalid={!isGood}
          aria-describedby={isGood ? undefined : `${id}problem`}
          onChange={(event) => {
            setText(event.target.value);
            const next = Number(event.target.value);
            if (/^\d+$/.test(event.target.value.trim()) && isMegabytes(next)) setSetting('historyMegabytes', next);
          }}
        />
      </p>
      {!isGood && (
        <p className="problem" id={`${id}problem`}>
          A whole number from {HISTORY_MEGABYTES.least} to {HISTORY_MEGABYTES.most}. What was set before stays.
        </p>
      )}
      <p className="setting-line">
        <span className="two" role="status">
          {info === null
            ? 'How much is kept is being asked'
            : info.bytes === 0
              ? 'Nothing is kept now'
              : `${sizeText(String(info.bytes))} of ${plural(info.stacks, 'stack')} are kept now`}
        </span>
        {asks ? (
          <span className="setting-sure">
            <button type="button" onClick={() => setAsks(false)}>
              Keep it
            </button>
            <button type="button" className="primary" onClick={() => void wipe()}>
              Forget everything
            </button>
          </span>
        ) : (
          <button type="button" disabled={info === null || info.bytes === 0} onClick={() => setAsks(true)}>
            Wipe…
          </button>
        )}
      </p>
      <FailureLine failure={failure} />
    </>
  );
}
