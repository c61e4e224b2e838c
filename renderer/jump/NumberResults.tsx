import { Command } from 'cmdk';
import type { NumberMeaning } from '../../shared/contract/inode.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { Status } from '../../shared/ipc/engine.ts';
import { openStack } from '../actions/stacks.ts';
import { plural, stackTitle } from '../app/words.ts';
import { layerWord } from '../inspector/words.ts';
import { sourceKey } from '../sources/which.ts';
import type { Elsewhere, ElsewhereSearch } from './find-elsewhere.ts';
import type { NumberSearch } from './find-numbers.ts';
import { asWord, numberPieces, pathOf, placeText, whereWords } from './meaning.ts';
import { Blank, go } from './PathResults.tsx';

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
    <Command.Group
      heading={
        <span className="box-heading">
          <span>{title}</span>
          <span>this stack</span>
        </span>
      }
    >
      {search.found.map((found, index) => (
        <Line
          // biome-ignore lint/suspicious/noArrayIndexKey: the meanings of one number come once, in their order
          key={index}
          value={numberValue(index)}
          meaning={found.meaning}
          status={found.status}
          facts={facts}
          searched={search.of ?? ''}
          onSelect={() => onChoose(() => void (found.path === null ? null : go(found.path)))}
        />
      ))}
      {notes.length > 0 && <Note text={notes.join(' ')} />}
    </Command.Group>
  );
}

export const numberValue = (index: number): string => `number ${index}`;

/** What the number means in the mounts that are not open, once they were searched. */
export function ElsewhereResults(props: {
  search: ElsewhereSearch;
  searched: string;
  onChoose: (run: () => void) => void;
}) {
  return props.search.stacks.map((one) => (
    <OtherStack key={JSON.stringify(one.source.stack)} of={one} searched={props.searched} onChoose={props.onChoose} />
  ));
}

/** The mounts that were not searched, and the way to have it so. */
export function NotSearched({ search, others }: { search: ElsewhereSearch; others: number }) {
  const left = others - search.stacks.length;
  if (left === 0 || search.phase === 'done') return null;
  return (
    <Command.Group heading="Not searched">
      <Command.Item
        value={NOT_SEARCHED}
        className="box-row box-elsewhere"
        disabled={search.phase === 'running'}
        onSelect={search.run}
      >
        <span className="two">not read</span>
        <span>
          {search.phase === 'running'
            ? `Reading ${plural(left, 'other mount')}…`
            : `${plural(left, 'other mount')}, not open. Search ${left === 1 ? 'it' : 'them'} too`}
        </span>
      </Command.Item>
    </Command.Group>
  );
}

export const NOT_SEARCHED = 'elsewhere';
/** The first meaning in a mount that is not open. */
export const elsewhereValue = ({ stacks }: ElsewhereSearch): string | null => {
  const first = stacks.find(({ found }) => found.some(({ path }) => path !== null));
  return first ? `${sourceKey.live(first.source)} ${first.found.findIndex(({ path }) => path !== null)}` : null;
};

const MOST = 50;

function OtherStack(props: { of: Elsewhere; searched: string; onChoose: (run: () => void) => void }) {
  const { source, found, failure } = props.of;
  const open = (meaning: NumberMeaning): void => {
    const selected = pathOf(meaning);
    void openStack(source.stack, { turns: [], selected, keep: false }, sourceKey.live(source));
  };
  return (
    <Command.Group heading={stackTitle(source.facts)}>
      {found.slice(0, MOST).map((meaning, index) => (
        <Line
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          key={index}
          value={`${sourceKey.live(source)} ${index}`}
          meaning={meaning}
          facts={source.facts}
          searched={props.searched}
          onSelect={() => props.onChoose(() => open(meaning))}
        />
      ))}
      {failure !== null && <Note text={failure} />}
      {failure === null && found.length === 0 && <Note text={`${props.searched} means nothing there.`} />}
      {found.length > MOST && <Note text={`There are ${found.length - MOST} more.`} />}
    </Command.Group>
  );
}

/** One meaning: as what, where, how it stands there, the number. */
function Line(props: {
  value: string;
  meaning: NumberMeaning;
  status?: Status;
  facts: ListObject;
  searched: string;
  onSelect: () => void;
}) {
  const { meaning, facts } = props;
  const layer = facts.layers.find((one) => one.layer === meaning.layer);
  const words = whereWords(meaning, props.status);
  return (
    <Command.Item
      value={props.value}
      className="box-row box-number"
      disabled={meaning.path === null}
      onSelect={props.onSelect}
    >
      <span className="two">{asWord(meaning)}</span>
      <span className="box-path mono cut">
        <bdi>{placeText(meaning)}</bdi>
      </span>
      <span className="two cut">
        {layer && meaning.as !== 'xino-part' && (
          <>
            <span className={`c-${layer.role}`}>{layerWord(layer)}</span>
            {words !== '' && ' · '}
          </>
        )}
        {words}
      </span>
      <span className="mono box-digits">
        {numberPieces(meaning, facts, props.searched).map((piece) =>
          piece.hit ? <mark key="hit">{piece.text}</mark> : piece.text,
        )}
      </span>
    </Command.Item>
  );
}

/** A line that is no choice. An option in name, for a list may hold nothing else. */
const Note = ({ text }: { text: string }) => (
  <div className="box-note two" role="option" aria-disabled="true" aria-selected="false" tabIndex={-1}>
    {text}
  </div>
);
