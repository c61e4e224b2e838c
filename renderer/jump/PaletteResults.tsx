import { Command } from 'cmdk';
import { listCommands, runCommand } from '../commands/registry.ts';
import { Keys } from '../dialogs/Keys.tsx';
import { fitOf, matchPieces } from './match.ts';
import { Blank } from './PathResults.tsx';

/** The commands that can be run now and fit what is typed, each with its keys. */
export function PaletteResults({ text, onChoose }: { text: string; onChoose: (run: () => void) => void }) {
  const query = text.trim();
  const commands = listCommands()
    .filter((command) => command.when?.() ?? true)
    .map((command) => ({ command, fit: fitOf(command.title, query), pieces: matchPieces(command.title, query) }))
    .filter(({ fit }) => fit !== null)
    .sort((a, b) => (a.fit ?? 0) - (b.fit ?? 0));
  if (commands.length === 0)
    return <Blank title="No such command" text="Commands that make no sense now are left out." />;
  return (
    <Command.Group heading="Commands">
      {commands.map(({ command, pieces }) => (
        <Command.Item
          key={command.id}
          value={command.id}
          className="box-row box-command"
          onSelect={() => onChoose(() => runCommand(command.id))}
        >
          <span className="cut">
            {pieces.map((piece, index) =>
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
