import { type RefObject, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { sizeText } from '../tree/format.ts';
import { type DirectoryNode, type Tile, tilesOf } from './figures.ts';

type TreemapProps = {
  roots: readonly DirectoryNode[];
  lit: number | null;
  onLit: (id: number | null) => void;
  onLocate: (path: Bytes) => void;
};

/** The same directories as areas. A picture of the table beside it, which is the way by keyboard. */
export function Treemap({ roots, lit, onLit, onLocate }: TreemapProps) {
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(box);
  const tiles = useMemo(() => tilesOf(unwrap(roots), width, height), [roots, width, height]);
  return (
    <div className="upper-map" ref={box} role="img" aria-label="The heaviest directories as areas, as in the table">
      {tiles.map((tile) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: a picture; the table is the way by keyboard
        // biome-ignore lint/a11y/noStaticElementInteractions: as above
        <div
          key={`${tile.node.id} ${tile.rest}`}
          className={`tile ${tile.rest ? 'rest' : ''} ${tile.node.children.length > 0 && !tile.rest ? 'frame' : ''} ${lit === tile.node.id ? 'lit' : ''}`}
          style={{ left: tile.x, top: tile.y, width: tile.width, height: tile.height }}
          title={titleOf(tile)}
          onMouseEnter={() => onLit(tile.node.id)}
          onMouseLeave={() => onLit(null)}
          onClick={() => onLocate(tile.node.path)}
        >
          {tile.width >= 36 && tile.height >= 16 && <span className="cut">{labelOf(tile)}</span>}
        </div>
      ))}
    </div>
  );
}

/** A single root says nothing as a frame: its insides are the picture, with what lies in it beside them. */
function unwrap(roots: readonly DirectoryNode[]): readonly DirectoryNode[] {
  const [root, ...others] = roots;
  if (!root || others.length > 0 || root.children.length === 0) return roots;
  const rest: DirectoryNode = { ...root, name: asBytes('others'), bytes: String(root.rest), children: [] };
  return root.rest > 0n ? [...root.children, rest] : root.children;
}

const nameOf = ({ name }: DirectoryNode): string => (name === '' ? '/' : textForEyes(name));
const bytesOf = ({ node, rest }: Tile): string => sizeText(rest ? String(node.rest) : node.bytes);
const labelOf = (tile: Tile): string => `${tile.rest ? 'others' : nameOf(tile.node)} ${bytesOf(tile)}`;
const titleOf = (tile: Tile): string => {
  const path = tile.node.path === '' ? '/' : textForEyes(tile.node.path);
  return `${tile.rest ? `others in ${path}` : path}, ${bytesOf(tile)}`;
};

/** The inner size of an element, kept true. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = (): void => setSize({ width: current.clientWidth, height: current.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
