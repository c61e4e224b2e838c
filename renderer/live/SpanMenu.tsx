import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { SPANS, useTimeline } from '../state/timeline.ts';
import { secondsText } from '../tree/format.ts';

/** A span in words: one of the usual ones, else its length. */
const spanText = (ms: number): string =>
  SPANS.find((one) => one.ms === ms)?.title ?? (ms < 1000 ? `${ms.toFixed(0)} ms` : secondsText(ms / 1000));

/** How much time the timeline shows. */
export function SpanMenu() {
  const span = useTimeline((timeline) => timeline.span);
  const isNow = useTimeline((timeline) => timeline.until === null);
  return (
    <>
      {!isNow && (
        <button type="button" className="quiet" onClick={() => useTimeline.setState({ until: null })}>
          Back to now
        </button>
      )}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="quiet" aria-label={`Span of the timeline: ${spanText(span)}`}>
            {spanText(span)}
            <ChevronDown className="i" aria-hidden="true" />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal container={document.querySelector<HTMLElement>('.live')}>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8} aria-label="Span">
            {SPANS.map(({ ms, title }) => (
              <DropdownMenu.Item key={ms} className="menu-item" onSelect={() => useTimeline.setState({ span: ms })}>
                {title}
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </>
  );
}
