import { expect, test } from 'vitest';
import { isOwn, PAGE_URL } from './origin.ts';

test.each([PAGE_URL, `${PAGE_URL}assets/a.js`, `${PAGE_URL}#stack=1`, `blob:${PAGE_URL}0f0e`])(
  '%s is own',
  (address) => {
    expect(isOwn(address)).toBe(true);
  },
);

test.each([
  'https://example.org/',
  'http://127.0.0.1/',
  'file:///etc/passwd',
  'file:///stratoscope/page/',
  'stratoscope://pages/',
  'stratoscope://page.example.org/',
  'stratoscope://evil@page/',
  'stratoscope://page:80/',
  'blob:https://example.org/0f0e',
  'blob:stratoscope://pages/0f0e',
  'data:text/html,hi',
  'javascript:alert(1)',
  'about:blank',
  '',
])('%s is not', (address) => {
  expect(isOwn(address)).toBe(false);
});
