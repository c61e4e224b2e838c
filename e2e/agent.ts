/**
 * Stands in for the system's agent that gives privilege: a program named pkexec, for the user's PATH, which asks this
 * process, as polkit's asks its daemon. What it then starts is the real probe, as root.
 */
import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { NOBODY } from './plain-user.ts';

export type Agent = {
  /** For the front of PATH. */
  folder: string;
  /** Whether it says yes. */
  allows: boolean;
  close(): Promise<void>;
};

/** `folder`: where the program and its socket are made; `node`: a Node that the user can run. */
export async function startAgent(folder: string, node: string): Promise<Agent> {
  await mkdir(folder);
  const socket = join(folder, 'socket');
  const program = join(folder, 'pkexec');
  await writeFile(
    program,
    `#!${node}
const socket = require('node:net').connect(${JSON.stringify(socket)});
socket.write(JSON.stringify({ pid: process.pid, command: process.argv.slice(2) }) + '\\n');
socket.once('readable', () => {
  const answer = socket.read(1);
  if (answer === null || answer[0] !== 1) {
    console.error('Error executing command as another user: Not authorized');
    process.exit(126);
  }
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
});
socket.on('close', () => process.exit(0));
`,
  );
  await chmod(program, 0o755);
  const agent: Agent = { folder, allows: true, close: async () => {} };
  const server = createServer((connection) => serve(connection, agent));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await chown(socket, NOBODY, NOBODY);
  agent.close = () => new Promise((resolve) => server.close(() => resolve()));
  return agent;
}

/** Reads what is asked for, answers a byte, and joins the probe to the connection. */
function serve(connection: Socket, agent: Agent): void {
  let asked = '';
  connection.on('error', () => {});
  connection.on('data', function read(chunk) {
    asked += chunk.toString('latin1');
    if (!asked.endsWith('\n')) return;
    connection.off('data', read);
    if (!agent.allows) {
      connection.end(Buffer.from([0]));
      return;
    }
    const { pid, command } = JSON.parse(asked) as { pid: number; command: string[] };
    // Where the user's programs see the files: in their mount namespace.
    const probe = spawn('nsenter', [`--mount=/proc/${pid}/ns/mnt`, '--', ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    connection.write(Buffer.from([1]));
    connection.pipe(probe.stdin);
    probe.stdout.pipe(connection);
    probe.on('error', () => connection.destroy());
  });
}
