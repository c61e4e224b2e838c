import './dialogs.css';
import { OctagonAlert, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { FormEvent, ReactNode } from 'react';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { nextStep, whatFailed } from '../app/failure-words.ts';
import { useReturnFocus } from './focus.ts';
import { closeDialog } from './open.ts';

/**
 * What every dialog looks like: a title, what it does in a sentence, its body, its buttons. Escape and the cross close
 * it, and what had the focus gets it back. `onSubmit` runs on Enter and on the button of type submit.
 */
export function Frame(props: {
  title: string;
  about?: ReactNode;
  size?: 'wide' | 'narrow';
  /** Its body holds nothing that takes the focus, and may be longer than the window. */
  reads?: boolean;
  children: ReactNode;
  actions: ReactNode;
  onSubmit?: () => void;
}) {
  const focus = useReturnFocus();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    props.onSubmit?.();
  };
  return (
    <Dialog.Content
      className={`dialog ${props.size ?? 'narrow'}`}
      {...focus}
      {...(props.about ? {} : { 'aria-describedby': undefined })}
      onEscapeKeyDown={(event) => {
        // A list of completions that is open takes the key first.
        if (document.querySelector('.complete-list')) event.preventDefault();
      }}
    >
      <form className="dialog-form" onSubmit={submit} noValidate>
        <header className="dialog-head">
          <Dialog.Title>{props.title}</Dialog.Title>
          <Dialog.Close asChild>
            <button type="button" className="quiet only-icon" aria-label="Close">
              <X className="i" aria-hidden />
            </button>
          </Dialog.Close>
          {props.about && <Dialog.Description>{props.about}</Dialog.Description>}
        </header>
        <section className="dialog-body" aria-label={props.title} tabIndex={props.reads ? 0 : undefined}>
          {props.children}
        </section>
        <footer className="dialog-foot">{props.actions}</footer>
      </form>
    </Dialog.Content>
  );
}

export const CancelButton = ({ children = 'Cancel' }: { children?: string }) => (
  <button type="button" onClick={closeDialog}>
    {children}
  </button>
);

/** A failure in a dialog, in words, with the next step. */
export const FailureLine = ({ failure }: { failure: Failure | null }) =>
  failure && (
    <p className="dialog-failure" role="alert">
      <OctagonAlert className="i f-error" aria-hidden />
      <span>
        {whatFailed(failure)}
        {nextStep(failure) !== null && <span className="two"> {nextStep(failure)}</span>}
      </span>
    </p>
  );
