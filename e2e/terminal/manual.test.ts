import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Exit } from '../../electron/cli/failures.ts';
import { createProgram } from '../../electron/cli/program.ts';
import { FINDINGS } from '../../shared/findings/index.ts';
import { ROOT } from './program.ts';

/** The manual without the escapes of roff. */
const manual = readFileSync(join(ROOT, 'docs', 'stratoscope.1'), 'utf8')
  .replaceAll('\\-', '-')
  .replaceAll(/\\f[BIR]/g, '');
const section = (title: string): string => {
  const from = manual.indexOf(`.SH ${title}\n`);
  const to = manual.indexOf('\n.SH ', from + 1);
  return manual.slice(from, to < 0 ? undefined : to);
};
const commands = createProgram().commands;
/** Of a command and of its parts, as `map build` is one of `map`. */
const optionsOf = (command: (typeof commands)[number]): string[] => [
  ...command.options.map(({ long }) => long as string),
  ...command.commands.flatMap(optionsOf),
];

it('every command has its paragraph in the manual, and the manual no other', () => {
  const told = new Set([...section('COMMANDS').matchAll(/^\.TP\n([a-z]+)/gm)].map((match) => match[1]));
  expect([...told].toSorted()).toEqual([...commands.map((one) => one.name()), 'help'].toSorted());
});

it('every part of a command has a paragraph of its own', () => {
  for (const command of commands)
    for (const part of command.commands)
      expect(section('COMMANDS')).toMatch(new RegExp(`^\\.TP\\n${command.name()} ${part.name()} `, 'm'));
});

it('every option stands in the manual, and the manual has no other', () => {
  const options = new Set(commands.flatMap(optionsOf));
  options.add('--help').add('--version');
  const told = new Set([...manual.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)].map((match) => match[0]));
  expect([...told].toSorted()).toEqual([...options].toSorted());
});

it('each option of a command stands in that command’s paragraph, or with STACK', () => {
  const everywhere = ['--debug', '--help'];
  const stack = section('STACK');
  for (const command of commands) {
    const paragraph = section('COMMANDS')
      .split('\n.TP\n')
      .filter((text) => text.startsWith(command.name()))
      .join('\n');
    for (const long of optionsOf(command)) {
      const isThere = everywhere.includes(long) || paragraph.includes(long) || stack.includes(long);
      expect([command.name(), long, isThere]).toEqual([command.name(), long, true]);
    }
  }
});

it('every status of the contract is told', () => {
  const told = [...section('EXIT STATUS').matchAll(/^\.B (\d+)$/gm)].map((match) => Number(match[1]));
  const known = Object.values(Exit).filter((status) => status !== Exit.fault);
  expect(told).toEqual(known);
});

it('every command’s help has examples that name it', () => {
  for (const command of commands.filter((one) => one.name() !== 'probe')) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toContain(`\nExamples:\n`);
    expect(help.slice(help.indexOf('Examples:'))).toContain(`stratoscope ${command.name()}`);
  }
});

it('every finding stands in the manual, with its severity', () => {
  const told = [...section('FINDINGS').matchAll(/^\.BR (\S+) " \((\w+)/gm)].map((match) => [match[1], match[2]]);
  expect(told).toEqual(FINDINGS.map(({ code, severity }) => [code, severity]));
});
