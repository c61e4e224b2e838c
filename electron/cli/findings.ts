import type { Command } from 'commander';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { argumentBytes } from './arguments.ts';
import { common, engineOf, formatOf, run } from './command.ts';
import { usage } from './failures.ts';
import { examples } from './help.ts';
import { type ReadOptions, THROUGH, whyWords } from './reading.ts';
import { stackOf, withStack } from './stack.ts';

/** `doctor` and `why`. */
export function findingCommands(program: Command): void {
  withStack(common(program.command('doctor'), 'formats'))
    .description('print what in a stack misleads programs or answers wrong, with its cause and cure')
    .argument('[mountpoint]', 'the mount to look at')
    .option('--script <file>', 'write the cures as a shell script, to be read and run by hand')
    .option('--even-if-mounted', 'write the script also where the upper is mounted')
    .option('--through', THROUGH)
    .addHelpText('after', examples('doctor'))
    .action((mount: Bytes | undefined, options: ReadOptions & { script?: Bytes; evenIfMounted?: boolean }) =>
      run('cannot look for findings', options, formatOf('doctor'), async (session) => {
        const stack = stackOf(mount, options);
        if (options.script === '') throw usage('--script names no file', 'name the file to write');
        const [{ doctor }, engine] = await Promise.all([import('./commands/doctor.ts'), engineOf(session)]);
        return doctor(session, engine, stack, {
          through: options.through === true,
          script: options.script ?? null,
          evenIfMounted: options.evenIfMounted === true,
        });
      }),
    );

  withStack(common(program.command('why'), 'formats'))
    .description('print the findings of a stack that can cause a message of another program')
    .argument('[words...]', 'MOUNTPOINT TEXT, or TEXT alone after --lower or --mountinfo')
    .option('--through', THROUGH)
    .addHelpText('after', examples('why'))
    .action((words: Bytes[], options: ReadOptions) =>
      run('cannot say why', options, formatOf('why'), async (session) => {
        const { stack, text } = whyWords(words, options, argumentBytes());
        const [{ why }, engine] = await Promise.all([import('./commands/why.ts'), engineOf(session)]);
        return why(session, engine, stack, text, options.through === true);
      }),
    );
}
