import { Command } from 'cmdk';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { NumberMeaning } from '../../shared/contract/inode.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { FoundNumber } from '../../shared/ipc/numbers.ts';
import { safe } from '../inspector/Sentence.tsx';
import { roleOf } from '../inspector/words.ts';
import { layerLabel } from '../marks/strip.ts';
import { deviceText } from '../tree/format.ts';
import type { NumberSearch } from './find-numbers.ts';
import { Blank, go } from './PathResults.tsx';

const AS_WORDS: Record<NumberMeaning['as'], string> = {
  st_ino: 'st_ino',
  d_ino: 'd_ino',
  real: 'real',
  origin: 'origin',
  index: 'index entry',
  'xino-part': 'xino part',
};

type NumberProps = { search: NumberSearch; facts: ListObject; title: string; onChoose: (run: () => void) => void };

/** Everything that the number means in the open stack; Enter goes to the entry. */
export function NumberResults({ search, facts, title, onChoose }: NumberProps) {
  if (search.of === null) return null;
  if (search.failure) return <Blank title="The number could not be looked for" text={search.failure.message} />;
  const notes = [
    search.found.length === 0 ? `${search.of} means nothing here.` : null,
    search.more ? 'There are more; these are some of them.' : null,
    search.complete ? null : 'Still reading: what was read so far was searched.',
    search.unknown ? 'Which numbers were copied up is unknown without privilege.' : null,
  ].filter((note) => note !== null);
  return (
    <Command.Group heading={title}>
      {search.found.map((found, index) => (
        <Command.Item
          // biome-ignore lint/suspicious/noArrayIndexKey: the meanings of one number come once, in their order
          key={index}
          value={numberValue(index)}
          className="box-row box-number"
          disabled={found.path === null}
          onSelect={() => onChoose(() => void (found.path === null ? null : go(found.path)))}
        >
          <span className="two">{AS_WORDS[found.meaning.as]}</span>
          <span className="box-path mono cut">
            <bdi>{pathOf(found)}</bdi>
          </span>
          <span className="two cut">
            <Where found={found} facts={facts} />
          </span>
          <span className="mono">{found.meaning.ino}</span>
        </Command.Item>
      ))}
      {notes.length > 0 && <Blank title="" text={notes.join(' ')} />}
    </Command.Group>
  );
}

export const numberValue = (index: number): string => `number ${index}`;

function pathOf({ path, meaning }: FoundNumber): string {
  if (path !== null) return path === '' ? '/' : textForEyes(path);
  return meaning.entry === undefined ? safe(meaning.entryPath ?? '–') : `index/${meaning.entry}`;
}

/** The layer, the device where it is one of the mount's, how it stands, and the path in the layer where it is another. */
function Where({ found: { meaning, status }, facts }: { found: FoundNumber; facts: ListObject }) {
  const { as, layer, dev, state, hiddenBy, entryPath } = meaning;
  const words = [
    as === 'st_ino' || as === 'd_ino' ? (dev?.startsWith('pseudo:') ? `on ${deviceText(dev)}` : null) : null,
    as === 'st_ino' || as === 'd_ino'
      ? `${status}, ${state}`
      : hiddenBy === undefined
        ? state
        : `hidden by ${hiddenBy}`,
    entryPath === undefined ? null : `at ${safe(entryPath)}`,
  ].filter((word) => word !== null);
  return (
    <>
      {layer !== 'unknown' && (
        <span className={`c-${roleOf(facts, layer)}`}>
          {roleOf(facts, layer) === 'upper' ? 'upper' : `${roleOf(facts, layer)} ${layerLabel(layer)}`}
        </span>
      )}
      {layer !== 'unknown' && words.length > 0 && ' · '}
      {words.join(' · ')}
    </>
  );
}
