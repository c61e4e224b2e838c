import { useSession } from '../state/session.ts';
import { OPTION_NAMES, OPTIONS, type Problems, type StackForm } from './stack-form.ts';

type OptionProps = { form: StackForm; problems: Problems; onChange: (form: StackForm) => void };

/** The options on which an answer depends, each left to the running module unless it is set. */
export function OptionControls({ form, problems, onChange }: OptionProps) {
  const parameters = useSession((session) => session.hello?.parameters);
  return (
    <section>
      <h3>Options</h3>
      <div className="option-grid">
        {OPTION_NAMES.map((name) => (
          <label key={name} className="option">
            <code>{name}</code>
            <select
              aria-label={name}
              className={problems[name] ? 'bad' : undefined}
              aria-invalid={problems[name] !== undefined}
              value={form.options[name]}
              onChange={(event) => onChange({ ...form, options: { ...form.options, [name]: event.target.value } })}
            >
              <option value="">{defaultWord(parameters?.[parameterOf(name)])}</option>
              {OPTIONS[name].map((value) => (
                <option key={value} value={value}>
                  {value}
                </option>
              ))}
            </select>
            {problems[name] && <span className="problem">{problems[name]}</span>}
          </label>
        ))}
        <label className="option option-check">
          <input
            type="checkbox"
            checked={form.userxattr}
            onChange={(event) => onChange({ ...form, userxattr: event.target.checked })}
          />
          <code>userxattr</code>
          <span className="two">marks are user.overlay.*, which need no privilege</span>
          {problems.userxattr && <span className="problem">{problems.userxattr}</span>}
        </label>
      </div>
    </section>
  );
}

/** The module parameter that gives an option's default has another name for xino only. */
const parameterOf = (name: string): string => (name === 'xino' ? 'xino_auto' : name);

function defaultWord(parameter: string | undefined): string {
  if (parameter === undefined) return 'as the module';
  return `as the module: ${parameter === 'Y' ? 'on' : parameter === 'N' ? 'off' : parameter}`;
}
