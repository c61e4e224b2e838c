/** Something that a person can do. The palette lists them, keys start them, menus and buttons run them by id. */
export type Command = {
  id: string;
  title: string;
  /** As written in menus: `Ctrl+Shift+P`, `F6`. */
  keys?: string;
  /** Whether it makes sense now. Absent: always. */
  when?: () => boolean;
  run: () => void;
};

const commands = new Map<string, Command>();

/** Adds commands; one of the same id is replaced. */
export function registerCommands(list: readonly Command[]): void {
  for (const command of list) commands.set(command.id, command);
}

/** All commands in the order in which they were added. */
export const listCommands = (): Command[] => [...commands.values()];

/** Runs a command if it makes sense now; says whether it did. */
export function runCommand(id: string): boolean {
  const command = commands.get(id);
  if (!command || command.when?.() === false) return false;
  command.run();
  return true;
}

/** A key as commands write it, or null for a modifier alone. */
export function keysOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>,
): string | null {
  const { key } = event;
  if (key === 'Control' || key === 'Shift' || key === 'Alt' || key === 'Meta') return null;
  const name = key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key;
  return [event.ctrlKey && 'Ctrl', event.metaKey && 'Meta', event.altKey && 'Alt', event.shiftKey && 'Shift', name]
    .filter(Boolean)
    .join('+');
}

/** The command that these keys start now. */
export const commandFor = (keys: string): Command | undefined =>
  listCommands().find((command) => command.keys === keys && command.when?.() !== false);
