import { type Command, Option } from 'commander';
import type { EngineContract } from '../../shared/ipc/engine.ts';
import type { Client } from '../../shared/ipc/rpc.ts';
import { FORMATS, type Format, runSession, type Session } from './session.ts';

/** What every command is made with. */

export type Common = { format?: Format; debug?: boolean };

/** Adds what every command has. */
export function common(command: Command, formats: 'formats' | 'no formats'): Command {
  if (formats === 'formats') command.addOption(new Option('--format <format>', 'how to print').choices(FORMATS));
  return command.option('--debug', 'after an error, print where in the program it arose');
}

/** Commands that print NDJSON where no terminal is, unless told otherwise. */
const FOR_PROGRAMS = new Set(['scan', 'inode', 'watch', 'verify', 'doctor', 'why', 'map']);

/** How a command prints where the user does not say. */
export const formatOf = (command: string | undefined): Format =>
  command !== undefined && FOR_PROGRAMS.has(command) && !process.stdout.isTTY ? 'ndjson' : 'table';

/** Runs a command's body in a session. */
export function run(
  what: string,
  options: Common,
  byDefault: Format,
  body: (session: Session) => Promise<number>,
): Promise<never> {
  return runSession({ what, format: options.format ?? byDefault, debug: options.debug === true }, body);
}

export const engineOf = async (session: Session): Promise<Client<EngineContract>> =>
  (await import('./engine.ts')).startEngine(session);
