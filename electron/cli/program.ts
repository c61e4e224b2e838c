import { Command, CommanderError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { argumentBytes } from './arguments.ts';
import { common, engineOf, formatOf, run } from './command.ts';
import { Exit, usage } from './failures.ts';
import { findingCommands } from './findings.ts';
import { examples } from './help.ts';
import { mapCommand } from './map.ts';
import {
  explainedAs,
  explainWords,
  inodeWords,
  narrowing,
  type ReadOptions,
  type ReportWords,
  scanOptionsOf,
  THROUGH,
  verifyWords,
  watchOptionsOf,
} from './reading.ts';
import { schemeCommand } from './scheme.ts';
import { FORMATS, type Format, runSession } from './session.ts';
import { stackOf, withStack } from './stack.ts';

/** The commands and their help. What a command does is loaded when it is called: help and the probe start at once. */

export function createProgram(): Command {
  const program = new Command('stratoscope')
    .description('Look into union mounts: see every entry with the layers that it stands in.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', examples('program'));

  common(program.command('list'), 'formats')
    .description('list every overlay mount of every mount namespace in sight')
    .addHelpText('after', examples('list'))
    .action((options) =>
      run('cannot list', options, 'table', async (session) => {
        const [{ list }, engine] = await Promise.all([import('./commands/list.ts'), engineOf(session)]);
        return list(session, engine);
      }),
    );

  narrowing(withStack(common(program.command('scan'), 'formats')))
    .description('print every object of a stack: where it stands, what hides it, which marks it has')
    .argument('[mountpoint]', 'the mount to scan')
    .option('--summary', 'print counts and times only')
    .addHelpText('after', examples('scan'))
    .action((mount: Bytes | undefined, options: ReadOptions) =>
      run('cannot scan', options, formatOf('scan'), async (session) => {
        const stack = stackOf(mount, options);
        const scanOptions = scanOptionsOf(options);
        const [{ scan, summary }, engine] = await Promise.all([import('./commands/scan.ts'), engineOf(session)]);
        if (options.summary) return summary(session, engine, stack, scanOptions.through);
        return scan(session, engine, stack, scanOptions);
      }),
    );

  narrowing(withStack(common(program.command('tree'), 'formats')))
    .description('draw a stack as a tree, a cell for each layer')
    .argument('[mountpoint]', 'the mount to draw')
    .addHelpText('after', examples('tree'))
    .action((mount: Bytes | undefined, options: ReadOptions) =>
      run('cannot draw the tree', options, 'table', async (session) => {
        const stack = stackOf(mount, options);
        const scanOptions = scanOptionsOf(options);
        const [{ tree }, engine] = await Promise.all([import('./commands/tree.ts'), engineOf(session)]);
        return tree(session, engine, stack, scanOptions);
      }),
    );

  withStack(common(program.command('explain'), 'formats'))
    .description('explain one object: what it is, why, and what would change it')
    .argument('[words...]', 'MOUNTPOINT PATH, or PATH alone after --lower or --mountinfo')
    .option('--b64', 'PATH is base64 of its bytes, as pathB64 of scan')
    .option('--report', 'as plain text of 72 columns, to be mailed')
    .option('--script', 'print a shell script that builds the smallest stack which shows the same')
    .option(
      '--observe',
      'with --report: also what the kernel reports through the mount; it touches the mount, and asks',
    )
    .option('--yes', 'with --observe: do not ask')
    .option('--through', THROUGH)
    .addHelpText('after', examples('explain'))
    .action((words: Bytes[], options: ReportWords) =>
      run('cannot explain', options, 'table', async (session) => {
        const { stack, path } = explainWords(words, options, argumentBytes());
        const as = explainedAs(options);
        if (as !== null) {
          const [{ report }, engine] = await Promise.all([import('./commands/report.ts'), engineOf(session)]);
          const { through = false, observe = false, yes = false } = options;
          return report(session, engine, stack, path, { through, as, observe, yes });
        }
        const [{ explain }, engine] = await Promise.all([import('./commands/explain.ts'), engineOf(session)]);
        return explain(session, engine, stack, path, options.through === true);
      }),
    );

  withStack(common(program.command('inode'), 'formats'))
    .description('print everything that an inode number means in a stack, or in all')
    .argument('[words...]', 'MOUNTPOINT NUMBER, or NUMBER alone after --lower, --mountinfo or --all')
    .option('--all', 'in every overlay mount in sight')
    .option('--through', THROUGH)
    .addHelpText('after', examples('inode'))
    .action((words: Bytes[], options: ReadOptions & { all?: boolean }) =>
      run('cannot search', options, formatOf('inode'), async (session) => {
        const { stack, number } = inodeWords(words, options, argumentBytes());
        const [{ inode }, engine] = await Promise.all([import('./commands/inode.ts'), engineOf(session)]);
        return inode(session, engine, stack, number, options.through === true);
      }),
    );

  withStack(common(program.command('watch'), 'formats'))
    .description('print what happens in a stack as it happens, and which process did it, until interrupted')
    .argument('[mountpoint]', 'the mount to watch')
    .option('--for <seconds>', 'end after so many seconds')
    .option('--count <n>', 'end after so many events')
    .option('--through', THROUGH)
    .addHelpText('after', examples('watch'))
    .action((mount: Bytes | undefined, options: ReadOptions & { for?: Bytes; count?: Bytes }) =>
      run('cannot watch', options, formatOf('watch'), async (session) => {
        const stack = stackOf(mount, options);
        const watchOptions = watchOptionsOf(options);
        const [{ watch }, engine] = await Promise.all([import('./commands/watch.ts'), engineOf(session)]);
        return watch(session, engine, stack, watchOptions);
      }),
    );

  findingCommands(program);
  withStack(common(program.command('verify'), 'formats'))
    .description(
      'ask the kernel, through the mount, what it reports, and compare; may write into the upper, so it asks',
    )
    .argument('[words...]', 'MOUNTPOINT [PATH …], or PATHs alone after --mountinfo')
    .option('--yes', 'do not ask: looking through the mount is meant')
    .addOption(new Option('--rows <which>', 'which rows to print').choices(['wrong', 'all']).default('wrong'))
    .option('--b64', 'PATHs are base64 of their bytes, as pathB64 of scan')
    .option('--through', THROUGH)
    .addHelpText('after', examples('verify'))
    .action((words: Bytes[], options: ReadOptions & { yes?: boolean; rows: string }) =>
      run('cannot verify', options, formatOf('verify'), async (session) => {
        const { stack, paths } = verifyWords(words, options);
        const { verify } = await import('./commands/verify.ts');
        const { yes, through, rows } = options;
        const chosen = { paths, all: rows === 'all', yes: yes === true, through: through === true };
        return verify(session, () => engineOf(session), stack, chosen);
      }),
    );

  mapCommand(program);
  schemeCommand(program);

  withStack(common(program.command('open'), 'no formats'))
    .description('open the window, or, where there can be none, the app in a browser')
    .argument('[mountpoint]', 'the stack to open')
    .option('--as-root', 'as root: a window without the sandbox, which refuses root')
    .addHelpText('after', examples('open'))
    .action((mount: Bytes | undefined, options) =>
      run('cannot open', options, 'table', async (session) =>
        (await import('./commands/open.ts')).open(session, mount, options),
      ),
    );

  withStack(common(program.command('serve'), 'formats'))
    .description('serve the app to a browser on this machine, until interrupted')
    .argument('[mountpoint]', 'the stack to open')
    .option('--port <n>', 'the port to listen on; a free one by default')
    .addHelpText('after', examples('serve'))
    .action((mount: Bytes | undefined, options) =>
      run('cannot serve', options, 'table', async (session) =>
        (await import('./commands/serve.ts')).serveApp(session, mount, options),
      ),
    );

  common(program.command('demo'), 'formats')
    .description('build a small stack that holds one of everything, and hold it until interrupted')
    .argument('[dir]', 'an empty directory, or one to be made')
    .option('--remove', 'clear what an earlier demo left in DIR')
    .option('--script', 'print the commands that make it')
    .addOption(
      new Option('--form <form>', 'how it stands; the best that works by default').choices([
        'root',
        'userns',
        'directories',
      ]),
    )
    .addHelpText('after', examples('demo'))
    .action((dir: Bytes | undefined, options) =>
      run('cannot make the demo', options, 'table', async (session) =>
        (await import('./commands/demo.ts')).demo(session, dir, options),
      ),
    );

  program
    .command('probe')
    .description('read the machine for another program, over standard input and output')
    .option('--stdio', 'talk over standard input and output')
    .option('--debug', 'after an error, print where in the program it arose')
    .action(async (options) => {
      const { probe } = await import('./commands/probe.ts');
      await probe(options).catch((error) => run('cannot be the probe', options, 'table', () => Promise.reject(error)));
    });

  common(program.command('schema'), 'formats')
    .description('print the JSON Schema of what a command prints')
    .argument('[name]', 'the name of the command')
    .addHelpText('after', examples('schema'))
    .action((name: Bytes | undefined, options) =>
      run('cannot print the schema', options, 'table', async (session) =>
        (await import('./commands/schema.ts')).schema(session, name),
      ),
    );
  return program;
}

/** Throws instead of ending the process, and prints nothing of its own but help and version. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  for (const one of command.commands) quiet(one);
}

/** Reads the words and runs what they name; ends the process. */
export async function runProgram(words: Bytes[]): Promise<void> {
  // Help is written by commander itself; whoever reads no further ends the program quietly all the same.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(Exit.done);
  });
  const program = createProgram();
  quiet(program);
  if (words.length === 0) return program.outputHelp();
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const command = program.commands.find((one) => one.name() === words[0])?.name();
    // What commander says of a command whose part is not named is help, not a sentence.
    const said = error.code === 'commander.help' ? 'it is not said what to do' : error.message;
    const wrong = said.replace(/^error: /, '').replaceAll(/\s+/g, ' ');
    await runSession(
      {
        what: command ? `bad usage of ${command}` : 'bad usage',
        format: formatAsked(words, command),
        debug: words.includes('--debug' as Bytes),
      },
      () =>
        Promise.reject(
          usage(wrong.replace(/\.$/, ''), `run stratoscope ${command ? `${command} ` : ''}--help to see what there is`),
        ),
    );
  }
}

/** The format that the words ask for, also where the rest of them is wrong. */
function formatAsked(words: Bytes[], command: string | undefined): Format {
  const end = words.indexOf('--' as Bytes);
  const options = end < 0 ? words : words.slice(0, end);
  const at = options.findLastIndex((word) => word === '--format' || word.startsWith('--format='));
  const value =
    at < 0 ? undefined : options[at] === '--format' ? options[at + 1] : options[at]?.slice('--format='.length);
  return FORMATS.find((format) => format === value) ?? formatOf(command);
}
