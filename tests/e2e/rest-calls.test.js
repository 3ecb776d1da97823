'use strict';
// /v1/calls: making, listing, reading and steering calls.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const test = require('../lib/test');
const { Stage, application, callee, caller, conference, connect, number } = require('../lib/stage');
const { token } = require('../lib/jwt');
const { ask } = require('../lib/rest');
const { folder, program } = require('../lib/place');
const { ended, until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const create = (more, to = callee) => stage.ask('POST', '/v1/calls', {
  body: { to: [{ type: 'phone', number: to }], from: { type: 'phone', number }, ...more } });

async function created(more, to) {
  const { status, body, text } = await create(more, to);
  assert.strictEqual(status, 201, text);
  assert.deepStrictEqual(Object.keys(body).sort(), ['conversation_uuid', 'direction', 'status', 'uuid']);
  assert.match(body.uuid, uuid);
  assert.match(body.conversation_uuid, /^CON-/);
  assert.strictEqual(body.status, 'started');
  assert.strictEqual(body.direction, 'outbound');
  return body;
}

const read = async (leg) => (await stage.ask('GET', `/v1/calls/${leg}`)).body;

test('a call with an NCCO rings, is answered, and runs it', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'ring', tone: 700 });
  const call = await created({ ncco: conference('made') });
  const { line } = await phone.incoming(callee);
  await app.event({ uuid: call.uuid, status: 'ringing' });
  assert.strictEqual((await read(call.uuid)).status, 'ringing');
  await phone.send('answer', { line });
  await app.event({ uuid: call.uuid, status: 'answered' });
  app.on('answer', conference('made'));
  await stage.dial('a');
  await phone.hears('a', [700]);
  await phone.hears(line, [500]);
  const now = await read(call.uuid);
  assert.strictEqual(now.status, 'answered');
  assert.deepStrictEqual(now.to, { type: 'phone', number: callee });
  assert.deepStrictEqual(now.from, { type: 'phone', number });
  assert.strictEqual(now.direction, 'outbound');
  await stage.put(call.uuid, 'hangup');
  const end = await phone.over(line);
  assert.strictEqual(end.remote, true);
  const done = await app.event({ uuid: call.uuid, status: 'completed' });
  assert.deepStrictEqual(app.statuses(call.uuid), ['started', 'ringing', 'answered', 'completed']);
  const after = await read(call.uuid);
  assert.strictEqual(after.status, 'completed');
  for (const key of ['rate', 'price', 'duration', 'start_time', 'end_time', 'network']) assert.strictEqual(typeof after[key], 'string', key);
  assert.strictEqual(after.duration, done.duration);
  assert.match(after.start_time, /\.000Z$/);
  assert.strictEqual(Date.parse(after.end_time) - Date.parse(after.start_time), 1000 * after.duration);
  await phone.hangup('a');
});

test('a call with an answer_url asks it when the callee has answered, not before', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'ring', tone: 700 });
  app.on('answer', conference('asked'));
  const call = await created({ answer_url: [app.url('answer/mine')] });
  const { line } = await phone.incoming(callee);
  await app.event({ uuid: call.uuid, status: 'ringing' });
  assert.ok(!app.requests.some((r) => r.kind === 'answer'));
  await phone.send('answer', { line });
  const asked = await app.wait((r) => r.kind === 'answer', 'the answer webhook');
  assert.strictEqual(asked.path, '/answer/mine');
  assert.strictEqual(asked.fields.uuid, call.uuid);
  assert.strictEqual(asked.fields.to, callee);
  assert.strictEqual(asked.fields.from, number);
  await stage.put(call.uuid, 'hangup');
  await phone.over(line);
});

test('a call-level event_url takes the events of the call', async () => {
  await stage.fresh();
  app.on('mine', 204);
  const call = await created({ ncco: conference('events'), event_url: app.url('mine') });
  const { line } = await phone.incoming(callee);
  await app.wait((r) => r.kind === 'mine' && r.fields.status === 'answered', 'answered at its own URL');
  await phone.hangup(line);
  await app.wait((r) => r.kind === 'mine' && r.fields.status === 'completed', 'completed at its own URL');
  assert.ok(!app.events.some((e) => e.uuid === call.uuid));
});

