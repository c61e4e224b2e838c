import { describe, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import type { LiveEvent } from './event.ts';
import { Meaning } from './meaning.ts';
import type { Now, RawEvent, RawOrphan } from './raw.ts';
import { MemoryAsker } from './testing/asker.ts';
import { CHANGES, LOWER_FILES } from './testing/changes.ts';
import { expectTold } from './testing/expect.ts';
import ext4 from './testing/ext4.json' with { type: 'json' };

const recorded = ext4 as unknown as {
  change: string;
  before: Record<string, Now>;
  records: (RawEvent | RawOrphan)[];
}[];

describe('records of a real mount', () => {
  test.each(CHANGES.map((change) => [change.title, change] as const))('%s', (title, change) => {
    const record = recorded.find((one) => one.change === title);
    if (!record) throw new Error('it was not recorded');
    const asker = new MemoryAsker(LOWER_FILES);
    for (const [path, now] of Object.entries(record.before))
      if (now.is === 'there') asker.put(asBytes(path), { ...asker.standingOf(now), fid: null });
    const meaning = new Meaning(asker, true);
    meaning.preview(record.records.filter((one) => 'mask' in one));
    const told: LiveEvent[] = record.records.flatMap((one) =>
      'mask' in one ? meaning.take(one, null) : [meaning.orphan(one)],
    );
    expectTold(change, told);
  });
});
