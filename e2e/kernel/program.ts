import { spawn } from 'node:child_process';

/** What a program of this folder said: its JSON on stdout, and for people on stderr. */
export interface Said<T> {
  readonly code: number;
  readonly stderr: string;
  readonly result: T;
}

/** Runs a program of this folder that prints one JSON value; rejects where it ends without. */
export function runProgram<T>(file: string, args: readonly string[]): Promise<Said<T>> {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      try {
        resolve({ code: code ?? -1, stderr, result: JSON.parse(stdout) });
      } catch {
        reject(new Error(`${file} gave no result (exit ${code}):\n${stderr}`));
      }
    });
  });
}
