import { useRef } from 'react';
import { focusTree, isBoxOpen } from '../actions/tree.ts';

/** What takes the focus at the start: a field, else what the dialog is for, else a button at its foot. */
const FIRST = [
  'input:not([type="radio"]), input[type="radio"]:checked',
  '.dialog-foot .primary',
  '.dialog-foot button',
];

/**
 * Handlers for a dialog's content that give the focus back, at its end, to what had it before; to the tree where that
 * is gone. (Radix does so for a trigger only.) `after` runs then: for what would take the focus itself.
 */
export function useReturnFocus(after?: () => void) {
  const before = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: (event: Event): void => {
      before.current = document.activeElement;
      const dialog = event.target as Element | null;
      const first = FIRST.map((one) => dialog?.querySelector<HTMLElement>(one)).find(Boolean);
      if (!first) return;
      event.preventDefault();
      first.focus();
    },
    onCloseAutoFocus: (event: Event): void => {
      event.preventDefault();
      const { current } = before;
      // This comes a moment after the end: a box that was opened meanwhile keeps the keyboard.
      const canTake = current instanceof HTMLElement && current.isConnected && current !== document.body;
      if (!canTake) focusTree();
      else if (!isBoxOpen()) current.focus();
      after?.();
    },
  };
}
