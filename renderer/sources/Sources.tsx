import './sources.css';
import { Container, FlaskConical, FolderTree, History, LoaderCircle, Lock, TriangleAlert } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { openSource } from '../actions/stacks.ts';
import { plural, refTitle, safeText, sourceText, sourceTip, stackTitle } from '../app/words.ts';
import { runCommand } from '../commands/registry.ts';
import { useFindingCounts } from '../state/findings.ts';
import { useSession } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import { isLive, isSameRef, isThis, lineThatIsOpen, sourceKey } from './which.ts';

/** What can be opened: live mounts, saved stacks, recent ones, the demo. */
export function Sources() {
  const { state, live, namespaces, closed } = useSession((session) => session.sources);
  const saved = useSession((session) => session.saved);
  const recent = useSession((session) => session.recent);
  const stack = useSession((session) => session.stack);
  const opening = useSession((session) => session.opening);
  const openFrom = useSession((session) => session.openFrom);
  const openingFrom = useSession((session) => session.openingFrom);
  const isUp = useSession((session) => session.link === 'up');
  const counts = useFindingCounts();
  const ownCount = stack ? (counts[JSON.stringify(stack.ref)] ?? 0) : 0;
  const now = opening ?? stack?.ref ?? null;
  const nav = useRef<HTMLElement>(null);

  // One list under the arrows; Tab leaves it.
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !nav.current) return;
    const all = [...nav.current.querySelectorAll<HTMLElement>('button')];
    const next = all[all.indexOf(document.activeElement as HTMLElement) + step];
    next?.focus();
    event.preventDefault();
  };

  const others = recent.filter(
    (ref) => !saved.some((one) => isSameRef(one.stack, ref)) && !live.some((one) => isLive(ref, one)),
  );
  const shown = others.slice(0, 5);
  const on = lineThatIsOpen(
    [
      ...live
        .filter((source) => (opening ? isSameRef(opening, source.stack) : isThis(stack, source)))
        .map(sourceKey.live),
      ...saved.filter((one) => isSameRef(now, one.stack)).map(sourceKey.saved),
      ...shown.filter((ref) => isSameRef(now, ref)).map(sourceKey.recent),
    ],
    opening ? openingFrom : openFrom,
  );
  return (
    <nav ref={nav} className="sources" aria-label="Sources" onKeyDown={onKeyDown}>
      <Group title="Live mounts">
        {live.map((source) => (
          <Source
            key={sourceKey.live(source)}
            isOn={on === sourceKey.live(source)}
            icon={
              source.facts.name === null ? <span className="ring" /> : <Container className="i" aria-hidden="true" />
            }
            title={stackTitle(source.facts)}
            text={sourceText(source)}
            tip={sourceTip(source)}
            bad={source.layersUnreadable}
            found={counts[JSON.stringify(source.stack)] ?? (isThis(stack, source) ? ownCount : 0)}
            onOpen={() => void openSource(source.stack, sourceKey.live(source))}
          />
        ))}
        {live.length === 0 && (
          <div className="src is-note">
            {state === 'reading' ? (
              <LoaderCircle className="i" aria-hidden="true" />
            ) : (
              <Lock className="i" aria-hidden="true" />
            )}
            <span className="cut">
              {state === 'reading' ? 'Looking…' : 'None here'}
              {state !== 'reading' && closed > 0 && (
                <small className="cut">
                  {closed} of {namespaces} namespaces closed
                </small>
              )}
            </span>
          </div>
        )}
      </Group>
      {saved.length > 0 && (
        <Group title="Saved stacks">
          {saved.map(({ id, name, stack }) => (
            <Source
              key={id}
              isOn={on === sourceKey.saved({ id })}
              icon={<FolderTree className="i" aria-hidden="true" />}
              title={safeText(name)}
              text={refText(stack)}
              tip={refText(stack)}
              onOpen={() => void openSource(stack, sourceKey.saved({ id }))}
            />
          ))}
        </Group>
      )}
      {others.length > 0 && (
        <Group title="Recent">
          {shown.map((ref) => (
            <Source
              key={sourceKey.recent(ref)}
              isOn={on === sourceKey.recent(ref)}
              icon={<History className="i" aria-hidden="true" />}
              title={refTitle(ref)}
              text={refText(ref)}
              tip={refText(ref)}
              onOpen={() => void openSource(ref, sourceKey.recent(ref))}
            />
          ))}
        </Group>
      )}
      <Group title="Learn">
        <Source
          isOn={false}
          icon={<FlaskConical className="i" aria-hidden="true" />}
          title="Demo stack"
          text="one of everything"
          tip="Builds a small stack that holds one of everything, and opens it"
          onOpen={() => runCommand('demo')}
        />
      </Group>
      <span className="grow" />
      <div className="src-foot">
        <button type="button" className="quiet" disabled={!isUp} onClick={() => runCommand('open-directories')}>
          <FolderTree className="i" aria-hidden="true" />
          Open directories…
        </button>
      </div>
    </nav>
  );
}

function refText(ref: StackRef): string {
  if (ref.kind !== 'directories')
    return ref.kind === 'mount' && ref.pid !== null ? `live mount · pid ${ref.pid}` : 'live mount';
  const count = ref.lowers.length + ref.data.length + (ref.upper === null ? 0 : 1);
  return count === 1 ? '1 directory' : `${count} directories`;
}

const Group = ({ title, children }: { title: string; children: ReactNode }) => (
  <>
    <h2>{title}</h2>
    {children}
  </>
);

type SourceProps = {
  isOn: boolean;
  icon: ReactNode;
  title: string;
  text: string;
  tip: string;
  /** Layers that can't be read. */
  bad?: number;
  /** Errors and warnings, as far as it was looked at. */
  found?: number;
  onOpen: () => void;
};

function Source({ isOn, icon, title, text, tip, bad = 0, found = 0, onOpen }: SourceProps) {
  return (
    <button
      type="button"
      className={isOn ? 'src on' : 'src'}
      aria-current={isOn || undefined}
      data-pane-focus={isOn || undefined}
      title={tip}
      onClick={onOpen}
    >
      {icon}
      <span className="src-words">
        <span className={title.startsWith('/') ? 'cut is-path' : 'cut'}>
          <bdi>{title}</bdi>
        </span>
        <small className="cut">{text}</small>
      </span>
      {bad > 0 && <Count of={bad} words={bad === 1 ? '1 layer can’t be read' : `${bad} layers can’t be read`} />}
      {bad === 0 && found > 0 && <Count of={found} words={plural(found, 'finding')} />}
    </button>
  );
}

const Count = ({ of, words }: { of: number; words: string }) => (
  <span className="count f-warning" title={words}>
    <TriangleAlert className="i" aria-hidden="true" />
    <span aria-hidden="true">{countText(of)}</span>
    <span className="sr">{words}</span>
  </span>
);
