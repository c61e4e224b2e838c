import { create } from 'zustand';

/** The dialogs, by name. At most one is open. */
export type DialogName =
  | 'directories'
  | 'privilege'
  | 'demo'
  | 'save'
  | 'export'
  | 'export-events'
  | 'cures'
  | 'verify'
  | 'settings'
  | 'keys'
  | 'about';

type Open = { which: DialogName | null };

/** Which dialog is open; null: none. */
export const useDialogs = create<Open>(() => ({ which: null }));

/** Opens a dialog in place of any other; what had the focus gets it back at the end. */
export const showDialog = (which: DialogName): void => useDialogs.setState({ which });
export const closeDialog = (): void => useDialogs.setState({ which: null });
