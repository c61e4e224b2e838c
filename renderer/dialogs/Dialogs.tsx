import { Dialog } from 'radix-ui';
import { type ComponentType, useEffect } from 'react';
import { CuresDialog } from '../findings/CuresDialog.tsx';
import { closeBox } from '../jump/open.ts';
import { VerifyDialog } from '../verify/VerifyDialog.tsx';
import { AboutDialog } from './AboutDialog.tsx';
import { DemoDialog } from './DemoDialog.tsx';
import { DirectoriesDialog } from './DirectoriesDialog.tsx';
import { ExportDialog, ExportEventsDialog } from './ExportDialog.tsx';
import { KeysDialog } from './KeysDialog.tsx';
import { closeDialog, type DialogName, useDialogs } from './open.ts';
import { PrivilegeDialog } from './PrivilegeDialog.tsx';
import { SaveDialog } from './SaveDialog.tsx';
import { SettingsDialog } from './SettingsDialog.tsx';

const DIALOGS: Record<DialogName, ComponentType> = {
  directories: DirectoriesDialog,
  privilege: PrivilegeDialog,
  demo: DemoDialog,
  save: SaveDialog,
  export: ExportDialog,
  'export-events': ExportEventsDialog,
  cures: CuresDialog,
  verify: VerifyDialog,
  settings: SettingsDialog,
  keys: KeysDialog,
  about: AboutDialog,
};

/**
 * The dialog that is open. No Dialog.Overlay: its scroll lock writes a style element, which the page's policy refuses;
 * nothing scrolls behind a dialog here.
 */
export function Dialogs() {
  const which = useDialogs((dialogs) => dialogs.which);
  const Body = which && DIALOGS[which];
  useEffect(() => {
    if (which !== null) closeBox();
  }, [which]);
  return (
    <Dialog.Root open={which !== null} onOpenChange={(open) => !open && closeDialog()}>
      <Dialog.Portal>
        <div className="veil" aria-hidden="true" />
        {Body && <Body />}
      </Dialog.Portal>
    </Dialog.Root>
  );
}
