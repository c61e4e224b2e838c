import { asBytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { LayerFacts } from '../../../shared/ipc/probe.ts';
import { close } from '../syscalls/open.ts';
import { below, samePlace, seenAt, unseen } from './layer-facts.ts';
import { type Evidence, findMoved, type Resolved } from './moved.ts';
import { originsIn } from './origins.ts';
import { isLook } from './reach.ts';
import { holds, isObject } from './real-object.ts';
import type { Context, Subject } from './stack.ts';
import { LONE_SLASH, refusal, resolveNamed, type Upper, unconfirmed } from './upper.ts';
import { inFolder } from './view.ts';

/**
 * Lowers and data-only layers, from the top (the terminal contract, "list"): first each at its text, then what handles confirm,
 * then where the objects lie that no lower holds at its text.
 */
export async function resolveLowers(context: Context, subject: Subject, upper: Upper | null): Promise<LayerFacts[]> {
  const { text } = subject;
  const shown = [...text.lowers, ...text.data];
  const resolved: Resolved[] = [];
  for (const [i, layer] of shown.entries()) {
    const head = { layer: i + 1, role: i < text.lowers.length ? ('lower' as const) : ('data' as const), shown: layer };
    resolved.push(await atText(context, subject, head, upper));
  }
  const evidence = await gather(context, subject, upper);
  await confirmLowerOne(context, subject, upper, resolved, evidence);
  const unplaced = await confirm(context, resolved, evidence);
  await findMoved(context, resolved, unplaced, upper);
  return resolved.map(({ facts }) => facts);
}

async function atText(
  context: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  upper: Upper | null,
): Promise<Resolved> {
  const { view, root } = subject;
  const { shown } = head;
  if (head.layer === 1 && !upper && root && !root.upper) {
    const { facts } = await resolveNamed(context, subject, head, [shown], root);
    return { facts, view };
  }
  if (shown === '/') {
    return { facts: unseen(head, { state: 'unverified', why: LONE_SLASH }), view };
  }
  if (shown.startsWith('/')) {
    const facts = await unconfirmed(context, subject, head, [shown], view);
    if (facts.state !== 'missing' || !shown.endsWith(' (deleted)')) return { facts, view };
    return { facts: { ...facts, why: 'it was given as a descriptor of a directory that had been deleted' }, view };
  }
  if (!upper?.folder) {
    const why = `its text is relative to a folder that is recorded nowhere${upper ? '' : ', and there is no upper to tell it'}`;
    return { facts: unseen(head, { state: 'missing', why }), view };
  }
  const at = inFolder(upper.folder, shown);
  const look = await context.reach.look(at.view, at.path);
  const from = `its text is relative; the upper's true path tells the folder, ${textForEyes(upper.folder.path)}`;
  if (isLook(look)) {
    const verdict = { state: 'unverified' as const, why: `${from}; no handle confirms it`, assumed: true };
    return { facts: await seenAt(context.reach, head, verdict, at.view, look), view: at.view };
  }
  const { state, why } = refusal(look);
  return { facts: unseen(head, { state, why: `${from}: ${why}`, assumed: true }), view: at.view };
}

/** Handles of objects in lowers: origins in the upper, and what processes hold on the mount. */
async function gather(context: Context, subject: Subject, upper: Upper | null): Promise<Evidence[]> {
  const out: Evidence[] = [];
  const { overlay, text, view } = subject;
  const path = upper?.facts.path ?? null;
  const ignoresTrusted = 'userxattr' in text.options || view.userNamespace === true;
  if (
    context.trusted &&
    !ignoresTrusted &&
    path !== null &&
    upper?.facts.access === 'clone' &&
    upper.facts.state !== 'covered'
  ) {
    const at = context.views.find((one) => samePlace(one, upper.facts)) ?? view;
    const fd = await context.reach.open(at, path);
    if (typeof fd === 'number') {
      const clone = await context.reach.clone(at, fd);
      close(fd);
      if (clone !== null) {
        try {
          for (const origin of originsIn(clone))
            out.push({
              ...origin,
              source: 'origin',
              by: `the origin of ${textForEyes(origin.path) || 'the root'} in the upper`,
            });
        } finally {
          close(clone);
        }
      }
    }
  }
  for (const { seen } of overlay.instances) {
    const { id, root, mountPoint } = seen.mount;
    for (const { object, path: held, by } of context.held.get(id) ?? []) {
      const inside = below(held, mountPoint);
      if (inside === null) continue;
      out.push({ object, path: joinBytes(asBytes(root.slice(1)), inside), source: 'process', by: `the ${by}` });
    }
  }
  return out;
}

/** With an index, the upper's root has lower 1's root as its origin: that says more than an object inside. */
async function confirmLowerOne(
  context: Context,
  subject: Subject,
  upper: Upper | null,
  resolved: Resolved[],
  evidence: Evidence[],
): Promise<void> {
  const first = resolved[0];
  const at = evidence.findIndex((one) => one.path === '' && one.source === 'origin');
  const [root] = at < 0 ? [] : evidence.splice(at, 1);
  if (!upper || !first || !root || first.facts.state === 'ok') return;
  const { facts } = first;
  const isIt =
    facts.fs.handle !== null && isObject({ handle: facts.fs.handle, uuid: facts.fs.uuid ?? undefined }, root.object);
  if (isIt)
    first.facts = { ...facts, state: 'ok', assumed: false, why: "the origin of the upper's root names this directory" };
  else if (subject.text.options.index === 'on') {
    const head = { layer: facts.layer, role: facts.role, shown: facts.shown };
    const named = (await resolveNamed(context, subject, head, [facts.shown], root.object)).facts;
    first.facts = {
      ...named,
      why: named.why.replace("the handle of the mount's root", "the origin of the upper's root"),
    };
  }
}

/** Gives each object to the topmost lower that holds it, which confirms that lower. Returns those that none holds. */
async function confirm({ reach }: Context, resolved: Resolved[], evidence: Evidence[]): Promise<Evidence[]> {
  let left = evidence;
  for (const one of resolved) {
    const { facts, view } = one;
    if (left.length === 0) break;
    if (facts.role === 'data' || facts.path === null || facts.access === 'none') continue;
    if (facts.state !== 'ok' && facts.state !== 'unverified' && facts.state !== 'moved') continue;
    const fd = await reach.open(view, facts.path);
    if (typeof fd !== 'number') continue;
    try {
      const placed = left.filter(({ object, path }) => {
        const sameFs = object.uuid === null || facts.fs.uuid === null || object.uuid === facts.fs.uuid;
        return sameFs && holds(fd, path, object);
      });
      left = left.filter((item) => !placed.includes(item));
      const [proof] = placed;
      if (!proof || facts.state !== 'unverified') continue;
      const why = `it holds the object behind ${proof.by}${proof.path === '' ? '' : `, at ${textForEyes(proof.path)}`}`;
      one.facts = { ...facts, state: 'ok', assumed: false, why };
    } finally {
      close(fd);
    }
  }
  return left;
}
