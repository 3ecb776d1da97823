'use strict';
// The unmodified npm package @vonage/server-sdk against the daemon: only its host is told.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee, number } = require('../lib/stage');
const { keyPair } = require('../lib/jwt');
const { needModule } = require('../lib/modules');
const { collect, counted, failure, many, same } = require('../lib/sdk');
const { until } = require('../lib/wait');

const stage = new Stage({ texts: true, config: { http: { api_key: 'abcd1234', api_secret: 'a secret' } } });
const { phone } = stage;
const second = '15550100004'; // another phone behind the trunk
const calls = []; // each use of the SDK by name
const bulk = 250;
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// Of the application that the first test makes.
let application;
let privateKey;
let users;
let conversations;

async function vonage(more = {}, log = calls) {
  const { Vonage } = await needModule('@vonage/server-sdk');
  const sdk = new Vonage(
    { apiKey: 'abcd1234', apiSecret: 'a secret', applicationId: application, privateKey, ...more },
    { apiHost: stage.daemon.base, restHost: stage.daemon.base });
  return {
    applications: counted(sdk.applications, log),
    users: counted(sdk.users, log),
    conversations: counted(sdk.conversations, log),
  };
}

// The body of the refusal, which must have this status.
async function refused(promise, status, code) {
  const error = await failure(promise);
  assert.ok(error.response, error.stack);
  const body = await error.response.json();
  assert.strictEqual(error.response.status, status, JSON.stringify(body));
  assert.strictEqual(typeof body.title, 'string');
  if (code) assert.strictEqual(body.code, code);
  return body;
}

const faults = (body) => body.invalid_parameters.map((p) => p.name);

test('applications: made with keys by the server, listed, changed, deleted', async () => {
  await stage.fresh();
  const { applications } = await vonage();
  const made = await applications.createApplication({
    name: 'sdk',
    capabilities: {
      voice: { webhooks: { answerUrl: { address: stage.app.url('answer'), httpMethod: 'GET' },
        eventUrl: { address: stage.app.url('event'), httpMethod: 'POST', socketTimeout: 3000 } },
      conversationsTtl: 48 },
      rtc: { webhooks: { eventUrl: { address: stage.app.url('rtc'), httpMethod: 'POST' } } },
    },
  });
  assert.match(made.id, /^[0-9a-f-]{36}$/);
  assert.match(made.keys.publicKey, /^-----BEGIN PUBLIC KEY-----/);
  assert.match(made.keys.privateKey, /^-----BEGIN (RSA )?PRIVATE KEY-----/);
  application = made.id;
  privateKey = made.keys.privateKey;

  const own = await applications.createApplication({ name: 'own keys', keys: { publicKey: keyPair().publicKey } });
  assert.strictEqual(own.keys.privateKey, undefined);

  const read = await applications.getApplication(application);
  assert.strictEqual(read.name, 'sdk');
  assert.strictEqual(read.keys.privateKey, undefined);
  assert.strictEqual(read.capabilities.voice.webhooks.answerUrl.address, stage.app.url('answer'));
  assert.strictEqual(read.capabilities.voice.webhooks.eventUrl.socketTimeout, 3000);

  const changed = await applications.updateApplication({ ...read, name: 'renamed' });
  assert.strictEqual(changed.name, 'renamed');
  assert.strictEqual(changed.capabilities.rtc.webhooks.eventUrl.address, stage.app.url('rtc'));

  const page = await applications.getApplicationPage({ pageSize: 1, page: 1 });
  assert.strictEqual(page._embedded.applications.length, 1);
  assert.ok(page.totalItems >= 2);
  const all = await collect(applications.listAllApplications({ pageSize: 1 }));
  for (const id of [application, own.id]) assert.strictEqual(all.filter((a) => a.id === id).length, 1);
  assert.strictEqual((await applications.listApplications()).totalItems, page.totalItems);

  await applications.deleteApplication(own.id);
  await refused(applications.getApplication(own.id), 404);
  await refused(applications.deleteApplication(own.id), 404);
  assert.ok(faults(await refused(applications.createApplication({ name: 7 }), 400)).includes('name'));
  const { applications: stranger } = await vonage({ apiSecret: 'another secret' });
  await refused(stranger.getApplicationPage({}), 401);
});

