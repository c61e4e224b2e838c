import { Check, Columns3 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { setSetting } from '../actions/settings.ts';
import { useLayout } from '../state/layout.ts';
import { useSettings } from '../state/settings.ts';
import { COLUMN_TITLES, COLUMNS, type Column } from './columns.ts';

/** Which columns stand: as the width allows, or those that are ticked. */
export function ColumnsMenu() {
  const chosen = useSettings((settings) => settings.columns);
  const isOpen = useLayout((layout) => layout.columnsOpen);
  const standing = (): Column[] => {
    const heads = [...document.querySelectorAll('[role="treegrid"] [role="columnheader"]')];
    return COLUMNS.filter((column) => heads.some((head) => head.classList.contains(`col-${column}`)));
  };
  const now = chosen ?? (isOpen ? standing() : []);
  return (
    <DropdownMenu.Root open={isOpen} onOpenChange={(columnsOpen) => useLayout.setState({ columnsOpen })} modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="only-icon" aria-label="Columns" title="Columns">
          <Columns3 className="i" aria-hidden="true" />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.querySelector<HTMLElement>('main')}>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8} aria-label="Columns">
          <DropdownMenu.CheckboxItem
            className="menu-item is-check"
            checked={chosen === null}
            onCheckedChange={(checked) => setSetting('columns', checked ? null : standing())}
            onSelect={(event) => event.preventDefault()}
          >
            <Tick />
            As the width allows
          </DropdownMenu.CheckboxItem>
          <DropdownMenu.Separator className="menu-line" />
          {COLUMNS.map((column) => (
            <DropdownMenu.CheckboxItem
              key={column}
              className="menu-item is-check"
              checked={now.includes(column)}
              onCheckedChange={(checked) =>
                setSetting('columns', checked ? [...now, column] : now.filter((one) => one !== column))
              }
              onSelect={(event) => event.preventDefault()}
            >
              <Tick />
              {COLUMN_TITLES[column]}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const Tick = () => (
  <span className="tick">
    <DropdownMenu.ItemIndicator>
      <Check className="i" aria-hidden="true" />
    </DropdownMenu.ItemIndicator>
  </span>
);
