import type { ReactNode } from 'react';
import type { ListObject, Shown } from '../../shared/contract/scan.ts';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { deviceText, NONE } from '../tree/format.ts';
import { Bits } from './Bits.tsx';
import { SmallCommand } from './Copy.tsx';
import { LastsText, NumberText } from './NumberText.tsx';
import { bitsOf, lastsOf, shortOf } from './numbers.ts';
import { factCommand, Section } from './Section.tsx';

type Props = { detail: ObjectDetail; facts: ListObject };

/** The short form: the number whole over its bits, or, where there is more than one to tell, a table. */
export function NumberSection({ detail, facts }: Props) {
  const { object } = detail;
  const { shown } = object;
  if (shown === null) return null;
  const bits = bitsOf(facts, object);
  const isOne = shown.dino === shown.ino && !shown.cached && facts.inodeMode !== 'none';
  const lasts = lastsOf(facts, object);
  if (!isOne && !(bits && shown.dino === null && !shown.cached))
    return (
      <Section title="What the mount shows" commands={factCommand(detail.commands, 'st_ino')}>
        <ShownTable detail={detail} facts={facts} />
        {bits && <Bits of={bits} facts={facts} />}
        {lasts && <LastsText lasts={lasts} />}
      </Section>
    );
  const title = shown.dino === shown.ino ? 'st_ino, d_ino' : 'st_ino';
  return (
    <Section
      title={
        <>
          {title} <NumberText number={shown.ino} what={title} copy />
          <SmallCommand of={factCommand(detail.commands, 'st_ino')} />
        </>
      }
    >
      {bits && <Bits of={bits} facts={facts} />}
      {lasts && <LastsText lasts={lasts} />}
    </Section>
  );
}

/** What stat and readdir give, with what an inode that is still in memory shows beside it. */
export function ShownTable({ detail, facts, copy }: Props & { copy?: boolean }) {
  const { shown } = detail.object;
  if (shown === null) return null;
  const differs = shown.dino !== shown.ino && shown.dino !== 'unknown' && shown.ino !== 'unknown';
  return (
    <table className="num-table">
      <thead>
        <tr>
          <td />
          <th scope="col">st_dev</th>
          <th scope="col" className="r">
            st_ino
          </th>
          <th scope="col" className="r">
            d_ino
          </th>
        </tr>
      </thead>
      <tbody>
        <ShownLine
          title="predicted"
          dev={deviceWord(shown.dev)}
          ino={<NumberText number={shown.ino} what="st_ino" short={shortOf(facts, shown.ino)} copy={copy === true} />}
          dino={
            shown.dino === null ? (
              NONE
            ) : (
              <NumberText
                number={shown.dino}
                what="d_ino"
                short={differs ? shown.dino : shortOf(facts, shown.dino)}
                differs={differs}
                copy={copy === true}
              />
            )
          }
        />
        {shown.cached && (
          <ShownLine
            title="while cached"
            dev={
              <span className={shown.cached.dev === shown.dev ? undefined : 'differs'}>
                {deviceWord(shown.cached.dev)}
              </span>
            }
            ino={
              <NumberText
                number={shown.cached.ino}
                what="former st_ino"
                short={shortOf(facts, shown.cached.ino)}
                differs={shown.cached.ino !== shown.ino}
                copy={copy === true}
              />
            }
            dino={<span className="dim">{NONE}</span>}
          />
        )}
      </tbody>
    </table>
  );
}

function ShownLine({ title, dev, ino, dino }: { title: string; dev: ReactNode; ino: ReactNode; dino: ReactNode }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>{dev}</td>
      <td className="r mono">{ino}</td>
      <td className="r mono">{dino}</td>
    </tr>
  );
}

const deviceWord = (dev: Shown['dev']): ReactNode =>
  dev === 'unknown' ? <i className="unknown">unknown</i> : <span className="mono">{deviceText(dev)}</span>;

/** Where a mount sets nothing above its numbers: how to read them. */
export function HowToRead({ facts }: { facts: ListObject }) {
  if (facts.inodeMode !== 'none') return null;
  const ids = [...new Set(facts.layers.map(({ fs }) => fs.id).filter((id) => typeof id === 'number'))].sort(
    (a, b) => a - b,
  );
  return (
    <Section title="How to read the numbers here">
      <p className="insp-note is-plain">
        <em className="volatile">volatile</em>: the kernel counts the numbers of directories; they are others after
        eviction and remount. <span className="mono differs">Amber</span>: readdir’s number is not stat’s.{' '}
        {ids.length > 0 && (
          <>
            {ids.map((id, at) => (
              <span key={id}>
                {at > 0 && ', '}
                <span className="mono">P{id}</span>
              </span>
            ))}
            : {ids.length === 1 ? 'the device' : 'the devices'} of fs id {ids.join(', ')} that no mount names; a number
            tells a file only together with its device.
          </>
        )}
      </p>
    </Section>
  );
}
