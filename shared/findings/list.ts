import type { FindingCode } from '../contract/scan.ts';
import { dinoDiffers } from './dino-differs.ts';
import type { Finding } from './finding.ts';
import { foreignStDev } from './foreign-st-dev.ts';
import { hardlinkSplit } from './hardlink-split.ts';
import { inoLostAfterEviction } from './ino-lost-after-eviction.ts';
import { inoOver53 } from './ino-over-2-53.ts';
import { inoReused } from './ino-reused.ts';
import { marksLost } from './marks-lost.ts';
import { originShared } from './origin-shared.ts';
import { originStale } from './origin-stale.ts';
import { renameExdev } from './rename-exdev.ts';
import { sameNumberTwoFiles } from './same-number-two-files.ts';
import { volatileDirIno } from './volatile-dir-ino.ts';

/** Every finding, in the order of the terminal contract. */
export const FINDINGS: readonly Finding[] = [
  volatileDirIno,
  inoLostAfterEviction,
  dinoDiffers,
  hardlinkSplit,
  sameNumberTwoFiles,
  foreignStDev,
  originShared,
  originStale,
  marksLost,
  renameExdev,
  inoOver53,
  inoReused,
];

export const findingOf = (code: FindingCode): Finding => FINDINGS.find((one) => one.code === code) as Finding;
