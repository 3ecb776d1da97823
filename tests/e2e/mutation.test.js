'use strict';
// Mutated SIP for some seconds; tests/kit/mutation does more of it.

const test = require('../lib/test');
const { Mutation } = require('../lib/mutation');

async function mutate(options, run) {
  const one = new Mutation({ seed: Number(process.env.OFFHOOK_SEED || Date.now() % 1000000), calls: false, ...options });
  await one.start();
  try {
    const before = one.descriptors(false);
    await run(one);
    await one.unharmed();
    await one.settled();
    await one.closed(before, false);
  } catch (error) {
    error.message = `seed ${one.seed}: ${error.message}`;
    throw error;
  } finally {
    await one.stop();
  }
}

test('twenty thousand mutated datagrams are outlived, and strangers get no answer', () => mutate({}, (one) => one.flood(20000)));
test('a thousand connections with broken framing are outlived', () => mutate({}, (one) => one.connect(1000)));
test('so are those that once were too much', () => mutate({ seed: 5 }, (one) => one.connect(200))); // a Content-Length of 2^31