test('a call to a sip endpoint', async () => {
  await stage.fresh();
  const { status, body } = await stage.ask('POST', '/v1/calls', { body: {
    to: [{ type: 'sip', uri: `sip:desk@${phone.sip}`, headers: { Ticket: '7' }, standard_headers: {} }],
    from: { type: 'phone', number }, ncco: conference('desk') } });
  assert.strictEqual(status, 201);
  const { headers, line } = await phone.incoming('desk');
  assert.strictEqual(headers['X-Ticket'], '7');
  await app.event({ uuid: body.uuid, status: 'answered' });
  assert.deepStrictEqual((await read(body.uuid)).to, { type: 'sip', uri: `sip:desk@${phone.sip}` });
  await phone.hangup(line);
  await app.event({ uuid: body.uuid, status: 'completed' });
});

test('a caller id that is not ours is not shown', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'busy' });
  const { status, body } = await stage.ask('POST', '/v1/calls', { body: {
    to: [{ type: 'phone', number: callee }], from: { type: 'phone', number: '4915550009999' }, ncco: conference('x') } });
  assert.strictEqual(status, 201);
  const event = await app.event({ uuid: body.uuid, status: 'started' });
  assert.strictEqual(event.from, 'Unknown');
  const incoming = await phone.incoming(callee);
  assert.notStrictEqual(incoming.from, '4915550009999');
  await app.event({ uuid: body.uuid, status: 'busy' });
});

for (const [policy, status, detail] of [[{ policy: 'busy' }, 'busy'], [{ policy: 'decline' }, 'rejected', 'declined'],
  [{ policy: 'busy', status: 480 }, 'unanswered', 'unavailable'], [{ policy: 'busy', status: 404 }, 'failed', 'cannot_route']]) {
  test(`a call that meets ${policy.status || policy.policy} ends as ${status}`, async () => {
    await stage.fresh();
    await phone.accept(policy);
    const call = await created({ ncco: conference('no') });
    const event = await app.event({ uuid: call.uuid, status });
    assert.strictEqual(event.detail, detail);
    assert.strictEqual((await read(call.uuid)).status, status);
    await stage.daemon.idle();
    assert.ok(!app.statuses(call.uuid).includes('completed'));
  });
}

test('ringing_timer ends the ringing: timeout', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'ring' });
  const call = await created({ ncco: conference('no'), ringing_timer: 1 });
  const { line } = await phone.incoming(callee);
  await app.event({ uuid: call.uuid, status: 'timeout' });
  assert.strictEqual((await phone.over(line)).status, 487);
});

test('length_timer ends the call', async () => {
  await stage.fresh();
  const call = await created({ ncco: conference('short'), length_timer: 1 });
  const { line } = await phone.incoming(callee);
  await app.event({ uuid: call.uuid, status: 'answered' });
  assert.strictEqual((await phone.over(line)).remote, true);
  await app.event({ uuid: call.uuid, status: 'completed' });
});

test('hanging up a ringing call cancels it', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'ring' });
  const call = await created({ ncco: conference('no') });
  const { line } = await phone.incoming(callee);
  await app.event({ uuid: call.uuid, status: 'ringing' });
  await stage.put(call.uuid, 'hangup');
  assert.strictEqual((await phone.over(line)).status, 487);
  await app.event({ uuid: call.uuid, status: 'cancelled' });
});

test('a call without an answer from the network: a trunk that is not there', async () => {
  await stage.fresh();
  const { body } = await stage.ask('POST', '/v1/calls', { body: {
    to: [{ type: 'sip', uri: 'sip:nobody@127.0.0.1:9;transport=tcp' }], from: { type: 'phone', number }, ncco: conference('no') } });
  const event = await app.event({ uuid: body.uuid, status: 'failed' });
  assert.strictEqual(event.detail, 'cannot_route');
});

