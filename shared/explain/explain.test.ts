import { describe, expect, it } from 'vitest';
import type { ListObject, ScanEntry, ScanObject } from '../contract/scan.ts';
import { explain, statusOf, textOf } from './index.ts';
import { entryOf, inputOf, objectOf, say, stackOf } from './testing.ts';

describe('in words', () => {
  it('a copied-up file names the layers, its origin and the option', () => {
    const object = objectOf([entryOf(0), entryOf(3, { role: 'origin', hiddenBy: 'file' })], {
      provenance: 'copied-up',
      data: { layer: 0, path: 'etc/passwd' },
      origin: { layer: 3, ino: '18', nlink: 1, state: 'verified', why: '' },
    });
    const { explanation, wouldChange } = explain(inputOf(object));
    expect(explanation.map(textOf)).toEqual([
      'You read the upper’s file, copied up; lower 3’s file stays hidden beneath, and is what it was copied from; lowers 1 and 2 have none.',
      'Its mark origin names lower 3’s inode 18, found alive.',
      'What counts here: index=off lets a copy-up split a hard link; marks are those of trusted.overlay.*, without userxattr.',
    ]);
    expect(wouldChange.map(textOf)).toEqual([
      'Removed through the mount, it leaves a whiteout; removed from the upper, unmounted, lower 3’s file would be seen again.',
    ]);
    expect(explanation[0]?.find((span) => span.as === 'layer')).toEqual({ text: 'upper', as: 'layer', layer: 0 });
  });

  it('unknown says what would make it known', () => {
    const object = objectOf([entryOf(1, { marks: ['unknown:metacopy'] })], {
      lookup: 'unknown',
      listed: 'unknown',
      provenance: 'unknown',
      origin: 'unknown',
    });
    const text = say(inputOf(object, { stack: stackOf({ privilege: 'partial' }) }));
    expect(text).toContain('What you see here is unknown');
    expect(text).toContain('Whether the mark metacopy stands on lower 1 is unknown');
    expect(text).toContain('Read with privilege (CAP_SYS_ADMIN), its marks and origin would be known.');
  });

  it('what hangs on a directory above says so', () => {
    const object = objectOf([entryOf(2)], { lookup: 'unknown', listed: 'unknown', provenance: 'unknown' });
    const text = say(inputOf(object, { stack: stackOf({ privilege: 'partial' }) }));
    expect(text).toContain('It hangs on the directories above it');
    expect(text).toContain('the marks of the directories above would be known, and with them this.');
  });

  it('only what it hides itself would come to light without it', () => {
    const change = (entries: ScanEntry[], provenance: ScanObject['provenance']) =>
      explain(inputOf(objectOf(entries, { provenance })))
        .wouldChange.map(textOf)
        .join(' ');
    const lower = entryOf(3, { role: 'hidden', hiddenBy: 'file' });
    expect(change([entryOf(0), lower], 'upper')).toContain('lower 3’s file would be seen again');
    const underOpaque = entryOf(3, { role: 'hidden', hiddenBy: 'opaque' });
    expect(change([entryOf(0), underOpaque], 'upper')).toBe(
      'Removed, it leaves nothing behind, for nothing below shines through.',
    );
    const whiteouts = [
      entryOf(0, { type: 'whiteout', role: 'whiteout', marks: ['whiteout'] }),
      entryOf(2, { type: 'whiteout', role: 'hidden', hiddenBy: 'whiteout', marks: ['whiteout'] }),
    ];
    expect(change(whiteouts, 'upper')).toContain('lower 2’s whiteout would still say that the name is gone');
  });

  it('500 layers stay readable', () => {
    const stack = stackOf();
    stack.layers = Array.from({ length: 501 }, (_, layer) => ({
      ...(stack.layers[0] as ListObject['layers'][number]),
      layer,
      role: layer === 0 ? ('upper' as const) : ('lower' as const),
    }));
    const text = say(inputOf(objectOf([entryOf(250)]), { stack }));
    expect(text).toContain('the upper and lowers 1–249 and 251–500 have none');
  });

  it('hostile names are escaped', () => {
    const target = 'a\u202eb\x1b[2J';
    const text = say(inputOf(objectOf([entryOf(1, { type: 'symlink' })], { target })));
    expect(text).toContain('a\\u{202e}b\\e[2J');
  });
});

describe('status', () => {
  it('is one word, hidden before all else', () => {
    expect(statusOf(objectOf([entryOf(0)], { provenance: 'copied-up' }))).toBe('copied up');
    expect(statusOf(objectOf([entryOf(0, { marks: ['metacopy'] })], { provenance: 'copied-up' }))).toBe('metacopy');
    expect(statusOf(objectOf([entryOf(2)], { hiddenBy: 'opaque' }))).toBe('hidden');
    expect(statusOf(objectOf([entryOf(0, { type: 'whiteout' })], { provenance: 'upper' }))).toBe('whiteout');
    expect(statusOf(objectOf([entryOf(0)], { provenance: 'unknown' }))).toBe('unknown');
  });
});
