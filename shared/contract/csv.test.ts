import { expect, test } from 'vitest';
import { csvLine } from './csv.ts';

test('fields that would be read otherwise stand in quotes', () => {
  expect(csvLine(['plain', 'a,b', 'say "x"', 'two\nlines', ''])).toBe('plain,"a,b","say ""x""","two\nlines",\n');
});