test('users: made, read, changed, found by name, deleted', async () => {
  ({ users, conversations } = await vonage());
  const alice = await users.createUser({
    name: 'alice', displayName: 'Alice A', imageUrl: 'https://example.com/a.png',
    properties: { customData: { favouriteColour: 'green' } }, channels: { pstn: [{ number: 15550100003 }] },
  });
  assert.match(alice.id, /^USR-/);
  const read = await users.getUser(alice.id);
  assert.strictEqual(read.name, 'alice');
  assert.strictEqual(read.displayName, 'Alice A');
  assert.deepStrictEqual(read.properties.customData, { favouriteColour: 'green' });
  assert.strictEqual(Number(read.channels.pstn[0].number), 15550100003);

  const changed = await users.updateUser({ ...read, displayName: 'Alice B' });
  assert.strictEqual(changed.displayName, 'Alice B');
  assert.strictEqual(changed.name, 'alice');
  assert.deepStrictEqual((await users.getUser(alice.id)).properties.customData, { favouriteColour: 'green' });

  const nameless = await users.createUser({});
  assert.match(nameless.name, /^NAM-/);
  const { _embedded: found } = await users.getUserPage({ name: 'alice' });
  assert.deepStrictEqual(found.users.map((u) => u.id), [alice.id]);
  assert.deepStrictEqual(await collect(users.listAllUsers({ name: 'nobody' })), []);

  await refused(users.createUser({ name: 'alice' }), 400, 'user:error:duplicate-name');
  await refused(users.updateUser({ id: nameless.id, name: 'alice' }), 400, 'user:error:duplicate-name');
  assert.deepStrictEqual(faults(await refused(users.createUser({ displayName: 7 }), 400, 'http:error:validation-fail')), ['display_name']);
  await users.deleteUser(nameless.id);
  await refused(users.getUser(nameless.id), 404, 'user:error:not-found');
  await refused(users.deleteUser(nameless.id), 404, 'user:error:not-found');
});

test('conversations: made, read, changed, deleted', async () => {
  const made = await conversations.createConversation({
    name: 'support-17', displayName: 'Support 17',
    properties: { ttl: 600, type: 'quick_chat', customSortKey: 'k', customData: { orderNumber: { aB: 1 } } },
  });
  assert.match(made.id, /^CON-/);
  assert.strictEqual(made.state, 'ACTIVE');
  assert.match(made.timestamp.created, stamp);
  const read = await conversations.getConversation(made.id);
  assert.strictEqual(read.name, 'support-17');
  assert.deepStrictEqual(read.properties.customData, { orderNumber: { aB: 1 } });
  assert.strictEqual(read.properties.customSortKey, 'k');

  const changed = await conversations.updateConversation({ ...read, displayName: 'Support 18' });
  assert.strictEqual(changed.displayName, 'Support 18');
  assert.strictEqual(changed.name, 'support-17');

  const nameless = await conversations.createConversation({});
  assert.match(nameless.name, /^NAM-/);
  const page = await conversations.getConversationPage({ pageSize: 1, order: 'desc' });
  assert.deepStrictEqual(page.conversations.map((c) => c.id), [nameless.id]);
  assert.strictEqual(page.pageSize, 1);
  assert.ok(page.links.next);
  assert.strictEqual((await conversations.getConversationPage()).conversations.length, 2);

  await refused(conversations.createConversation({ name: 'support-17' }), 400, 'conversation:error:duplicate-name');
  const fault = await refused(conversations.createConversation({ properties: { ttl: 'long' } }), 400, 'http:error:validation-fail');
  assert.match(faults(fault).join(), /ttl$/);
  assert.match(fault.invalid_parameters[0].reason, /must be a number/);
  assert.deepStrictEqual(faults(await refused(conversations.createConversation({ colour: 'red' }), 400)), ['colour']);
  await conversations.deleteConversation(nameless.id);
  await refused(conversations.getConversation(nameless.id), 404, 'conversation:error:not-found');
  await refused(conversations.updateConversation({ id: nameless.id, name: 'x' }), 404, 'conversation:error:not-found');
});

