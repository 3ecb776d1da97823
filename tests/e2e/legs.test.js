'use strict';
// Legs: lists, one, steering, ending and making them, in every version.

const assert = require('node:assert');
const test = require('../lib/test');
const { Room } = require('../lib/room');
const { Stage, callee, number } = require('../lib/stage');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone } = stage;

function refused(answer, status, code) {
  assert.strictEqual(answer.status, status, answer.text);
  assert.strictEqual(answer.body.code, code, answer.text);
}

async function alone(name) {
  await stage.fresh();
  const room = new Room(stage, name);
  await room.enter('a', 500);
  return room;
}

test('a leg that is up, and one that has ended, as each version writes them', async () => {
  const room = await alone('written');
  const leg = room.legs.a;
  const ends = { from: { type: 'phone', number: '15550101500' }, to: { type: 'phone', number } };
  const up = await stage.ask('GET', `/v0.1/legs/${leg}`);
  assert.deepStrictEqual({ ...up.body, start_time: '' }, {
    uuid: leg, type: 'phone', conversation_uuid: room.id, status: 'answered', direction: 'inbound', ...ends,
    start_time: '', end_time: '', _links: { self: { href: `${stage.daemon.base}/v0.1/legs/${leg}` } } });
  assert.match(up.body.start_time, /\.000Z$/);
  const now = await stage.ask('GET', `/v1/legs/${leg}`);
  assert.strictEqual(now.body.id, leg);
  assert.strictEqual(now.body.conversation_id, room.id);
  assert.ok(!('uuid' in now.body) && !('conversation_uuid' in now.body));
  await phone.hangup('a');
  const over = await until(async () => {
    const { body } = await stage.ask('GET', `/v0.3/legs/${leg}`);
    return body.status === 'completed' && body;
  }, 'the leg to be completed');
  for (const name of ['rate', 'price', 'duration']) assert.strictEqual(typeof over[name], 'number', name);
  assert.strictEqual(Date.parse(over.end_time) - Date.parse(over.start_time), 1000 * over.duration);
  refused(await stage.ask('GET', '/v1/legs/none'), 404, 'leg:error:not-found');
});

test('lists of legs: pages by number, filters, order', async () => {
  const room = await alone('listed');
  await room.enter('b', 700);
  await room.enter('c', 900);
  const mine = Object.values(room.legs);
  for (const [version, filter, name] of [['beta', 'conversation_uuid', 'uuid'], ['v0.1', 'conversation_uuid', 'uuid'],
    ['v0.3', 'conversation_id', 'id'], ['v1', 'conversation_id', 'id']]) {
    const seen = [];
    for (let next = `/${version}/legs?${filter}=${room.id}&page_size=2`; next;) {
      const { status, body, text } = await stage.ask('GET', next);
      assert.strictEqual(status, 200, text);
      assert.strictEqual(body.count, 3);
      assert.strictEqual(body.page_size, 2);
      seen.push(...body._embedded.legs.map((l) => l[name]));
      next = body._links.next && body._links.next.href;
    }
    assert.deepStrictEqual(seen.sort(), [...mine].sort(), version);
    const desc = await stage.ask('GET', `/${version}/legs?${filter}=${room.id}&order=DESC&status=answered`);
    assert.strictEqual(desc.body._embedded.legs[0][name], room.legs.c);
    assert.strictEqual((await stage.ask('GET', `/${version}/legs?${filter}=${room.id}&status=completed`)).body.count, 0);
  }
  for (const query of ['status=nonsense', 'page_size=0', 'record_index=-1', 'date_start=yesterday', 'order=up'])
    refused(await stage.ask('GET', `/v1/legs?${query}`), 400, 'http:error:validation-fail');
});

test('a leg is ended, once', async () => {
  for (const [version, status] of [['beta', 200], ['v0.1', 200], ['v0.3', 204], ['v1', 204]]) {
    const room = await alone(`ended-${version}`);
    const at = `/${version}/legs/${room.legs.a}`;
    const gone = await stage.ask('DELETE', at);
    assert.strictEqual(gone.status, status, gone.text);
    assert.strictEqual(gone.text, status === 200 ? '{}' : '');
    assert.strictEqual((await phone.over('a')).remote, true);
    refused(await stage.ask('DELETE', at), 400, 'leg:error:complete');
    refused(await stage.ask('PUT', at, { body: { action: 'hangup' } }), 400, 'leg:error:complete');
    refused(await stage.ask('PUT', at, { body: { action: 'mute' } }), 400, 'leg:error:complete');
  }
  for (const version of ['v0.1', 'v1']) refused(await stage.ask('DELETE', `/${version}/legs/none`), 404, 'leg:error:not-found');
});

