'use strict';
// Knocking: a call to an application that has nothing but an rtc event_url rings until the
// application lets it in, refuses it, or nobody came.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, callee, caller } = require('../lib/stage');
const { keyPair, token } = require('../lib/jwt');
const { People } = require('../lib/people');
const { folder } = require('../lib/place');

const watcher = { id: '22222222-3333-4444-8555-666666666666', keys: keyPair(), number: '15550100077' };
const mute = { id: '33333333-4444-4555-8666-777777777777', keys: keyPair(), number: '15550100078' };
const stage = new Stage({ applications: () => [watcher, mute].map(({ id, keys, number }) => {
  const pem = path.join(folder(), `${id}.pub`);
  fs.writeFileSync(pem, keys.publicKey);
  const rtc = id === watcher.id ? { rtc: { event_url: stage.app.url('rtc') }, voice: { event_url: stage.app.url('event') } } : {};
  return { id, name: id.slice(0, 8), public_key: pem, numbers: [number], ...rtc };
}) });
const { app, phone } = stage;
stage.token = (more) => token(watcher.id, watcher.keys.privateKey, more); // all that is asked here
const people = new People(stage);

async function fresh() {
  await people.clear();
  await stage.ready();
  app.on('rtc', 204);
  await stage.fresh();
  app.on('rtc', 204);
}

// The rtc webhook of this type, that fits.
const told = (type, fits = () => true) => app.wait((r) => r.kind === 'rtc' && r.fields.type === type && fits(r.fields), type).then((r) => r.fields);

// A caller that knocks, and what is told of it.
async function knocks(line, tone = 500, from = caller) {
  await phone.call(line, stage.daemon.uri(watcher.number), { tone, from });
  const event = await told('app:knocking', (e) => e.body.channel.from.number === from);
  return { ...event.body, event, id: event.from.replace('knocker:', '') };
}

const letIn = (user, knock, more = {}) => ({ state: 'joined', user: { id: user.id }, knocking_id: knock.id,
  channel: { type: 'phone', id: knock.channel.id, from: knock.channel.from, to: knock.channel.to, preanswer: false }, media: { audio: true }, ...more });

test('a caller knocks: it is told, it rings, its leg is listed', async () => {
  await fresh();
  const knock = await knocks('a');
  assert.match(knock.event.from, /^knocker:[0-9a-f-]{36}$/);
  assert.strictEqual(knock.event.application_id, watcher.id);
  assert.ok(!('id' in knock.event) && !('conversation_id' in knock.event));
  const leg = knock.channel.id;
  assert.deepStrictEqual(knock.channel, { type: 'phone', id: leg, from: { type: 'phone', number: caller }, to: { type: 'phone', number: watcher.number },
    headers: {}, legs: [{ leg_id: leg, status: 'ringing' }], leg_ids: [leg] });
  const ringing = await told('sip:ringing');
  assert.deepStrictEqual([ringing.from, ringing.body.direction, ringing.body.channel.id], [knock.event.from, 'inbound', leg]);
  await phone.event('a', 'progress');
  const call = await people.must(200, 'GET', `/v1/calls/${leg}`);
  assert.deepStrictEqual([call.status, call.direction, call.conversation_uuid], ['ringing', 'inbound', '']);
  assert.deepStrictEqual((await people.must(200, 'GET', '/v1/calls?status=ringing'))._embedded.calls.map((c) => c.uuid), [leg]);
  assert.strictEqual((await people.must(200, 'GET', `/v1/users/${knock.user.id}`)).name, knock.user.name);
  await phone.hangup('a');
  const cancel = await told('app:knocking:cancel');
  assert.deepStrictEqual([cancel.from, cancel.body.user.id, cancel.body.reason.code], [knock.event.from, knock.user.id, '487']);
  assert.ok(Date.parse(cancel.body.timestamp.left));
  await app.event({ uuid: leg, status: 'completed' });
  assert.strictEqual((await people.must(200, 'GET', `/v1/calls/${leg}`)).status, 'completed');
  await people.refused(404, 'knocking:error:not-found', 'DELETE', `/v1/knocking/${knock.id}`);
  const room = await people.conversation();
  await people.refused(404, 'knocking:error:not-found', 'POST', people.members(room), letIn(await people.user(), knock));
});

for (const [how, change] of [['by its knocking_id', { channel: undefined }], ['by its leg', { knocking_id: undefined }], ['by both', {}]]) {
  test(`let in ${how}, it is answered and heard`, async () => {
    await fresh();
    const room = await people.conversation();
    const other = await people.add(room, await people.user(), 'invited', { channel: { type: 'phone', to: { type: 'phone', number: callee } } });
    const { line } = await phone.incoming(callee);
    await people.state(room, other, 'JOINED');
    const knock = await knocks('a');
    const user = await people.user();
    const made = await people.must(201, 'POST', people.members(room), letIn(user, knock, change));
    assert.deepStrictEqual([made.state, made.channel.id, made.knocking_id, made._embedded.user.id], ['JOINED', knock.channel.id, knock.id, user.id]);
    await phone.up('a');
    await phone.hears('a', [700]);
    await phone.hears(line, [500]);
    const answered = await told('sip:answered', (e) => e.from === made.id);
    assert.deepStrictEqual([answered.body.direction, answered.conversation_id], ['inbound', room.id]);
    await told('member:media', (e) => e.from === made.id && e.body.audio);
    await app.event({ uuid: knock.channel.id, status: 'answered', conversation_uuid: room.id });
    await people.refused(404, 'knocking:error:not-found', 'DELETE', `/v1/knocking/${knock.id}`);
    await phone.hangup('a');
    await people.state(room, made, 'LEFT');
    assert.ok(!app.requests.some((r) => r.kind === 'rtc' && r.fields.type === 'app:knocking:cancel'));
    await people.clear();
    await phone.over(line);
  });
}

