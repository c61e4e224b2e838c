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

/** The commands about one layer's entry, or about one attribute of it; several facts of one command come once. */
export function commandsOf(commands: readonly FactCommand[], layer: number | undefined, xattr?: string): FactCommand[] {
  const fitting = commands.filter((one) => one.layer === layer && one.xattr === xattr);
  return fitting.filter((one, at) => fitting.findIndex((other) => other.command === one.command) === at);
}
