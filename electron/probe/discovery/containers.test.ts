import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { containerOfCgroup } from './containers.ts';
import { listed, Machine, mount } from './testing/machine.ts';

const id = '1a2b3c4d5e6f'.padEnd(64, '0');

describe('the control group tells the container', () => {
  test.each([
    [`0::/system.slice/docker-${id}.scope`, 'docker', id],
    [`12:cpu:/docker/${id}\n0::/`, 'docker', id],
    [`0::/machine.slice/libpod-${id}.scope/container`, 'podman', id],
    [`0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`, 'podman', id],
    [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`, 'kubernetes', id],
    [`0::/kubepods.slice/kubepods-pod1.slice/crio-${id}.scope`, 'cri-o', id],
    [`0::/kubepods/besteffort/pod12/${id}`, 'kubernetes', id],
    ['0::/lxc.payload.web/init.scope', 'lxc', 'web'],
    ['4:cpu:/lxc/web', 'lxc', 'web'],
    ['0::/machine.slice/machine-my\\x2dbox.scope', 'machine', 'my-box'],
    ['0::/machine.slice/systemd-nspawn@box.service/payload', 'machine', 'box'],
  ])('%s', (text, engine, name) => {
    expect(containerOfCgroup(text)).toEqual({ engine, id: name });
  });
  test.each([
    '0::/init.scope',
    '0::/user.slice/user-0.slice/session-1.scope',
    '0::/',
    `0::/docker-${'x'.repeat(64)}.scope`,
  ])('none: %s', (text) => {
    expect(containerOfCgroup(text)).toBeNull();
  });
});

describe("the mount's own path tells the container", () => {
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
    machine.sh('mkdir l1 l2');
  });
  afterEach(() => machine.end());
  const layer = 'fedcba987654'.padEnd(64, '1');

  /** The name given to an overlay mounted at a path of the folder. */
  async function nameAt(path: string): Promise<string | null> {
    machine.sh(`mkdir -p ${path}`);
    mount('overlay', machine.at(path), `lowerdir=${machine.at('l1')}:${machine.at('l2')}`);
    return (await listed(machine.at(path))).name;
  }
  const write = (path: string, value: unknown): void => {
    machine.sh(
      `mkdir -p ${path.slice(0, path.lastIndexOf('/'))}; cat > ${path} <<'END'\n${JSON.stringify(value)}\nEND`,
    );
  };

  test('podman, by its list', async () => {
    write('containers/storage/overlay-containers/containers.json', [{ id, names: ['web'], layer }]);
    expect(await nameAt(`containers/storage/overlay/${layer}/merged`)).toBe('podman web');
  });
  test('podman, without its list', async () => {
    expect(await nameAt(`containers/storage/overlay/${layer}/merged`)).toBe('podman layer fedcba987654');
  });
  test('docker, by its layer and configuration', async () => {
    machine.sh(
      `mkdir -p docker/image/overlay2/layerdb/mounts/${id}; printf ${layer} > docker/image/overlay2/layerdb/mounts/${id}/mount-id`,
    );
    write(`docker/containers/${id}/config.v2.json`, { Name: '/db' });
    expect(await nameAt(`docker/overlay2/${layer}/merged`)).toBe('docker db');
  });
  test('docker, whose files say nothing', async () => {
    expect(await nameAt(`docker/overlay2/${layer}/merged`)).toBe('docker layer fedcba987654');
  });
  test('containerd, by pod and container, else by namespace and id', async () => {
    const task = `io.containerd.runtime.v2.task/k8s.io/${id}`;
    write(`${task}/config.json`, {
      annotations: { 'io.kubernetes.cri.sandbox-name': 'shop-1', 'io.kubernetes.cri.container-name': 'php' },
    });
    expect(await nameAt(`${task}/rootfs`)).toBe('kubernetes shop-1/php');
    expect(await nameAt(`io.containerd.runtime.v2.task/default/job/rootfs`)).toBe('containerd default/job');
  });
  test('any other path tells none', async () => {
    expect(await nameAt('elsewhere/merged')).toBeNull();
  });
});
