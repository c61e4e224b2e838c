import '../dialogs/dialogs.css';
import './jump.css';
import { Command } from 'cmdk';
import { Search } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useEffect, useMemo, useRef, useState } from 'react';
import { parseNumber } from '../../shared/inodes/number-text.ts';
import { plural, stackTitle } from '../app/words.ts';
import { useReturnFocus } from '../dialogs/focus.ts';
import { isThis } from '../sources/which.ts';
import { useSession } from '../state/session.ts';
import { useElsewhere } from './find-elsewhere.ts';
import { useMessageSearch } from './find-messages.ts';
import { useNumberSearch } from './find-numbers.ts';
import { usePathSearch } from './find-paths.ts';
import { MessageResults, messageValue } from './MessageResults.tsx';
import {
  ElsewhereResults,
  elsewhereValue,
  NOT_SEARCHED,
  NotSearched,
  NumberResults,
  numberValue,
} from './NumberResults.tsx';
import { closeBox, useJump } from './open.ts';
import { fittingCommands, PaletteResults } from './PaletteResults.tsx';
import { go, PathResults } from './PathResults.tsx';

/** The box over the window: a path to jump to, or, behind a `>`, a command. */
export function Jump() {
  const { box, turn, text } = useJump();
  const chosen = useRef<(() => void) | null>(null);
  const focus = useReturnFocus(() => {
    chosen.current?.();
    chosen.current = null;
  });
  // What was chosen runs once the focus is back: it may take it, or open a dialog that gives it back in turn.
  const choose = (run: () => void): void => {
    chosen.current = run;
    closeBox();
  };
  return (
    <Dialog.Root open={box !== null} onOpenChange={(open) => !open && closeBox()}>
      <Dialog.Portal>
        <div className="veil" aria-hidden="true" />
        <Dialog.Content className="box" aria-describedby={undefined} {...focus}>
          <Dialog.Title className="sr">{box === 'palette' ? 'Commands' : 'Jump'}</Dialog.Title>
          {box !== null && <Box key={turn} begin={box === 'palette' ? '>' : text} onChoose={choose} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Box({ begin, onChoose }: { begin: string; onChoose: (run: () => void) => void }) {
  const [text, setText] = useState(begin);
  const [value, setValue] = useState('');
  const commands = text.startsWith('>');
  const client = useSession((session) => session.client);
  const view = useSession((session) => session.stack?.view ?? null);
  const search = usePathSearch(client, view, commands ? '' : text);
  const numbers = useNumberSearch(client, view, commands ? '' : text);
  const messages = useMessageSearch(client, view, commands ? '' : text);
  const stack = useSession((session) => session.stack);
  const live = useSession((session) => session.sources.live);
  const others = useMemo(() => live.filter((source) => !isThis(stack, source)), [live, stack]);
  const elsewhere = useElsewhere(client, numbers.of, others);
  // What was chosen to search for more goes on with what it found.
  useEffect(() => {
    if (elsewhere.phase !== 'done') return;
    setValue((now) => (now === NOT_SEARCHED || now === '' ? (elsewhereValue(elsewhere) ?? now) : now));
  }, [elsewhere]);
  const input = useRef<HTMLInputElement>(null);
  // Also when the box is opened anew while it stands.
  useEffect(() => input.current?.focus(), []);
  const query = commands ? text.slice(1).trim() : null;
  // The best match is chosen whenever others come.
  useEffect(() => {
    const first = query === null ? search.matches[0]?.id : fittingCommands(query)[0]?.id;
    const meaning = query === null ? numbers.found.findIndex(({ path }) => path !== null) : -1;
    if (meaning >= 0) setValue(numberValue(meaning));
    else if (query === null && messages.causes.length > 0) setValue(messageValue(0));
    else setValue(first === undefined ? '' : String(first));
  }, [search, numbers, messages, query]);
  // Enter in front of the answer goes to the best match as soon as it is there.
  const goesTo = useRef<string | null>(null);
  useEffect(() => {
    const isNumber = parseNumber(text.trim()) !== null;
    if (goesTo.current === null || goesTo.current !== text || search.forText !== text) return;
    if (isNumber && numbers.of === null) return;
    goesTo.current = null;
    const best = numbers.found.find(({ path }) => path !== null)?.path ?? search.matches[0]?.path;
    if (best !== undefined) onChoose(() => void go(best));
  }, [search, numbers, text, onChoose]);
  const number = parseNumber(text.trim())?.toString() ?? null;
  const isAwaited = query === null && text !== '' && (search.forText !== text || number !== numbers.of);
  return (
    <Command
      onKeyDown={(event) => {
        goesTo.current = null;
        if (event.key !== 'Enter' || !isAwaited) return;
        goesTo.current = text;
        event.preventDefault();
      }}
      label={commands ? 'Commands' : 'Jump'}
      shouldFilter={false}
      vimBindings={false}
      loop
      value={value}
      onValueChange={setValue}
    >
      <div className="box-query">
        <Search className="i" aria-hidden />
        <Command.Input
          ref={input}
          value={text}
          onValueChange={setText}
          placeholder={commands ? undefined : 'A path, an inode number, or the message of a program'}
          aria-label={commands ? 'Find a command' : 'Jump to a path'}
          spellCheck={false}
        />
        {commands && <span className="two">commands</span>}
        {number !== null && <span className="two">a number: every meaning in the open stack</span>}
      </div>
      <Command.List className="box-list" label={commands ? 'Commands' : 'Paths'}>
        {query !== null ? (
          <PaletteResults query={query} onChoose={onChoose} />
        ) : (
          <>
            {stack && (
              <NumberResults search={numbers} facts={stack.facts} title={stackTitle(stack.facts)} onChoose={onChoose} />
            )}
            {numbers.of !== null && <ElsewhereResults search={elsewhere} searched={numbers.of} onChoose={onChoose} />}
            <MessageResults search={messages} onChoose={onChoose} />
            {(numbers.found.length === 0 && messages.codes.length === 0) || search.matches.length > 0 ? (
              <PathResults search={search} text={text} onChoose={onChoose} />
            ) : null}
            {numbers.of !== null && <NotSearched search={elsewhere} others={others.length} />}
          </>
        )}
      </Command.List>
      <div className="box-foot">
        <span>↑ ↓ choose</span>
        <span>Enter {commands ? 'run' : 'go'}</span>
        {commands ? <span>without &gt; paths</span> : <span>&gt; commands</span>}
        <span className="grow" />
        <span role="status">{commands ? '' : countWords(search.matches.length, numbers.found.length, text)}</span>
      </div>
    </Command>
  );
}

function countWords(matches: number, meanings: number, text: string): string {
  if (text === '') return '';
  const paths = matches === 0 ? null : matches >= 100 ? 'the best 100 paths' : plural(matches, 'path');
  return [meanings === 0 ? null : plural(meanings, 'meaning'), paths].filter(Boolean).join(', ');
}
