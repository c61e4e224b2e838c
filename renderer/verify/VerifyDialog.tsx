import './verify.css';
import { ScanSearch, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { sideEffects } from '../../shared/verify/words.ts';
import { startVerify, whyNotVerified } from '../actions/verify.ts';
import { safeText } from '../app/words.ts';
import { CancelButton, Frame } from '../dialogs/Frame.tsx';
import { closeDialog } from '../dialogs/open.ts';
import { bytesOfTyped, typedOfBytes } from '../dialogs/typed-path.ts';
import { useSelection } from '../state/selection.ts';
import { useSession } from '../state/session.ts';
import type { VerifyScope } from '../state/verify.ts';
import { countText } from '../tree/format.ts';

type Choice = 'selected' | 'beneath' | 'paths' | 'all';

/** What is looked at, and what that can change: said before anything is. */
export function VerifyDialog() {
  const facts = useSession((session) => session.stack?.facts ?? null);
  const objects = useSession((session) => session.viewState?.objects ?? 0);
  const { path, row } = useSelection();
  const isDir = row?.type === 'dir' && path !== '';
  const [choice, setChoice] = useState<Choice>(path === null ? 'all' : 'selected');
  const [text, setText] = useState(path === null ? '' : typedOfBytes(path));
  const why = whyNotVerified();
  const typed = typedPaths(text);
  const scope = scopeOf(choice, path, typed);
  const name = path === null ? '' : path === '' ? '/' : textForEyes(path);
  const effects = facts
    ? sideEffects({ layers: facts.layers, mount: facts.mount === null ? null : safeText(facts.mount) })
    : [];
  const isHarmless = facts?.layers[0]?.role !== 'upper';

  return (
    <Frame
      title="Verify"
      about="Holds what the layers foretell against what the kernel reports: lookup, type, device, numbers and link count of stat, the number of readdir, and an open file’s. What differs is shown with its cause."
      onSubmit={() => {
        if (why !== null || scope === null) return;
        closeDialog();
        void startVerify(scope);
      }}
      actions={
        <>
          <CancelButton />
          <button type="submit" className="primary" disabled={why !== null || scope === null}>
            <ScanSearch className="i" aria-hidden />
            Look through the mount
          </button>
        </>
      }
    >
      {why === null ? (
        <div className={isHarmless ? 'verify-effects' : 'verify-effects is-warning'} role="note">
          {!isHarmless && <TriangleAlert className="i f-warning" aria-hidden />}
          <div>
            <b>{isHarmless ? 'What looking changes: nothing' : 'What looking can change'}</b>
            {effects.map((effect) => (
              <p key={effect}>{effect}</p>
            ))}
          </div>
        </div>
      ) : (
        <p className="problem" role="alert">
          {why}
        </p>
      )}
      <fieldset className="verify-choices">
        <legend>What to look at</legend>
        {path !== null && (
          <Radio of="selected" choice={choice} setChoice={setChoice}>
            The selected entry, <span className="mono">{name}</span>
          </Radio>
        )}
        {isDir && (
          <Radio of="beneath" choice={choice} setChoice={setChoice}>
            <span className="mono">{name}</span> and all beneath it
          </Radio>
        )}
        <Radio of="paths" choice={choice} setChoice={setChoice}>
          These paths, one a line
        </Radio>
        {choice === 'paths' && (
          <>
            <textarea
              className="verify-paths selectable"
              aria-label="Paths from the merged root, one a line"
              rows={4}
              spellCheck={false}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
            {'problem' in typed && <p className="problem">{typed.problem}</p>}
          </>
        )}
        <Radio of="all" choice={choice} setChoice={setChoice}>
          Everything: {countText(objects)} {objects === 1 ? 'object' : 'objects'}
        </Radio>
      </fieldset>
    </Frame>
  );
}

function Radio(props: { of: Choice; choice: Choice; setChoice: (choice: Choice) => void; children: React.ReactNode }) {
  return (
    <label>
      <input type="radio" name="scope" checked={props.choice === props.of} onChange={() => props.setChoice(props.of)} />
      <span>{props.children}</span>
    </label>
  );
}

/** Paths as they are typed, from the merged root, or what is wrong with one. */
function typedPaths(text: string): { paths: Bytes[] } | { problem: string } {
  const paths: Bytes[] = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const parts = bytesOfTyped(line.trim())
      .split('/')
      .filter((part) => part !== '');
    if (parts.some((part) => part === '.' || part === '..'))
      return {
        problem: `${textForEyes(bytesOfTyped(line.trim()))} leads through . or ..: write it from the merged root.`,
      };
    paths.push(asBytes(parts.join('/')));
  }
  return { paths: [...new Set(paths)] };
}

function scopeOf(choice: Choice, path: Bytes | null, typed: ReturnType<typeof typedPaths>): VerifyScope | null {
  if (choice === 'all') return { kind: 'all' };
  if (choice === 'paths')
    return 'paths' in typed && typed.paths.length > 0 ? { kind: 'paths', paths: typed.paths } : null;
  if (path === null) return null;
  return choice === 'beneath' ? { kind: 'beneath', path } : { kind: 'paths', paths: [path] };
}
