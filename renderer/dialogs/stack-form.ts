import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { bytesOfTyped, typedOfBytes } from './typed-path.ts';

/** "Open directories…" as a value: what is typed, checked and turned into a stack without a window. */
export type PathField = { id: number; text: string };
export type PathList = 'lowers' | 'data';
export type StackForm = {
  lowers: PathField[];
  data: PathField[];
  upper: string;
  work: string;
  /** Values by option; '' leaves it to the running module. */
  options: Record<OptionName, string>;
  userxattr: boolean;
  nextId: number;
};

/** Options with their values as mount takes them, in the order of their use. */
export const OPTIONS = {
  redirect_dir: ['on', 'follow', 'off', 'nofollow'],
  metacopy: ['on', 'off'],
  index: ['on', 'off'],
  xino: ['on', 'auto', 'off'],
  nfs_export: ['on', 'off'],
  verity: ['on', 'off', 'require'],
} as const;
export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

const NO_OPTIONS = Object.fromEntries(OPTION_NAMES.map((name) => [name, ''])) as Record<OptionName, string>;

export const emptyForm = (): StackForm => ({
  lowers: [
    { id: 1, text: '' },
    { id: 2, text: '' },
  ],
  data: [],
  upper: '',
  work: '',
  options: { ...NO_OPTIONS },
  userxattr: false,
  nextId: 3,
});

/** The form for a stack of plain directories; an empty one for any other. */
export function formOf(ref: StackRef | null): StackForm {
  if (ref?.kind !== 'directories') return emptyForm();
  let nextId = 1;
  const fields = (paths: Bytes[]): PathField[] => paths.map((path) => ({ id: nextId++, text: typedOfBytes(path) }));
  const options = { ...NO_OPTIONS };
  for (const name of OPTION_NAMES) options[name] = ref.options[name] ?? '';
  return {
    lowers: fields(ref.lowers),
    data: fields(ref.data),
    upper: ref.upper === null ? '' : typedOfBytes(ref.upper),
    work: ref.work === null ? '' : typedOfBytes(ref.work),
    options,
    userxattr: 'userxattr' in ref.options,
    nextId,
  };
}

const put = (form: StackForm, list: PathList, fields: PathField[]): StackForm => ({ ...form, [list]: fields });

/** Adds a directory at the end of a list. */
export const addPath = (form: StackForm, list: PathList, text = ''): StackForm => ({
  ...put(form, list, [...form[list], { id: form.nextId, text }]),
  nextId: form.nextId + 1,
});

export const removePath = (form: StackForm, list: PathList, id: number): StackForm =>
  put(
    form,
    list,
    form[list].filter((field) => field.id !== id),
  );

export const setPath = (form: StackForm, list: PathList, id: number, text: string): StackForm =>
  put(
    form,
    list,
    form[list].map((field) => (field.id === id ? { id, text } : field)),
  );

/** Moves a directory up (-1) or down (1) in its list; at the end of it nothing happens. */
export function movePath(form: StackForm, list: PathList, id: number, by: -1 | 1): StackForm {
  const fields = [...form[list]];
  const at = fields.findIndex((field) => field.id === id);
  const to = at + by;
  const moved = fields[at];
  const other = fields[to];
  if (!moved || !other) return form;
  fields[at] = other;
  fields[to] = moved;
  return put(form, list, fields);
}

/** Where a problem is shown: beside a directory, the upper, the work directory, an option, or at the foot. */
export type ProblemAt = `lowers ${number}` | `data ${number}` | 'upper' | 'work' | OptionName | 'userxattr' | 'form';
export type Problems = Partial<Record<ProblemAt, string>>;

const cleaned = (text: string): Bytes => {
  const bytes = bytesOfTyped(text.trim());
  return bytes.length > 1 && bytes.endsWith('/') ? asBytes(bytes.replace(/\/+$/, '') || '/') : bytes;
};

const pathProblem = (text: string): string | null => {
  if (text.trim() === '') return 'Name a directory, or take this line out.';
  if (!cleaned(text).startsWith('/')) return 'The path must begin with a slash.';
  return cleaned(text).includes('\0') ? 'No path holds a NUL.' : null;
};

/** The lowers without the empty lines at their end, of which at least one line is kept. */
export function namedLowers(form: StackForm): PathField[] {
  const lowers = [...form.lowers];
  while (lowers.length > 1 && lowers.at(-1)?.text.trim() === '') lowers.pop();
  return lowers;
}

/** The stack that the form means, or what is missing. Empty lines at the end of the lowers are passed over. */
export function stackOf(form: StackForm): { ref: StackRef } | { problems: Problems } {
  const problems: Problems = {};
  const lowers = namedLowers(form);
  for (const field of lowers) {
    const problem = pathProblem(field.text);
    if (problem) problems[`lowers ${field.id}`] = problem;
  }
  for (const field of form.data) {
    const problem = pathProblem(field.text);
    if (problem) problems[`data ${field.id}`] = problem;
  }
  for (const one of ['upper', 'work'] as const) {
    const problem = form[one].trim() === '' ? null : pathProblem(form[one]);
    if (problem) problems[one] = problem;
  }
  if (lowers.length === 0) problems.form = 'A stack has at least one lower directory.';
  if (form.work.trim() !== '' && form.upper.trim() === '') problems.work = 'A work directory goes with an upper.';
  if (Object.keys(problems).length > 0) return { problems };
  const options: Record<string, Bytes> = {};
  for (const name of OPTION_NAMES) if (form.options[name] !== '') options[name] = asBytes(form.options[name]);
  if (form.userxattr) options.userxattr = asBytes('');
  return {
    ref: {
      kind: 'directories',
      lowers: lowers.map((field) => cleaned(field.text)),
      data: form.data.map((field) => cleaned(field.text)),
      upper: form.upper.trim() === '' ? null : cleaned(form.upper),
      work: form.work.trim() === '' ? null : cleaned(form.work),
      options,
    },
  };
}

/** Beside which field a failure of the engine belongs: the directory that it names, else the option, else the foot. */
export function problemOf(failure: Failure, form: StackForm): Problems {
  // Not the hint: it speaks of the terminal's options, and the field itself is the next step here.
  const text = failure.message.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  const { path } = failure;
  if (path !== undefined) {
    for (const list of ['lowers', 'data'] as const) {
      const field = form[list].find((one) => cleaned(one.text) === path || typedOfBytes(cleaned(one.text)) === path);
      if (field) return { [`${list} ${field.id}`]: text };
    }
    for (const one of ['upper', 'work'] as const) if (cleaned(form[one]) === path) return { [one]: text };
  }
  const named = [...OPTION_NAMES, 'userxattr' as const].find((name) => failure.message.includes(name));
  return { [named ?? 'form']: text };
}
