/**
 * Every property test draws from one seed, so that a run of `make test` is repeatable. PROPERTY_SEED draws others:
 * `random`, or a number that an earlier run has printed; PROPERTY_RUNS draws more of them.
 */
import fc from 'fast-check';

const asked = process.env['PROPERTY_SEED'] ?? '20260826';
const seed = asked === 'random' ? Math.trunc(Math.random() * 2 ** 31) : Number(asked);
if (!Number.isSafeInteger(seed)) throw new Error(`PROPERTY_SEED is a whole number or "random", not "${asked}"`);

const runs = process.env['PROPERTY_RUNS'];
fc.configureGlobal(runs === undefined ? { seed } : { seed, numRuns: Number(runs) });
