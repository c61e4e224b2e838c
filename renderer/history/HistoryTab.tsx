import './history.css';
import { Settings, TriangleAlert } from 'lucide-react';
import type { RememberedState } from '../../shared/contract/history.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { showDialog } from '../dialogs/open.ts';
import { NumberText } from '../inspector/NumberText.tsx';
import { shortOf } from '../inspector/numbers.ts';
import { layerLetter } from '../inspector/ranges.ts';
import { Section } from '../inspector/Section.tsx';
import { safe } from '../inspector/Sentence.tsx';
import { roleOf } from '../inspector/words.ts';
import { useSettings } from '../state/settings.ts';
import { deviceText, wholeTime } from '../tree/format.ts';
import { isChange, lastChange, momentWords } from './changes.ts';

type Props = { detail: ObjectDetail; facts: ListObject };

/** What was seen of this path before: its numbers, whose they were, until when, and how that ended. */
export function HistoryTab({ detail, facts }: Props) {
  const isOn = useSettings((settings) => settings.history);
  const { history } = detail;
  if (!isOn || history.length === 0)
    return (
      <>
        <p className="insp-note is-plain">
          {isOn
            ? 'Nothing is remembered of this entry yet. What it shows is kept once every layer was read, and compared with the next reading.'
            : 'Nothing is remembered: the history is switched off.'}
        </p>
        <SettingsButton />
      </>
    );
  const change = lastChange(history);
  return (
    <>
      {change === null && (
        <p className="insp-note is-plain">
          {history.length === 1 ? 'It was never seen otherwise.' : 'Its number was always the same.'}
        </p>
      )}
      <ChangedSection detail={detail} facts={facts} />
      <Section title="What it showed, the newest first">
        <ol className="hist">
          {history.map((state, at) => (
            <State
              // biome-ignore lint/suspicious/noArrayIndexKey: the states of one answer never move
              key={at}
              state={state}
              facts={facts}
              after={history[at - 1] ?? null}
            />
          ))}
        </ol>
      </Section>
      <p className="insp-note">
        Kept in a file of this program, by the handles of the layers’ roots: a remount does not lose it.
      </p>
      <SettingsButton />
    </>
  );
}

const SettingsButton = () => (
  <p className="hist-settings">
    <button type="button" onClick={() => showDialog('settings')}>
      <Settings className="i" aria-hidden />
      What is remembered…
    </button>
  </p>
);

function State({ state, facts, after }: { state: RememberedState; facts: ListObject; after: RememberedState | null }) {
  const { ino, dev, real, provenance, sinceNs, untilNs, why } = state;
  const now = Date.now();
  const changed = after !== null && isChange(state, after);
  return (
    <li className={untilNs === null ? 'is-now' : undefined}>
      <p className="hist-number">
        <NumberText
          number={ino}
          what={untilNs === null ? 'st_ino' : 'former st_ino'}
          short={shortOf(facts, ino)}
          copy
        />
        {dev.startsWith('pseudo:') && <span className="mono two">{deviceText(dev)}</span>}
        <span className="two">
          {provenance.replace('-', ' ')},{' '}
          <b className={`mono c-${roleOf(facts, real.layer)}`}>{layerLetter(real.layer)}</b>{' '}
          <span className="mono">{real.ino}</span>
        </span>
        {changed && (
          <span className={state.stable ? 'hist-changed is-grave' : 'hist-changed'}>
            {state.stable && <TriangleAlert className="i" aria-hidden />}
            number changed
          </span>
        )}
      </p>
      <p className="two">
        <time title={wholeTime(sinceNs)}>{momentWords(sinceNs, now)}</time>
        {untilNs === null ? (
          ' until now'
        ) : (
          <>
            {' '}
            until <time title={wholeTime(untilNs)}>{momentWords(untilNs, now)}</time>. {safe(why)}
          </>
        )}
      </p>
    </li>
  );
}

/** That the number changed, with the old one, until when, and how; nothing where it did not. */
export function ChangedSection({ detail, facts }: Props) {
  const change = lastChange(detail.history);
  if (change === null) return null;
  const { before } = change;
  return (
    <Section title={before.stable ? 'A number that was to last has changed' : 'Its number has changed'}>
      <div className="insp-finding">
        <p className={before.stable ? 'hist-was f-warning' : 'hist-was'}>
          {before.stable && <TriangleAlert className="i" aria-hidden />}
          <span>
            was <NumberText number={before.ino} what="former st_ino" short={shortOf(facts, before.ino)} copy /> until{' '}
            {momentWords(before.untilNs, Date.now())}
          </span>
        </p>
        <p>{safe(before.why)}</p>
      </div>
    </Section>
  );
}
