import './facts.css';
import type { ReactNode } from 'react';
import type { FactCommand } from '../../shared/ipc/engine.ts';
import { CommandButton } from './Copy.tsx';

/** A heading of the inspector, the commands that show its facts at its right end. */
export function Section(props: { title: ReactNode; commands?: FactCommand[]; children: ReactNode }) {
  return (
    <section className="insp-section">
      <h3>
        <span className="cut">{props.title}</span>
        <span className="grow" />
        {props.commands?.map((one) => (
          <CommandButton key={one.command} fact={one.fact} command={one.command} />
        ))}
      </h3>
      {props.children}
    </section>
  );
}

/** The command that shows an attribute of a layer's entry. */
export const xattrCommand = (commands: readonly FactCommand[], layer: number, name: string): FactCommand[] =>
  commands.filter((one) => one.layer === layer && one.xattr === name).slice(0, 1);

/** The command for one fact, by its first words (`inode of …`): of a layer's entry, or of the object. */
export const factCommand = (commands: readonly FactCommand[], fact: string, layer?: number): FactCommand[] =>
  commands
    .filter((one) => one.layer === layer && one.xattr === undefined)
    .filter((one) => one.fact === fact || one.fact.startsWith(`${fact} of `))
    .slice(0, 1);
