import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { Name } from '../marks/Name.tsx';
import { countText, sizeText } from '../tree/format.ts';
import { type DirectoryNode, flatten, shareWord } from './figures.ts';

type DirectoriesProps = {
  roots: readonly DirectoryNode[];
  lit: number | null;
  onLit: (id: number | null) => void;
  onLocate: (path: Bytes) => void;
};

/** The heaviest directories as a table: arrow keys walk it, Enter shows one in the tree. */
export function Directories({ roots, lit, onLit, onLocate }: DirectoriesProps) {
  const [at, setAt] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  // The tree that this stands in for had the focus: the first row takes it.
  useEffect(() => body.current?.rows[0]?.focus(), []);
  const directories = useMemo(() => flatten(roots), [roots]);
  const total = roots.reduce((sum, one) => sum + BigInt(one.bytes), 0n);
  const most = BigInt(roots[0]?.bytes ?? '0') || 1n;

  const onKeyDown = (event: KeyboardEvent, index: number, path: Bytes): void => {
    const last = directories.length - 1;
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: last }[event.key];
    if (event.key === 'Enter') onLocate(path);
    else if (to === undefined) return;
    else {
      const row = body.current?.rows[Math.max(0, Math.min(to, last))];
      row?.focus();
    }
    event.preventDefault();
  };

  return (
    <div className="upper-table">
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are walked with the arrow keys */}
      <table role="grid" aria-label="Heaviest directories" aria-rowcount={directories.length + 1}>
        <thead>
          <tr>
            <th scope="col">Directory</th>
            <th scope="col">Share, %</th>
            <th scope="col" className="r">
              Entries
            </th>
            <th scope="col" className="r">
              Allocated
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {directories.map((one, index) => (
            <tr
              key={one.id}
              className={lit === one.id ? 'lit' : undefined}
              tabIndex={index === at ? 0 : -1}
              aria-rowindex={index + 2}
              onFocus={() => {
                setAt(index);
                onLit(one.id);
              }}
              onBlur={() => onLit(null)}
              onMouseEnter={() => onLit(one.id)}
              onMouseLeave={() => onLit(null)}
              onDoubleClick={() => onLocate(one.path)}
              onKeyDown={(event) => onKeyDown(event, index, one.path)}
            >
              <th scope="row" title={one.path === '' ? '/' : textForEyes(one.path)}>
                <Indent depth={one.level} />
                <button type="button" className="upper-name" tabIndex={-1} onClick={() => onLocate(one.path)}>
                  {one.path === '' ? '/' : <Name bytes={one.name} />}
                </button>
              </th>
              <td>
                <ShareBar bytes={BigInt(one.bytes)} most={most} />
                <span className="upper-share">{shareWord(BigInt(one.bytes), total)}</span>
              </td>
              <td className="r two">{countText(one.entries)}</td>
              <td className="r">{sizeText(one.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const STEP = 12;
const Indent = ({ depth }: { depth: number }) => <span className="upper-indent" style={{ width: depth * STEP }} />;

const BAR = 64;
function ShareBar({ bytes, most }: { bytes: bigint; most: bigint }) {
  const width = Number((bytes * BigInt(BAR * 100)) / most) / 100;
  return (
    <svg className="upper-share-bar" width={BAR} height="8" aria-hidden="true">
      <rect className="fill-upper" width={bytes > 0n ? Math.max(1, width) : 0} height="8" rx="1" />
    </svg>
  );
}
