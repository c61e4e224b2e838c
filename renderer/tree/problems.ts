import type { ListLayer } from '../../shared/contract/scan.ts';
import type { LayerProgress } from '../../shared/ipc/engine.ts';
import { safeText } from '../app/words.ts';
import { layerWords } from '../marks/strip.ts';

export type LayerProblem = { layer: number; isError: boolean; title: string; text: string };

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const sentence = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);

const TITLES: Partial<Record<ListLayer['state'], string>> = {
  unreadable: 'can’t be read',
  missing: 'is missing',
  covered: 'is covered by a younger mount',
};

/** The layers that tell nothing, or not all, each with what and why. The others' results stand beside them. */
export function layerProblems(layers: readonly ListLayer[], progress: readonly LayerProgress[]): LayerProblem[] {
  const errors = new Map(progress.flatMap((one) => (one.error === null ? [] : [[one.layer, one.error] as const])));
  const found = layers.flatMap((layer): LayerProblem[] => {
    const error = errors.get(layer.layer);
    const title = error && layer.state === 'ok' ? 'can’t be read' : TITLES[layer.state];
    // A covered layer is read below its cover where privilege allows; it is a problem only if that failed.
    if (title === undefined || (layer.state === 'covered' && !error)) return [];
    const place = safeText(layer.path === 'unknown' ? layer.shown : layer.path);
    const why = layer.why ?? (error ? `${error.code}: ${error.message}` : '');
    return [
      {
        layer: layer.layer,
        isError: layer.state === 'missing',
        title: `${capital(layerWords(layer.layer, layer.role))} ${title}.`,
        text: [place, sentence(safeText(why))].filter(Boolean).join(' · '),
      },
    ];
  });
  if (found.length === layers.length) return found;
  return found.map((problem) => ({ ...problem, text: `${problem.text} The other layers are shown.` }));
}
