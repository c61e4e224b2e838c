import { Command } from 'cmdk';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import { focusTree, revealPath } from '../actions/tree.ts';
import { roleOf } from '../inspector/words.ts';
import { Glyph } from '../marks/Glyph.tsx';
import { useLayout } from '../state/layout.ts';
import { addNotice, useSession } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import type { PathMatch, PathSearch } from './find-paths.ts';
import { matchPieces } from './match.ts';
import { useJump } from './open.ts';
import { TypeIcon } from './TypeIcon.tsx';

/** The paths that were found, best first; Enter shows the chosen one in the tree. */
export function PathResults(props: { search: PathSearch; text: string; onChoose: (run: () => void) => void }) {
  const { search, text, onChoose } = props;
  const stack = useSession((session) => session.stack);
  const viewState = useSession((session) => session.viewState);
  if (stack === null) return <Blank title="No stack is open" text="Open one first; > finds the commands." />;
  if (search.failure) return <Blank title="The search failed" text={search.failure.message} />;
  if (text === '')
    return <Blank title="Where to?" text="Part of a path, or letters of it in order: swi finds srv/www/index.html." />;
  if (search.forText !== text && search.matches.length === 0) return <Blank title="Searching…" text="" />;
  if (search.matches.length === 0) {
    const reading = viewState?.phase === 'reading' || viewState?.phase === 'merging';
    const objects = `${countText(viewState?.objects ?? 0)} objects`;
    const text = reading ? `Still reading: ${objects} so far were searched.` : `None of ${objects} has it.`;
    return <Blank title="No such path" text={text} />;
  }
  return (
    <Command.Group heading="Paths">
      {search.matches.map((match) => (
        <Command.Item
          key={match.id}
          value={String(match.id)}
          className="box-row"
          onSelect={() => onChoose(() => void go(match.path))}
        >
          <TypeIcon type={match.type} />
          <MatchedPath match={match} query={search.forText} />
          <span className="box-status two">
            <MatchGlyph match={match} facts={stack.facts} />
            {match.status}
          </span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}

/** Shows a path in the tree, or says that it has gone meanwhile. */
export async function go(path: Bytes): Promise<void> {
  if (useLayout.getState().main !== 'tree') {
    useLayout.setState({ main: 'tree' });
    // Once the tree stands again.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  if (await revealPath(path)) {
    // Whoever has opened another box meanwhile types into that.
    if (useJump.getState().box === null) focusTree();
  } else addNotice(`${textForEyes(path)} is not in the tree now.`, 'warning');
}

/** Its colour is a layer's: where that is not known and would show, the word stands alone. */
function MatchGlyph({ match: { status, layer }, facts }: { match: PathMatch; facts: ListObject }) {
  const coloured = status === 'merged' || status === 'whiteout' || status === 'hidden';
  if (layer === undefined && coloured) return null;
  return <Glyph status={status} top={layer === undefined ? undefined : roleOf(facts, layer)} />;
}

function MatchedPath({ match, query }: { match: PathMatch; query: string }) {
  const text = match.path === '' ? '/' : textForEyes(match.path);
  return (
    <span className="box-path mono cut">
      <bdi>
        {matchPieces(text, query).map((piece, index) =>
          piece.hit ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one path never move
            <mark key={index}>{piece.text}</mark>
          ) : (
            piece.text
          ),
        )}
      </bdi>
    </span>
  );
}

/** What stands in the list where there is nothing to choose. An option in name, for a list may hold nothing else. */
export const Blank = ({ title, text }: { title: string; text: string }) => (
  <div className="box-blank" role="option" aria-disabled="true" aria-selected="false" tabIndex={-1}>
    <b>{title}</b>
    <span className="two">{text}</span>
  </div>
);
