import fc from 'fast-check';
import { expect, test } from 'vitest';
import { validRedirect } from './layer-lookup.ts';
import { Kind, MarkBit } from './marks.ts';
import { dir, file, type Layer, lookUp, metacopy, type Node, type Stack, symlink, whiteout } from './testing.ts';

const anyNode = fc.constantFrom<Node | null>(
  ...[
    null,
    null,
    dir(),
    dir(),
    file(),
    symlink,
    whiteout,
    metacopy(),
    metacopy('b'),
    metacopy('/d/b'),
    file(MarkBit.xattrWhiteout),
  ],
  ...[dir(MarkBit.opaque), dir(MarkBit.xwhiteouts), dir(0, 'b'), dir(0, '/b'), dir(0, '/d/b'), dir(0, '/a//b')],
);
const anyLayer = fc
  .record({ a: anyNode, b: anyNode, d: anyNode, 'd/a': anyNode, 'd/b': anyNode })
  .map((nodes): Layer => {
    const isDir = nodes.d?.kind === Kind.dir;
    const here = Object.entries(nodes).filter(([path, node]) => node !== null && (isDir || !path.includes('/')));
    return Object.fromEntries(here) as Layer;
  });
const anyStack = fc.record<Stack>({
  upper: fc.option(anyLayer),
  lowers: fc.array(anyLayer, { minLength: 1, maxLength: 4 }),
});
const anyOptions = fc.record({ followRedirect: fc.boolean(), metacopy: fc.boolean() });

/** A stack, and a path that some layer has and that leads through directories alone. */
const anyCase = fc
  .record({ stack: anyStack, path: fc.constantFrom('a', 'd', 'd/a'), options: anyOptions })
  .filter(({ stack, path, options }) => {
    const layers = [stack.upper ?? {}, ...stack.lowers];
    const isNamed = path
      .split('/')
      .every((name) => layers.some((layer) => Object.keys(layer).some((at) => at.split('/').at(-1) === name)));
    return isNamed && (path !== 'd/a' || lookUp(stack, 'd', options).isDir);
  });

test('the answer does not depend on how the name was told', () => {
  fc.assert(
    fc.property(anyCase, ({ stack, path, options }) => {
      const like = lookUp(stack, path, options);
      expect(lookUp(stack, path, options, undefined, 'first')).toEqual(like);
      expect(lookUp(stack, path, options, undefined, 'name')).toEqual(like);
    }),
  );
});

test('an answer is of whole directories, one for each layer from the top, or of one file and its metacopies', () => {
  fc.assert(
    fc.property(anyCase, ({ stack, path, options }) => {
      const { answer, certain } = lookUp(stack, path, options);
      expect(certain).toBe(true);
      if (answer.code !== 'ok') expect([answer.from, answer.data]).toEqual([[], null]);
      else expect(answer.from.length).toBeGreaterThan(0);
      const layers = answer.from.map((label) => Number.parseInt(label, 10));
      expect(layers).toEqual([...new Set(layers)].sort((a, b) => a - b));
    }),
  );
});

test('a redirect is one name, or a path from the root without an empty part', () => {
  const part = fc.stringMatching(/^[^/]+$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      expect(validRedirect(parts[0] as string)).toBe(true);
      expect(validRedirect(`/${parts.join('/')}`)).toBe(true);
      expect(validRedirect(`/${parts.join('/')}/`)).toBe(false);
      expect(validRedirect(`//${parts.join('/')}`)).toBe(false);
      expect(validRedirect(`${parts[0]}/x`)).toBe(false);
    }),
  );
  expect([null, '/'].map(validRedirect)).toEqual([false, false]);
});
