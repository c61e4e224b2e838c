/** Words for people: what an object is and why, and the commands that show it by hand. */
export { type CommandsInput, commandsFor } from './commands.ts';
export { type ExplainInput, explain } from './explain.ts';
export { cellOf, statusOf } from './status.ts';
export { textOf } from './words.ts';
