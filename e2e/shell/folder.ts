/**
 * The shell alone: the built main and preload around a page and an engine of the test's own. What the shell refuses
 * must not depend on the goodness of the page that it shows.
 */
import { chmod, copyFile, link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CSP_META } from '../../shared/csp.ts';
import { ROOT } from '../app.ts';

/** An engine that answers every frame with itself, and lives until its input ends. */
const ECHO_ENGINE = `process.stdin.on('data', (piece) => process.stdout.write(piece)).on('end', () => process.exit(0));\n`;

const PAGE = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CSP_META}">
<title>A page of the test's own</title>
<script type="module" src="./page.js"></script>
<h1>Page</h1>
`;

/** Takes the port, or opens the socket, as the app's page does, and keeps what it hears. */
const SCRIPT = `
window.heard = [];
window.violations = [];
addEventListener('securitypolicyviolation', (event) => window.violations.push(event.effectiveDirective));
addEventListener('message', (event) => {
  if (event.source !== window || event.data !== 'stratoscope:port') return;
  window.port = event.ports[0];
  window.port.onmessage = ({ data }) => window.heard.push(data);
});
if (window.stratoscope) window.postMessage('stratoscope:port-please', location.origin);
else {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  window.socket = new WebSocket('ws://' + location.host + '/engine', ['stratoscope.1', token]);
  window.socket.binaryType = 'arraybuffer';
  window.socket.onmessage = ({ data }) => window.heard.push(typeof data === 'string' ? JSON.parse(data) : data);
  window.socket.onclose = () => window.heard.push('closed');
}
document.body.dataset.ready = 'yes';
`;

export type ShellFolder = { folder: string; remove(): Promise<void> };

/** Lays the folder out in a temporary place that plain users can read. */
export async function shellFolder(engine: string = ECHO_ENGINE): Promise<ShellFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'stratoscope-shell-'));
  await chmod(folder, 0o755);
  const dist = join(folder, 'dist');
  await mkdir(join(dist, 'page'), { recursive: true });
  await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
  for (const file of ['main.cjs', 'preload.cjs']) await copyFile(join(ROOT, 'dist', file), join(dist, file));
  const node = [
    join(ROOT, 'node_modules', 'node', 'bin', 'node'),
    join(folder, 'node_modules', '.bin', 'node'),
  ] as const;
  await link(...node).catch(() => copyFile(...node));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'stratoscope', version: '0.0.0', main: 'dist/main.cjs' }),
  );
  await writeFile(join(dist, 'engine.js'), engine);
  await writeFile(join(dist, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(dist, 'page', 'index.html'), PAGE);
  await writeFile(join(dist, 'page', 'page.js'), SCRIPT);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
