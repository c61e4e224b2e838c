import { create } from 'zustand';
import { closeDialog } from '../dialogs/open.ts';

/** The boxes that find: a path (Ctrl+P), a command (Ctrl+Shift+P), a name in the tree (Ctrl+F). */
type Open = {
  box: 'path' | 'palette' | null;
  turn: number;
  /** What stands in the path box when it opens. */
  text: string;
  find: boolean;
};

export const useJump = create<Open>(() => ({ box: null, turn: 0, text: '', find: false }));

/** Opens a box anew, in place of a dialog that may be open. */
export function showBox(box: 'path' | 'palette', text = ''): void {
  closeDialog();
  useJump.setState(({ turn }) => ({ box, turn: turn + 1, text }));
}
export const closeBox = (): void => useJump.setState({ box: null });
export const showFind = (): void => useJump.setState({ find: true });
export const closeFind = (): void => useJump.setState({ find: false });
