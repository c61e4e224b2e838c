import { Check, ListFilter, Search, X } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { WatchEventName } from '../../shared/contract/watch.ts';
import { EventGlyph } from '../marks/EventGlyph.tsx';
import { isFiltering, NO_FILTER } from './filter.ts';
import { useShownEvents } from './shown.ts';

const KINDS = WatchEventName.options;
/** What temporary files go through: what one leaves out first. */
const TEMPORARY: readonly WatchEventName[] = ['temp-born', 'temp-written', 'temp-linked', 'temp-died', 'orphan'];

/** Which events are shown: by words of their paths and processes, and by kind. */
export function FilterTools() {
  const filter = useShownEvents((shown) => shown.filter);
  const setFilter = useShownEvents((shown) => shown.setFilter);
  return (
    <>
      <label className="input live-find">
        <Search className="i" aria-hidden="true" />
        <input
          type="text"
          aria-label="Path or process of events"
          placeholder="Path or process"
          spellCheck={false}
          value={filter.text}
          onChange={(event) => setFilter({ ...filter, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || filter.text === '') return;
            event.stopPropagation();
            setFilter({ ...filter, text: '' });
          }}
        />
      </label>
      <KindsMenu />
      {isFiltering(filter) && (
        <button
          type="button"
          className="quiet only-icon"
          aria-label="Show all events"
          title="Show all events"
          onClick={() => setFilter(NO_FILTER)}
        >
          <X className="i" aria-hidden="true" />
        </button>
      )}
    </>
  );
}

function KindsMenu() {
  const filter = useShownEvents((shown) => shown.filter);
  const setFilter = useShownEvents((shown) => shown.setFilter);
  const kinds = filter.kinds ?? new Set(KINDS);
  const put = (next: ReadonlySet<WatchEventName>): void =>
    setFilter({ ...filter, kinds: next.size === KINDS.length ? null : next });
  const turn = (these: readonly WatchEventName[], isOn: boolean): void =>
    put(new Set(KINDS.filter((kind) => (these.includes(kind) ? isOn : kinds.has(kind)))));
  const isTemporary = TEMPORARY.every((kind) => kinds.has(kind));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className={filter.kinds === null ? '' : 'on'} title="Kinds of events that are shown">
          <ListFilter className="i" aria-hidden="true" />
          Kinds{filter.kinds !== null && ` ${filter.kinds.size} of ${KINDS.length}`}
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.querySelector<HTMLElement>('.live')}>
        <DropdownMenu.Content
          className="menu"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          aria-label="Kinds of events"
        >
          <Item isChecked={filter.kinds === null} onTurn={(isOn) => put(new Set(isOn ? KINDS : []))}>
            All
          </Item>
          <Item isChecked={isTemporary} onTurn={(isOn) => turn(TEMPORARY, isOn)}>
            Temporary files
          </Item>
          <DropdownMenu.Separator className="menu-line" />
          {KINDS.map((kind) => (
            <Item key={kind} isChecked={kinds.has(kind)} onTurn={(isOn) => turn([kind], isOn)}>
              <EventGlyph event={kind} of="upper" />
              {kind}
            </Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

type ItemProps = { isChecked: boolean; onTurn: (isOn: boolean) => void; children: ReactNode };

const Item = ({ isChecked, onTurn, children }: ItemProps) => (
  <DropdownMenu.CheckboxItem
    className="menu-item is-check"
    checked={isChecked}
    onCheckedChange={onTurn}
    onSelect={(event) => event.preventDefault()}
  >
    <span className="tick">
      <DropdownMenu.ItemIndicator>
        <Check className="i" aria-hidden="true" />
      </DropdownMenu.ItemIndicator>
    </span>
    {children}
  </DropdownMenu.CheckboxItem>
);
