/** What a key means in the timeline; `pan` in spans. Pure. */
export type TimelineAction =
  | { do: 'pan'; by: number }
  | { do: 'zoom'; by: 'in' | 'out' }
  | { do: 'lane'; by: 1 | -1 }
  | { do: 'item'; by: 1 | -1 }
  | { do: 'start' }
  | { do: 'now' }
  | { do: 'show' };

const ACTIONS = new Map<string, TimelineAction>([
  ['ArrowLeft', { do: 'pan', by: -0.2 }],
  ['ArrowRight', { do: 'pan', by: 0.2 }],
  ['PageUp', { do: 'pan', by: -1 }],
  ['PageDown', { do: 'pan', by: 1 }],
  ['+', { do: 'zoom', by: 'in' }],
  ['=', { do: 'zoom', by: 'in' }],
  ['-', { do: 'zoom', by: 'out' }],
  ['ArrowDown', { do: 'lane', by: 1 }],
  ['ArrowUp', { do: 'lane', by: -1 }],
  ['.', { do: 'item', by: 1 }],
  [',', { do: 'item', by: -1 }],
  ['Home', { do: 'start' }],
  ['End', { do: 'now' }],
  ['Enter', { do: 'show' }],
]);

/** The action of a key, or null where the timeline has nothing to do with it. */
export const timelineAction = (key: string): TimelineAction | null => ACTIONS.get(key) ?? null;