test('a leg is steered', async () => {
  const room = await alone('steered');
  const at = `/v1/legs/${room.legs.a}`;
  for (const action of ['mute', 'unmute', 'earmuff', 'unearmuff']) {
    const answer = await stage.ask('PUT', at, { body: { action } });
    assert.strictEqual(answer.status, 200, answer.text);
    assert.deepStrictEqual(Object.keys(answer.body).sort(), ['id', 'message']);
  }
  refused(await stage.ask('PUT', at, { body: { action: 'answer' } }), 400, 'leg:error:invalid-action');
  for (const body of [{}, { action: 'dance' }, { action: 5 }, { action: 'mute', loud: true }])
    refused(await stage.ask('PUT', at, { body }), 400, 'http:error:validation-fail');
  const last = await stage.ask('PUT', `/v0.1/legs/${room.legs.a}`, { body: { action: 'hangup' } });
  assert.strictEqual(last.body.uuid, room.legs.a);
  assert.strictEqual((await phone.over('a')).remote, true);
});

test('a leg is dialled into a conversation, and one into its own', async () => {
  const room = await alone('dialled');
  const to = { type: 'phone', number: callee };
  const made = await stage.ask('POST', '/v1/legs', { body: { type: 'phone', to, from: { type: 'phone', number }, conversation_id: room.id } });
  assert.strictEqual(made.status, 201, made.text);
  assert.strictEqual(made.body.conversation_id, room.id);
  assert.strictEqual(made.body.status, 'started');
  assert.deepStrictEqual(made.body.from, { type: 'phone', number });
  const { line } = await phone.incoming(callee);
  await phone.up(line);
  await phone.hears('a', [700]);
  await phone.hears(line, [500]);
  await stage.ask('DELETE', `/v1/legs/${made.body.id}`);
  await phone.over(line);

  const own = await stage.ask('POST', '/v0.1/legs', { body: { type: 'sip', to: { uri: `sip:desk@${phone.sip}` } } });
  assert.strictEqual(own.status, 200, own.text);
  assert.match(own.body.conversation_uuid, /^CON-/);
  assert.notStrictEqual(own.body.conversation_uuid, room.id);
  const { line: desk } = await phone.incoming('desk');
  await phone.up(desk);
  assert.strictEqual((await stage.ask('GET', `/v0.1/legs/${own.body.uuid}`)).body.type, 'sip');
  await phone.hangup(desk);

  refused(await stage.ask('POST', '/v1/legs', { body: { type: 'app', to: { type: 'app', user: 'x' } } }), 400, 'leg:error:invalid-action');
  refused(await stage.ask('POST', '/v1/legs', { body: { type: 'phone', to, conversation_id: 'CON-none' } }), 404, 'conversation:error:not-found');
  for (const body of [{}, { type: 'phone' }, { type: 'phone', to: {} }, { type: 'sip', to }, { type: 'phone', to: { number: 'abc' } }])
    refused(await stage.ask('POST', '/v1/legs', { body }), 400, 'http:error:validation-fail');
});

test('sound on a leg that was not answered, and bad bodies', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'ring' });
  const made = await stage.ask('POST', '/v1/legs', { body: { type: 'phone', to: { type: 'phone', number: callee } } });
  const { line } = await phone.incoming(callee);
  for (const [what, body] of [['stream', { stream_url: ['sound:beep'] }], ['talk', { text: 'x' }], ['dtmf', { digits: '1' }], ['recording', {}]])
    refused(await stage.ask('POST', `/v1/legs/${made.body.id}/${what}`, { body }), 400, 'leg:error:not-answered');
  await phone.send('reject', { line });
  const room = await alone('bodies');
  const bad = {
    stream: [{}, { stream_url: [] }, { stream_url: ['ftp://x/y.wav'] }, { stream_url: ['http://x/1', 'http://x/2', 'http://x/3', 'http://x/4'] },
      { stream_url: ['sound:beep'], level: 2 }, { stream_url: ['sound:beep'], loop: -1 }, { stream_url: 5 }],
    talk: [{}, { text: '' }, { text: 'x', language: 'tlh' }, { text: 'x', style: -1 }, { text: 'x', premium: 'yes' }],
    dtmf: [{}, { digits: '' }, { digits: 'xyz' }, { digits: '1', method: 'through' }],
    recording: [{ format: 'flac' }, { validity_time: 0 }, { beep: 'loud' }, { timeout: 7201 }],
  };
  for (const [what, bodies] of Object.entries(bad))
    for (const body of bodies)
      refused(await stage.ask('POST', `/v1/legs/${room.legs.a}/${what}`, { body }), 400, 'http:error:validation-fail');
  for (const what of ['stream', 'talk', 'recording']) {
    assert.strictEqual((await stage.ask('DELETE', `/v1/legs/${room.legs.a}/${what}`)).status, 204);
    assert.strictEqual((await stage.ask('DELETE', `/v0.1/legs/${room.legs.a}/${what}`)).status, 200);
    refused(await stage.ask('DELETE', `/v1/legs/none/${what}`), 404, 'leg:error:not-found');
  }
  assert.strictEqual((await stage.ask('PUT', '/v1/calls/none/stream', { body: { stream_url: ['sound:beep'] } })).status, 404);
  assert.strictEqual((await room.ask('PUT', '/record', { body: { action: 'pause' } })).status, 400);
  assert.strictEqual((await stage.ask('PUT', `/beta/conversations/${room.id}/record`, { body: { action: 'stop' } })).status, 204);
});

stage.finish();
