import { FolderOpen } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { Bridge } from '../../shared/ipc/bridge.ts';
import { useSession } from '../state/session.ts';
import { joinTyped, splitTyped, typedOfBytes } from './typed-path.ts';

const MOST_NAMES = 60;

type PathInputProps = {
  label: string;
  value: string;
  problem?: string | undefined;
  placeholder?: string;
  onChange: (text: string) => void;
  /** Keys that completion does not take: for moving a line among its siblings. */
  onKey?: (event: KeyboardEvent<HTMLInputElement>) => void;
};

/** A directory: typed, completed from the machine's own, or picked in the system's dialog where there is one. */
export function PathInput({ label, value, problem, placeholder, onChange, onKey }: PathInputProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  /** The name that is chosen in the list; -1 until an arrow key chooses one. */
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const split = open ? splitTyped(value) : null;
  const names = useDirectories(split?.directory ?? null)
    .filter((name) => split !== null && name.startsWith(split.prefix) && name !== split.prefix)
    .slice(0, MOST_NAMES);
  const showing = open && names.length > 0;
  const chosen = names[at];
  const bridge = (window as { stratoscope?: Bridge }).stratoscope;

  const take = (name: Bytes): void => {
    if (split) onChange(joinTyped(split.directory, name));
    setAt(-1);
    input.current?.focus();
  };
  const pick = async (): Promise<void> => {
    const answer = await bridge?.pickDirectory(label);
    if (answer && 'ok' in answer && answer.ok !== null) onChange(typedOfBytes(asBytes(answer.ok)));
  };
  const keyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (!event.altKey && completionKey(event.key)) event.preventDefault();
    else onKey?.(event);
  };
  /** True where the key was for the list. */
  function completionKey(key: string): boolean {
    if (!showing) {
      if (key === 'ArrowDown') setOpen(true);
      return key === 'ArrowDown';
    }
    if (key === 'ArrowDown') setAt(Math.min(at + 1, names.length - 1));
    else if (key === 'ArrowUp') setAt(Math.max(at - 1, -1));
    else if ((key === 'Enter' || key === 'Tab') && chosen !== undefined) take(chosen);
    else if (key === 'Tab' && names.length === 1) take(names[0] as Bytes);
    else if (key === 'Escape') setOpen(false);
    else return false;
    return true;
  }

  return (
    <div className="path-input">
      <div className="path-input-line">
        <input
          ref={input}
          type="text"
          className={`input mono ${problem ? 'bad' : ''}`}
          role="combobox"
          aria-label={label}
          aria-expanded={showing}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={showing && chosen !== undefined ? `${id}-${at}` : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? `${id}-problem` : undefined}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
            setOpen(true);
            setAt(-1);
          }}
          onKeyDown={keyDown}
          onBlur={() => setOpen(false)}
        />
        {bridge && (
          <button type="button" className="quiet only-icon" aria-label={`Choose ${label}`} onClick={() => void pick()}>
            <FolderOpen className="i" aria-hidden />
          </button>
        )}
      </div>
      {showing && (
        <div className="complete-list" role="listbox" id={`${id}-list`} aria-label={`Directories for ${label}`}>
          {names.map((name, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the focus and the keys
            // biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant
            <div
              key={name}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              className="mono cut"
              ref={index === at ? scrollIntoSight : undefined}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(name)}
            >
              {textForEyes(name)}
            </div>
          ))}
        </div>
      )}
      {problem && (
        <p className="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

const scrollIntoSight = (element: HTMLElement | null): void => element?.scrollIntoView({ block: 'nearest' });

/** Names of the directories below a path; empty while they are asked for and where they cannot be read. */
function useDirectories(directory: Bytes | null): Bytes[] {
  const client = useSession((session) => session.client);
  const [read, setRead] = useState<{ directory: Bytes; names: Bytes[] } | null>(null);
  useEffect(() => {
    if (client === null || directory === null) return;
    const controller = new AbortController();
    client
      .call('directories', { path: directory }, { signal: controller.signal })
      .then(({ names }) => ({ directory, names }))
      .catch(() => ({ directory, names: [] }))
      .then((answer) => {
        if (!controller.signal.aborted) setRead(answer);
      });
    return () => controller.abort();
  }, [client, directory]);
  return read !== null && read.directory === directory ? read.names : [];
}
