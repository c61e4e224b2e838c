import type { Bridge } from '../../shared/ipc/bridge.ts';

/**
 * Puts a text on the clipboard: through the shell in the window, by the browser's own means in a tab. True where it
 * stands there now.
 */
export async function copyText(text: string): Promise<boolean> {
  const bridge = (window as { stratoscope?: Bridge }).stratoscope;
  if (bridge) return 'ok' in (await bridge.copyText(text));
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
