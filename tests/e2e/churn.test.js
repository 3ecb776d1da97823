'use strict';
// Everything at once for a few seconds: rogue peers, dying calls steered by REST, a failing
// application server, reloads, kills. Nothing is lost, told twice, or left behind.

const test = require('../lib/test');
const { Churn } = require('../lib/churn');

async function churn(options) {
  const one = new Churn({ seed: Number(process.env.OFFHOOK_SEED || Date.now() % 1000000), ...options });
  try {
    await one.run();
  } catch (error) {
    error.message = `seed ${one.seed}: ${error.message}\nthe daemon's log:\n${one.daemon ? one.daemon.tail(25) : ''}`;
    throw error;
  } finally {
    await one.end();
  }
}

const limit = 400000; // [ms]: rogue peers wait for each other's timers

test('twelve seconds of everything leave nothing behind', { limit }, () => churn({ seconds: 12 }));
test('four kills amid it lose nothing', { limit }, () => churn({ seconds: 10, kills: 4 }));
