import { listCommands } from '../commands/registry.ts';
import { CancelButton, Frame } from './Frame.tsx';
import { Keys } from './Keys.tsx';

type KeyRow = { title: string; keys?: string };

/** Keys that no command has: what they do depends on the pane that has the focus. */
const IN_PANES: { where: string; keys: KeyRow[] }[] = [
  {
    where: 'In the tree',
    keys: [
      { keys: '↑ ↓', title: 'One row' },
      { keys: 'Page Up, Page Down', title: 'One page' },
      { keys: 'Home, End', title: 'First, last row' },
      { keys: '→ ←', title: 'Open and into it; shut, to the parent' },
      { keys: 'Enter', title: 'Open or shut' },
      { keys: 'a letter', title: 'The next name that begins so' },
      { keys: 'Shift F10', title: 'What can be done with the row' },
    ],
  },
  {
    where: 'In the inspector',
    keys: [
      { keys: '← →', title: 'Another tab' },
      { keys: '↑ ↓', title: 'In an attribute: another field and its bytes' },
    ],
  },
  {
    where: 'In the live lane',
    keys: [
      { keys: '↑ ↓', title: 'In the events: another one; Enter shows it in the tree' },
      { keys: '← →', title: 'In the timeline: back and on in time' },
      { keys: '+ -', title: 'In the timeline: less time, more time' },
      { keys: ', .', title: 'In the timeline: through what a process did' },
      { keys: 'End', title: 'In the timeline: back to now' },
    ],
  },
  { where: 'In “Open directories”', keys: [{ keys: 'Alt ↑ ↓', title: 'Move a directory in its list' }] },
];

/** Every key, from the commands themselves. */
export function KeysDialog() {
  const commands = listCommands().filter((command) => command.keys !== undefined);
  return (
    <Frame title="Keys" size="wide" reads actions={<CancelButton>Close</CancelButton>}>
      <div className="keys-columns">
        <KeyTable title="Anywhere" rows={commands} />
        <div>
          {IN_PANES.map((pane) => (
            <KeyTable key={pane.where} title={pane.where} rows={pane.keys} />
          ))}
        </div>
      </div>
    </Frame>
  );
}

const KeyTable = ({ title, rows }: { title: string; rows: KeyRow[] }) => (
  <section>
    <h3>{title}</h3>
    <table className="dialog-table keys-table">
      <tbody>
        {rows.map((row) => (
          <tr key={row.title}>
            <td>{row.title}</td>
            <td className="r">
              <Keys keys={row.keys} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
