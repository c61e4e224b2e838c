import { expect, test } from 'vitest';
import { nextStep, sentence, whatFailed } from './failure-words.ts';

test('a fragment becomes a sentence, a path stays as it is', () => {
  expect(sentence('check that the layers still exist')).toBe('Check that the layers still exist.');
  expect(sentence('/srv/web is no overlay mount')).toBe('/srv/web is no overlay mount.');
  expect(sentence('xino=on needs 64 bits')).toBe('xino=on needs 64 bits.');
  expect(sentence('pkexec gave no privilege')).toBe('pkexec gave no privilege.');
  expect(sentence('What was set before stays.')).toBe('What was set before stays.');
  expect(whatFailed({ message: 'the mount was unmounted meanwhile' })).toBe('The mount was unmounted meanwhile.');
});

test('the next step is the window’s where there is one, and says where it is a terminal’s', () => {
  expect(nextStep({ code: 'needs-privilege', hint: 'run it with sudo' })).toContain('“Read with privilege…”');
  expect(nextStep({ code: 'not-found', hint: 'check the spelling' })).toBe('Check the spelling.');
  expect(nextStep({ code: 'inside-overlay', hint: 'read it through its mount with --through' })).toBe(
    'At a terminal: read it through its mount with --through.',
  );
  expect(nextStep({ code: 'not-found', hint: 'run "stratoscope list" to see what is mounted' })).toMatch(
    /^The list on/,
  );
  expect(nextStep({ code: 'not-overlay', hint: 'name the layers with --lower and --upper' })).toMatch(
    /Open directories/,
  );
  expect(nextStep({ code: 'internal' })).toBeNull();
});
