import { DropdownMenu } from 'radix-ui';
import { focusTree } from '../actions/tree.ts';
import { listCommands, runCommand } from '../commands/registry.ts';

export type MenuPlace = { x: number; y: number };

const ITEMS = [
  ['expand-below', 'expand-level'],
  ['copy-path', 'copy-quoted'],
  ['copy-ino', 'copy-dino', 'copy-real'],
  ['find', 'jump', 'hidden'],
  ['scan', 'verify', 'export'],
] as const;

/** The menu of the selected entry, at the pointer or below the name. */
export function TreeMenu({ place, onClose }: { place: MenuPlace | null; onClose: () => void }) {
  const commands = new Map(listCommands().map((command) => [command.id, command]));
  return (
    // Not modal: a modal menu would write styles into the document, which the page's policy forbids.
    <DropdownMenu.Root open={place !== null} onOpenChange={(open) => !open && onClose()} modal={false}>
      <DropdownMenu.Trigger asChild>
        <span className="menu-anchor" style={{ left: place?.x ?? 0, top: place?.y ?? 0 }} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.querySelector<HTMLElement>('main')}>
        <DropdownMenu.Content
          className="menu"
          align="start"
          aria-label="Entry"
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (document.activeElement === document.body) focusTree();
          }}
        >
          {ITEMS.map((group, at) => (
            <DropdownMenu.Group key={group[0]}>
              {at > 0 && <DropdownMenu.Separator className="menu-line" />}
              {group.map((id) => {
                const command = commands.get(id);
                if (!command) return null;
                return (
                  <DropdownMenu.Item
                    key={id}
                    className="menu-item"
                    disabled={command.when?.() === false}
                    onSelect={() => setTimeout(() => runCommand(id), 0)}
                  >
                    <span>{command.title}</span>
                    {command.keys && <kbd>{command.keys.replaceAll('+', ' ')}</kbd>}
                  </DropdownMenu.Item>
                );
              })}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
