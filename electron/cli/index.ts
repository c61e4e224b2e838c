import { argumentBytes } from './arguments.ts';

const words = argumentBytes();
// The probe loads itself alone: it may run with privilege, and starts the more often the less it is.
if (words.length === 2 && words[0] === 'probe' && words[1] === '--stdio') {
  void (await import('./commands/probe.ts')).probe({ stdio: true });
} else void (await import('./program.ts')).runProgram(words);
