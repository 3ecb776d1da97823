'use strict';
// A REST client without manners: every operation with good and bad values, while calls come and
// go, things are deleted under each other's feet and two clients race. Every reply is one that
// is documented and comes in time; at the end nothing is left, and the log has no hole.
//
// OFFHOOK_ROGUE_SECONDS=N runs for N seconds with a seed of the moment; OFFHOOK_SEED=N with that one.

const test = require('../lib/test');
const { RogueApi } = require('../lib/rogue-api');
const { slow } = require('../lib/wait');

const seconds = Number(process.env.OFFHOOK_ROGUE_SECONDS || 0);
const seed = Number(process.env.OFFHOOK_SEED || (seconds ? Date.now() % 1000000 : 1));

async function rogue(t, options, play) {
  const run = new RogueApi(options);
  try {
    await run.start();
    await play(run);
  } catch (error) {
    error.message = `seed ${run.seed}: ${error.message}\nthe daemon's log:\n${run.daemon ? run.daemon.tail(25) : ''}`;
    throw error;
  } finally {
    await run.end();
  }
  const silent = run.operations.filter((o) => !run.done.has(o.name)).map((o) => o.name);
  t.diagnostic(`seed ${run.seed}: ${run.asked} requests, ${run.events} events, ${run.left} objects more than before; never succeeded: ${silent.length} of ${run.operations.length} ${silent}`);
}

const limit = seconds ? 120000 * slow + 2000 * seconds : undefined; // [ms]
const part = seconds ? { seconds: seconds / 2 } : { requests: 2500 };

test('a storm of requests leaves nothing behind', { limit }, (t) => rogue(t, { seed }, async (run) => {
  await run.storm(part);
  await run.same();
  await run.calm();
  await run.stop();
}));

test('a power cut amid it loses nothing', { limit }, (t) => rogue(t, { seed: seed + 1 }, async (run) => {
  for (let cuts = 0; cuts < 2; cuts++) await run.cut(seconds ? { seconds: seconds / 6 } : { requests: 500 });
  await run.storm(seconds ? { seconds: seconds / 6 } : { requests: 300 });
  await run.same();
  await run.calm();
  await run.stop();
}));