test('the list pages, filters, and keeps what has ended', async () => {
  await stage.fresh();
  app.on('answer', conference('listed'));
  await stage.dial('a');
  await stage.dial('b', { from: '15550100017' });
  const up = await stage.ask('GET', '/v1/calls?status=answered');
  assert.strictEqual(up.status, 200);
  assert.strictEqual(up.body.count, 2);
  const [one] = up.body._embedded.calls;
  assert.ok(one._links.self.href.endsWith(`/v1/calls/${one.uuid}`));
  assert.strictEqual(one.status, 'answered');
  assert.strictEqual(one.direction, 'inbound');
  const page = await stage.ask('GET', '/v1/calls?page_size=1&record_index=1&status=answered');
  assert.strictEqual(page.body.page_size, 1);
  assert.strictEqual(page.body.record_index, 1);
  assert.strictEqual(page.body._embedded.calls.length, 1);
  assert.ok(page.body._links.prev.href.startsWith(stage.daemon.base));
  const first = await stage.ask('GET', '/v1/calls?page_size=1&status=answered');
  assert.ok(first.body._links.next.href.startsWith(stage.daemon.base));
  const next = await ask(stage.daemon.base, 'GET', first.body._links.next.href.slice(stage.daemon.base.length), { token: stage.token() });
  assert.notStrictEqual(next.body._embedded.calls[0].uuid, first.body._embedded.calls[0].uuid);
  const con = one.conversation_uuid;
  const inRoom = await stage.ask('GET', `/v1/calls?conversation_uuid=${con}&status=answered`);
  assert.strictEqual(inRoom.body.count, 2);
  await phone.hangup('a');
  await phone.hangup('b');
  await app.event({ from: caller, status: 'completed' });
  const before = (await stage.ask('GET', '/v1/calls?status=completed&page_size=100')).body;
  assert.ok(before.count >= 2 && before._embedded.calls.some((c) => c.uuid === one.uuid));
  for (const bad of ['page_size=0', 'page_size=101', 'page_size=x', 'record_index=-1', 'status=dancing', 'order=up']) {
    assert.strictEqual((await stage.ask('GET', `/v1/calls?${bad}`)).status, 400, bad);
  }
});

test('a call that has ended can be steered no more', async () => {
  await stage.fresh();
  app.on('answer', conference('over'));
  await stage.dial('a');
  const leg = await stage.leg();
  await phone.hangup('a');
  await app.event({ uuid: leg, status: 'completed' });
  for (const action of ['hangup', 'mute', 'unearmuff']) {
    const { status, body } = await stage.ask('PUT', `/v1/calls/${leg}`, { body: { action } });
    assert.strictEqual(status, 400);
    assert.strictEqual(body.title, 'Bad Request');
  }
  assert.strictEqual((await stage.ask('PUT', `/v1/calls/${leg}`, { body: { action: 'dance' } })).status, 400);
});

test('mute and earmuff by REST are told as member:media events', async () => {
  await stage.fresh();
  app.on('answer', conference('media'));
  await stage.dial('a');
  const leg = await stage.leg();
  const con = (await read(leg)).conversation_uuid;
  for (const action of ['mute', 'earmuff', 'unmute', 'unearmuff']) await stage.put(leg, action);
  const { body } = await stage.ask('GET', `/beta/conversations/${con}/events`);
  const settings = body.filter((e) => e.type === 'member:media').map((e) => e.body.media.audio_settings).slice(-4);
  assert.deepStrictEqual(settings, [[true, false], [true, true], [false, true], [false, false]].map(
    ([muted, earmuffed]) => ({ enabled: true, earmuffed, muted })));
  await phone.hangup('a');
});

