/** Property tests follow the run's seed, and do ten times as much in a deep run. */
import fc from 'fast-check';

const seed = process.env.STRATOSCOPE_SEED;
fc.configureGlobal({
  ...(seed === undefined ? {} : { seed: Number(seed) | 0 }),
  ...(process.env.STRATOSCOPE_DEEP === '1' ? { numRuns: 1000 } : {}),
});
