import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { openStack } from '../actions/stacks.ts';
import { useSession } from '../state/session.ts';
import { CancelButton, Frame } from './Frame.tsx';
import { OptionControls } from './OptionControls.tsx';
import { closeDialog } from './open.ts';
import { PathInput } from './PathInput.tsx';
import {
  addPath,
  formOf,
  movePath,
  namedLowers,
  type PathList,
  type Problems,
  problemOf,
  removePath,
  type StackForm,
  setPath,
  stackOf,
} from './stack-form.ts';

/** Opens plain directories as they would be mounted. */
export function DirectoriesDialog() {
  const [form, setForm] = useState<StackForm>(() => formOf(useSession.getState().stack?.ref ?? null));
  const [problems, setProblems] = useState<Problems>({});
  const [opening, setOpening] = useState(false);

  const change = (next: StackForm): void => {
    setForm(next);
    setProblems({});
  };
  async function open(): Promise<void> {
    const made = stackOf(form);
    if ('problems' in made) return setProblems(made.problems);
    setOpening(true);
    await openStack(made.ref);
    const { openFailure } = useSession.getState();
    setOpening(false);
    if (openFailure?.ref !== made.ref) return closeDialog();
    setProblems(problemOf(openFailure.failure, form));
    // Said here, beside its field: what was open before stays on show.
    useSession.setState({ openFailure: null });
  }

  return (
    <Frame
      title="Open directories"
      about="They are read as a mount with these layers and options would show them. Nothing is mounted."
      size="wide"
      onSubmit={() => void open()}
      actions={
        <>
          {problems.form && (
            <p className="problem" role="alert">
              {problems.form}
            </p>
          )}
          <CancelButton />
          <button type="submit" className="primary" disabled={opening}>
            {opening ? 'Opening…' : 'Open'}
          </button>
        </>
      }
    >
      <Paths list="lowers" title="Lowers, the top one first" form={form} problems={problems} onChange={change} />
      <Paths list="data" title="Data-only lowers" form={form} problems={problems} onChange={change} />
      <div className="dialog-pair">
        {(['upper', 'work'] as const).map((one) => (
          <section key={one}>
            <h3>{one === 'upper' ? <b className="c-upper">Upper</b> : 'Work directory'}</h3>
            <PathInput
              label={one === 'upper' ? 'Upper' : 'Work directory'}
              placeholder={one === 'upper' ? 'none: read-only' : 'none: no index is looked up'}
              value={form[one]}
              problem={problems[one]}
              onChange={(text) => change({ ...form, [one]: text })}
            />
          </section>
        ))}
      </div>
      <OptionControls form={form} problems={problems} onChange={change} />
    </Frame>
  );
}

const WORDS = { lowers: 'Lower', data: 'Data-only lower' } as const;

type PathsProps = {
  list: PathList;
  title: string;
  form: StackForm;
  problems: Problems;
  onChange: (form: StackForm) => void;
};

/** One list of directories: a line each, moved with Alt and the arrow keys or by its buttons. */
function Paths({ list, title, form, problems, onChange }: PathsProps) {
  const body = useRef<HTMLOListElement>(null);
  const focusNext = useRef<number | null>(null);
  const fields = form[list];
  const role = list === 'lowers' ? 'lower' : 'data';
  const first = list === 'lowers' ? 1 : namedLowers(form).length + 1;

  useLayoutEffect(() => {
    if (focusNext.current === null) return;
    body.current?.querySelector<HTMLInputElement>(`[data-id="${focusNext.current}"] input`)?.focus();
    focusNext.current = null;
  });
  const move = (id: number, by: -1 | 1): void => {
    focusNext.current = id;
    onChange(movePath(form, list, id, by));
  };
  const add = (): void => {
    focusNext.current = form.nextId;
    onChange(addPath(form, list));
  };
  const onKey = (event: KeyboardEvent, id: number): void => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    move(id, event.key === 'ArrowUp' ? -1 : 1);
  };

  return (
    <section>
      <h3>
        {title}
        {fields.length > 1 && <span className="dim">Alt ↑ ↓ moves a line</span>}
      </h3>
      <ol className="path-list" ref={body}>
        {fields.map((field, index) => {
          const name = `${WORDS[list]} ${first + index}`;
          return (
            <li key={field.id} data-id={field.id}>
              <b className={`mono c-${role}`}>{first + index}</b>
              <PathInput
                label={name}
                value={field.text}
                problem={problems[`${list} ${field.id}`]}
                onChange={(text) => onChange(setPath(form, list, field.id, text))}
                onKey={(event) => onKey(event, field.id)}
              />
              <LineButton label={`Move ${name} up`} disabled={index === 0} onClick={() => move(field.id, -1)}>
                <ArrowUp className="i" aria-hidden />
              </LineButton>
              <LineButton
                label={`Move ${name} down`}
                disabled={index === fields.length - 1}
                onClick={() => move(field.id, 1)}
              >
                <ArrowDown className="i" aria-hidden />
              </LineButton>
              <LineButton
                label={`Take ${name} out`}
                disabled={list === 'lowers' && fields.length === 1}
                onClick={() => {
                  focusNext.current = (fields[index + 1] ?? fields[index - 1])?.id ?? null;
                  onChange(removePath(form, list, field.id));
                }}
              >
                <X className="i" aria-hidden />
              </LineButton>
            </li>
          );
        })}
      </ol>
      <button type="button" className="quiet" onClick={add}>
        <Plus className="i" aria-hidden />
        {list === 'lowers' ? 'Add a lower' : 'Add a data-only lower'}
      </button>
    </section>
  );
}

const LineButton = (props: { label: string; disabled: boolean; onClick: () => void; children: React.ReactNode }) => (
  <button
    type="button"
    className="quiet only-icon"
    aria-label={props.label}
    disabled={props.disabled}
    onClick={props.onClick}
  >
    {props.children}
  </button>
);
