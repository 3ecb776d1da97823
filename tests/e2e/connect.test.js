'use strict';
// What a connect may be told, seen and heard from both ends.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee, connect, number } = require('../lib/stage');
const { serve } = require('../lib/heard');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;

const ring = 2950; // [Hz]
const other = 3050;
const sound = (hz, seconds = 30) => serve(app, `t${hz}`, [hz, seconds, 4000]);
const stream = (hz, seconds = 30) => ({ action: 'stream', streamUrl: [sound(hz, seconds)] });
const dial = (endpoint, more = {}) => ({ action: 'connect', endpoint: [endpoint], ...more });
const phoneEnd = (more = {}) => ({ type: 'phone', number: callee, ...more });
const errors = () => app.events.map((e) => e.reason).filter(Boolean);

// flow() makes the caller's flow; sounds and other scripts of the application are made with it.
async function begin(flow, policy = { policy: 'answer', tone: 700 }) {
  await stage.fresh();
  await phone.accept(policy);
  app.on('sync', 204);
  app.on('answer', flow());
  await phone.call('a', stage.daemon.uri(number));
}

const answered = (line) => phone.events.some((e) => e.line === line && e.event === 'answered');

test('ringbackTone: heard by a caller who is not answered yet, while the callee rings', async () => {
  await begin(() => [dial(phoneEnd(), { ringbackTone: sound(ring, 0.5) })], { policy: 'ring', tone: 700 });
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [ring]);
  const { status } = await phone.wait((e) => e.line === 'a' && e.event === 'progress' && e.early, 'early media');
  assert.strictEqual(status, 183);
  assert.ok(!answered('a'));
  await phone.send('answer', { line });
  await phone.up('a');
  await phone.hears('a', [700]);
  await phone.hears(line, [500]);
  await phone.hangup('a');
});

