import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { Severity } from '../../../shared/contract/finding.ts';
import { textOf } from '../../../shared/explain/index.ts';
import type { Finding, FindingDetail } from '../../../shared/findings/index.ts';
import { type Cure, curesScript } from '../../../shared/findings/script.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import type { ProbeHolder } from '../machine.ts';
import { listObject, type Stack } from '../stack.ts';

/** Gathers the cures of a scan's findings: the commands of each, and where there are none, the sentence once a code. */
export class ScriptOfCures {
  readonly #stack: Stack;
  readonly #cures: Cure[] = [];
  readonly #spoken = new Map<string, Cure>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  add(path: Bytes, finding: Finding, severity: Severity, detail: FindingDetail): void {
    const cure: Cure = {
      code: finding.code,
      severity,
      path,
      cure: textOf(detail.cure),
      commands: detail.commands,
      more: 0,
    };
    if (detail.commands.length > 0) {
      this.#cures.push(cure);
      return;
    }
    const key = `${cure.code} ${cure.cure}`;
    const known = this.#spoken.get(key);
    if (known) known.more++;
    else {
      this.#spoken.set(key, cure);
      this.#cures.push(cure);
    }
  }

  text(): string {
    return curesScript(listObject(this.#stack), this.#cures);
  }
}

/**
 * Throws `mounted` where the upper of this stack is that of a live mount: what a script changes there the kernel does
 * not see, and may undo or spoil.
 */
export async function mustNotBeMounted(probe: ProbeHolder, ref: StackRef, signal: AbortSignal): Promise<void> {
  const { facts } = await probe.resolve(ref);
  const upper = facts.layers.find(({ role }) => role === 'upper');
  if (!upper) return;
  const refuse = (mount: Bytes | null): never => {
    throw new FailureError({
      code: 'mounted',
      message: `the upper is mounted${mount === null ? '' : ` at ${textForEyes(mount)}`}, and a change beneath a mount spoils it`,
      ...(upper.path === null ? {} : { path: textForEyes(upper.path) }),
      hint: 'unmount it first, or add --even-if-mounted to write the script all the same',
    });
  };
  let mount: Bytes | null | undefined;
  await probe.overlays(({ facts: live }) => {
    const same = live.layers.find(({ role }) => role === 'upper');
    if (same?.ino && same.ino === upper.ino && same.dev === upper.dev && same.stDev === upper.stDev) mount = live.mount;
  }, signal);
  if (mount !== undefined) refuse(mount);
  // An overlay whose upper could not be asked for its number is a mount all the same.
  if (facts.kind === 'overlay' && (upper.ino === null || facts.mountId !== null)) refuse(facts.mount);
}
