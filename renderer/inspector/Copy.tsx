import { Check, Copy, Quote, Terminal, TriangleAlert } from 'lucide-react';
import { Tooltip } from 'radix-ui';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { FactCommand } from '../../shared/ipc/engine.ts';
import { copyText } from './clipboard.ts';

/** Says a sentence to a screen reader, once. */
export const AnnounceContext = createContext<(text: string) => void>(() => {});

type Tried = 'copied' | 'failed' | null;

/** Copies a text, says so, and remembers for a moment that it did. */
function useCopy(what: string, text: string): [Tried, () => void] {
  const announce = useContext(AnnounceContext);
  const [tried, setTried] = useState<Tried>(null);
  useEffect(() => {
    if (tried === null) return;
    const timer = setTimeout(() => setTried(null), 1500);
    return () => clearTimeout(timer);
  }, [tried]);
  const copy = async (): Promise<void> => {
    const stands = await copyText(text);
    setTried(stands ? 'copied' : 'failed');
    announce(stands ? `${what} copied` : `${what} could not be copied`);
  };
  return [tried, () => void copy()];
}

/** A hint beside a control, also while it has the focus. */
export function Hint({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="hint" sideOffset={4} collisionPadding={8}>
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

/** The program's name in a command line, past `sudo` and assignments: what the button shows. */
export function commandWord(command: string): string {
  const words = command.split(/\s+/).filter((word) => word !== 'sudo' && !/^[A-Z_]+=/.test(word));
  return words[0] ?? command;
}

/** The same beside a value, without a word. Nothing where no command shows it. */
export const SmallCommand = ({ of }: { of: FactCommand[] }) =>
  of[0] ? <CommandButton small fact={of[0].fact} command={of[0].command} /> : null;

/** The command that shows a fact by hand; the whole line on hover and focus, on the clipboard when pressed. */
export function CommandButton({ fact, command, small }: { fact: string; command: string; small?: boolean }) {
  const [tried, copy] = useCopy('command', command);
  return (
    <Hint text={<code className="hint-command">{command}</code>}>
      <button
        type="button"
        className={small ? 'insp-command small' : 'insp-command'}
        aria-label={`Copy the command for ${fact}`}
        onClick={copy}
      >
        {tried === null ? <Terminal aria-hidden /> : <Outcome tried={tried} />}
        {!small && <span>{tried ?? commandWord(command)}</span>}
      </button>
    </Hint>
  );
}

/** Copies a path or a number as it is (`exact`) or as a word of a shell (`quoted`). */
export function CopyButton(props: { label: string; what: string; text: string; as?: 'exact' | 'quoted' }) {
  const [tried, copy] = useCopy(props.what, props.text);
  const Icon = props.as === 'quoted' ? Quote : Copy;
  return (
    <Hint text={tried === null ? props.label : `${props.what} ${tried}`}>
      <button type="button" className="insp-copy" aria-label={props.label} onClick={copy}>
        {tried === null ? <Icon aria-hidden /> : <Outcome tried={tried} />}
      </button>
    </Hint>
  );
}

const Outcome = ({ tried }: { tried: 'copied' | 'failed' }) =>
  tried === 'copied' ? <Check aria-hidden className="f-ok" /> : <TriangleAlert aria-hidden className="f-warning" />;
