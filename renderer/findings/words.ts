import type { FindingCode } from '../../shared/contract/scan.ts';

/** How findings are named in few letters. Pure. */

/** Beside a name there is room for a word or two. */
const BADGES: Record<FindingCode, string> = {
  'volatile-dir-ino': 'volatile',
  'ino-lost-after-eviction': 'ino lost',
  'dino-differs': 'd_ino differs',
  'hardlink-split': 'link split',
  'same-number-two-files': 'same number',
  'foreign-st-dev': 'foreign st_dev',
  'origin-shared': 'origin shared',
  'origin-stale': 'origin stale',
  'marks-lost': 'marks lost',
  'rename-exdev': 'rename: EXDEV',
  'ino-over-2^53': 'over 2^53',
  'ino-reused': 'ino reused',
};
export const badgeWord = (code: FindingCode): string => BADGES[code];
