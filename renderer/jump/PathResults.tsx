import { Command } from 'cmdk';
import { textForEyes } from '../../shared/bytes/show.ts';
import { focusTree, revealPath } from '../actions/tree.ts';
import { roleOf } from '../inspector/words.ts';
import { Glyph } from '../marks/Glyph.tsx';
import { useSession } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import type { PathMatch, PathSearch } from './find-paths.ts';
import { matchPieces } from './match.ts';
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
    const of = viewState ? `${countText(String(viewState.objects))} objects` : 'the stack';
    const text = reading ? `Still reading: ${of} so far were searched.` : `${of} were searched, hidden ones too.`;
    return <Blank title="No such path" text={text} />;
  }
  return (
    <Command.Group heading="Paths">
      {search.matches.map((match) => (
        <Command.Item
          key={match.id}
          value={String(match.id)}
          className="box-row"
          onSelect={() => onChoose(() => void revealPath(match.path).then(focusTree))}
        >
          <TypeIcon type={match.type} />
          <MatchedPath match={match} query={search.forText} />
          <span className="box-status two">
            <Glyph status={match.status} top={roleOf(stack.facts, match.layer ?? 0)} />
            {match.status}
          </span>
        </Command.Item>
      ))}
    </Command.Group>
  );
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
