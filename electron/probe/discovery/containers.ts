import { readdirSync, readFileSync } from 'node:fs';
import { rootPath } from './reach.ts';
import type { Instance } from './stack.ts';
import type { View } from './view.ts';

/**
 * Which container an overlay belongs to, in words: "docker web", "podman 1a2b3c4d5e6f". Told by the mount's own path
 * or by the control group of the namespace's process; the name is looked up where the engine's own files may be read.
 */

const ID = '[0-9a-f]{64}';
const short = (id: string): string => id.slice(0, 12);

/** A file of the view, as text; null where it cannot be read. */
function read(view: View, path: string): string | null {
  const root = rootPath(view);
  if (root === null) return null;
  try {
    return readFileSync(`${root === '/' ? '' : root}${path}`, 'utf8');
  } catch {
    return null;
  }
}

function json(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

function dockerName(view: View, root: string, id: string): string {
  const name = field(json(read(view, `${root}/containers/${id}/config.v2.json`)), 'Name');
  return `docker ${typeof name === 'string' && name !== '' ? name.replace(/^\//, '') : short(id)}`;
}

/** Docker names the directory of a container's upper by an id of its own, and keeps which it is in a file. */
function dockerByLayer(view: View, root: string, driver: string, layer: string): string {
  const mounts = `${root}/image/${driver}/layerdb/mounts`;
  const base = rootPath(view);
  try {
    for (const id of readdirSync(`${base === '/' ? '' : base}${mounts}`)) {
      if (read(view, `${mounts}/${id}/mount-id`)?.trim() === layer) return dockerName(view, root, id);
    }
  } catch {
    // Not readable: the id of the layer is all there is.
  }
  return `docker layer ${short(layer)}`;
}

/** Podman and CRI-O (containers/storage): lists of containers with the layer of each. */
function podmanByLayer(view: View, storage: string, layer: string): string {
  for (const list of ['containers.json', 'volatile-containers.json']) {
    const all = json(read(view, `${storage}/overlay-containers/${list}`));
    if (!Array.isArray(all)) continue;
    const one = all.find((container) => field(container, 'layer') === layer);
    const names = field(one, 'names');
    const id = field(one, 'id');
    if (Array.isArray(names) && typeof names[0] === 'string') return `podman ${names[0]}`;
    if (typeof id === 'string') return `podman ${short(id)}`;
  }
  return `podman layer ${short(layer)}`;
}

function containerdTask(view: View, bundle: string, namespace: string, id: string): string {
  const notes = field(json(read(view, `${bundle}/config.json`)), 'annotations');
  const pod = field(notes, 'io.kubernetes.cri.sandbox-name');
  const container = field(notes, 'io.kubernetes.cri.container-name') ?? 'sandbox';
  const name = field(notes, 'nerdctl/name');
  if (typeof pod === 'string') return `kubernetes ${pod}/${container}`;
  if (typeof name === 'string') return `containerd ${name}`;
  return `containerd ${namespace}/${new RegExp(`^${ID}$`).test(id) ? short(id) : id}`;
}

/** By the path of the mount. */
function byPath(view: View, path: string): string | null {
  const docker = /^(.*)\/(overlay2|overlay)\/([0-9a-f]{64})(-init)?\/merged$/.exec(path);
  if (docker && /\/(containers\/)?storage$/.test(docker[1] as string))
    return podmanByLayer(view, docker[1] as string, docker[3] as string);
  if (docker) return dockerByLayer(view, docker[1] as string, docker[2] as string, docker[3] as string);
  const task = /^(.*\/io\.containerd\.runtime\.v[12]\.[a-z]+\/([^/]+)\/([^/]+))\/rootfs$/.exec(path);
  if (task) return containerdTask(view, task[1] as string, task[2] as string, task[3] as string);
  const lxc = /\/lxc\/([^/]+)\/rootfs$/.exec(path);
  return lxc ? `lxc ${lxc[1]}` : null;
}

const unescapeUnit = (name: string): string =>
  name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** By the control group of a process, from the text of /proc/PID/cgroup. The engine, and an id or a name. */
export function containerOfCgroup(text: string): { engine: string; id: string } | null {
  const patterns: [RegExp, string][] = [
    [new RegExp(`/docker[-/](${ID})`), 'docker'],
    [new RegExp(`/libpod-(?:payload-)?(${ID})`), 'podman'],
    [new RegExp(`/crio-(${ID})`), 'cri-o'],
    [new RegExp(`cri-containerd-(${ID})`), 'kubernetes'],
    [new RegExp(`/kubepods.*[-/](${ID})`), 'kubernetes'],
    [/\/lxc\.payload\.([^/\n]+)/, 'lxc'],
    [/\/lxc(?:\.payload)?\/([^/\n]+)/, 'lxc'],
    [/\/machine\.slice\/(?:machine-|systemd-nspawn@)([^/\n]+)\.(?:scope|service)/, 'machine'],
  ];
  for (const [pattern, engine] of patterns) {
    const id = pattern.exec(text)?.[1];
    if (id) return { engine, id: engine === 'machine' ? unescapeUnit(id) : id };
  }
  return null;
}

function byCgroup(view: View, host: View | undefined): string | null {
  if (view.pid === null) return null;
  let text: string;
  try {
    text = readFileSync(`/proc/${view.pid}/cgroup`, 'latin1');
  } catch {
    return null;
  }
  const found = containerOfCgroup(text);
  if (!found) return null;
  if (found.engine === 'docker' && host) return dockerName(host, '/var/lib/docker', found.id);
  return `${found.engine} ${/^[0-9a-f]{64}$/.test(found.id) ? short(found.id) : found.id}`;
}

/** The name for one overlay, from all its mounts; null where it is no container's. `own` is the probe's own view. */
export function containerName(instances: readonly Instance[], own?: View): string | null {
  for (const { view, seen } of instances) {
    const name = byPath(view, seen.mount.mountPoint);
    if (name !== null) return name;
  }
  // A control group tells only of a namespace whose root the overlay is, or that alone has it.
  const isAlone = new Set(instances.map((one) => one.view)).size === 1;
  for (const { view, seen } of instances) {
    if (view.own && seen.mount.mountPoint !== '/') continue;
    if (seen.mount.mountPoint !== '/' && !isAlone) continue;
    const name = byCgroup(view, own);
    if (name !== null) return name;
  }
  return null;
}
