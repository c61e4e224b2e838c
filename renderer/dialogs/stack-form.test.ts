import { describe, expect, it } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { engineContract } from '../../shared/ipc/engine.ts';
import {
  addPath,
  emptyForm,
  formOf,
  movePath,
  problemOf,
  removePath,
  type StackForm,
  setPath,
  stackOf,
} from './stack-form.ts';

const filled = (): StackForm => {
  let form = setPath(emptyForm(), 'lowers', 1, '/srv/a');
  form = setPath(form, 'lowers', 2, '/srv/b/');
  return { ...form, upper: '/up', work: '/work', options: { ...form.options, metacopy: 'on' }, userxattr: true };
};
const refOf = (form: StackForm) => {
  const made = stackOf(form);
  if (!('ref' in made)) throw new Error(JSON.stringify(made.problems));
  return made.ref;
};
const paths = (form: StackForm): string[] => form.lowers.map((field) => field.text);

describe('the form of directories', () => {
  it('becomes a stack that the engine’s contract takes, and the form again', () => {
    const ref = refOf(filled());
    expect(ref).toEqual({
      kind: 'directories',
      lowers: ['/srv/a', '/srv/b'],
      data: [],
      upper: '/up',
      work: '/work',
      options: { metacopy: 'on', userxattr: '' },
    });
    expect(engineContract.calls.open.params.safeParse({ stack: ref }).success).toBe(true);
    expect(refOf(formOf(ref))).toEqual(ref);
  });

  it('keeps bytes that are no text', () => {
    const form = setPath(emptyForm(), 'lowers', 1, "$'/srv/\\xff'");
    expect(refOf(form)).toMatchObject({ lowers: ['/srv/\xff'] });
  });

  it('moves, adds and takes out, and goes no further than its ends', () => {
    let form = filled();
    form = movePath(form, 'lowers', 2, -1);
    expect(paths(form)).toEqual(['/srv/b/', '/srv/a']);
    expect(movePath(form, 'lowers', 2, -1)).toBe(form);
    form = addPath(form, 'lowers', '/srv/c');
    expect(paths(removePath(form, 'lowers', 1))).toEqual(['/srv/b/', '/srv/c']);
    expect(new Set(form.lowers.map((field) => field.id)).size).toBe(3);
  });

  it('says beside which line what is missing', () => {
    let form = setPath(emptyForm(), 'lowers', 1, 'relative');
    form = addPath(form, 'data');
    const made = stackOf({ ...form, work: '/w' });
    expect('problems' in made && Object.keys(made.problems).sort()).toEqual(['data 3', 'lowers 1', 'work']);
    expect('problems' in stackOf(emptyForm())).toBe(true);
  });

  it('puts a failure of the engine beside what it is about', () => {
    const form = filled();
    const at = (failure: Parameters<typeof problemOf>[0]) => Object.keys(problemOf(failure, form));
    expect(at({ code: 'unreadable', message: 'not a directory', path: '/srv/b' })).toEqual(['lowers 2']);
    expect(at({ code: 'unreadable', message: 'gone', path: '/up' })).toEqual(['upper']);
    expect(at({ code: 'bad-options', message: 'metacopy=on is refused with redirect_dir=off' })).toEqual([
      'redirect_dir',
    ]);
    expect(problemOf({ code: 'bad-options', message: 'metacopy=on is refused' }, form).metacopy).toBe(
      'metacopy=on is refused',
    );
    expect(at({ code: 'internal', message: 'who knows' })).toEqual(['form']);
    expect(
      problemOf({ code: 'x', message: 'not a directory', hint: '--upper DIR', path: asBytes('/up') }, form).upper,
    ).toBe('Not a directory');
  });
});
