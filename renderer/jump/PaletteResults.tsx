import { Command } from 'cmdk';
import { listCommands, runCommand } from '../commands/registry.ts';
import { Keys } from '../dialogs/Keys.tsx';
import { fitOf, matchPieces } from './match.ts';
import { Blank } from './PathResults.tsx';

type Fitting = { command: ListedCommand; fit: number };
type ListedCommand = ReturnType<typeof listCommands>[number];

/** The commands that can be run now and fit what is typed, best first. */
export function fittingCommands(query: string): ListedCommand[] {
  return listCommands()
    .filter((command) => command.when?.() ?? true)
    .flatMap((command): Fitting[] => {
      const fit = fitOf(command.title, query);
      return fit === null ? [] : [{ command, fit }];
    })
    .sort((a, b) => a.fit - b.fit)
    .map(({ command }) => command);
}

/** These commands, each with its keys. */
export function PaletteResults({ query, onChoose }: { query: string; onChoose: (run: () => void) => void }) {
  const commands = fittingCommands(query);
  if (commands.length === 0)
    return <Blank title="No such command" text="Commands that make no sense now are left out." />;
  return (
    <Command.Group heading="Commands">
      {commands.map((command) => (
        <Command.Item
          key={command.id}
          value={command.id}
          className="box-row box-command"
          onSelect={() => onChoose(() => runCommand(command.id))}
        >
          <span className="cut">
            {matchPieces(command.title, query).map((piece, index) =>
              piece.hit ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one title never move
                <mark key={index}>{piece.text}</mark>
              ) : (
                piece.text
              ),
            )}
          </span>
          <Keys keys={command.keys} />
        </Command.Item>
      ))}
    </Command.Group>
  );
}
