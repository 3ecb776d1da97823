'use strict';
// SIPp as an independent peer: the scenarios of tests/sipp, each once as the caller of a
// phone, or as the callee of one.

const assert = require('node:assert');
const test = require('../lib/test');
const { Sipp } = require('../lib/sipp');
const { freePort } = require('../lib/place');
const { Stage, callee, conference, connect, number } = require('../lib/stage');

const stage = new Stage();
const { phone, app } = stage;

// Runs a caller's scenario to its end.
async function caller(name, { transport = 'u1', ...more } = {}) {
  const port = transport === 't1' ? stage.daemon.tcp : stage.daemon.udp;
  const peer = await new Sipp(name, { target: `127.0.0.1:${port}`, user: number, transport, ...more }).start();
  try {
    await peer.done();
  } catch (error) {
    error.message += phone.background();
    throw error;
  } finally {
    await peer.stop();
  }
}

for (const transport of ['u1', 't1']) {
  const by = transport === 't1' ? 'TCP' : 'UDP';

  test(`caller is answered and hangs up, by ${by}`, async () => {
    await stage.fresh();
    app.on('answer', connect());
    await caller('caller-is-answered-and-hangs-up', { transport });
    const { uuid } = await app.event({ direction: 'inbound', status: 'completed' });
    assert.deepStrictEqual(app.statuses(uuid), ['started', 'ringing', 'answered', 'completed']);
    await app.event({ direction: 'outbound', status: 'completed' });
  });

  test(`caller hangs up while the callee rings, by ${by}`, async () => {
    await stage.fresh();
    await phone.accept({ policy: 'ring' });
    app.on('answer', connect());
    await caller('caller-hangs-up-while-callee-rings', { transport });
    const { line } = await phone.incoming(callee);
    assert.strictEqual((await phone.over(line)).status, 487);
    await app.event({ direction: 'outbound', status: 'cancelled' });
  });
}

test('caller holds and retrieves', async () => {
  await stage.fresh();
  app.on('answer', conference('held'));
  await caller('caller-holds-and-retrieves');
  await app.event({ status: 'completed' });
});

test('caller may not transfer over a trunk that says nothing of it', async () => {
  await stage.fresh();
  app.on('answer', conference('stays'));
  await caller('caller-may-not-transfer');
  await app.event({ status: 'completed' });
});

test('caller offers late', async () => {
  await stage.fresh();
  app.on('answer', conference('late'));
  await caller('caller-offers-late');
  await app.event({ status: 'completed' });
});

test('caller sends OPTIONS and INFO in the dialog; the digit becomes an event', async () => {
  await stage.fresh();
  app.on('answer', conference('keys'));
  await caller('caller-sends-options-and-info');
  const { conversation_uuid: con } = await app.event({ status: 'completed' });
  const { body } = await stage.ask('GET', `/beta/conversations/${con}/events`);
  assert.deepStrictEqual(body.filter((e) => e.type === 'audio:dtmf').map((e) => e.body.digit), ['5']);
});

test('caller without a common codec: 488, the Warning names both lists', async () => {
  await stage.fresh();
  await caller('caller-without-common-codec');
  assert.deepStrictEqual(app.requests, []);
});

test('caller hears early media', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'early', tone: 900, delay: 500 });
  app.on('answer', connect());
  await caller('caller-hears-early-media');
  await app.event({ direction: 'outbound', status: 'completed' });
});

test('fifty callers at once, each answered and ended', async () => {
  await stage.fresh();
  app.on('answer', conference('fifty'));
  await caller('caller-is-answered-and-hangs-up', { calls: 50, rate: 50 });
  await stage.daemon.idle();
  const legs = new Set(app.events.map((e) => e.uuid));
  assert.strictEqual(legs.size, 50);
  for (const leg of legs) assert.deepStrictEqual(app.statuses(leg), ['started', 'ringing', 'answered', 'completed']);
});

// Rings the application, which connects the call to SIPp.
async function callees(name, run, transport = 'u1', more = []) {
  await stage.fresh();
  const peer = await new Sipp(name, { transport, more }).start();
  try {
    const uri = `sip:callee@${peer.sip}${transport === 't1' ? ';transport=tcp' : ''}`;
    app.on('answer', [{ action: 'connect', from: number, timeout: 2, endpoint: [{ type: 'sip', uri }] }]);
    await phone.call('a', stage.daemon.uri(number));
    await run();
    await peer.done();
  } finally {
    await peer.stop();
  }
}

for (const transport of ['u1', 't1']) {
  test(`callee answers and is hung up, by ${transport === 't1' ? 'TCP' : 'UDP'}`, () => callees('callee-answers-and-is-hung-up', async () => {
    await phone.up('a');
    await phone.hangup('a');
    await app.event({ direction: 'outbound', status: 'completed' });
  }, transport));
}

// It sends back each packet as it is, our SSRC and all: an echo, and no loop.
test('who is connected to an echo hears itself', async () => {
  const more = ['-rtp_echo', '-mp', String(await freePort(4))];
  await callees('callee-answers-and-is-hung-up', async () => {
    await phone.up('a');
    await phone.hears('a', [500]);
    await phone.hangup('a');
  }, 'u1', more);
});

test('callee hangs up', () => callees('callee-hangs-up', async () => {
  await phone.up('a');
  assert.strictEqual((await phone.over('a')).remote, true);
  await app.event({ direction: 'outbound', status: 'completed' });
}));

test('callee is busy', () => callees('callee-is-busy', async () => {
  assert.strictEqual((await phone.over('a')).status, 486);
  await app.event({ direction: 'outbound', status: 'busy' });
}));

test('callee declines', () => callees('callee-declines', async () => {
  assert.strictEqual((await phone.over('a')).status, 603);
  assert.strictEqual((await app.event({ direction: 'outbound', status: 'rejected' })).detail, 'declined');
}));

test('callee redirects, and nobody follows', () => callees('callee-redirects', async () => {
  assert.strictEqual((await phone.over('a')).status, 480);
  await app.event({ direction: 'outbound', status: 'failed' });
}));

test('callee rings until it is cancelled', () => callees('callee-rings-until-cancelled', async () => {
  await app.event({ direction: 'outbound', status: 'timeout' });
  assert.strictEqual((await phone.over('a')).status, 480);
}));

test('callee sends early media', () => callees('callee-sends-early-media', async () => {
  await phone.wait((e) => e.line === 'a' && e.event === 'progress' && e.early, '183 with sound');
  await phone.up('a');
  await phone.hangup('a');
}));

test('callee answers with a codec that was not offered: the call is ended', () => callees('callee-answers-with-a-foreign-codec', async () => {
  const end = await phone.over('a');
  assert.ok(end.status >= 400 || end.remote, JSON.stringify(end));
}));

stage.finish();
