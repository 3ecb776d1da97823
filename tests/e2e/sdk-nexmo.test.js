'use strict';
// The unmodified npm package nexmo 2.9.1 against the daemon: its calls module, and the four
// conversation modules that lie in its lib/ without being mounted. Only host and port are told.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, application, callee, number } = require('../lib/stage');
const { keyPair } = require('../lib/jwt');
const { need } = require('../lib/modules');
const { source } = require('../lib/place');
const { counted, failure, many, same } = require('../lib/sdk');
const { until } = require('../lib/wait');

const stage = new Stage({ texts: true, config: { http: { api_key: 'abcd1234', api_secret: 'a secret' } } });
const { phone, app } = stage;
const calls = []; // each use of the SDK by name
const bulk = 250;
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const nobody = '00000000-0000-4000-8000-000000000000';

// An object whose methods take a callback, as one whose methods give promises.
const promising = (object) => new Proxy(object, {
  get: (target, name) => (...args) => new Promise((resolve, reject) => {
    target[name](...args, (error, reply) => (error ? reject(error) : resolve(reply)));
  }),
});

function nexmo(privateKey = stage.keys.privateKey, log = calls) {
  const Nexmo = need('nexmo');
  const sdk = new Nexmo(
    { apiKey: 'abcd1234', apiSecret: 'a secret', applicationId: application, privateKey },
    { apiHost: '127.0.0.1', restHost: '127.0.0.1', port: Number(new URL(stage.daemon.base).port) });
  const module = (name) => {
    const Module = need(`nexmo/lib/${name}.js`);
    return counted(promising(new Module(sdk.credentials, sdk.options)), log);
  };
  const noted = (object) => counted(promising(object), log);
  return {
    calls: noted(sdk.calls), stream: noted(sdk.calls.stream), talk: noted(sdk.calls.talk), dtmf: noted(sdk.calls.dtmf),
    applications: noted(sdk.applications),
    conversations: module('Conversations'), members: module('Members'), users: module('Users'), events: module('Events'),
  };
}

async function refused(promise, status, code) {
  const error = await failure(promise);
  assert.strictEqual(error.statusCode, status, JSON.stringify(error.body || error.message));
  if (code) assert.strictEqual(error.body.code, code);
  return error.body;
}

// A reply to DELETE comes as an array that holds the text.
const emptied = (reply) => assert.deepStrictEqual(JSON.parse(reply.join('')), {});

// Every page of a list, through the cursor of its link.
async function pages(list, name, query) {
  const all = [];
  for (let cursor; ;) {
    const page = await list({ ...query, ...(cursor ? { cursor } : {}) });
    const items = page._embedded.data[name];
    assert.ok(items.length <= page.page_size);
    all.push(...items);
    if (!page._links.next) return all;
    cursor = new URL(page._links.next.href).searchParams.get('cursor');
    assert.ok(cursor);
  }
}

test('users', async () => {
  await stage.fresh();
  const { users } = nexmo();
  const made = await users.create({ name: 'alice', display_name: 'Alice A', image_url: 'https://example.com/a.png' });
  assert.match(made.id, /^USR-/);
  assert.ok(made.href.endsWith(`/users/${made.id}`));
  const read = await users.get(made.id);
  assert.strictEqual(read.id, made.id);
  assert.strictEqual(read.name, 'alice');
  assert.strictEqual(read.display_name, 'Alice A');
  assert.strictEqual((await users.update(made.id, { display_name: 'Alice B' })).id, made.id);
  assert.strictEqual((await users.get(made.id)).display_name, 'Alice B');
  const bob = await users.create({ name: 'bob' });
  const list = await users.get({ page_size: 100, order: 'desc' });
  assert.deepStrictEqual(list._embedded.data.users.map((u) => u.name).slice(0, 2), ['bob', 'alice']);
  assert.strictEqual((await users.get({}))._embedded.data.users.length, 2);
  await refused(users.create({ name: 'alice' }), 400, 'user:error:duplicate-name');
  assert.match(JSON.stringify(await refused(users.create({ name: 7 }), 400, 'http:error:validation-fail')), /name/);
  assert.match(JSON.stringify(await refused(users.create({ colour: 'red' }), 400, 'http:error:validation-fail')), /colour/);
  emptied(await users.delete(bob.id));
  await refused(users.get(bob.id), 404, 'user:error:not-found');
  await refused(users.delete(bob.id), 404, 'user:error:not-found');
  await refused(users.update(bob.id, { display_name: 'x' }), 404, 'user:error:not-found');
});

