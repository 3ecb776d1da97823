'use strict';
// Passwords between us and trunks, with SIPp as the other side: a carrier that wants ours, and a
// PBX that we ask for its.

const assert = require('node:assert');
const test = require('../lib/test');
const { Sipp } = require('../lib/sipp');
const { freePort } = require('../lib/place');
const { Stage, callee, number } = require('../lib/stage');

// A stage with this one trunk, for one test.
async function house(t, trunk) {
  const stage = new Stage({ config: { trunks: [{ name: 'carrier', allow: [], ...trunk }] } });
  t.after(() => stage.end());
  await stage.ready();
  return stage;
}

async function played(peer) {
  try {
    await peer.done();
  } finally {
    await peer.stop();
  }
}

test('a carrier asks for the password of a call, and of its end', async (t) => {
  const port = await freePort();
  const stage = await house(t, { proxy: `sip:127.0.0.1:${port}`, username: 'account', password: 'secret' });
  const peer = await new Sipp('callee-asks-for-digest', { port }).start();
  const { status, body, text } = await stage.ask('POST', '/v1/calls', {
    body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco: [{ action: 'conversation', name: 'room' }] },
  });
  assert.strictEqual(status, 201, text);
  await stage.app.event({ uuid: body.uuid, status: 'answered' });
  await stage.put(body.uuid, 'hangup');
  await played(peer);
  await stage.app.event({ uuid: body.uuid, status: 'completed' });
});

for (const transport of ['u1', 't1']) {
  test(`a caller is asked for its password, and let in, by ${transport === 't1' ? 'TCP' : 'UDP'}`, async (t) => {
    const stage = await house(t, { proxy: 'sip:127.0.0.1:9', allow: ['127.0.0.0/8'], inbound_user: 'pbx', inbound_password: 'secret' });
    stage.app.on('answer', [{ action: 'conversation', name: 'room' }]);
    const target = `127.0.0.1:${transport === 't1' ? stage.daemon.tcp : stage.daemon.udp}`;
    await played(await new Sipp('caller-is-challenged', { target, transport, user: number, more: ['-au', 'pbx', '-ap', 'secret'] }).start());
    await stage.app.event({ direction: 'inbound', status: 'completed' });
  });
}
