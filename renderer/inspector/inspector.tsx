import './inspector.css';
import { OctagonAlert } from 'lucide-react';
import { Tabs, Tooltip } from 'radix-ui';
import { useCallback, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { EngineContract, ObjectDetail } from '../../shared/ipc/engine.ts';
import type { Client, Failure } from '../../shared/ipc/rpc.ts';
import { AnnounceContext, CopyButton } from './command.tsx';
import { exactText, shellWord } from './copy.ts';
import { Explain } from './explain.tsx';
import type { FeedState } from './feed.ts';
import { Inodes } from './inodes.tsx';
import { Layers } from './layers.tsx';
import { safe } from './sentence.tsx';
import { Glyph } from './shapes.tsx';
import { StripKey } from './strip-key.tsx';
import { useDetail } from './use-detail.ts';
import { bytesWord, hiddenByWord, modeWord, roleOf, typeWord } from './words.ts';
import { Xattrs } from './xattrs.tsx';

const TABS = { explain: 'Explain', layers: 'Layers', inodes: 'Inodes', xattrs: 'Xattrs' } as const;
type Tab = keyof typeof TABS;

export type InspectorProps = {
  engine: Client<EngineContract>;
  /** The view that is shown and what it is of; null while no stack is open. */
  view: number | null;
  facts: ListObject | null;
  /** The selected row; its path is shown at once, before the answer comes. */
  selected: { id: number; path: Bytes } | null;
  /** Changes when the picture does: the answer is then asked for again. */
  edition: number | string;
};

/** Everything about the selected object: words, layers, inodes, attributes with their bytes. */
export function Inspector({ engine, view, facts, selected, edition }: InspectorProps) {
  const [state, retry] = useDetail(engine, view, selected?.id ?? null, edition);
  const [tab, setTab] = useState<Tab>('explain');
  const [said, setSaid] = useState('');
  const announce = useCallback((text: string) => {
    setSaid('');
    requestAnimationFrame(() => setSaid(text));
  }, []);
  return (
    <AnnounceContext.Provider value={announce}>
      <Tooltip.Provider delayDuration={400}>
        <aside className="inspector" aria-label="Inspector">
          {selected === null || facts === null ? (
            <StripKey />
          ) : (
            <Tabs.Root className="insp-tabs" value={tab} onValueChange={(value) => setTab(value as Tab)}>
              <Head path={selected.path} state={state} facts={facts} />
              <Tabs.List className="insp-tablist" aria-label="Views of the entry">
                {(Object.keys(TABS) as Tab[]).map((one) => (
                  <Tabs.Trigger key={one} value={one}>
                    {TABS[one]}
                  </Tabs.Trigger>
                ))}
              </Tabs.List>
              <Tabs.Content className="insp-body" value={tab} key={tab} aria-busy={state.phase === 'reading'}>
                <Body state={state} facts={facts} tab={tab} retry={retry} />
              </Tabs.Content>
            </Tabs.Root>
          )}
          <div role="status" className="sr-only">
            {said}
          </div>
        </aside>
      </Tooltip.Provider>
    </AnnounceContext.Provider>
  );
}

/** The detail of this path, or null while an older one stands in for it. */
const detailFor = (state: FeedState, path: Bytes): ObjectDetail | null =>
  'detail' in state && state.detail?.path === path ? state.detail : null;

function Head({ path, state, facts }: { path: Bytes; state: FeedState; facts: ListObject }) {
  const detail = detailFor(state, path);
  const shown = path === '' ? '/' : textForEyes(path);
  return (
    <div className="insp-head">
      <h2>
        <span className="insp-path" title={shown}>
          <bdi>{shown}</bdi>
        </span>
        <CopyButton label="Copy path" what="path" text={exactText(path)} />
        <CopyButton label="Copy path, quoted for a shell" what="quoted path" text={shellWord(path)} as="quoted" />
      </h2>
      <p>{detail ? <StatusLine detail={detail} facts={facts} /> : <span className="insp-ghost insp-ghost-line" />}</p>
    </div>
  );
}

function StatusLine({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const { row } = detail;
  const role = roleOf(facts, row.cells[0]?.[0] ?? 1);
  const parts = [typeWord(row.type)];
  if (row.type === 'file') parts.push(bytesWord(row.size));
  if (row.type !== 'whiteout') parts.push(`${modeWord(row.mode)} ${row.owner}`);
  const hidden = row.status === 'hidden' && row.hiddenBy ? ` by ${hiddenByWord(row.hiddenBy)}` : '';
  return (
    <>
      <Glyph status={row.status} role={role} />
      <span className="cut" title={parts.join(' · ')}>
        {row.status}
        {hidden} · {parts.join(' · ')}
      </span>
    </>
  );
}

function Body({ state, facts, tab, retry }: { state: FeedState; facts: ListObject; tab: Tab; retry: () => void }) {
  if (state.phase === 'failed') return <Failed failure={state.failure} retry={retry} />;
  if (state.phase === 'none' || state.detail === null) return <Reading />;
  const { detail } = state;
  const shared = { detail, facts };
  const name = detail.path === '' ? '/' : textForEyes(detail.path.slice(detail.path.lastIndexOf('/') + 1) as Bytes);
  return (
    <div className={state.phase === 'reading' ? 'insp-older' : undefined} key={detail.id}>
      {tab === 'explain' && <Explain {...shared} name={name} />}
      {tab === 'layers' && <Layers {...shared} />}
      {tab === 'inodes' && <Inodes {...shared} />}
      {tab === 'xattrs' && <Xattrs {...shared} />}
    </div>
  );
}

function Reading() {
  return (
    <div className="insp-reading">
      <span className="sr-only">Reading</span>
      {['wide', 'wide', 'mid', 'short', 'wide', 'mid'].map((width, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders
        <span key={index} className={`insp-ghost ${width}`} />
      ))}
    </div>
  );
}

function Failed({ failure, retry }: { failure: Failure; retry: () => void }) {
  return (
    <div className="insp-failed" role="alert">
      <p>
        <OctagonAlert className="f-error" aria-hidden /> <b>This entry could not be read.</b>
      </p>
      <p>{safe(failure.message)}</p>
      {failure.hint && <p className="two">{safe(failure.hint)}</p>}
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