test('conversations', async () => {
  const { conversations } = nexmo();
  const made = await conversations.create({ name: 'support-17', display_name: 'Support 17', properties: { ttl: 600 } });
  assert.deepStrictEqual(Object.keys(made).sort(), ['href', 'id']);
  const read = await conversations.get(made.id);
  assert.strictEqual(read.uuid, made.id);
  assert.strictEqual(read.name, 'support-17');
  assert.strictEqual(read.properties.ttl, 600);
  assert.deepStrictEqual(read.members, []);
  assert.match(read.timestamp.created, stamp);
  assert.strictEqual((await conversations.update(made.id, { display_name: 'Support 18' })).id, made.id);
  assert.strictEqual((await conversations.get(made.id)).display_name, 'Support 18');
  const other = await conversations.create({});
  const list = await conversations.get({ page_size: 1, order: 'desc' });
  assert.deepStrictEqual(list._embedded.data.conversations.map((c) => c.id), [other.id]);
  await refused(conversations.create({ name: 'support-17' }), 400, 'conversation:error:duplicate-name');
  assert.match(JSON.stringify(await refused(conversations.create({ properties: { ttl: 'long' } }), 400, 'http:error:validation-fail')), /ttl/);
  emptied(await conversations.delete(other.id));
  await refused(conversations.get(other.id), 404, 'conversation:error:not-found');
  await refused(conversations.update(other.id, { name: 'x' }), 404, 'conversation:error:not-found');
  await refused(conversations.record(`CON-${nobody}`, { action: 'start', event_url: [app.url('event')] }), 404, 'conversation:error:not-found');
  assert.match(JSON.stringify(await refused(conversations.record(made.id, { action: 'dance' }), 400)), /action/);
});

test('members', async () => {
  const { conversations, members, users } = nexmo();
  const { id } = await conversations.create({ name: 'text' });
  const { id: bob } = await users.create({ name: 'bob' });
  const a = await members.create(id, { action: 'join', user_name: 'alice', channel: { type: 'app' } });
  assert.strictEqual(a.state, 'JOINED');
  assert.match(a.timestamp.joined, stamp);
  const b = await members.add(id, { action: 'invite', user_id: bob, channel: { type: 'app' } });
  assert.strictEqual(b.state, 'INVITED');
  assert.strictEqual((await members.update(id, b.id, { action: 'join', channel: { type: 'app' } })).id, b.id);
  assert.strictEqual((await members.get(id, b.id)).state, 'JOINED');
  const two = await pages((query) => members.get(id, query), 'members', { page_size: 1 });
  assert.deepStrictEqual(two.map((m) => m.user_id || m.user.id), [a.user_id, bob]);
  const [of] = await users.getConversations(bob);
  assert.strictEqual(of.id, id);
  emptied(await members.delete(id, b.id));
  assert.strictEqual((await members.get(id, b.id)).state, 'LEFT');
  const joined = (await conversations.get(id)).members.filter((m) => m.state === 'JOINED');
  assert.deepStrictEqual(joined.map((m) => m.member_id), [a.id]);
  await refused(members.get(id, `MEM-${nobody}`), 404, 'member:error:not-found');
  await refused(members.delete(id, `MEM-${nobody}`), 404, 'member:error:not-found');
  await refused(members.create(id, { action: 'join', user_id: `USR-${nobody}`, channel: { type: 'app' } }), 404, 'user:error:not-found');
  assert.match(JSON.stringify(await refused(members.create(id, { action: 'dance', user_name: 'alice', channel: { type: 'app' } }), 400)), /action/);
});

