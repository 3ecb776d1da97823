'use strict';
// What an application may dial, whichever door it comes by: prefixes, legs at once, legs a minute.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, connect } = require('../lib/stage');

const allowed = '15550100003';
const denied = '15559000001';
const foreign = '4930100200';

// A stage of its own for one test.
const on = (name, own, run, config = {}) => test(name, async () => {
  const stage = new Stage({ own, config });
  try {
    await stage.fresh();
    await run(stage);
    await stage.end();
  } finally {
    if (stage.daemon && stage.daemon.running) stage.daemon.child.kill('SIGKILL');
    await stage.phone.stop();
    await stage.app.stop().catch(() => {});
  }
});

const phoneTo = (number) => [{ type: 'phone', number }];
const call = (stage, to) => stage.ask('POST', '/v1/calls', { body: { to, from: { type: 'phone', number: '15550100002' }, ncco: [{ action: 'conversation', name: 'all' }] } });
const refused = async (stage) => {
  const all = await stage.daemon.metrics();
  return ['number', 'max_calls', 'calls_per_minute'].map((limit) => all[`offhook_dials_refused_total{limit="${limit}"}`]);
};

on('a number that is not allowed is dialled by no door', { allow_prefixes: ['1555'], deny_prefixes: ['15559'] }, async (stage) => {
  const { phone, app } = stage;
  const trunk = { type: 'sip', uri: `sip:${foreign}@${phone.sip}` };
  const uris = [`sip:+${foreign}@elsewhere.test`, `sip:%34930100200@${phone.sip}`, `sip:ok@${phone.sip},sip:${foreign}@${phone.sip}`, `sip:${foreign};x=y@${phone.sip}`];
  for (const to of [phoneTo(foreign), phoneTo(denied), [{ type: 'sip', domain: 'carrier', user: denied }], [trunk], ...uris.map((uri) => [{ type: 'sip', uri }])]) {
    const { status, text } = await call(stage, to);
    assert.strictEqual(status, 403, JSON.stringify(to));
    assert.match(text, /may not dial/);
  }
  const { body } = await stage.ask('POST', '/v1/conversations', { body: {} });
  const { body: user } = await stage.ask('POST', '/v1/users', { body: {} });
  const member = await stage.ask('POST', `/v1/conversations/${body.id}/members`, {
    body: { state: 'joined', user: { id: user.id }, channel: { type: 'phone', to: { type: 'phone', number: foreign } } } });
  assert.strictEqual(member.status, 403, member.text);
  const leg = await stage.ask('POST', '/v1/legs', { body: { type: 'phone', to: { type: 'phone', number: foreign }, from: { type: 'phone', number: '15550100002' } } });
  assert.strictEqual(leg.status, 403, leg.text);
  for (const [i, number] of [foreign, denied].entries()) {
    app.reset();
    app.on('answer', connect(number));
    await phone.call(`line ${i}`, stage.daemon.uri('15550100002'));
    const told = await app.event({ direction: 'outbound', status: 'rejected' });
    assert.strictEqual(told.to, number);
    await phone.over(`line ${i}`);
  }
  assert.ok((await refused(stage))[0] >= 7);
  assert.strictEqual((await call(stage, phoneTo(allowed))).status, 201);
  await phone.incoming(allowed);
  assert.deepStrictEqual(phone.events.filter((e) => e.event === 'incoming').map((e) => e.to.replace(/^sip:|@.*/g, '')), [allowed]);
});

on('a prefix that is denied is denied behind an access code, and the longest match decides', { deny_prefixes: ['49', '1'], allow_prefixes: ['0', '49301', '2'] }, async (stage) => {
  assert.strictEqual((await call(stage, phoneTo('4930100200'))).status, 201);
  for (const number of ['004940100200', '01149401002', '4940100200', '33140100200']) {
    assert.strictEqual((await call(stage, phoneTo(number))).status, 403, number);
  }
  await stage.phone.clear();
});

on('no more legs are up at once than the application may have', { max_calls: 2 }, async (stage) => {
  const { phone, app } = stage;
  const first = await call(stage, phoneTo(allowed));
  const second = await call(stage, phoneTo(allowed));
  assert.deepStrictEqual([first.status, second.status], [201, 201]);
  const third = await call(stage, phoneTo(allowed));
  assert.strictEqual(third.status, 429);
  app.on('answer', connect(allowed));
  await phone.call('a', stage.daemon.uri('15550100002'));
  await app.wait((r) => r.kind === 'event' && /max_calls/.test(r.fields.reason), 'the event that tells why it is not connected');
  await phone.over('a');
  await app.event({ uuid: first.body.uuid, status: 'answered' });
  await stage.put(first.body.uuid, 'hangup');
  await app.event({ uuid: first.body.uuid, status: 'completed' });
  assert.strictEqual((await call(stage, phoneTo(allowed))).status, 201);
  assert.deepStrictEqual((await refused(stage)).slice(1), [2, 0]);
});

on('no more legs are dialled in a minute than the application may', { calls_per_minute: 2 }, async (stage) => {
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await call(stage, phoneTo(allowed))).status);
  assert.deepStrictEqual(statuses, [201, 201, 429]);
  assert.deepStrictEqual(await refused(stage), [0, 0, 1]);
});
