import { useEffect, useState } from 'react';
import { useLive } from '../state/live.ts';

/** Says again that something was told, but no more often than each `ms`: for what takes a while to count. */
export function useTurn(ms: number): number {
  const [turn, setTurn] = useState(() => useLive.getState().turn);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = useLive.subscribe((live, before) => {
      if (live.turn === before.turn || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        setTurn(useLive.getState().turn);
      }, ms);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [ms]);
  return turn;
}