test('members of text: joined, listed, left', async () => {
  const { id } = await conversations.createConversation({ name: 'text' });
  const bob = await users.createUser({ name: 'bob' });
  const a = await conversations.createMember(id, { state: 'joined', user: { name: 'alice' }, channel: { type: 'app' } });
  const b = await conversations.createMember(id, { state: 'invited', user: { id: bob.id }, channel: { type: 'app' }, invitedBy: a.id });
  assert.match(a.id, /^MEM-/);
  assert.strictEqual(a.state, 'JOINED');
  assert.strictEqual(a.user.name, 'alice');
  assert.strictEqual(b.state, 'INVITED');
  const joined = await conversations.updateMember(id, b.id, { state: 'joined' });
  assert.strictEqual(joined.state, 'JOINED');
  assert.match(joined.timestamp.joined, stamp);
  assert.strictEqual((await conversations.getMember(id, b.id)).state, 'JOINED');
  assert.deepStrictEqual((await collect(conversations.listAllMembers(id, { pageSize: 1 }))).map((m) => m.id), [a.id, b.id]);
  assert.strictEqual((await conversations.getMemberPage(id)).members.length, 2);

  const [of] = (await conversations.getConversationPage({ byUser: bob.id, state: 'JOINED' })).conversations;
  assert.strictEqual(of.id, id);
  assert.deepStrictEqual((await collect(conversations.listAllUserConversations(bob.id))).map((c) => c.id), [id]);
  assert.deepStrictEqual(await collect(conversations.listAllUserSessions(bob.id)), []);

  const { conversations: bobs } = await vonage({ jwtOptions: { subject: 'bob', acl: { paths: { '/*/conversations/**': {} } } } });
  assert.strictEqual((await bobs.getMe(id)).id, b.id);
  const left = await conversations.updateMember(id, b.id, { state: 'left', reason: { code: 'done', text: 'enough' } });
  assert.strictEqual(left.state, 'LEFT');
  assert.match(left.timestamp.left, stamp);

  await refused(conversations.getMember(id, 'MEM-00000000-0000-4000-8000-000000000000'), 404, 'member:error:not-found');
  await refused(conversations.createMember(id, { state: 'joined', user: { id: 'USR-00000000-0000-4000-8000-000000000000' }, channel: { type: 'app' } }), 404, 'user:error:not-found');
  assert.deepStrictEqual(faults(await refused(conversations.createMember(id, { state: 'asleep', user: { name: 'alice' }, channel: { type: 'app' } }), 400)), ['state']);
});

test('a member with a phone is dialled, joins when it answers, is muted, and leaves', async () => {
  const { id } = await conversations.createConversation({ name: 'phones' });
  await phone.accept({ policy: 'ring', tone: 500 }, callee);
  await phone.accept({ policy: 'answer', tone: 700 }, second);
  const dial = (name, to) => conversations.createMember(id, {
    state: 'invited', user: { name }, media: { audio: true },
    channel: { type: 'phone', from: { type: 'phone', number }, to: { type: 'phone', number: to } } });
  const state = async (member) => (await conversations.getMember(id, member)).state;

  const a = await dial('alice', callee);
  assert.strictEqual(a.state, 'INVITED');
  const { line: first } = await phone.incoming(callee);
  assert.strictEqual(await state(a.id), 'INVITED');
  await phone.send('answer', { line: first });
  await until(async () => (await state(a.id)) === 'JOINED', 'alice to join');
  const b = await dial('bob', second);
  const { line: other } = await phone.incoming(second);
  await until(async () => (await state(b.id)) === 'JOINED', 'bob to join');
  await phone.hears(first, [700]);
  await phone.hears(other, [500]);

  const mute = await conversations.createEvent(id, { type: 'audio:mute:on', from: a.id });
  assert.strictEqual(mute.type, 'audio:mute:on');
  await phone.hears(other, []);
  await phone.hears(first, [700]);
  await until(async () => (await conversations.getMember(id, a.id)).media.audioSettings.muted, 'alice to be muted');
  await conversations.createEvent(id, { type: 'audio:mute:off', from: a.id });
  await phone.hears(other, [500]);

  await conversations.updateMember(id, a.id, { state: 'left' });
  await phone.over(first);
  assert.strictEqual(await state(a.id), 'LEFT');
  await phone.hangup(other);
  await until(async () => (await state(b.id)) === 'LEFT', 'bob to leave');
  const types = (await collect(conversations.listAllEvents(id, { pageSize: 100 }))).map((e) => e.type);
  for (const type of ['member:invited', 'sip:ringing', 'sip:answered', 'member:joined', 'member:media', 'audio:mute:on', 'audio:mute:off', 'sip:hangup', 'member:left']) {
    assert.ok(types.includes(type), `${type} among ${types}`);
  }
});

