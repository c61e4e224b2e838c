import { useSession } from '../state/session.ts';
import { probeFacts, readFacts } from './words.ts';

/** Counts at the left, kernel and probe at the right. */
export function Foot() {
  const stack = useSession((session) => session.stack);
  const state = useSession((session) => session.viewState);
  const hello = useSession((session) => session.hello);
  const left = stack ? readFacts(state, stack.facts) : ['nothing read yet'];
  return (
    <footer className="foot">
      {left.map((text) => (
        <span key={text}>{text}</span>
      ))}
      <span className="grow" />
      {probeFacts(hello).map((text) => (
        <span key={text}>{text}</span>
      ))}
    </footer>
  );
}
