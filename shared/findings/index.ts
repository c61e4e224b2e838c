/** Findings: the mismatches that users of union mounts meet, each found from what the layers hold. */
export * from './finding.ts';
export { FINDINGS, findingOf } from './list.ts';
export { codesOfMessage } from './messages.ts';
