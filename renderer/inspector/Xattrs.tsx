import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { DecodedXattr, ObjectDetail } from '../../shared/ipc/engine.ts';
import { condense, groupBytes, hexPieces, rangeWords, type ShownField } from './bytes.ts';
import { NumberText } from './NumberText.tsx';
import { layerLetter } from './ranges.ts';
import { Section, xattrCommand } from './Section.tsx';
import { safe } from './Sentence.tsx';
import { roleOf } from './words.ts';

/** Every attribute that was read, overlay's own first, each with its bytes and what they mean. */
export function Xattrs({ detail, facts }: { detail: ObjectDetail; facts: ListObject }) {
  if (detail.xattrs.length === 0) return <NoXattrs detail={detail} />;
  return detail.xattrs.map((xattr) => (
    <XattrBlock key={`${xattr.layer} ${xattr.name}`} xattr={xattr} detail={detail} facts={facts} />
  ));
}

function NoXattrs({ detail }: { detail: ObjectDetail }) {
  const unread = detail.object.marks.some((mark) => mark.startsWith('unknown:'));
  return (
    <p className="insp-note">
      {unread ? (
        <>
          <i className="unknown">unknown</i>: to this user the kernel answers that there are none; reading them needs
          privilege.
        </>
      ) : (
        'No entry of this name has an attribute.'
      )}
    </p>
  );
}

/**
 * One attribute: the bytes cut at their fields, and the fields. Pointing at either lights both; the arrow keys walk the
 * fields, and what was chosen stays lit.
 */
export function XattrBlock(props: {
  xattr: DecodedXattr;
  detail: ObjectDetail;
  facts: ListObject;
  /** The bytes of a header stay one field. */
  short?: boolean;
}) {
  const { xattr, detail, facts } = props;
  const fields = props.short ? condense(xattr.fields) : xattr.fields;
  const [chosen, setChosen] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const lit = pointed ?? chosen;
  const length = xattr.value === null ? null : xattr.value.length / 2;
  const name = textForEyes(asBytes(xattr.name));
  const size = length === null ? 'value refused' : `${length} ${length === 1 ? 'byte' : 'bytes'}`;
  return (
    <Section
      title={
        <>
          <b className={`mono c-${roleOf(facts, xattr.layer)}`}>{layerLetter(xattr.layer)}</b> {name}, {size}
        </>
      }
      commands={xattrCommand(detail.commands, xattr.layer, xattr.name)}
    >
      {!xattr.counts && <p className="insp-note">The kernel does not look at it here.</p>}
      {xattr.problem && <p className="insp-note f-warning">{safe(xattr.problem)}</p>}
      {xattr.value !== null && xattr.value !== '' && (
        <Hex fields={fields} hex={xattr.value} lit={lit} onPoint={setPointed} onChoose={setChosen} />
      )}
      {fields.length > 0 && (
        <Fields name={name} fields={fields} lit={lit} chosen={chosen} onPoint={setPointed} onChoose={setChosen} />
      )}
    </Section>
  );
}

type Link = { lit: number | null; onPoint: (field: number | null) => void; onChoose: (field: number) => void };

/** Pieces of so many bytes, where a long group may break its line. */
const PIECE = 8;

function Hex({ fields, hex, lit, onPoint, onChoose }: Link & { fields: readonly ShownField[]; hex: string }) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the fields below are the way by keyboard, and light the same bytes
    // biome-ignore lint/a11y/noStaticElementInteractions: as above; the bytes are text to a screen reader
    <div
      className="insp-hex"
      onMouseLeave={() => onPoint(null)}
      onClick={(event) => {
        const field = fieldAt(event.target);
        if (field !== null) onChoose(field);
      }}
      onMouseOver={(event) => onPoint(fieldAt(event.target))}
      onFocus={() => {}}
    >
      {groupBytes(hex, fields).map((group) => (
        <span
          key={group.from}
          data-field={group.fields[0]}
          className={lit !== null && group.fields.includes(lit) ? 'lit' : undefined}
        >
          {hexPieces(group.hex, PIECE).map((piece, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one value never move
            <span key={index}>
              {index > 0 && <wbr />}
              {piece}
            </span>
          ))}
        </span>
      ))}
    </div>
  );
}

function fieldAt(target: EventTarget): number | null {
  const field = (target as Element).closest<HTMLElement>('[data-field]')?.dataset.field;
  return field === undefined ? null : Number(field);
}

function Fields(props: Link & { name: string; fields: readonly ShownField[]; chosen: number | null }) {
  const { fields, lit, chosen, onPoint, onChoose } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const id = useId();
  const move = (event: KeyboardEvent, index: number): void => {
    const last = fields.length - 1;
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: last }[event.key];
    if (to === undefined || to < 0 || to > last) return;
    event.preventDefault();
    onChoose(to);
    (body.current?.rows[to] as HTMLElement | undefined)?.focus();
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are chosen with the arrow keys, as in a grid
    <table className="insp-fields insp-xattr-fields" role="grid" aria-label={`Fields of ${props.name}`} id={id}>
      <tbody ref={body}>
        {fields.map((field, index) => (
          <tr
            // biome-ignore lint/suspicious/noArrayIndexKey: the fields of one value never move
            key={index}
            className={lit === index ? 'lit' : undefined}
            aria-selected={chosen === index}
            tabIndex={index === (chosen ?? 0) ? 0 : -1}
            onFocus={() => onChoose(index)}
            onClick={() => onChoose(index)}
            onKeyDown={(event) => move(event, index)}
            onMouseEnter={() => onPoint(index)}
            onMouseLeave={() => onPoint(null)}
          >
            <th scope="row">{field.label}</th>
            <td>
              {field.label === 'inode' && /^\d+$/.test(field.text) ? (
                <NumberText number={field.text} what="inode that the mark names" copy />
              ) : (
                safe(field.text)
              )}
              <span className="sr">, {rangeWords(field)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