test('events', async () => {
  const { conversations, members, events } = nexmo();
  const { id } = await conversations.create({ name: 'events' });
  const { id: from } = await members.create(id, { action: 'join', user_name: 'alice', channel: { type: 'app' } });
  const text = await events.create(id, { type: 'text', from, body: { text: 'hello' } });
  const custom = await events.create(id, { type: 'custom:order', from, body: { sku: 'x' } });
  assert.strictEqual(custom.id, text.id + 1);
  assert.match(text.timestamp, stamp);
  const read = await events.get(id, String(custom.id));
  assert.strictEqual(read.type, 'custom:order');
  assert.deepStrictEqual(read.body, { sku: 'x' });
  const listed = await events.get(id, custom.id); // the module ignores a number, and lists
  assert.deepStrictEqual(listed._embedded.data.events.map((e) => e.id), [1, text.id, custom.id]);
  const one = await events.get(id, { event_type: 'text', page_size: 5 });
  assert.deepStrictEqual(one._embedded.data.events.map((e) => e.id), [text.id]);
  emptied(await events.delete(id, text.id));
  assert.match((await events.get(id, String(text.id))).body.timestamp.deleted, stamp);
  await refused(events.get(id, '999'), 404, 'event:error:not-found');
  await refused(events.delete(id, 999), 404, 'event:error:not-found');
  assert.match(JSON.stringify(await refused(events.create(id, { from, body: {} }), 400)), /type/);
  await refused(events.create(id, { type: 'text', from: `MEM-${nobody}`, body: { text: 'x' } }), 400, 'event:error:not-joined');
});

test('a member with a phone is dialled, joins, is muted, leaves', async () => {
  await stage.fresh();
  const { conversations, members, events } = nexmo();
  const { id } = await conversations.create({ name: 'phone' });
  const made = await members.create(id, { action: 'invite', user_name: 'alice', media: { audio: true },
    channel: { type: 'phone', from: { type: 'phone', number }, to: { type: 'phone', number: callee } } });
  assert.strictEqual(made.state, 'INVITED');
  assert.deepStrictEqual(made.channel.to, { type: 'phone', number: callee });
  const { line } = await phone.incoming(callee);
  await until(async () => (await members.get(id, made.id)).state === 'JOINED', 'the phone to join');
  await events.create(id, { type: 'audio:mute:on', from: made.id, to: made.id, body: {} });
  const types = async () => (await pages((query) => events.get(id, query), 'events', { page_size: 100 })).map((e) => e.type);
  await until(async () => (await types()).filter((t) => t === 'member:media').length >= 2, 'member:media to tell of it');
  emptied(await members.delete(id, made.id));
  await phone.over(line);
  await until(async () => (await types()).includes('member:left'), 'member:left');
});

test('calls', async () => {
  await stage.fresh();
  app.on('sound.wav', { body: fs.readFileSync(path.join(source, 'sounds/8000/first.wav')), type: 'audio/wav' });
  const { calls: voice, stream, talk, dtmf } = nexmo();
  const ncco = [{ action: 'conversation', name: 'held' }];
  const { uuid, status } = await voice.create({ to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco });
  assert.strictEqual(status, 'started');
  const { line } = await phone.incoming(callee);
  await until(async () => (await voice.get(uuid)).status === 'answered', 'the call to be answered');
  const mine = await voice.get({ status: 'answered', page_size: 5 });
  assert.deepStrictEqual(mine._embedded.calls.map((c) => c.uuid), [uuid]);
  for (const action of ['mute', 'unmute', 'earmuff', 'unearmuff']) assert.strictEqual(await voice.update(uuid, { action }), null);
  assert.deepStrictEqual(await stream.start(uuid, { stream_url: [app.url('sound.wav')], loop: 0 }), { message: 'Stream started', uuid });
  assert.strictEqual(JSON.parse((await stream.stop(uuid)).join('')).message, 'Stream stopped');
  assert.deepStrictEqual(await talk.start(uuid, { text: 'hello', loop: 0 }), { message: 'Talk started', uuid });
  assert.strictEqual(JSON.parse((await talk.stop(uuid)).join('')).message, 'Talk stopped');
  assert.deepStrictEqual(await dtmf.send(uuid, { digits: '12' }), { message: 'DTMF sent', uuid });
  await phone.wait((e) => e.line === line && e.event === 'digit' && e.digit === '2', 'the digits');
  assert.match(JSON.stringify(await refused(voice.update(uuid, { action: 'dance' }), 400)), /action/);
  assert.match(JSON.stringify(await refused(stream.start(uuid, { stream_url: 'nonsense' }), 400)), /stream_url/);
  assert.match(JSON.stringify(await refused(voice.create({ from: { type: 'phone', number }, ncco }), 400)), /"to"/);
  assert.strictEqual(await voice.update(uuid, { action: 'hangup' }), null);
  await phone.over(line);
  await until(async () => (await voice.get(uuid)).status === 'completed', 'the call to be over');
  await refused(voice.update(uuid, { action: 'hangup' }), 400);
  await refused(voice.get(nobody), 404);
  await refused(talk.start(nobody, { text: 'x' }), 404);
});

