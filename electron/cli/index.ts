import { argumentBytes } from './arguments.ts';
import { runProgram } from './program.ts';

await runProgram(argumentBytes());
