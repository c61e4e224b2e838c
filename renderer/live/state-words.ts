import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { LiveState } from '../../shared/ipc/live.ts';
import { nextStep, sentence, whatFailed } from '../app/failure-words.ts';
import { plural } from '../app/words.ts';
import type { Live } from '../state/live.ts';

/** What must be said of a watch, and what helps. Pure. */
export type LiveSaying = {
  severity: 'note' | 'warning' | 'error';
  what: string;
  /** What follows from it, in a sentence or two. */
  so: string;
  act: 'privilege' | 'scan' | null;
};

const layerName = (layer: number): string =>
  layer < 0 ? 'the work directory' : layer === 0 ? 'the upper' : `lower ${layer}`;

/** Layers by name: `the upper, lower 1 and lower 2`. */
function layersText(layers: readonly number[]): string {
  const names = layers.map(layerName);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

type Facts = Pick<ListObject, 'layers'>;

/** What is to be said now; an empty list where all is well. */
export function sayingsOf(
  { phase, state, failure }: Pick<Live, 'phase' | 'state' | 'failure'>,
  facts: Facts,
  changed: readonly number[],
): LiveSaying[] {
  const out: LiveSaying[] = [];
  if (phase === 'unmounted') out.push(unmounted(state));
  if (phase === 'failed' && failure !== null)
    out.push({
      severity: 'error',
      what: `Not watched. ${whatFailed(failure)}`,
      so: nextStep(failure) ?? 'What is shown is from before, and stays.',
      act: failure.code === 'needs-privilege' ? 'privilege' : null,
    });
  if (state === null || phase === 'off' || phase === 'failed') return out;
  const { watched, overflows, rescans } = state;
  if (overflows > 0 && phase !== 'unmounted')
    out.push({
      severity: 'warning',
      what: `Records were lost ${overflows === 1 ? 'once' : `${overflows} times`}.`,
      so:
        phase === 'rescanning'
          ? 'More happened than could be read. Everything is being read again; what happens meanwhile is told after that.'
          : `More happened than could be read. Everything was read again (${plural(rescans, 'time')}): the tree is right, but some events are missing here.`,
      act: null,
    });
  const isNameless = watched.filter(({ by }) => by === 'inotify');
  if (isNameless.length > 0)
    out.push({
      severity: 'note',
      what: 'Without privilege it is not told who.',
      so: `${sentence(isNameless[0]?.why ?? '')} With privilege each event would name its process, and the temporary files of copy-ups and their deaths would be seen.`.trim(),
      act: 'privilege',
    });
  const unwatched = watched.filter(({ by }) => by === 'none');
  const [reason] = unwatched;
  if (reason)
    out.push({
      severity: 'warning',
      what: `What happens in ${layersText(unwatched.map(({ layer }) => layer))} is not seen.`,
      so: sentence(reason.why),
      act: null,
    });
  const names = changed.filter((layer) => facts.layers[layer]?.role !== 'upper');
  if (names.length > 0)
    out.push({
      severity: 'warning',
      what: `${capital(layersText(names))} changed under the mount.`,
      so: 'The kernel does not foresee that: what the mount shows of it is undefined until it is mounted again.',
      act: 'scan',
    });
  return out;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function unmounted(state: LiveState | null): LiveSaying {
  const still = state?.stillAt ?? [];
  return {
    severity: 'warning',
    what: 'Unmounted.',
    so:
      still.length === 0
        ? 'This is the last picture; it stays.'
        : `It is mounted no more where it was opened, but still at ${still.map(textForEyes).join(', ')}. This is the last picture; it stays.`,
    act: null,
  };
}
