import { type Command, Option } from 'commander';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { type Common, common, run } from './command.ts';
import { usage } from './failures.ts';
import { examples } from './help.ts';
import { absolute } from './stack.ts';

type ExecOptions = Common & {
  lower?: Bytes[];
  upper?: Bytes;
  work?: Bytes;
  store: 'xattr' | 'database' | 'memory' | 'bitmap' | 'array';
  fsync: 'copy-up' | 'never';
  db?: Bytes;
  tempfile: 'last-close' | 'dentry-release' | 'none';
};

const collect = (word: string, before: string[] | undefined): string[] => [...(before ?? []), word];

function needed(word: Bytes | undefined, option: string): Bytes {
  if (word === undefined || word === '') throw usage(`${option} is missing`, `name a directory with ${option}`);
  return absolute(word);
}

/** `scheme` and what it does: exec. */
export function schemeCommand(program: Command): void {
  const scheme = program
    .command('scheme')
    .description('work on a union with constant inode numbers and consistent descriptors (it writes into the upper)')
    .addHelpText('after', examples('scheme'));
  common(scheme.command('exec'), 'no formats')
    .description('carry out operations, one JSON a line on standard input, one answer a line')
    .option('--lower <dir...>', 'a lower directory, the topmost first; may be repeated', collect)
    .option('--upper <dir>', 'the upper directory')
    .option('--work <dir>', 'the work directory, beside the upper')
    .addOption(
      new Option('--store <kind>', 'where the map of inode numbers is kept').choices(['memory']).default('memory'),
    )
    .addOption(
      new Option('--tempfile <policy>', 'when temporary files are dropped')
        .choices(['last-close', 'dentry-release', 'none'])
        .default('last-close'),
    )
    .addOption(
      new Option('--fsync <when>', 'what is written to the disk at once')
        .choices(['copy-up', 'never'])
        .default('copy-up'),
    )
    .option('--db <file>', 'the file of the database; stratoscope.db in the work directory by default')
    .action((options: ExecOptions) =>
      run('cannot work on the union', { ...options, format: 'ndjson' }, 'ndjson', async (session) => {
        const { lower = [], store, tempfile, fsync, db } = options;
        if (lower.length === 0) throw usage('--lower is missing', 'name a directory with --lower');
        const { schemeExec } = await import('./commands/scheme.ts');
        return schemeExec(session, {
          lowers: lower.map(absolute),
          upper: needed(options.upper, '--upper'),
          work: needed(options.work, '--work'),
          store,
          policy: tempfile,
          sync: fsync,
          db: db === undefined ? null : absolute(db),
          onNotice: (text) => session.progress.say(`stratoscope: ${text}`),
        });
      }),
    );
}