test('events: text, message, custom; read, listed, deleted', async () => {
  const { id } = await conversations.createConversation({ name: 'events' });
  const { id: from, user } = await conversations.createMember(id, { state: 'joined', user: { name: 'alice' }, channel: { type: 'app' } });
  const text = await conversations.createEvent(id, { type: 'text', from, body: { text: 'hello' } });
  const message = await conversations.createEvent(id, { type: 'message', from, body: { messageType: 'text', text: 'hello again' } });
  const custom = await conversations.createEvent(id, { type: 'custom:order', from, body: { stockKeepingUnit: 'x', nested: { kept: [1, { asIs: true }] } } });
  assert.deepStrictEqual([text.id, message.id, custom.id], [text.id, text.id + 1, text.id + 2]);
  assert.match(text.timestamp, stamp);
  assert.strictEqual(text.fromMember.id, from);
  assert.strictEqual(text.fromUser.id, user.id);
  const read = await conversations.getEvent(id, custom.id);
  assert.strictEqual(read.type, 'custom:order');
  assert.deepStrictEqual(read.body, { stockKeepingUnit: 'x', nested: { kept: [1, { asIs: true }] } });

  const page = await conversations.getEventPage(id, { pageSize: 2, startId: text.id, endId: custom.id });
  assert.deepStrictEqual(page.events.map((e) => e.id), [text.id, message.id]);
  assert.deepStrictEqual((await conversations.getEventPage(id, { eventType: 'message' })).events.map((e) => e.id), [message.id]);
  await conversations.deleteEvent(id, text.id);
  const gone = await conversations.getEvent(id, text.id);
  assert.strictEqual(gone.type, 'text');
  assert.deepStrictEqual(Object.keys(gone.body), ['timestamp']);
  assert.match(gone.body.timestamp.deleted, stamp);

  await refused(conversations.getEvent(id, 999), 404, 'event:error:not-found');
  await refused(conversations.deleteEvent(id, 999), 404, 'event:error:not-found');
  await refused(conversations.createEvent(id, { type: 'no:such:thing', from }), 400);
  assert.deepStrictEqual(faults(await refused(conversations.createEvent(id, { from, body: {} }), 400)), ['type']);
  await refused(conversations.createEvent(id, { type: 'text', from: 'MEM-00000000-0000-4000-8000-000000000000', body: { text: 'x' } }), 400, 'event:error:not-joined');
});

test(`pages through ${bulk} users, conversations and events`, async () => {
  const silent = await vonage({}, []); // making them does not count
  const someone = await many(bulk, (i) => silent.users.createUser({ name: `user-${i}` }), 1);
  const listed = (await collect(users.listAllUsers({ pageSize: 100 }))).filter((u) => u.name.startsWith('user-'));
  same(listed.map((u) => u.id), someone.map((u) => u.id), 'users');
  const back = (await collect(users.listAllUsers({ order: 'desc', pageSize: 7 }))).filter((u) => u.name.startsWith('user-'));
  same(back.map((u) => u.id), someone.map((u) => u.id).reverse(), 'users from the last');

  const made = await many(bulk, (i) => silent.conversations.createConversation({ name: `bulk-${i}` }), 1);
  const bulky = (all) => all.filter((c) => c.name.startsWith('bulk-')).map((c) => c.id);
  same(bulky(await collect(conversations.listAllConversations({ pageSize: 100 }))), made.map((c) => c.id), 'conversations');
  same(bulky(await collect(conversations.listAllConversations({ order: 'desc' }))), made.map((c) => c.id).reverse(), 'conversations from the last');

  const { id } = made[0];
  const { id: from } = await silent.conversations.createMember(id, { state: 'joined', user: { name: 'alice' }, channel: { type: 'app' } });
  const said = await many(bulk, (i) => silent.conversations.createEvent(id, { type: 'text', from, body: { text: `number ${i}` } }), 1);
  const texts = (all) => all.filter((e) => e.type === 'text').map((e) => e.id);
  same(texts(await collect(conversations.listAllEvents(id, { pageSize: 100 }))), said.map((e) => e.id), 'events');
  same(texts(await collect(conversations.listAllEvents(id, { order: 'desc' }))), said.map((e) => e.id).reverse(), 'events from the last');
});

test('tokens that do not hold are refused', async () => {
  const { conversations: forged } = await vonage({ privateKey: keyPair().privateKey });
  await refused(forged.getConversationPage(), 401, 'system:error:invalid-token');
  const { users: nobody } = await vonage({ applicationId: '00000000-0000-4000-8000-000000000000' });
  await refused(nobody.getUserPage({}), 401, 'system:error:invalid-token');
  const { users: narrow } = await vonage({ jwtOptions: { subject: 'alice', acl: { paths: { '/*/conversations/**': {} } } } });
  await refused(narrow.getUserPage({}), 403, 'system:error:permission');
});

test('that were more than 60 calls of the SDK', (t) => {
  assert.ok(calls.length >= 60, `${calls.length} calls`);
  t.diagnostic(`${calls.length} calls of ${new Set(calls).size} methods`);
});

stage.finish();
