'use strict';
// What the application is told of conversations: its rtc event_url, and the callback of a
// conversation; what is stored in order and after a power cut too, what is not stored at once.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, application, connect } = require('../lib/stage');
const { AppServer } = require('../lib/app-server');
const { until } = require('../lib/wait');

const stage = new Stage();
const { app, phone } = stage;
const hooks = new AppServer(); // the rtc url is not that of the voice webhooks
const told = (kind = 'rtc') => hooks.requests.filter((r) => r.kind === kind).map((r) => r.fields);
const types = (id, kind) => told(kind).filter((e) => e.conversation_id === id).map((e) => e.type);

async function ready() {
  if (!hooks.port) {
    await hooks.start();
    // the stage's own daemon is told of the url when it is made
    const start = stage.start.bind(stage);
    stage.start = async () => {
      await app.start();
      await phone.start();
      app.start = async () => app;
      phone.start = async () => phone;
      await start();
      stage.daemon.config.applications[0].rtc = { event_url: hooks.url('rtc') };
      await stage.daemon.stop();
      await stage.daemon.start();
    };
  }
  await stage.fresh();
  hooks.reset();
  for (const kind of ['rtc', 'callback']) hooks.on(kind, 204);
}

const post = async (at, body) => {
  const reply = await stage.ask('POST', at, { body });
  assert.ok([200, 201].includes(reply.status), `${at}: ${reply.text}`);
  return reply.body;
};

async function room(more = {}) {
  const conversation = await post('/v1/conversations', more);
  const user = await post('/v1/users', { display_name: 'Alice A' });
  const member = await post(`/v1/conversations/${conversation.id}/members`, { state: 'joined', user: { id: user.id }, channel: { type: 'app' } });
  return { id: conversation.id, user, member };
}

const clear = async ({ id, user }) => {
  await stage.ask('DELETE', `/v1/conversations/${id}`);
  await stage.ask('DELETE', `/v1/users/${user.id}`);
};

test('each event has an envelope, in order, with the numbers of the log', async () => {
  await ready();
  const it = await room();
  for (const text of ['one', 'two', 'three']) await post(`/v1/conversations/${it.id}/events`, { type: 'text', from: it.member.id, body: { text } });
  await until(() => types(it.id).length >= 5, () => `five events; there came ${types(it.id)}`);
  assert.deepStrictEqual(types(it.id), ['conversation:created', 'member:joined', 'text', 'text', 'text']);
  const events = told().filter((e) => e.conversation_id === it.id);
  assert.deepStrictEqual(events.map((e) => e.id), [undefined, 1, 2, 3, 4]);
  const first = events[2];
  assert.deepStrictEqual(Object.keys(first), ['type', 'application_id', 'conversation_id', 'id', 'from', 'timestamp', 'body', '_embedded']);
  assert.strictEqual(first.application_id, application);
  assert.deepStrictEqual(first.body.text, 'one');
  assert.deepStrictEqual(first._embedded, {
    from_user: { id: it.user.id, name: it.user.name, display_name: 'Alice A' }, from_member: { id: it.member.id } });
  assert.match(first.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  await clear(it);
  await until(() => types(it.id).includes('conversation:deleted'), 'conversation:deleted');
});

test('what is not stored is told too, without a number', async () => {
  await ready();
  const it = await room();
  await post(`/v1/conversations/${it.id}/events`, { type: 'text:typing:on', from: it.member.id, body: {} });
  await until(() => types(it.id).includes('text:typing:on'), () => `typing; there came ${types(it.id)}`);
  assert.strictEqual(told().find((e) => e.type === 'text:typing:on').id, undefined);
  const log = await stage.ask('GET', `/v1/conversations/${it.id}/events`);
  assert.deepStrictEqual(log.body._embedded.map((e) => e.type), ['member:joined']);
  await clear(it);
});

test('a callback hears what its mask lets through', async () => {
  await ready();
  const it = await room({ callback: { url: hooks.url('callback'), event_mask: 'member:*,custom:done', method: 'POST' } });
  for (const type of ['custom:other', 'custom:done']) await post(`/v1/conversations/${it.id}/events`, { type, from: it.member.id, body: { a: 1 } });
  await until(() => types(it.id, 'callback').length >= 2, () => `the callback; there came ${types(it.id, 'callback')}`);
  assert.deepStrictEqual(types(it.id, 'callback'), ['member:joined', 'custom:done']);
  await clear(it);
});

test('a call is told in both ways: statuses to the voice url, events to the rtc url', async () => {
  await ready();
  app.on('answer', connect());
  await stage.dial('a');
  const uuid = await stage.leg();
  await phone.hangup('a');
  await app.event({ uuid, status: 'completed' });
  const id = app.requests.find((r) => r.kind === 'answer').fields.conversation_uuid;
  await until(() => types(id).includes('conversation:deleted'), () => `the end; there came ${types(id)}`);
  assert.deepStrictEqual(types(id).slice(0, 9), ['conversation:created', 'member:joined', 'sip:ringing', 'sip:answered',
    'member:joined', 'member:media', 'sip:answered', 'member:joined', 'member:media']);
  const ids = told().filter((e) => e.conversation_id === id && e.id).map((e) => e.id);
  assert.deepStrictEqual(ids, [...ids].sort((a, b) => a - b));
});

test('a server that was away hears everything, in order, after a power cut too', async () => {
  await ready();
  const it = await room();
  await until(() => types(it.id).length >= 2, 'the beginning');
  hooks.on('rtc', 503);
  for (let n = 0; n < 20; n++) await post(`/v1/conversations/${it.id}/events`, { type: 'custom:n', from: it.member.id, body: { n } });
  await stage.daemon.kill();
  hooks.reset();
  hooks.on('rtc', 204);
  await stage.daemon.start();
  const numbers = () => told().filter((e) => e.type === 'custom:n').map((e) => e.body.n);
  await until(() => new Set(numbers()).size === 20, () => `twenty events; there came ${numbers()}`, 40000);
  assert.deepStrictEqual([...new Set(numbers())], [...Array(20).keys()]);
  await clear(it);
});

stage.finish();
test('the hooks end', () => hooks.stop());
