import { line, number, option } from '../explain/words.ts';
import type { Finding, FindingStack, Subject } from './finding.ts';

/** A directory that has a part below the upper, which only a redirect could lead back to. */
const isMovedByRedirect = ({ type, isRoot, lookup, provenance }: Subject): boolean =>
  type === 'dir' && !isRoot && lookup === 'ok' && (provenance === 'lower' || provenance === 'merged');

const isTooLong = ({ redirectLength }: Subject, { redirectMax }: FindingStack): boolean => redirectLength > redirectMax;

/** rename(2) of the directory answers EXDEV. */
export const renameExdev: Finding = {
  code: 'rename-exdev',
  severity: 'note',
  title: 'rename of these directories answers EXDEV; mv copies instead, with new inodes',
  messages: ['Invalid cross-device link', 'EXDEV', 'inter-device move failed', 'cross-device link not permitted'],
  rule: 'dir.c:ovl_can_move, ovl_get_redirect: a directory with a part in a lower moves only with redirect_dir=on, and a redirect holds no more than redirect_max bytes',
  look: (subject, stack) =>
    stack.writable && isMovedByRedirect(subject) && (stack.options.redirectDir !== 'on' || isTooLong(subject, stack))
      ? 'note'
      : null,
  tell: (subject, stack) => {
    const { top, provenance, redirectLength } = subject;
    const { options, redirectMax, list } = stack;
    const evidence = { redirectDir: options.redirectDir, provenance, redirectLength, redirectMax };
    const layer = top?.layer ?? 0;
    if (options.redirectDir === 'on')
      return {
        layer,
        evidence,
        what: `its redirect would take ${redirectLength} bytes, and ${redirectMax} are allowed: EXDEV into another directory`,
        cause: line`A move into another directory would have to store its path of ${number(String(redirectLength))} bytes as a redirect, and ${option('redirect_max')} allows ${number(String(redirectMax))}, so rename answers EXDEV.`,
        cure: line`Rename it inside its own directory, or raise the module parameter ${option('redirect_max')}.`,
        commands: [],
      };
    return {
      layer,
      evidence,
      what: provenance === 'merged' ? 'merged, without redirect_dir=on' : 'of a lower, without redirect_dir=on',
      cause: line`The directory has a part in a lower and ${option(`redirect_dir=${options.redirectDir}`)} lets the kernel write no redirect to it, so rename answers EXDEV.`,
      cure:
        list.marks === 'user' || list.marks === 'none'
          ? line`Copy it and remove the old one: a mount with ${option('userxattr')} or of a user namespace takes no redirect.`
          : line`Mount with ${option('redirect_dir=on')}.`,
      commands: [],
    };
  },
};
