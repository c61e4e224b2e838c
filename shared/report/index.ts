/** What one mails about an object: a report as plain text, and a script that builds the smallest stack that shows it. */
export { scriptOf } from './script.ts';
export { type ReportInput, reportText } from './text.ts';