test('applications', async () => {
  const { applications } = nexmo();
  const made = await applications.create({ name: 'old', capabilities: { voice: { webhooks: {
    answer_url: { address: app.url('answer'), http_method: 'GET' }, event_url: { address: app.url('event'), http_method: 'POST' } } } } });
  assert.match(made.keys.private_key, /PRIVATE KEY/);
  const read = await applications.get(made.id);
  assert.strictEqual(read.name, 'old');
  assert.deepStrictEqual(read.voice.webhooks.map((w) => w.endpoint).sort(), [app.url('answer'), app.url('event')].sort());
  const list = await applications.get({ page_size: 100 });
  assert.ok(list._embedded.applications.some((a) => a.id === made.id));
  assert.strictEqual((await applications.update(made.id, { name: 'new' })).name, 'new');
  await applications.delete(made.id);
  http.globalAgent.destroy(); // the module sent a body that its header does not tell of
  await refused(applications.get(made.id), 404);
});

test(`pages through ${bulk} conversations, users and events`, async () => {
  const { conversations, users, events } = nexmo();
  const silent = nexmo(undefined, []); // making them does not count
  const made = await many(bulk, (i) => silent.conversations.create({ name: `bulk-${i}` }), 1);
  const bulky = (all) => all.filter((c) => c.name.startsWith('bulk-')).map((c) => c.id);
  same(bulky(await pages(conversations.get, 'conversations', { page_size: 100 })), made.map((c) => c.id), 'conversations');
  same(bulky(await pages(conversations.get, 'conversations', { order: 'desc' })), made.map((c) => c.id).reverse(), 'conversations from the last');
  const people = await many(bulk, (i) => silent.users.create({ name: `bulk-${i}` }), 1);
  same(bulky(await pages(users.get, 'users', { page_size: 7 })), people.map((u) => u.id), 'users');
  const { id } = made[0];
  const { id: from } = await silent.members.create(id, { action: 'join', user_name: 'alice', channel: { type: 'app' } });
  const said = await many(bulk, (i) => silent.events.create(id, { type: 'text', from, body: { text: `number ${i}` } }), 1);
  const texts = (all) => all.filter((e) => e.type === 'text').map((e) => e.id);
  const list = (query) => events.get(id, query);
  same(texts(await pages(list, 'events', { page_size: 100 })), said.map((e) => e.id), 'events');
  same(texts(await pages(list, 'events', { order: 'desc' })), said.map((e) => e.id).reverse(), 'events from the last');
});

test('a token that does not hold is refused', async () => {
  const { conversations, calls: voice } = nexmo(keyPair().privateKey);
  await refused(conversations.get({}), 401, 'system:error:invalid-token');
  await refused(voice.get({ page_size: 1 }), 401);
});

test('that were more than 60 calls of the SDK', (t) => {
  assert.ok(calls.length >= 60, `${calls.length} calls`);
  t.diagnostic(`${calls.length} calls of ${new Set(calls).size} methods`);
});

stage.finish();