test('let in as the user that knocks', async () => {
  await fresh();
  const knock = await knocks('a');
  const room = await people.conversation();
  const made = await people.must(201, 'POST', `/beta/conversations/${room.id}/members`, { action: 'join', user_id: knock.user.id, knocking_id: knock.id });
  assert.strictEqual(made.user_id, knock.user.id);
  await phone.up('a');
  await people.must(200, 'DELETE', made.href);
  assert.strictEqual((await phone.over('a')).remote, true);
  await people.state(room, made, 'LEFT');
});

test('of two who let it in at once, one does', async () => {
  await fresh();
  const knock = await knocks('a');
  const rooms = [await people.conversation(), await people.conversation()];
  const user = await people.user();
  const replies = await Promise.all(rooms.map((room) => stage.ask('POST', people.members(room), { body: letIn(user, knock) })));
  const lost = replies.findIndex((r) => r.status !== 201);
  assert.strictEqual(replies[1 - lost].status, 201, replies[1 - lost].text);
  assert.deepStrictEqual(await people.must(200, 'GET', `/beta/conversations/${rooms[lost].id}/members`), []);
  assert.ok([400, 404].includes(replies[lost].status));
  await phone.up('a');
  await phone.hangup('a');
});

test('a refusal, and a caller that goes while it is let in', async () => {
  await fresh();
  const first = await knocks('a');
  await people.refused(400, 'conversation:error:invalid-action', 'POST', people.members(await people.conversation()),
    letIn(await people.user(), first, { state: 'invited' }));
  await people.must(204, 'DELETE', `/v1/knocking/${first.id}`);
  assert.strictEqual((await phone.over('a')).status, 480);
  const cancel = await told('app:knocking:cancel', (e) => e.from === first.event.from);
  assert.strictEqual(cancel.body.reason.code, '480');
  const second = await knocks('b', 500, '15550100021');
  assert.deepStrictEqual(await people.must(200, 'DELETE', `/beta/knocking/${second.id}`), {});
  assert.strictEqual((await phone.over('b')).status, 480);
  const third = await knocks('c', 500, '15550100022');
  const room = await people.conversation();
  const [, reply] = await Promise.all([phone.hangup('c'),
    stage.ask('POST', people.members(room), { body: letIn(await people.user(), third) })]);
  assert.ok([201, 404].includes(reply.status), reply.text);
  await phone.over('c');
  if (reply.status === 201) await people.state(room, reply.body, 'LEFT');
  else await told('app:knocking:cancel', (e) => e.from === third.event.from);
  await stage.daemon.idle();
});

test('an inactive conversation does not let it in, and it goes on knocking', async () => {
  await fresh();
  const knock = await knocks('a');
  const room = await people.conversation();
  const user = await people.user();
  await people.must(200, 'PUT', `/v1/conversations/${room.id}`, { state: 'INACTIVE' });
  await people.refused(400, 'conversation:error:invalid-action', 'POST', people.members(room), letIn(user, knock));
  await people.must(200, 'PUT', `/v1/conversations/${room.id}`, { state: 'ACTIVE' });
  await people.must(201, 'POST', people.members(room), letIn(user, knock));
  await phone.up('a');
  await people.clear();
  await phone.over('a');
});

test('another application hears nothing of it, and one that only listens to nothing refuses', async () => {
  await fresh();
  const knock = await knocks('a');
  const stranger = { token: token(mute.id, mute.keys.privateKey) };
  await people.refused(404, 'knocking:error:not-found', 'DELETE', `/v1/knocking/${knock.id}`, undefined, stranger);
  await phone.call('b', stage.daemon.uri(mute.number), { from: '15550100021' });
  assert.strictEqual((await phone.over('b')).status, 480);
  await phone.hangup('a');
  await told('app:knocking:cancel');
});

test('an app channel knocks over REST', async () => {
  await fresh();
  const user = await people.user();
  const channel = { type: 'app', id: 'leg-1', from: { type: 'app' }, to: { type: 'phone', number: callee } };
  for (const [version, status, ended] of [['/beta', 200, 200], ['/v0.1', 200, 200], ['/v0.3', 201, 204], ['/v1', 201, 204]]) {
    const made = await people.must(status, 'POST', `${version}/knocking`, { channel }, people.as(user));
    assert.deepStrictEqual(made, { id: made.id, href: `${stage.daemon.base}${version}/knocking/${made.id}` });
    const event = await told('app:knocking', (e) => e.from === `knocker:${made.id}`);
    assert.deepStrictEqual([event.body.channel, event.body.user], [channel, { id: user.id, name: user.name }]);
    await people.must(ended, 'DELETE', `${version}/knocking/${made.id}`);
    await told('app:knocking:cancel', (e) => e.from === `knocker:${made.id}`);
    await people.refused(404, 'knocking:error:not-found', 'DELETE', `${version}/knocking/${made.id}`);
  }
  const { id } = await people.must(201, 'POST', '/v1/knocking', { channel });
  const room = await people.conversation();
  const member = await people.must(201, 'POST', people.members(room), { state: 'joined', user: { id: user.id }, knocking_id: id });
  assert.deepStrictEqual([member.state, member.knocking_id, member.channel], ['JOINED', id, channel]);
});

test('the end of the daemon ends who knocks', async () => {
  await fresh();
  await knocks('a');
  await people.must(201, 'POST', '/v1/knocking', { channel: { type: 'app' } });
  await stage.daemon.stop({ patience: 100 });
  assert.ok((await phone.over('a')).status >= 400);
  await stage.daemon.start();
});

stage.finish();
