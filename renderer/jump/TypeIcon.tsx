import { File, FileSymlink, Folder, type LucideIcon, Plug, SquareStack } from 'lucide-react';
import type { Row } from '../../shared/ipc/engine.ts';

const ICONS: Partial<Record<Row['type'], LucideIcon>> = {
  dir: Folder,
  symlink: FileSymlink,
  socket: Plug,
  char: SquareStack,
  block: SquareStack,
};

export function TypeIcon({ type }: { type: Row['type'] }) {
  const Icon = ICONS[type] ?? File;
  return <Icon className="i" aria-hidden />;
}
