import './jump.css';
import { ChevronDown, ChevronUp, Search, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type Bytes, bytesOfText } from '../../shared/bytes/bytes.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { focusTree, revealPath } from '../actions/tree.ts';
import { useSelection } from '../state/selection.ts';
import { useSession } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import { closeFind, useJump } from './open.ts';

type Outcome = { for: string; words: string; bad: boolean };

/** Ctrl+F: the bar above the tree that finds names, next and previous, and says how many there are. */
export function Find() {
  const open = useJump((jump) => jump.find);
  return open ? <FindBar /> : null;
}

function FindBar() {
  const [text, setText] = useState('');
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const asking = useRef<AbortController | null>(null);
  const client = useSession((session) => session.client);
  const view = useSession((session) => session.stack?.view ?? null);

  useEffect(() => {
    input.current?.focus();
    return () => asking.current?.abort();
  }, []);

  /** `from` null: from the first entry on. The tree shows what was found; the focus stays here. */
  async function go(query: string, from: number | null, backwards: boolean): Promise<void> {
    asking.current?.abort();
    if (query === '' || client === null || view === null) return setOutcome(null);
    const controller = new AbortController();
    asking.current = controller;
    try {
      const params = { view, text: bytesOfText(query), after: from, backwards };
      const found = await client.call('find', params, { signal: controller.signal });
      if (controller.signal.aborted) return;
      setOutcome(outcomeOf(query, found, backwards));
      if (found) await show(found.path);
    } catch (error) {
      if (!controller.signal.aborted) setOutcome({ for: query, words: failureOf(error).message, bad: true });
    }
  }

  async function show(path: Bytes): Promise<void> {
    await revealPath(path);
    input.current?.focus();
  }

  const step = (backwards: boolean): void => void go(text, useSelection.getState().id, backwards);
  const close = (): void => {
    closeFind();
    focusTree();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') step(event.shiftKey);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: Chromium 108 does not know the element search
    <div className="find" role="search" aria-label="Find by name" onKeyDown={onKey}>
      <label className={`input find-input ${outcome?.bad ? 'bad' : ''}`}>
        <Search className="i" aria-hidden />
        <input
          ref={input}
          type="text"
          aria-label="Find by name"
          placeholder="Find by name"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            void go(event.target.value, null, false);
          }}
        />
      </label>
      <span className={`find-count ${outcome?.bad ? '' : 'two'}`} role="status">
        {outcome?.words ?? ''}
      </span>
      <button type="button" className="only-icon" aria-label="Previous" onClick={() => step(true)}>
        <ChevronUp className="i" aria-hidden />
      </button>
      <button type="button" className="only-icon" aria-label="Next" onClick={() => step(false)}>
        <ChevronDown className="i" aria-hidden />
      </button>
      <button type="button" className="quiet only-icon" aria-label="Close" onClick={close}>
        <X className="i" aria-hidden />
      </button>
    </div>
  );
}

type Found = { matches: number; wrapped: boolean } | null;

/** What the bar says about an answer: how many there are, and whether the search went round. */
export function outcomeOf(query: string, found: Found, backwards: boolean): Outcome {
  if (found === null) return { for: query, words: 'no such name', bad: true };
  const count = found.matches === 1 ? '1 name' : `${countText(String(found.matches))} names`;
  const wrapped = backwards ? ', went on from the end' : ', went on from the top';
  return { for: query, words: found.wrapped ? count + wrapped : count, bad: false };
}
