import { Info, OctagonAlert, TriangleAlert } from 'lucide-react';
import type { Severity } from '../../shared/contract/finding.ts';

const ICONS = { error: OctagonAlert, warning: TriangleAlert, note: Info };

/** Octagon, triangle or circle: how grave a finding is, without a word. */
export function SeverityIcon({ of }: { of: Severity }) {
  const Icon = ICONS[of];
  return <Icon className={`i f-${of}`} aria-hidden="true" />;
}

const WORDS: Record<Severity, [one: string, many: string]> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  note: ['note', 'notes'],
};

/** `2 errors`. */
export const severityCount = (severity: Severity, count: number): string =>
  `${count} ${WORDS[severity][count === 1 ? 0 : 1]}`;
