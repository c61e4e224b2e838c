import { fail } from './failure.ts';
import type { Node } from './node.ts';
import { unmap } from './syscalls/data.ts';

/** What a descriptor of the session stands for. */
export type Descriptor = {
  readonly node: Node;
  /** The kernel's descriptor of the real inode. */
  readonly real: number;
};

export type Mapping = { readonly node: Node; readonly address: number; readonly size: number };

/** The session's own descriptors and mappings: small numbers. */
export class Descriptors {
  readonly #open = new Map<number, Descriptor>();
  readonly #maps: Mapping[] = [];

  /** The smallest number that is free, from 3 on. */
  add(descriptor: Descriptor): number {
    let fd = 3;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    return fd;
  }

  /** Throws EBADF. */
  get(fd: number): Descriptor {
    return this.#open.get(fd) ?? fail('EBADF');
  }

  remove(fd: number): void {
    this.#open.delete(fd);
  }

  of(node: Node): Descriptor[] {
    return [...this.#open.values()].filter((one) => one.node === node);
  }

  /** Forgets every descriptor, and every mapping, whose memory is given back; gives the kernel's descriptors to close. */
  closeAll(): number[] {
    const all = [...this.#open.values()].map(({ real }) => real);
    for (const { address, size } of this.#maps) unmap(address, size);
    this.#open.clear();
    this.#maps.length = 0;
    return all;
  }

  addMapping(mapping: Mapping): number {
    return this.#maps.push(mapping);
  }

  /** Throws EBADF. */
  mapping(map: number): Mapping {
    return this.#maps[map - 1] ?? fail('EBADF');
  }
}
