'use strict';
// Telling the application, also when it does not listen.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { AppServer } = require('../lib/app-server');

const stage = new Stage();
const { phone, app } = stage;

test('a dead application server blocks neither a call that is up nor its end', async () => {
  await stage.fresh();
  app.on('answer', conference('alone'));
  await stage.dial('a', { tone: 500 });
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('a', [700]);
  const leg = await stage.leg();
  const { port } = app;
  await app.stop();
  await stage.put(leg, 'mute');
  await phone.hears('b', []);
  await stage.put(leg, 'unmute');
  await phone.hears('b', [500]);
  await phone.hangup('a');
  await phone.over('a');
  await phone.hears('b', []);
  const call = await stage.ask('GET', `/v1/calls/${leg}`);
  assert.strictEqual(call.body.status, 'completed');
  stage.app = new AppServer();
  await stage.app.start(port);
  const end = await stage.app.event({ uuid: leg, status: 'completed' }, 40000);
  assert.strictEqual(end.status, 'completed');
  await phone.hangup('b');
  await stage.daemon.idle({ timeout: 60000 });
});

test('an event that is refused is sent again, the same, and nothing of its leg before it', async () => {
  const { app: now } = await stage.fresh();
  let refusals = 2;
  now.on('answer', connect());
  now.on('event', (r) => (r.fields.status === 'answered' && r.fields.direction === 'inbound' && refusals-- > 0 ? 500 : 204));
  await stage.dial('a');
  await phone.hangup('a');
  const end = await now.event({ status: 'completed', direction: 'inbound' }, 40000);
  const bodies = now.requests.filter((r) => r.kind === 'event' && r.fields.uuid === end.uuid).map((r) => [r.fields.status, r.text]);
  assert.deepStrictEqual(bodies.map(([s]) => s), ['started', 'ringing', 'answered', 'answered', 'answered', 'completed']);
  assert.strictEqual(new Set(bodies.filter(([s]) => s === 'answered').map(([, text]) => text)).size, 1);
});

test('a slow receiver of one leg does not hold up another leg', async () => {
  const { app: now } = await stage.fresh();
  now.on('answer', conference('slow'));
  now.on('event', (r) => (r.fields.from === '15550100017' && r.fields.status === 'started' ? { status: 204, delay: 3000 } : 204));
  await stage.dial('slow', { from: '15550100017', tone: 700 });
  await stage.dial('quick');
  await phone.hangup('quick');
  await now.event({ from: '15550100001', status: 'completed' });
  assert.deepStrictEqual(now.events.filter((e) => e.from === '15550100017').map((e) => e.status), ['started']);
  await phone.hangup('slow');
  const end = await now.event({ from: '15550100017', status: 'completed' });
  assert.deepStrictEqual(now.statuses(end.uuid), ['started', 'ringing', 'answered', 'completed']);
});

test('the order of each leg holds over many calls at once', async () => {
  const { app: now } = await stage.fresh();
  now.on('answer', conference('crowd'));
  const lines = Array.from({ length: 40 }, (_, i) => `crowd ${i}`);
  await Promise.all(lines.map((line, i) => phone.call(line, stage.daemon.uri(number), { from: `155501700${String(i).padStart(2, '0')}` })));
  for (const line of lines) await phone.up(line);
  await Promise.all(lines.map((line) => phone.hangup(line)));
  await stage.daemon.idle();
  const legs = new Set(now.events.map((e) => e.uuid));
  assert.strictEqual(legs.size, 40);
  for (const leg of legs) assert.deepStrictEqual(now.statuses(leg), ['started', 'ringing', 'answered', 'completed']);
});

test('events by GET carry the same fields in the query', async () => {
  const get = new Stage({ voice: { event_method: 'GET' } });
  try {
    await get.fresh();
    get.app.on('answer', connect());
    await get.dial('a');
    await get.phone.hangup('a');
    const inbound = await get.app.event({ status: 'completed', direction: 'inbound' });
    assert.ok(get.app.requests.filter((r) => r.kind === 'event').every((r) => r.method === 'GET' && r.text === ''));
    assert.match(inbound.duration, /^\d+$/);
    assert.strictEqual(inbound.to, number);
  } finally {
    await get.end();
  }
});

test('a static NCCO serves a number without an answer URL', async () => {
  const ncco = JSON.stringify([{ action: 'connect', from: number, endpoint: [{ type: 'phone', number: callee }] }]);
  const fixed = new Stage({ voice: { answer_url: '', ncco } });
  try {
    await fixed.fresh();
    await fixed.dial('a');
    await fixed.phone.hears('a', [700]);
    assert.ok(!fixed.app.requests.some((r) => r.kind === 'answer'));
    await fixed.phone.hangup('a');
    await fixed.app.event({ status: 'completed', direction: 'outbound' });
  } finally {
    await fixed.end();
  }
});

stage.finish();
