import './inspector.css';
import { Tabs, Tooltip } from 'radix-ui';
import { useCallback, useEffect, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { FindingTab } from '../findings/FindingTab.tsx';
import { HistoryTab } from '../history/HistoryTab.tsx';
import { useRemembered } from '../history/use-remembered.ts';
import { Glyph } from '../marks/Glyph.tsx';
import { Name } from '../marks/Name.tsx';
import { useLayout } from '../state/layout.ts';
import { useSelection } from '../state/selection.ts';
import { useSession } from '../state/session.ts';
import { typeText } from '../tree/format.ts';
import { Boundary } from './Boundary.tsx';
import { AnnounceContext, CopyButton } from './Copy.tsx';
import { exactText, shellWord } from './copy.ts';
import { useDetail } from './detail.ts';
import { Explain } from './Explain.tsx';
import { Failed } from './Failed.tsx';
import type { FeedState } from './feed.ts';
import { Inodes } from './Inodes.tsx';
import { Layers } from './Layers.tsx';
import { StripKey } from './StripKey.tsx';
import { bytesWord, hiddenByWord, modeAndOwner, roleOf } from './words.ts';
import { Xattrs } from './Xattrs.tsx';

const TABS = {
  finding: 'Finding',
  explain: 'Explain',
  layers: 'Layers',
  inodes: 'Inodes',
  xattrs: 'Xattrs',
  history: 'History',
} as const;
type Tab = keyof typeof TABS;

/** Everything about the selected object: words, layers, inodes, attributes with their bytes. */
export function Inspector() {
  const client = useSession((session) => session.client);
  const stack = useSession((session) => session.stack);
  const edition = useSession(({ viewState }) => `${viewState?.phase} ${viewState?.readAtNs}`);
  const { id, path, row } = useSelection();
  const remembered = useRemembered(client, stack?.view ?? null);
  const seen = row ? `${row.status} ${row.cells.join(' ')}` : '';
  const [state, retry] = useDetail(client, stack?.view ?? null, { path, id }, `${edition} ${seen} ${remembered}`);
  const main = useLayout((layout) => layout.main);
  const [chosen, setTab] = useState<Tab>('explain');
  // The finding stands first where findings are looked at; elsewhere where there is more than a note.
  const hasFinding = row?.findings.some(({ severity }) => severity !== 'note' || main === 'findings') ?? false;
  const tab = chosen === 'finding' && !hasFinding ? 'explain' : chosen;
  useEffect(() => {
    if (main === 'findings') setTab('finding');
  }, [main]);
  const [said, setSaid] = useState('');
  const announce = useCallback((text: string) => {
    setSaid('');
    requestAnimationFrame(() => setSaid(text));
  }, []);
  return (
    <AnnounceContext.Provider value={announce}>
      <Tooltip.Provider delayDuration={400}>
        <aside className="inspector" aria-label="Inspector">
          {path === null || stack === null ? (
            <StripKey />
          ) : (
            <Tabs.Root className="insp-tabs" value={tab} onValueChange={(value) => setTab(value as Tab)}>
              <Head path={path} state={state} facts={stack.facts} />
              <Tabs.List className="insp-tablist" aria-label="Views of the entry">
                {(Object.keys(TABS) as Tab[])
                  .filter((one) => one !== 'finding' || hasFinding)
                  .map((one) => (
                    <Tabs.Trigger key={one} value={one}>
                      {TABS[one]}
                    </Tabs.Trigger>
                  ))}
              </Tabs.List>
              <Tabs.Content
                className="insp-body selectable"
                value={tab}
                key={tab}
                aria-busy={state.phase === 'reading'}
              >
                <Boundary of={state}>
                  <Body state={state} path={path} facts={stack.facts} tab={tab} retry={retry} />
                </Boundary>
              </Tabs.Content>
            </Tabs.Root>
          )}
          <div role="status" className="sr">
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
          <bdi>{path === '' ? '/' : <Name bytes={path} />}</bdi>
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
  const parts = row.type === 'whiteout' ? [] : [typeText(row.type)];
  if (row.type === 'file') parts.push(bytesWord(row.size));
  if (row.type !== 'whiteout') parts.push(modeAndOwner(row.mode, row.owner));
  const hidden = row.status === 'hidden' && row.hiddenBy ? ` by ${hiddenByWord(row.hiddenBy)}` : '';
  return (
    <>
      <Glyph status={row.status} top={role} />
      <span className="cut" title={parts.join(' · ')}>
        {row.status}
        {hidden}
        {parts.map((part) => ` · ${part}`)}
      </span>
    </>
  );
}

type BodyProps = { state: FeedState; path: Bytes; facts: ListObject; tab: Tab; retry: () => void };

function Body({ state, path, facts, tab, retry }: BodyProps) {
  if (state.phase === 'failed') return <Failed failure={state.failure} retry={retry} />;
  if (state.phase === 'none' || state.detail === null) return <Reading />;
  const { detail } = state;
  const shared = { detail, facts };
  const name = detail.path === '' ? '/' : textForEyes(detail.path.slice(detail.path.lastIndexOf('/') + 1) as Bytes);
  const body = {
    finding: <FindingTab {...shared} name={name} />,
    explain: <Explain {...shared} name={name} />,
    layers: <Layers {...shared} />,
    inodes: <Inodes {...shared} />,
    xattrs: <Xattrs {...shared} />,
    history: <HistoryTab {...shared} />,
  }[tab];
  if (detail.path === path) return <div key={detail.path}>{body}</div>;
  // The entry before stays for a moment, so that nothing flickers under an arrow key; then the placeholders come.
  return (
    <>
      <div className="insp-older" key={detail.path} aria-hidden="true" inert>
        {body}
      </div>
      <div className="insp-late">
        <Reading />
      </div>
    </>
  );
}

function Reading() {
  return (
    <div className="insp-reading">
      <span className="sr">Reading</span>
      {['wide', 'wide', 'mid', 'short', 'wide', 'mid'].map((width, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders
        <span key={index} className={`insp-ghost ${width}`} />
      ))}
    </div>
  );
}
