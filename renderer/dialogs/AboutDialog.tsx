import { useSession } from '../state/session.ts';
import { CancelButton, Frame } from './Frame.tsx';

/** Which program this is, on which kernel it reads, and as whom. */
export function AboutDialog() {
  const hello = useSession((session) => session.hello);
  const facts: [string, string][] = hello
    ? [
        ['Version', hello.version],
        ['Kernel', `${hello.kernel}, its rules ${hello.rulesVerified ? 'verified' : 'not verified on this version'}`],
        ['Overlay module', parametersWord(hello.parameters)],
        ['Reads as', readerWord(hello.readAs, hello.privilege)],
        ['Licence', 'MIT'],
      ]
    : [['Version', 'unknown: no engine is connected']];
  return (
    <Frame
      reads
      title="Stratoscope"
      about="An inspector for union filesystems: every entry with the layers that it stands in. It leaves no trace in them, and says “unknown” where it cannot know."
      actions={<CancelButton>Close</CancelButton>}
    >
      <table className="dialog-table">
        <tbody>
          {facts.map(([what, value]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td className="selectable">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Frame>
  );
}

function parametersWord(parameters: Record<string, string>): string {
  const names = Object.keys(parameters).sort();
  return names.length === 0 ? 'not loaded' : names.map((name) => `${name}=${parameters[name]}`).join(' ');
}

function readerWord(readAs: string, privilege: { uid: number; capabilities: string[] }): string {
  const capabilities = privilege.capabilities.length === 0 ? 'no capability' : privilege.capabilities.join(', ');
  return `${readAs}: uid ${privilege.uid}, ${capabilities}`;
}
