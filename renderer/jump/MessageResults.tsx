import { Command } from 'cmdk';
import { textForEyes } from '../../shared/bytes/show.ts';
import { SeverityIcon } from '../findings/Severity.tsx';
import { safe } from '../inspector/Sentence.tsx';
import type { MessageSearch } from './find-messages.ts';
import { Blank, go } from './PathResults.tsx';

type MessageProps = { search: MessageSearch; onChoose: (run: () => void) => void };

/** The findings here that can cause the message; Enter goes to the entry. */
export function MessageResults({ search, onChoose }: MessageProps) {
  if (search.of === null || search.codes.length === 0) return null;
  return (
    <Command.Group heading="What can cause such a message">
      {search.causes.map(({ id, path, what, finding }, index) => (
        <Command.Item
          key={`${id} ${finding.code}`}
          value={messageValue(index)}
          className="box-row box-message"
          onSelect={() => onChoose(() => void go(path))}
        >
          <SeverityIcon of={finding.severity} />
          <span className={`mono f-${finding.severity}`}>{finding.code}</span>
          <span className="box-path mono cut">
            <bdi>{path === '' ? '/' : textForEyes(path)}</bdi>
          </span>
          <span className="two cut">{safe(what)}</span>
        </Command.Item>
      ))}
      {search.causes.length === 0 && (
        <Blank title="" text={`It can come from ${search.codes.join(', ')}: none of these was found here.`} />
      )}
    </Command.Group>
  );
}

export const messageValue = (index: number): string => `message ${index}`;
