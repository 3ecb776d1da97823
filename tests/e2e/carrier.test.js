'use strict';
// A real carrier's switch, Kamailio, as a trunk: it asks for a password, wants us registered, passes
// calls both ways, goes away and comes back.

const assert = require('node:assert');
const test = require('../lib/test');
const { Kamailio, realm } = require('../lib/kamailio');
const { ask } = require('../lib/rest');
const { Stage, callee, caller, conference, connect, number } = require('../lib/stage');
const { until } = require('../lib/wait');

const owner = { api_key: 'abcd1234', api_secret: 'of the operator' };
const headers = { authorization: `Basic ${Buffer.from(Object.values(owner).join(':')).toString('base64')}` };

const trunkOf = ([kamailio, ...others], { transport = 'udp', ...more } = {}) => ({
  name: 'carrier', proxies: [kamailio, ...others].map((k) => `sip:${k.address};transport=${transport}`),
  username: kamailio.username, password: kamailio.password, from_domain: realm, allow: ['127.0.0.0/8'], ...more,
});

// A stage whose trunks are what trunks(kamailios) gives; carriers: what each Kamailio is made with.
async function on(carriers, trunks, run) {
  const stage = new Stage();
  const kamailios = [];
  try {
    await stage.phone.start();
    for (const made of carriers) {
      const kamailio = new Kamailio({ exchange: stage.phone.sip, number, ...made });
      kamailios.push(kamailio);
      await kamailio.start();
    }
    stage.config = { trunks: trunks(kamailios), http: owner };
    stage.phone.start = async () => {};
    await stage.fresh();
    await run(stage, kamailios);
    await stage.end();
  } finally {
    if (stage.daemon && stage.daemon.running) stage.daemon.child.kill('SIGKILL');
    await stage.phone.stop();
    await stage.app.stop().catch(() => {});
    for (const kamailio of kamailios) await kamailio.stop();
  }
}

const trunk = async (stage) => {
  const { status, body, text } = await ask(stage.daemon.base, 'GET', '/v1/trunks/carrier', { headers });
  assert.strictEqual(status, 200, text);
  return body;
};

const call = (stage) => stage.ask('POST', '/v1/calls', {
  body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco: conference('out') },
});

for (const algorithm of ['MD5', 'SHA-256']) {
  for (const transport of ['udp', 'tcp']) {
    test(`a carrier that asks for a password (${algorithm}, over ${transport}) passes our call on`, () =>
      on([{ algorithm }], (kamailios) => [trunkOf(kamailios, { transport })], async (stage, [kamailio]) => {
        const { status, text } = await call(stage);
        assert.strictEqual(status, 201, text);
        const { line } = await stage.phone.incoming(callee);
        await stage.phone.up(line);
        await until(() => kamailio.told(/^call of customer/).length === 1, 'the carrier to tell of the call');
        assert.strictEqual(kamailio.told(/^asks who/).length, 1, 'asked once, answered once');
        await stage.phone.hangup(line);
      }));
  }
}

test('registered, refreshed before the time is over, called, and gone from there at the end', () =>
  on([{ lasts: 4 }], (kamailios) => [trunkOf(kamailios, { register: true, expires: 60 })], async (stage, [kamailio]) => {
    await until(() => kamailio.told(/^registered/).length >= 3, () => `three registrations\n${kamailio.log.slice(-10).join('\n')}`, 30000);
    stage.app.on('answer', conference('in'));
    const tone = 500;
    await stage.phone.call('in', `sip:${number}@${kamailio.address}`, { tone });
    await stage.phone.up('in');
    const { fields } = await stage.app.wait((r) => r.kind === 'answer', 'the answer webhook');
    assert.strictEqual(fields.to, number);
    assert.strictEqual(fields.from, caller);
    await stage.phone.hangup('in');
    await stage.daemon.idle();
    await stage.daemon.stop();
    await until(() => kamailio.told(/^registered customer expires 0/).length === 1, () => `the end of the registration\n${kamailio.log.slice(-10).join('\n')}`);
    await stage.daemon.start();
  }));

