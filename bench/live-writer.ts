/**
 * Makes files in a folder, at a rate, and says when it was about to make each: CLOCK_MONOTONIC, in ns.
 *
 *   node bench/live-writer.ts FOLDER COUNT RATE      the last line it prints is a JSON array
 */
import { closeSync, openSync } from 'node:fs';

const [folder = '', count = '0', rate = '1'] = process.argv.slice(2);
const total = Number(count);
const every = 1e9 / Number(rate);
const begun = process.hrtime.bigint();
const at: string[] = [];

function makeOne(): void {
  at.push(`${process.hrtime.bigint()}`);
  closeSync(openSync(`${folder}/f${at.length - 1}`, 'w'));
}

/** Makes those that are due; between them it sleeps, so that it takes no processor from those that it measures. */
function turn(): void {
  while (at.length < total && Number(process.hrtime.bigint() - begun) >= at.length * every) makeOne();
  if (at.length < total) setTimeout(turn, Math.max(0, every / 1e6 - 1));
  else console.log(JSON.stringify(at));
}
turn();