test('ringbackTone: heard by a caller who was answered, too, and ends when nobody is reached', async () => {
  await begin(() => [stream(other, 0.3), dial(phoneEnd(), { ringbackTone: sound(ring, 1) }), stream(900)], { policy: 'ring' });
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [ring]);
  await phone.send('reject', { line, status: 486 });
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('ringbackTone: the early media of the callee goes before it', async () => {
  await begin(() => [dial(phoneEnd(), { ringbackTone: sound(ring, 1) })], { policy: 'early', tone: 700 });
  await phone.incoming(callee);
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('ringbackTone: one that cannot be had is told, and it is dialled all the same', async () => {
  await begin(() => [dial(phoneEnd(), { ringbackTone: app.url('nothing/here') })], { policy: 'ring', tone: 700 });
  const { line } = await phone.incoming(callee);
  await until(() => errors().some((e) => e.startsWith('connect: ringbackTone: ')), 'the error');
  await phone.send('answer', { line });
  await phone.up('a');
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('dtmfAnswer: its keys are pressed once the callee has answered', async () => {
  await begin(() => [dial(phoneEnd({ dtmfAnswer: '12p#' }))]);
  const { line } = await phone.incoming(callee);
  const keys = () => phone.events.filter((e) => e.line === line && e.event === 'digit').map((e) => e.digit).join('');
  await until(() => keys() === '12#', () => `the keys; there came "${keys()}"`);
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('onAnswer: the callee hears its own flow first, the caller the ring-back tone; then they are connected', async () => {
  await begin(() => {
    const flow = [stream(1100, 1.5)];
    app.on('greet', () => flow);
    return [dial(phoneEnd({ onAnswer: { url: app.url('greet'), ringbackTone: sound(ring, 0.5) } }))];
  });
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [1100]);
  await phone.hears('a', [ring]);
  assert.ok(!answered('a'));
  await phone.up('a');
  await phone.hears('a', [700]);
  await phone.hears(line, [500]);
  const [asked] = app.requests.filter((r) => r.kind === 'greet');
  assert.strictEqual(asked.method, 'GET');
  assert.strictEqual(asked.fields.to, callee);
  const outbound = await app.event({ direction: 'outbound', status: 'answered' });
  const inbound = await app.event({ direction: 'inbound', status: 'answered' });
  assert.strictEqual(asked.fields.uuid, outbound.uuid);
  assert.strictEqual(outbound.conversation_uuid, inbound.conversation_uuid);
  await phone.hangup(line);
  assert.strictEqual((await phone.over('a')).remote, true);
});

test('onAnswer: keys of the callee may choose, and nobody is heard before', async () => {
  const menu = () => [stream(1100, 0.3), { action: 'input', type: ['dtmf'], dtmf: { maxDigits: 1, timeOut: 10 }, eventUrl: [app.url('chosen')] }];
  await begin(() => {
    const flow = menu();
    app.on('greet', () => flow);
    app.on('chosen', () => []);
    return [dial(phoneEnd({ onAnswer: { url: app.url('greet') } }))];
  });
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [1100]);
  await phone.hears(line, []);
  assert.ok(!answered('a'));
  await phone.send('dtmf', { line, digits: '1' });
  await phone.up('a');
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

for (const [what, greet, reason] of [
  ['a connect in it', () => [dial(phoneEnd())], /^Syntax error in NCCO.*action 1 \(connect\): may not be in an NCCO of onAnswer/],
  ['a conversation in it', () => [{ action: 'conversation', name: 'x' }], /action 1 \(conversation\): may not/],
  ['no NCCO', () => 500, /500/]]) {
  test(`onAnswer: ${what} is an error, ends the callee's leg, and the caller goes on`, async () => {
    await begin(() => {
      app.on('greet', greet);
      return [dial(phoneEnd({ onAnswer: { url: app.url('greet') } })), stream(900)];
    });
    const { line } = await phone.incoming(callee);
    assert.strictEqual((await phone.over(line)).remote, true);
    await until(() => errors().some((e) => reason.test(e)), () => `the error; there came ${JSON.stringify(errors())}`);
    await phone.hears('a', [900]);
    await phone.hangup('a');
  });
}

test('onAnswer: the caller leaves meanwhile, and the callee is hung up on', async () => {
  await begin(() => {
    const flow = [stream(1100)];
    app.on('greet', () => flow);
    return [dial(phoneEnd({ onAnswer: { url: app.url('greet') } }))];
  });
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [1100]);
  await phone.hangup('a');
  assert.strictEqual((await phone.over(line)).remote, true);
});

test('onAnswer: the callee hangs up meanwhile, and the next one is dialled', async () => {
  await begin(() => {
    const flow = [stream(1100)];
    app.on('greet', () => flow);
    return [dial(phoneEnd({ onAnswer: { url: app.url('greet') } })), ...connect('15550100009')];
  });
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [1100]);
  await phone.hangup(line);
  await phone.incoming('15550100009');
  await phone.up('a');
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

const sync = (more = {}) => ({ eventType: 'synchronous', eventUrl: [app.url('sync')], ...more });
const asked = () => app.requests.filter((r) => r.kind === 'sync').map((r) => r.fields.status);

for (const [policy, status, more] of [
  [{ policy: 'busy' }, 'busy'], [{ policy: 'decline' }, 'rejected'], [{ policy: 'busy', status: 404 }, 'failed'],
  [{ policy: 'busy', status: 480 }, 'unanswered'], [{ policy: 'ring' }, 'timeout', { timeout: 1 }]]) {
  test(`eventType synchronous: the reply about ${status} is the flow`, async () => {
    await begin(() => {
      const reply = [stream(1100)];
      app.on('sync', (request) => (request.fields.status === status ? reply : 204));
      return [dial(phoneEnd(), sync(more)), stream(900)];
    }, policy);
    await phone.up('a');
    await phone.hears('a', [1100]);
    assert.strictEqual(asked()[asked().length - 1], status);
    assert.strictEqual(asked().filter((s) => s === status).length, 1);
    assert.strictEqual(asked()[0], 'started');
    await phone.hangup('a');
  });
}

for (const [what, reply] of [['nothing', 204], ['an empty array', []], ['an error', 500]]) {
  test(`eventType synchronous: ${what} is replied, and the flow goes on`, async () => {
    await begin(() => {
      app.on('sync', (request) => (request.fields.status === 'busy' ? reply : 204));
      return [dial(phoneEnd(), sync()), stream(900)];
    }, { policy: 'busy' });
    await phone.up('a');
    await phone.hears('a', [900]);
    await phone.hangup('a');
  });
}

test('eventType synchronous: without an eventUrl the application is asked at its own', async () => {
  await begin(() => {
    const reply = [stream(1100)];
    app.on('event', (request) => (request.fields.status === 'busy' ? reply : 204));
    return [dial(phoneEnd(), { eventType: 'synchronous' })];
  }, { policy: 'busy' });
  await phone.up('a');
  await phone.hears('a', [1100]);
  assert.strictEqual(app.events.filter((e) => e.status === 'busy').length, 1);
  await phone.hangup('a');
});

test('eventType synchronous: nothing follows, and the caller hears why', async () => {
  await begin(() => [dial(phoneEnd(), sync())], { policy: 'busy' });
  assert.strictEqual((await phone.over('a')).status, 486);
});

test('eventType synchronous: who answers is waited for, and replies to other events count nothing', async () => {
  await begin(() => {
    const reply = [stream(1100)];
    app.on('sync', () => reply);
    return [dial(phoneEnd(), sync()), dial(phoneEnd({ number: '15550100009' }))];
  });
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  assert.ok(!phone.events.some((e) => e.event === 'incoming' && e.to === '15550100009'));
  await phone.hangup(line);
  await phone.incoming('15550100009');
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('connect after connect: three people hear each other', async () => {
  await stage.ready();
  await phone.accept({ policy: 'answer', tone: 900 }, '15550100008');
  await phone.accept({ policy: 'answer', tone: 1100 }, '15550100009');
  await begin(() => [...connect('15550100008'), ...connect('15550100009')]);
  await phone.up('a');
  const [b, c] = [await phone.incoming('15550100008'), await phone.incoming('15550100009')];
  await phone.hears('a', [900, 1100]);
  await phone.hears(b.line, [500, 1100]);
  await phone.hears(c.line, [500, 900]);
  await phone.hangup(b.line);
  await phone.hears('a', [1100]);
  await phone.hangup(c.line);
  assert.strictEqual((await phone.over('a')).remote, true);
});

test('the callee leaves, and the caller goes on with what follows', async () => {
  await begin(() => [...connect(), stream(900)]);
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  await phone.hangup(line);
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('the callee is moved away by REST, and the caller goes on; it does as well', async () => {
  await begin(() => [...connect(), stream(900)]);
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  const { uuid } = await app.event({ direction: 'outbound', status: 'answered' });
  await stage.put(uuid, 'transfer', { destination: { type: 'ncco', ncco: [stream(1100)] } });
  await phone.hears(line, [1100]);
  await phone.hears('a', [900]);
  await phone.hangup(line);
  await phone.hangup('a');
});

async function makeUser(name, channels) {
  const { status, text } = await stage.ask('POST', '/v1/users', { body: { name, channels } });
  assert.strictEqual(status, 201, text);
}

test('an app user is rung at a channel of its own', async () => {
  await stage.ready();
  await makeUser('ann', { sip: [{ uri: `sip:ann@${phone.sip}` }] });
  await makeUser('dan', {});
  await begin(() => [dial({ type: 'app', user: 'ann' })]);
  const { line } = await phone.incoming('ann');
  await phone.up('a');
  await phone.hears('a', [700]);
  assert.strictEqual((await app.event({ direction: 'outbound', status: 'answered' })).to, 'ann');
  await phone.hangup(line);
  await phone.over('a');
});

for (const [what, endpoint, status, detail, sip] of [
  ['a user without a channel', { type: 'app', user: 'dan' }, 'unanswered', 'unavailable', 480],
  ['a user that is not there', { type: 'app', user: 'nobody' }, 'failed', 'cannot_route', 404],
  ['an extension that no trunk takes', { type: 'vbc', extension: '4004' }, 'failed', 'cannot_route', 404],
  ['a domain that is no trunk', { type: 'sip', domain: 'elsewhere', user: 'x' }, 'failed', 'cannot_route', 404],
  ['a WebSocket where nobody listens', { type: 'websocket', uri: 'ws://127.0.0.1:9/x', 'content-type': 'audio/l16;rate=16000' }, 'failed', 'cannot_route', 503]]) {
  test(`${what}: ${status}, ${detail}; and what follows comes next`, async () => {
    await stage.ready();
    await begin(() => [dial(endpoint)]);
    const event = await app.event({ direction: 'outbound', status });
    assert.strictEqual(event.detail, detail);
    assert.strictEqual((await phone.over('a')).status, sip);
    assert.deepStrictEqual(app.statuses(event.uuid), ['started', status]);
    await begin(() => [dial(endpoint), stream(900)]);
    await phone.up('a');
    await phone.hears('a', [900]);
    await phone.hangup('a');
  });
}

test('a domain is a trunk by its name or its host', async () => {
  await stage.ready();
  for (const domain of ['carrier', '127.0.0.1']) {
    await begin(() => [dial({ type: 'sip', domain, user: 'desk' })]);
    const { line } = await phone.incoming('desk');
    await phone.up('a');
    await phone.hangup(line);
    await phone.over('a');
  }
});

test('from: a number of our own is shown, another is not; any of our own by randomFromNumber', async () => {
  for (const [more, shown] of [[{ from: number }, number], [{ from: '4930123456' }, 'Unknown'], [{}, 'Unknown'], [{ randomFromNumber: true }, number]]) {
    await begin(() => [dial(phoneEnd(), more)], { policy: 'busy' });
    const { from } = await phone.incoming(callee);
    assert.strictEqual(from === number, shown === number, from);
    assert.strictEqual((await app.event({ direction: 'outbound', status: 'started' })).from, shown);
    await phone.over('a');
  }
});

stage.finish();