test('a call from the carrier to a callee at the carrier: two-way sound through both legs', () =>
  on([{}], (kamailios) => [trunkOf(kamailios, { register: true })], async (stage, [kamailio]) => {
    await until(() => kamailio.told(/^registered/).length >= 1, 'the registration');
    stage.app.on('answer', connect(callee));
    await stage.phone.call('a', `sip:${number}@${kamailio.address}`, { tone: 500 });
    const { line } = await stage.phone.incoming(callee);
    await stage.phone.up('a');
    await stage.phone.hears('a', [700]);
    await stage.phone.hears(line, [500]);
    await stage.phone.hangup(line);
    await stage.phone.over('a');
  }));

test('a wrong password: the call fails, it is not tried for ever, and the doctor says which setting it is', () =>
  on([{}], (kamailios) => [trunkOf(kamailios, { password: 'wrong', register: true })], async (stage, [kamailio]) => {
    await call(stage);
    await until(() => stage.app.events.some((e) => ['failed', 'rejected', 'unanswered', 'busy', 'cancelled'].includes(e.status)), () => `the end; ${JSON.stringify(stage.app.events)}`);
    assert.ok(kamailio.told(/^asks who/).length <= 2, kamailio.log.join('\n'));
    const { status, text } = await ask(stage.daemon.base, 'POST', '/v1/trunks/carrier/check', { headers });
    assert.strictEqual(status, 200, text);
    assert.match(text, /password/);
    assert.doesNotMatch(`${text}${stage.daemon.log.join('\n')}`, /"?wrong"/);
    const state = await trunk(stage);
    assert.notStrictEqual(state.registered, true, JSON.stringify(state));
  }));

test('the first carrier says 503: the second one gets the call, and the phone rings once', () =>
  on([{ refuse: 503 }, {}], (kamailios) => [trunkOf(kamailios)], async (stage, [, other]) => {
    await call(stage);
    const { line } = await stage.phone.incoming(callee);
    await stage.phone.up(line);
    await until(() => other.told(/^call of customer/).length === 1, 'the call at the second one');
    await stage.phone.hangup(line);
    assert.strictEqual(stage.phone.events.filter((e) => e.event === 'incoming').length, 1);
  }));

test('the first carrier is dead: the second one gets the call; back again, it is pinged up', () =>
  on([{}, {}], (kamailios) => [trunkOf(kamailios, {
    ping: 1, ping_timeout: 500, ping_fail: 2, ping_recover: 2,
  })], async (stage, [one, other]) => {
    const state = async () => (await trunk(stage)).state;
    await until(async () => (await state()) === 'up', 'both to be pinged');
    await one.stop('SIGKILL');
    await until(async () => (await state()) === 'degraded', 'the ping to fail', 30000);
    await call(stage);
    let { line } = await stage.phone.incoming(callee);
    await stage.phone.up(line);
    await until(() => other.told(/^call of customer/).length === 1, 'the call at the second one');
    await stage.phone.hangup(line);
    await one.start();
    await until(async () => {
      await stage.daemon.idle();
      stage.phone.events.length = 0;
      await call(stage);
      ({ line } = await stage.phone.incoming(callee));
      await stage.phone.up(line);
      await stage.phone.hangup(line);
      return one.told(/^call of customer/).length > 0;
    }, 'the first one to be used again', 40000);
  }));

test('busy at the carrier is busy: no other carrier is tried', () =>
  on([{}, {}], (kamailios) => [trunkOf(kamailios)], async (stage, [, other]) => {
    await stage.phone.accept({ policy: 'busy' });
    await call(stage);
    await until(() => stage.app.events.some((e) => e.status === 'busy'), () => `busy; ${JSON.stringify(stage.app.events)}`);
    assert.strictEqual(other.told(/^(call of|asks)/).length, 0);
  }));
