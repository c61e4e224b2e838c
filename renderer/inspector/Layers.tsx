import { type Bytes, bytesOfBase64, bytesOfText, joinBytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListLayer, ListObject, ScanEntry } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { Cell } from '../marks/Cell.tsx';
import { Name } from '../marks/Name.tsx';
import { cellWords } from '../marks/shapes.ts';
import { typeText } from '../tree/format.ts';
import { CopyButton, SmallCommand } from './Copy.tsx';
import { exactText } from './copy.ts';
import { NumberText } from './NumberText.tsx';
import { layerLetter, layerRanges } from './ranges.ts';
import { factCommand } from './Section.tsx';
import { safe, Value } from './Sentence.tsx';
import { lineRuns } from './way.ts';
import { bytesWord, hiddenByWord, type LayerLine, layerLines, layerProblem, markWords, roleWord } from './words.ts';

/** Every layer, top first: what stands there under this name, how it is used, and by what it is hidden. */
export function Layers({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  const runs = lineRuns(layerLines(facts, detail.row, detail.object));
  return (
    <ul className="insp-layers" aria-label="Layers with this name">
      {runs.map((run) => (
        <LayerItem key={(run[0] as LayerLine).layer} run={run} detail={detail} />
      ))}
    </ul>
  );
}

function LayerItem({ run, detail }: { run: LayerLine[]; detail: ObjectDetail }) {
  const line = run[0] as LayerLine;
  if (line.entries.length === 0) {
    const problem = line.kind === 'unknown' ? layerProblem(line.facts) : null;
    const letters = layerRanges(run.map((one) => one.layer));
    return (
      <li className="insp-layer-none">
        <Cell kind={line.kind} role={line.role} />
        <b className={`mono ${line.kind === 'absent' ? 'two' : `c-${line.role}`}`}>{letters}</b>
        <span className="dim">
          {problem ? (
            safe(problem)
          ) : line.kind === 'unknown' ? (
            <i className="unknown">unknown</i>
          ) : (
            cellWords(line.kind)
          )}
        </span>
      </li>
    );
  }
  return (
    <li className="insp-layer">
      <div className="insp-layer-head">
        <Cell kind={line.kind} role={line.role} />
        <b className={`mono c-${line.role}`}>{layerLetter(line.layer)}</b>
        <LayerPlace layer={line.facts} />
      </div>
      {line.entries.map((entry) => (
        <EntryFacts key={`${entry.path} ${entry.role}`} entry={entry} line={line} detail={detail} />
      ))}
    </li>
  );
}

function LayerPlace({ layer }: { layer: ListLayer }) {
  const path = layerPath(layer);
  const id = layer.fs.id === null || layer.fs.id === 'unknown' ? '' : ` · fs ${layer.fs.id}`;
  return (
    <>
      <span className="insp-layer-path mono cut" title={path === null ? undefined : textForEyes(path)}>
        <bdi>{path === null ? <i className="unknown">unknown</i> : <Name bytes={path} />}</bdi>
      </span>
      <span className="dim">
        {layer.fs.type}
        {id}
      </span>
    </>
  );
}

function EntryFacts({ entry, line, detail }: { entry: ScanEntry; line: LayerLine; detail: ObjectDetail }) {
  const full = entryPath(line.facts, entry);
  const elsewhere = entry.path !== detail.object.path;
  const type = entry.type === 'whiteout' ? 'whiteout' : typeText(entry.type);
  const marks = markWords(entry.marks);
  const command = (fact: string) => factCommand(detail.commands, fact, entry.layer);
  return (
    <div className="insp-entry">
      <div className="insp-entry-what">
        <span>
          <Value>{type}</Value>
          <SmallCommand of={command(entry.type === 'whiteout' ? 'whiteout' : 'type')} />
          {entry.type === 'file' && (
            <>
              , <Value>{bytesWord(entry.size)}</Value>
              <SmallCommand of={command('size')} />
            </>
          )}
        </span>
        <span className="tag">{line.kind === 'stands' ? 'stands there' : roleWord(entry, detail.object)}</span>
        {marks.map((mark) => (
          <span key={mark.name} className={`tag ${mark.state}`}>
            {mark.state === 'counts' ? mark.name : `${mark.name} ${mark.state}`}
          </span>
        ))}
      </div>
      {entry.hiddenBy && <p className="insp-note">hidden by {hiddenByWord(entry.hiddenBy)}</p>}
      <p className="insp-note mono">
        inode <NumberText number={entry.ino} what={`inode of layer ${layerLetter(entry.layer)}`} copy />
        <SmallCommand of={command('inode')} /> device <Value>{entry.dev}</Value>
        <SmallCommand of={command('device')} />
      </p>
      {full && (
        <p className="insp-entry-path">
          <span className={`mono cut ${elsewhere ? '' : 'dim'}`} title={textForEyes(full)}>
            <bdi>
              <Name bytes={elsewhere ? entryBytes(entry) : full} />
            </bdi>
          </span>
          <CopyButton label={`Copy the path in ${layerLetter(entry.layer)}`} what="path" text={exactText(full)} />
        </p>
      )}
    </div>
  );
}

/** The exact bytes of an entry's path in its layer. */
const entryBytes = (entry: ScanEntry): Bytes =>
  entry.pathB64 === undefined ? bytesOfText(entry.path) : bytesOfBase64(entry.pathB64);

function layerPath(layer: ListLayer): Bytes | null {
  if (layer.pathB64 !== undefined) return bytesOfBase64(layer.pathB64);
  return layer.path === 'unknown' ? null : bytesOfText(layer.path);
}

/** Where the entry stands on the machine; null where the layer's own place is not known. */
export function entryPath(layer: ListLayer, entry: ScanEntry): Bytes | null {
  const root = layerPath(layer);
  if (root === null) return null;
  return entry.path === '' ? root : joinBytes(root, entryBytes(entry));
}
