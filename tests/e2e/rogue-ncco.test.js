'use strict';
// Whole calls without manners: random NCCOs, good and bad, in answer to callers and to events,
// while people press keys, speak and hang up, and REST steers the same legs. Each leg is told from
// its beginning to its one end, each recording once, and at the end nothing is left.
//
// OFFHOOK_ROGUE_SECONDS=N runs for N seconds with a seed of the moment; OFFHOOK_SEED=N with that one.

const test = require('../lib/test');
const { RogueNcco } = require('../lib/rogue-ncco');
const { slow } = require('../lib/wait');

const seconds = Number(process.env.OFFHOOK_ROGUE_SECONDS || 0);
const seed = Number(process.env.OFFHOOK_SEED || (seconds ? Date.now() % 1000000 : 1));

async function rogue(t, options, play) {
  const run = new RogueNcco(options);
  try {
    await run.start();
    await play(run);
  } catch (error) {
    error.message = `seed ${run.seed}: ${error.message}\nthe daemon's log:\n${run.daemon ? run.daemon.tail(25) : ''}`;
    throw error;
  } finally {
    await run.end();
  }
  t.diagnostic(`seed ${run.seed}: ${run.plays} calls, ${run.counted} legs, ${run.recorded} recordings, ${run.asked} requests, ${run.left} objects more than before`);
}

const limit = seconds ? 240000 * slow + 2000 * seconds : undefined; // [ms]

test('random flows leave nothing behind', { limit }, (t) => rogue(t, { seed }, async (run) => {
  await run.storm(seconds ? { seconds: seconds * 0.7 } : { plays: 25 });
  await run.over();
  await run.stop();
}));

test('a power cut amid them loses nothing', { limit }, (t) => rogue(t, { seed: seed + 1 }, async (run) => {
  await run.cut({});
  await run.storm(seconds ? { seconds: seconds * 0.3 } : { plays: 6 });
  await run.over();
  await run.stop();
}));
