import { useRef } from 'react';
import { focusTree } from '../actions/tree.ts';

/**
 * Handlers for a dialog's content that give the focus back, at its end, to what had it before; to the tree where that
 * is gone. (Radix does so for a trigger only.) `after` runs then: for what would take the focus itself.
 */
export function useReturnFocus(after?: () => void) {
  const before = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: (): void => {
      before.current = document.activeElement;
    },
    onCloseAutoFocus: (event: Event): void => {
      event.preventDefault();
      const { current } = before;
      if (current instanceof HTMLElement && current.isConnected && current !== document.body) current.focus();
      else focusTree();
      after?.();
    },
  };
}
