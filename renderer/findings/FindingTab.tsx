import './findings.css';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { ObjectDetail, ObjectFinding } from '../../shared/ipc/engine.ts';
import { CopyButton } from '../inspector/Copy.tsx';
import { NumberText } from '../inspector/NumberText.tsx';
import { layerLetter } from '../inspector/ranges.ts';
import { SentenceText, safe } from '../inspector/Sentence.tsx';
import { WayPicture } from '../inspector/WayPicture.tsx';
import { roleOf } from '../inspector/words.ts';
import { useFindings } from '../state/findings.ts';
import { countText, NONE } from '../tree/format.ts';
import { EvidenceTable } from './EvidenceTable.tsx';
import { type EvidenceEntry, formerNumber, layOut } from './evidence.ts';
import { SeverityIcon } from './Severity.tsx';

type Props = { detail: ObjectDetail; facts: ListObject };

/** What was found in the selected object: cause, cure, rule and evidence of each, the one that was chosen first. */
export function FindingTab({ detail, facts, name }: Props & { name: string }) {
  const chosen = useFindings((found) => found.chosen);
  if (detail.findings.length === 0) return <p className="two">Nothing was found in this entry.</p>;
  const sorted = [...detail.findings].sort((a, b) => Number(b.code === chosen) - Number(a.code === chosen));
  return sorted.map((finding) => (
    <Card key={finding.code} finding={finding} detail={detail} facts={facts} name={name} />
  ));
}

function Card({ finding, detail, facts, name }: Props & { finding: ObjectFinding; name: string }) {
  const { code, severity, title, what, cause, cure, rule, evidence } = finding;
  const was = formerNumber(finding, detail, facts);
  const { entries, facts: rest } = layOut(evidence);
  return (
    <article className="finding-card" aria-label={`${code}: ${title}`}>
      <h3 className={`finding-code f-${severity}`}>
        <SeverityIcon of={severity} />
        {code}
      </h3>
      <p className="finding-what">{safe(what)}.</p>
      <p>
        <b>Cause.</b> <SentenceText sentence={cause} facts={facts} />
      </p>
      <p>
        <b>Cure.</b> <SentenceText sentence={cure} facts={facts} />
      </p>
      <p className="finding-rule">{rule}</p>
      <h3>
        Evidence
        <span className="grow" />
        <CopyButton
          label="Copy the evidence"
          what="evidence"
          text={JSON.stringify({ code, severity, path: detail.object.path, rule, evidence }, null, 2)}
        />
      </h3>
      {entries.length > 0 && <Entries entries={entries} facts={facts} own={detail.object.path} />}
      {rest.length > 0 && <EvidenceTable facts={rest} />}
      {was !== null && (
        <>
          <h3>Before and after</h3>
          <WayPicture detail={detail} facts={facts} name={name} was={was} />
        </>
      )}
    </article>
  );
}

/** The entries of layers that it rests on, those of this very object set off. */
function Entries({ entries, facts, own }: { entries: EvidenceEntry[]; facts: ListObject; own: string }) {
  return (
    <table className="finding-entries">
      <thead>
        <tr>
          <td />
          <th scope="col" className="r">
            real
          </th>
          <th scope="col" className="r">
            links
          </th>
          <th scope="col" className="r">
            bytes
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ as, layer, path, ino, nlink, size }) => (
          <tr key={`${as} ${layer} ${path}`} className={path === own ? 'own' : undefined}>
            <th scope="row" className="mono cut" title={`${as}: ${safe(path)}`}>
              <bdi>{textForEyes(bytesOfText(path)) || '/'}</bdi>
            </th>
            <td className="mono r">
              <span className={`lay c-${roleOf(facts, layer)}`}>{layerLetter(layer)}</span>{' '}
              <NumberText number={ino} what={`inode of layer ${layerLetter(layer)}`} />
            </td>
            <td className="mono r">{nlink ?? NONE}</td>
            <td className="mono r">{size === null ? NONE : countText(size)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