test('transfer to an inline NCCO moves the leg to another conversation', async () => {
  await stage.fresh();
  app.on('answer', conference('from'));
  await stage.dial('a', { tone: 500 });
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('a', [700]);
  const leg = await stage.leg();
  const answer = await stage.put(leg, 'transfer', { destination: { type: 'ncco', ncco: conference('to') } });
  assert.strictEqual(answer.text, '');
  await phone.hears('b', []);
  app.on('answer', conference('to'));
  await stage.dial('c', { tone: 900, from: '15550100018' });
  await phone.hears('a', [900]);
  await phone.hears('c', [500]);
  const told = await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer' && r.fields.uuid === leg, 'transfer');
  assert.match(told.fields.conversation_uuid_from, /^CON-/);
  assert.match(told.fields.conversation_uuid_to, /^CON-/);
  assert.notStrictEqual(told.fields.conversation_uuid_from, told.fields.conversation_uuid_to);
  for (const line of ['a', 'b', 'c']) await phone.hangup(line);
});

test('transfer to a URL asks it for the NCCO', async () => {
  await stage.fresh();
  app.on('answer', conference('from'));
  app.on('next', conference('elsewhere'));
  await stage.dial('a');
  const leg = await stage.leg();
  await stage.put(leg, 'transfer', { destination: { type: 'ncco', url: [app.url('next')] } });
  const asked = await app.wait((r) => r.kind === 'next', 'the transfer URL');
  assert.strictEqual(asked.method, 'GET');
  app.on('answer', conference('elsewhere'));
  await stage.dial('b', { tone: 900, from: '15550100018' });
  await phone.hears('a', [900]);
  for (const line of ['a', 'b']) await phone.hangup(line);
});

test('a forwarded caller is transferred out of the call; the callee does not stay for ever', async () => {
  await stage.fresh();
  app.on('answer', connect());
  await stage.dial('a');
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [500]);
  const leg = await stage.leg();
  await stage.put(leg, 'transfer', { destination: { type: 'ncco', ncco: conference('away') } });
  await phone.hears('a', []);
  await phone.over(line);
  await phone.hangup('a');
});

test('/healthz, /readyz and /metrics need no token and are what they say', async () => {
  await stage.fresh();
  assert.strictEqual((await ask(stage.daemon.base, 'GET', '/healthz')).status, 200);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', '/readyz')).status, 200);
  const { headers, text } = await ask(stage.daemon.base, 'GET', '/metrics');
  assert.match(headers['content-type'], /^text\/plain/);
  for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) |[a-z_]+(\{[^}]*\})? -?[0-9.e+-]+$)/);
});

test('a token made by `offhook jwt` is taken', async () => {
  await stage.ready();
  const key = path.join(folder(), 'private.key');
  fs.writeFileSync(key, stage.keys.privateKey);
  const made = execFileSync(program('offhook'), ['jwt', '--app', application, '--key', key, '--exp', '60'], { encoding: 'utf8', timeout: 20000 }).trim();
  assert.strictEqual((await stage.ask('GET', '/v1/calls', { token: made })).status, 200);
  const payload = JSON.parse(Buffer.from(made.split('.')[1], 'base64url'));
  assert.strictEqual(payload.exp - payload.iat, 60);
  assert.strictEqual((await stage.ask('GET', '/v1/calls', { token: token(application, stage.keys.privateKey) })).status, 200);
});

test('while draining no call is taken, and /readyz says so', async () => {
  const draining = new Stage({ config: { sip: { listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], drain_seconds: 30 } } });
  try {
    await draining.fresh();
    draining.app.on('answer', conference('last'));
    await draining.dial('a');
    draining.daemon.child.kill('SIGTERM');
    await until(async () => (await ask(draining.daemon.base, 'GET', '/readyz')).status === 503, 'readyz 503');
    await draining.phone.call('b', draining.daemon.uri(number));
    assert.strictEqual((await draining.phone.over('b')).status, 503);
    const refused = await draining.ask('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco: conference('no') } });
    assert.strictEqual(refused.status, 503);
    await draining.phone.hangup('a');
    assert.deepStrictEqual(await ended(draining.daemon.child), { code: 0, signal: null });
  } finally {
    if (draining.daemon && draining.daemon.running) draining.daemon.child.kill('SIGKILL');
    await draining.phone.stop();
    await draining.app.stop();
  }
});

stage.finish();
