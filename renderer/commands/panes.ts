/** The panes that F6 goes through, in the order of the window, each with what in it takes the focus, best first. */
const PANES = [
  { pane: '[data-pane="sources"]', focus: ['[data-pane-focus]', 'button'] },
  { pane: '[data-pane="tree"]', focus: ['[role="treegrid"]', 'button', '[tabindex="0"]'] },
  { pane: '[data-pane="inspector"]', focus: ['[role="tab"][aria-selected="true"]', '[tabindex="0"]', 'button'] },
  { pane: '[data-pane="live"]', focus: ['[role="grid"]', 'button'] },
] as const;

const visible = (element: HTMLElement): boolean => element.offsetWidth > 0;

/** Moves the focus to the next (1) or previous (-1) pane that is there. */
export function stepPane(step: 1 | -1): void {
  const panes = PANES.flatMap(({ pane, focus }) => {
    const element = document.querySelector<HTMLElement>(pane);
    return element && visible(element) ? [{ element, focus: focus as readonly string[] }] : [];
  });
  const now = panes.findIndex(({ element }) => element.contains(document.activeElement));
  for (let n = 1; n <= panes.length; n++) {
    const at = now < 0 ? (step > 0 ? n - 1 : panes.length - n) : (now + step * n + panes.length * n) % panes.length;
    const pane = panes[at];
    const target = pane?.focus
      .flatMap((selector) => [...pane.element.querySelectorAll<HTMLElement>(selector)])
      .find(visible);
    if (target && target !== document.activeElement) {
      target.focus();
      return;
    }
  }
}
