import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { ListObject, ScanEntry } from '../../shared/contract/scan.ts';
import type { DecodedXattr, ObjectDetail } from '../../shared/ipc/engine.ts';
import { decodeXattr } from '../../shared/xattrs/index.ts';
import { Explain } from './Explain.tsx';
import { Inodes } from './Inodes.tsx';
import { Layers } from './Layers.tsx';
import { Xattrs } from './Xattrs.tsx';

const markup = (node: ReactNode): string => renderToStaticMarkup(<Tooltip.Provider>{node}</Tooltip.Provider>);
const text = (html: string): string => html.replace(/<[^>]*>/g, '').replaceAll('&#x27;', "'");

const facts = {
  layers: [0, 1, 2].map((layer) => ({
    layer,
    role: layer === 0 ? 'upper' : 'lower',
    path: `/l${layer}`,
    shown: `/l${layer}`,
    dev: '8:1',
    fs: { type: 'ext4', uuid: null, id: 0 },
    state: layer === 2 ? 'unreadable' : 'ok',
    ...(layer === 2 ? { why: 'EIO' } : {}),
  })),
} as unknown as ListObject;

const ORIGIN = '00fb1d00017ea56c2d710e43f48b9085fcacea3046120000004353d841';
const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const xattr = (name: string, value: string): DecodedXattr => ({
  layer: 0,
  name,
  value,
  counts: true,
  ...decodeXattr(asBytes(name), bytesOfHex(value), 'ext4'),
});

const EVIL = '\u001b[31m\u202e<img src=x onerror=alert(1)>';

function detailOf(over: { object?: object; row?: object; detail?: object }): ObjectDetail {
  const entry = { layer: 0, path: EVIL, type: 'file', dev: '8:1', ino: '7', nlink: 1, size: '3', role: 'object' };
  const entries = [{ ...entry, hiddenBy: null, marks: ['unknown:origin'] }] as unknown as ScanEntry[];
  return {
    id: 1,
    path: EVIL,
    row: {
      cells: [
        [0, 'used'],
        [2, 'unknown'],
      ],
      real: { layer: 0, ino: '7' },
      since: 'unknown',
      ...over.row,
    },
    object: {
      path: EVIL,
      type: 'file',
      lookup: 'ok',
      hiddenBy: null,
      marks: [],
      entries,
      data: null,
      shown: null,
      ...over.object,
    },
    explanation: [],
    wouldChange: [],
    steps: [],
    xattrs: [],
    findings: [],
    index: null,
    commands: [],
    madeBy: null,
    history: [],
    ...over.detail,
  } as unknown as ObjectDetail;
}

describe('the inspector’s markup', () => {
  it('shows hostile text as escapes and lets none of it become an element', () => {
    const said = [[{ text: EVIL, as: 'path' as const }]];
    const detail = detailOf({ object: { origin: null }, detail: { explanation: said } });
    for (const html of [
      <Explain key="e" detail={detail} facts={facts} name={EVIL} />,
      <Layers key="l" detail={detail} facts={facts} />,
    ].map(markup)) {
      expect(html).not.toMatch(/<img|\u001b|\u202e/);
      expect(text(html)).toContain('\\u{202e}');
    }
  });

  it('says unknown, in italics, for what could not be read, and why', () => {
    const layers = markup(<Layers detail={detailOf({})} facts={facts} />);
    expect(text(layers)).toContain('can’t be read: EIO');
    expect(text(layers)).toContain('origin unknown');
    const inodes = markup(
      <Inodes detail={detailOf({ object: { origin: 'unknown' }, detail: { index: 'unknown' } })} facts={facts} />,
    );
    expect(inodes.match(/<i class="unknown">unknown<\/i>/g)?.length).toBe(2);
    const none = markup(<Xattrs detail={detailOf({ object: { marks: ['unknown:origin'] } })} facts={facts} />);
    expect(text(none)).toContain('reading them needs privilege');
    expect(text(markup(<Xattrs detail={detailOf({})} facts={facts} />))).toContain('No entry of this name');
  });

  it('gives every byte and every field of an attribute, and says which bytes a field has', () => {
    const detail = detailOf({ detail: { xattrs: [xattr('trusted.overlay.origin', ORIGIN)] } });
    const html = markup(<Xattrs detail={detail} facts={facts} />);
    const groups = [...html.matchAll(/<span data-field="\d+">(.*?)<\/span><\/span>/g)].map((group) => text(group[0]));
    expect(groups.join('')).toBe(ORIGIN);
    expect(text(html)).toContain('18, bytes 21 to 24');
    expect(html.match(/tabindex="0"/g)?.length).toBe(1);
  });

  it('opens a rule where the words cite it, or gives the rules a line of their own', () => {
    const steps = [{ layer: 0, path: '', found: 'file', rule: 'file-stops', says: 'A file ends the lookup.' }];
    const cited = [
      [
        { text: 'Rules: ', as: 'text' },
        { text: 'file-stops', as: 'strong' },
      ],
    ];
    for (const explanation of [cited, []]) {
      const detail = detailOf({ object: { origin: null }, detail: { steps, explanation } });
      const html = markup(<Explain detail={detail} facts={facts} name="a" />);
      expect(html.match(/<button[^>]*class="insp-rule"[^>]*>file-stops<\/button>/g)?.length).toBe(1);
    }
  });
});
