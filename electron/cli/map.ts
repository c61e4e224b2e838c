import type { Command } from 'commander';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { parseInode } from '../../shared/map/keys.ts';
import { type Common, common, engineOf, formatOf, run } from './command.ts';
import { examples } from './help.ts';
import { THROUGH } from './reading.ts';
import { type StackOptions, stackOf, withStack } from './stack.ts';

type MapOptions = StackOptions & Common & { db?: Bytes; through?: boolean };

/** `map` and what it does: build, show, get, check. */
export function mapCommand(program: Command): void {
  const map = program
    .command('map')
    .description('keep which upper inode was copied up from which lower one, in a file')
    .addHelpText('after', examples('map'));
  const part = (name: string, about: string): Command =>
    common(map.command(name), 'formats').description(about).option('--db <file>', 'the file of the map');
  const onStack = (command: Command): Command =>
    withStack(command).argument('[mountpoint]', 'the mount that the map is of').option('--through', THROUGH);

  onStack(part('build', 'read a stack and bring the map up to date with it')).action(
    (mount: Bytes | undefined, options: MapOptions) =>
      run('cannot build the map', options, formatOf('map'), async (session) => {
        const { mapBuild, mapFile } = await import('./commands/map.ts');
        const [stack, db] = [stackOf(mount, options), mapFile(options.db)];
        return mapBuild(session, await engineOf(session), stack, db, options.through === true);
      }),
  );
  part('show', 'print every entry of the map').action((options: MapOptions) =>
    run('cannot show the map', options, formatOf('map'), async (session) => {
      const { mapFile, mapShow } = await import('./commands/map.ts');
      const db = mapFile(options.db);
      return mapShow(session, await engineOf(session), db);
    }),
  );
  part('get', 'print what an inode is mapped to; nothing where it is not mapped')
    .option('--upper <dev:ino>', 'an upper inode, as MAJOR:MINOR:INODE')
    .option('--lower <dev:ino>', 'a lower inode')
    .action((options: Common & { db?: Bytes; upper?: Bytes; lower?: Bytes }) =>
      run('cannot look into the map', options, formatOf('map'), async (session) => {
        const { inodeWords, mapFile, mapGet } = await import('./commands/map.ts');
        const db = mapFile(options.db);
        const { side, inode } = inodeWords(options.upper, options.lower, parseInode);
        return mapGet(session, await engineOf(session), db, side, inode);
      }),
    );
  onStack(part('check', 'print the entries whose upper or lower inode is gone, replaced or re-used')).action(
    (mount: Bytes | undefined, options: MapOptions) =>
      run('cannot check the map', options, formatOf('map'), async (session) => {
        const { mapCheck, mapFile } = await import('./commands/map.ts');
        const [stack, db] = [stackOf(mount, options), mapFile(options.db)];
        return mapCheck(session, await engineOf(session), stack, db, options.through === true);
      }),
  );
}
