import { Check, TriangleAlert } from 'lucide-react';
import type { ListLayer } from '../../shared/contract/scan.ts';
import type { LayerProgress } from '../../shared/ipc/engine.ts';
import { safeText } from '../app/words.ts';
import { Cell } from '../marks/Cell.tsx';
import { layerLabel, layerWords, STRIP_CELLS } from '../marks/strip.ts';
import { type OpenStack, useSession } from '../state/session.ts';
import { countText } from './format.ts';

/** Below so much a layer names its place alone; its filesystem then stands in the tooltip. */
const ROOM_FOR_FS = 168;
/** With so much it names the fs id in words. */
const ROOM_FOR_WORDS = 280;

/** Each layer's place, filesystem and fs id; while it is read, how far. More than eight layers find no room here. */
export function Legend({ stack, width }: { stack: OpenStack; width: number }) {
  const state = useSession((session) => session.viewState);
  const { layers } = stack.facts;
  if (layers.length > STRIP_CELLS) return null;
  const isReading = state?.phase === 'reading';
  const room = width / layers.length;
  const hasRoom = room >= ROOM_FOR_FS;
  return (
    <ul className="legend" aria-label="Layers">
      {layers.map((layer) => (
        <li key={layer.layer} title={layerTip(layer)}>
          <Cell
            kind={layer.state === 'missing' || layer.state === 'unreadable' ? 'unknown' : 'used'}
            role={layer.role}
          />
          <b className={`c-${layer.role}`}>{layerLabel(layer.layer)}</b>
          <span className="p cut">
            <bdi>{safeText(layer.path === 'unknown' ? layer.shown : layer.path)}</bdi>
          </span>
          <State layer={layer} />
          {isReading ? (
            <Reading progress={state.layers.find((one) => one.layer === layer.layer)} />
          ) : (
            hasRoom && <span className="fs">{fsText(layer, room >= ROOM_FOR_WORDS)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** `xfs · fs id 0`; a layer without a number of its own has none. */
function fsText(layer: ListLayer, inWords: boolean): string {
  if (layer.fs.id === null || layer.fs.type === 'unknown') return layer.fs.type;
  return `${layer.fs.type} · fs ${inWords ? 'id ' : ''}${layer.fs.id}`;
}

export const layerTip = (layer: ListLayer): string =>
  [
    layerWords(layer.layer, layer.role),
    safeText(layer.path === 'unknown' ? layer.shown : layer.path),
    `${fsText(layer, true)}${layer.dev === 'unknown' ? '' : `, ${layer.dev}`}`,
    layer.state === 'ok' ? null : `${layer.state}${layer.why ? `: ${layer.why}` : ''}`,
  ]
    .filter(Boolean)
    .join('\n');

/** A layer that is not `ok` says so in its place. */
function State({ layer }: { layer: ListLayer }) {
  if (layer.state === 'ok') return null;
  if (layer.state === 'unverified') return <span className="dim">unverified</span>;
  return (
    <span className={layer.state === 'moved' ? 'two' : 'f-warning legend-state'}>
      {layer.state !== 'moved' && <TriangleAlert className="i" aria-hidden="true" />}
      {layer.state}
    </span>
  );
}

function Reading({ progress }: { progress: LayerProgress | undefined }) {
  if (!progress) return null;
  return (
    <span className="fs num">
      {progress.error === null ? countText(progress.entries) : 'failed'}
      {progress.done && progress.error === null && <Check className="i f-ok" aria-label="done" />}
    </span>
  );
}
