'use strict';
// Calls that peers hand on by REFER, where their trunk may (refer = "accept"), and where it may not.

const assert = require('node:assert');
const test = require('../lib/test');
const { Sipp } = require('../lib/sipp');
const { Stage, callee, connect, number } = require('../lib/stage');

const stage = new Stage({ trunk: { refer: 'accept' } });
const { phone, app } = stage;
const third = '15550100004';

async function transferor(name, run = async () => {}) {
  app.on('answer', connect());
  const peer = await new Sipp(name, { target: `127.0.0.1:${stage.daemon.udp}`, user: number }).start();
  try {
    await run();
    await peer.done();
  } finally {
    await peer.stop();
  }
}

test('a caller transfers blindly: the callee talks to the third, the transferor is let go', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'answer', tone: 1100, delay: 400 }, third);
  await transferor('caller-transfers-blindly');
  const { line: first } = await phone.incoming(callee);
  const { line: second } = await phone.incoming(third);
  await phone.hears(first, [1100]);
  await phone.hears(second, [700]);
  const { uuid } = await app.event({ direction: 'outbound', to: third, status: 'answered' });
  assert.deepStrictEqual(app.statuses(uuid), ['started', 'ringing', 'answered']);
  await app.event({ direction: 'inbound', status: 'completed' });
  await phone.hangup(second);
  await phone.over(first);
});

test('a transfer to somebody who is busy is told, and the call goes on', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'busy' }, third);
  await transferor('caller-transfers-to-somebody-busy', async () => {
    const { line } = await phone.incoming(callee);
    await app.event({ direction: 'outbound', to: third, status: 'busy' });
    await phone.over(line);
  });
});

stage.finish();
