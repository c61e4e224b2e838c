/** The call `reread`: some names of the upper, read as a walk reads them. */
import type { z } from 'zod';
import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { probeContract } from '../../../shared/ipc/probe.ts';
import { openBelow } from '../layers/entry.ts';
import { PlaceOpener } from '../layers/place.ts';
import { openSession, releaseSession, type SessionLayer } from '../layers/sessions.ts';
import { errnos, SyscallError } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import { ChunkWriter } from './chunk.ts';
import { DirectoryReader, type Sink } from './directory.ts';
import type { WalkRoot } from './messages.ts';
import { OriginOpener } from './origins.ts';

export type RereadParams = z.output<(typeof probeContract)['calls']['reread']['params']>;

let reader: DirectoryReader | null = null;

/** Reads the names (see the contract). Throws a SyscallError where the upper cannot be opened. */
export async function rereadNames(params: RereadParams, chunk: (bytes: Uint8Array) => void): Promise<null> {
  const { session: id, upper, lowers, directories, targets, origins } = params;
  releaseSession(id);
  const session = openSession(id);
  const roots: WalkRoot[] = [];
  const opener = new PlaceOpener();
  const open = async (layer: number, place: RereadParams['upper']): Promise<void> => {
    const { fd, access } = await opener.open(place);
    const root = { fd, byPath: access === 'path' };
    session.set(layer, { kind: 'here', ...root } satisfies SessionLayer);
    roots.push({ layer, ...root });
  };
  try {
    await open(0, upper);
    for (const { layer, place } of lowers) await open(layer, place).catch(refused);
  } finally {
    await opener.end();
  }
  const places = origins.flatMap(({ layer, uuid }) => {
    const root = roots.findIndex((one) => one.layer === layer);
    return root < 0 ? [] : [{ root, uuid: Uint8Array.from(Buffer.from(uuid, 'hex')) }];
  });
  const opened = places.length > 0 ? new OriginOpener(roots, places) : null;
  const writer = new ChunkWriter();
  const sink: Sink = {
    writer,
    child: () => -1,
    full: () => {
      chunk(writer.take());
      return true;
    },
    cancelled: () => false,
    due: () => false,
  };
  reader ??= new DirectoryReader();
  const { fd: root, byPath } = roots[0] as WalkRoot;
  try {
    for (const [directory, { path, names }] of directories.entries()) {
      const options = { layer: 0, directory, byPath, targets, origins: opened };
      readIn(reader, root, path, names, options, sink);
    }
  } finally {
    opened?.close();
  }
  if (!writer.empty) chunk(writer.take());
  return null;
}

function readIn(
  reader: DirectoryReader,
  root: number,
  path: Bytes,
  names: readonly Bytes[],
  options: Parameters<DirectoryReader['names']>[2],
  sink: Sink,
): void {
  let fd: number;
  try {
    fd = openBelow(root, path);
  } catch (error) {
    refused(error);
    if (!sink.writer.fits(0)) sink.full();
    sink.writer.begin(options.layer, options.directory);
    sink.writer.end(errnos.ENOENT as number, false);
    return;
  }
  try {
    reader.names(fd, names, options, sink);
  } finally {
    close(fd);
  }
}

/** What the kernel refuses is no reason to stop. */
function refused(error: unknown): void {
  if (!(error instanceof SyscallError)) throw error;
}
