'use strict';
// Events in every version: what may be posted and by whom, lists and pages, taking back.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage } = require('../lib/stage');
const { until } = require('../lib/wait');

const stage = new Stage();
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const talks = [];

async function made(method, at, body, more) {
  const answer = await stage.ask(method, at, { body, ...more });
  assert.ok(answer.status === 200 || answer.status === 201, `${method} ${at}: ${answer.status} ${answer.text}`);
  return answer.body;
}

// A conversation with members that write only, by their users' names.
async function talk(...names) {
  await stage.ready();
  const count = talks.length + 1;
  const conversation = await made('POST', '/v1/conversations', { name: `talk-${count}` });
  talks.push(conversation.id);
  const members = {};
  for (const name of names) {
    const user = await made('POST', '/v1/users', { name: `${name}-${count}`, display_name: name.toUpperCase() });
    const member = await made('POST', `/v1/conversations/${conversation.id}/members`,
      { state: 'joined', user: { id: user.id }, channel: { type: 'app' } });
    members[name] = { id: member.id, user: user.id, name: user.name };
  }
  const at = (version, more = '') => `/${version}/conversations/${conversation.id}/events${more}`;
  const post = (body, { version = 'v1', ...more } = {}) => stage.ask('POST', at(version), { body, ...more });
  return { id: conversation.id, members, at, post };
}

const said = (room, name, text, more) => room.post({ type: 'text', from: room.members[name].id, body: { text } }, more);

function refused(answer, status, code) {
  assert.strictEqual(answer.status, status, answer.text);
  assert.strictEqual(answer.body.code, code, answer.text);
}

test('a text in each version: the reply, and what is read back', async () => {
  const room = await talk('ann', 'bob');
  for (const version of ['beta', 'v0.1']) {
    const answer = await said(room, 'ann', version, { version });
    assert.strictEqual(answer.status, 201, answer.text);
    assert.deepStrictEqual(Object.keys(answer.body).sort(), ['href', 'id', 'timestamp']);
    assert.strictEqual(answer.body.href, `${stage.daemon.base}/${version}/conversations/${room.id}/events/${answer.body.id}`);
    const read = await stage.ask('GET', room.at(version, `/${answer.body.id}`));
    assert.deepStrictEqual(Object.keys(read.body), ['id', 'type', 'from', 'to', 'body', 'state', 'timestamp', 'href']);
    assert.deepStrictEqual(read.body, { id: answer.body.id, type: 'text', from: room.members.ann.id, to: '',
      body: { text: version }, state: '', timestamp: answer.body.timestamp, href: answer.body.href });
    const old = await stage.ask('GET', room.at('beta2', `/${answer.body.id}`));
    assert.deepStrictEqual({ ...old.body, href: '' }, { ...read.body, href: '' });
  }
  for (const version of ['v0.3', 'v1']) {
    const answer = await said(room, 'bob', version, { version });
    assert.strictEqual(answer.status, 201, answer.text);
    const bob = room.members.bob;
    assert.match(answer.body.timestamp, time);
    assert.deepStrictEqual(answer.body, {
      id: answer.body.id, type: 'text', from: bob.id, body: { text: version }, timestamp: answer.body.timestamp,
      _embedded: { from_user: { id: bob.user, name: bob.name, display_name: 'BOB', image_url: null, custom_data: {} }, from_member: { id: bob.id } },
      _links: { self: { href: `${stage.daemon.base}/${version}/conversations/${room.id}/events/${answer.body.id}` } } });
    const read = await stage.ask('GET', room.at(version, `/${answer.body.id}`));
    assert.deepStrictEqual(read.body, answer.body);
  }
});

test('lists: an array of all, or pages, in the form of each version', async () => {
  const room = await talk('ann');
  for (let i = 1; i <= 25; i++) await said(room, 'ann', `text ${i}`);
  const all = await stage.ask('GET', room.at('beta'));
  assert.ok(Array.isArray(all.body));
  const ids = all.body.map((e) => e.id);
  assert.deepStrictEqual(ids, ids.map((_, i) => i + 1));
  const texts = all.body.filter((e) => e.type === 'text').map((e) => e.id);
  assert.strictEqual(texts.length, 25);
  const some = await stage.ask('GET', room.at('beta', `?start_id=${texts[2]}&end_id=${texts[4]}`));
  assert.deepStrictEqual(some.body.map((e) => e.id), texts.slice(2, 5));

  const unwrap = {
    v1: (body) => body._embedded, 'v0.3': (body) => body._embedded.events,
    beta2: (body) => body._embedded.data.events, 'v0.2': (body) => body._embedded.data.events };
  for (const [version, items] of Object.entries(unwrap)) {
    for (const order of ['asc', 'desc']) {
      const seen = [];
      let pages = 0;
      for (let next = room.at(version, `?page_size=7&order=${order}&event_type=text`); next; pages++) {
        const { status, body, text } = await stage.ask('GET', next);
        assert.strictEqual(status, 200, text);
        assert.ok(Array.isArray(items(body)), text);
        seen.push(...items(body).map((e) => e.id));
        assert.strictEqual(body.page_size, 7);
        assert.strictEqual('cursor' in body, version === 'beta2' || version === 'v0.2');
        assert.strictEqual(Boolean(body._links.prev), pages > 0);
        next = body._links.next && body._links.next.href;
        if (next) assert.ok(next.startsWith(stage.daemon.base));
      }
      assert.strictEqual(pages, 4);
      assert.deepStrictEqual(seen, order === 'asc' ? texts : [...texts].reverse(), `${version} ${order}`);
    }
  }
  for (const query of ['start_id=x', 'page_size=0', 'page_size=101', 'order=up', 'cursor=zzz', 'start_id=-1'])
    refused(await stage.ask('GET', room.at('v1', `?${query}`)), 400, 'http:error:validation-fail');
});

test('taking back: the body goes, its place stays, once', async () => {
  const room = await talk('ann', 'bob');
  for (const [version, status] of [['beta', 200], ['v0.1', 200], ['v0.3', 204], ['v1', 204]]) {
    const { body: event } = await said(room, 'ann', 'oops');
    const gone = await stage.ask('DELETE', room.at(version, `/${event.id}`));
    assert.strictEqual(gone.status, status, gone.text);
    assert.strictEqual(gone.text, status === 200 ? '{}' : '');
    const read = await stage.ask('GET', room.at('v1', `/${event.id}`));
    assert.strictEqual(read.body.type, 'text');
    assert.strictEqual(read.body.from, event.from);
    assert.strictEqual(read.body.timestamp, event.timestamp);
    assert.deepStrictEqual(Object.keys(read.body.body), ['timestamp']);
    assert.match(read.body.body.timestamp.deleted, time);
    const after = await stage.ask('GET', room.at('v1', `/${event.id + 1}`));
    assert.strictEqual(after.body.type, 'event:delete');
    assert.deepStrictEqual(after.body.body, { event_id: event.id });
    refused(await stage.ask('DELETE', room.at(version, `/${event.id}`)), 404, 'event:error:not-found');
    const left = await stage.ask('GET', room.at('v1', `?exclude_deleted_events=true&start_id=${event.id}&end_id=${event.id}`));
    assert.deepStrictEqual(left.body._embedded, []);
  }
  for (const id of ['999', '0', '-1', 'x', '9999999999999999999999'])
    for (const method of ['GET', 'DELETE'])
      refused(await stage.ask(method, room.at('v1', `/${id}`)), 404, 'event:error:not-found');
});

test('of two who take the same event back, one does', async () => {
  const room = await talk('ann');
  for (let i = 0; i < 10; i++) {
    const { body: event } = await said(room, 'ann', 'twice');
    const answers = await Promise.all(Array.from({ length: 4 }, () => stage.ask('DELETE', room.at('v1', `/${event.id}`))));
    assert.deepStrictEqual(answers.map((a) => a.status).sort(), [204, 404, 404, 404]);
  }
  const all = await stage.ask('GET', room.at('beta'));
  assert.strictEqual(all.body.filter((e) => e.type === 'event:delete').length, 10);
});

test('what may be posted, and what is in it', async () => {
  const room = await talk('ann', 'bob');
  const from = room.members.ann.id;
  const { body: first } = await said(room, 'ann', 'first');
  const good = [
    ['text', { text: 'x'.repeat(2500) }], ['text:update', { text: 'better', original_event_id: first.id }],
    ['text:seen', { event_id: first.id }], ['text:delivered', { event_id: first.id }], ['image', { representations: { original: { url: 'http://x/y.png' } } }],
    ['image:seen', { event_id: '7' }], ['image:delivered', { event_id: 7 }], ['message', { message_type: 'text', text: 'hi' }],
    ['message:submitted', { event_id: 1 }], ['message:delivered', { event_id: 1 }], ['message:seen', { event_id: 1 }],
    ['message:rejected', { event_id: 1 }], ['message:undeliverable', { event_id: 1 }],
    ['custom:order', { sku: [1, { deep: null }] }], ['custom:a-b_c:d', undefined],
  ];
  for (const [type, body] of good) {
    const answer = await room.post({ type, from, body });
    assert.strictEqual(answer.status, 201, `${type}: ${answer.text}`);
    assert.deepStrictEqual(answer.body.body, body || {});
    const read = await stage.ask('GET', room.at('v1', `/${answer.body.id}`));
    assert.deepStrictEqual(read.body, answer.body);
  }
  const bad = [
    ['text', {}, 'body.text', '"body.text" is required'],
    ['text', { text: 'x'.repeat(2501) }, 'body.text', '"body.text" length must be less than or equal to 2500 characters long'],
    ['text', { text: 5 }, 'body.text', '"body.text" must be a string'],
    ['text:seen', {}, 'body.event_id', '"body.event_id" is required'],
    ['message', { text: 'x' }, 'body.message_type', '"body.message_type" is required'],
    ['text', 'x', 'body', '"body" must be an object'],
  ];
  for (const [type, body, name, reason] of bad) {
    const answer = await room.post({ type, from, body });
    refused(answer, 400, 'http:error:validation-fail');
    assert.deepStrictEqual(answer.body.invalid_parameters, [{ name, reason }]);
  }
  for (const type of ['custom:', 'custom:a b', 'nonsense', 'text:', 'audio', 'Text', `custom:${'x'.repeat(90)}\u00e4`])
    refused(await room.post({ type, from, body: { text: 'x' } }), 400, 'event:error:unknown-event');
  for (const type of ['member:joined', 'conversation:created', 'leg:status:update', 'sip:hangup', 'rtc:new', 'event:delete',
    'audio:play:done', 'audio:speaking:on', 'audio:asr:done', 'app:knocking', 'mixer:publisher:created'])
    refused(await room.post({ type, from }), 400, 'conversation:error:invalid-event');
  refused(await room.post({ type: `custom:${'x'.repeat(94)}`, from }), 400, 'http:error:validation-fail');
  refused(await room.post({ type: 'text', from, body: { text: 'x' }, extra: 1 }), 400, 'http:error:validation-fail');
  refused(await room.post({ from }), 400, 'http:error:validation-fail');
  refused(await room.post({ type: 'text', body: { text: 'x' } }), 400, 'http:error:validation-fail');
});

test('from is a member that has joined, to one there is, sound one that has audio', async () => {
  const room = await talk('ann', 'bob');
  const from = room.members.ann.id;
  refused(await room.post({ type: 'text', from: 'MEM-11111111-2222-3333-4444-555555555555', body: { text: 'x' } }), 400, 'event:error:not-joined');
  refused(await room.post({ type: 'text', from, to: 'MEM-none', body: { text: 'x' } }), 404, 'member:error:not-found');
  const answer = await room.post({ type: 'custom:direct', from, to: room.members.bob.id });
  assert.strictEqual(answer.body.to, room.members.bob.id);
  for (const body of [{ type: 'audio:mute:on', from }, { type: 'audio:earmuff:off', to: room.members.bob.id }, { type: 'audio:play', body: { stream_url: ['sound:beep'] } },
    { type: 'audio:dtmf', from, to: room.members.bob.id, body: { digits: '1' } }, { type: 'audio:record', from, body: {} }, { type: 'audio:ringing:start' }])
    refused(await room.post(body), 400, 'audio:error:not-found');
  refused(await room.post({ type: 'audio:mute:on' }), 400, 'http:error:validation-fail');
  const left = await stage.ask('PATCH', `/v1/conversations/${room.id}/members/${from}`, { body: { state: 'left' } });
  assert.strictEqual(left.status, 200, left.text);
  refused(await said(room, 'ann', 'late'), 400, 'event:error:not-joined');
  refused(await stage.ask('POST', '/v1/conversations/CON-none/events', { body: { type: 'text', from, body: { text: 'x' } } }), 404, 'conversation:error:not-found');
});

test('typing and ephemeral events are told, and not stored', async () => {
  const room = await talk('ann');
  const before = await stage.ask('GET', room.at('beta'));
  for (const [type, body] of [['text:typing:on', { activity: 'typing' }], ['text:typing:off', {}], ['ephemeral', { any: 'thing' }]]) {
    const answer = await room.post({ type, from: room.members.ann.id, body });
    assert.strictEqual(answer.status, 201, answer.text);
    assert.ok(!('id' in answer.body) && !('_links' in answer.body), answer.text);
    assert.deepStrictEqual(answer.body.body, body);
    const old = await room.post({ type, from: room.members.ann.id, body }, { version: 'beta' });
    assert.deepStrictEqual(Object.keys(old.body), ['timestamp']);
  }
  const after = await stage.ask('GET', room.at('beta'));
  assert.deepStrictEqual(after.body, before.body);
});

test('a client writes, and takes back, as its own members only', async () => {
  const room = await talk('ann', 'bob');
  const acl = { paths: { '/*/conversations/**': {} } };
  const client = (name) => stage.token({ sub: room.members[name].name, acl });
  const mine = await said(room, 'ann', 'mine', { token: client('ann') });
  assert.strictEqual(mine.status, 201, mine.text);
  refused(await said(room, 'bob', 'not mine', { token: client('ann') }), 403, 'event:error:permission-denied');
  refused(await room.post({ type: 'audio:ringing:start' }, { token: client('ann') }), 400, 'http:error:validation-fail');
  refused(await stage.ask('DELETE', room.at('v1', `/${mine.body.id}`), { token: client('bob') }), 403, 'event:error:permission-denied');
  refused(await stage.ask('DELETE', room.at('v1', `/${mine.body.id}?from=${room.members.bob.id}`), { token: client('ann') }), 403, 'event:error:permission-denied');
  assert.strictEqual((await stage.ask('DELETE', room.at('v1', `/${mine.body.id}`), { token: client('ann') })).status, 204);
  const nobody = await said(room, 'ann', 'x', { token: stage.token({ sub: 'nobody', acl }) });
  assert.strictEqual(nobody.status, 403, nobody.text);
  const reader = stage.token({ acl: { paths: { '/*/conversations/**': { methods: ['GET'] } } } });
  assert.strictEqual((await said(room, 'ann', 'x', { token: reader })).status, 403);
  assert.strictEqual((await stage.ask('GET', room.at('v1'), { token: reader })).status, 200);
});

test('with the same Idempotency-Key an event is written once', async () => {
  const room = await talk('ann');
  const headers = { 'Idempotency-Key': `key-${room.id}` };
  const first = await said(room, 'ann', 'once', { headers });
  assert.strictEqual(first.status, 201, first.text);
  const again = await said(room, 'ann', 'once', { headers });
  assert.deepStrictEqual(again.body, first.body);
  assert.strictEqual(again.headers['idempotency-replayed'], 'true');
  assert.strictEqual((await said(room, 'ann', 'other', { headers })).status, 422);
  const all = await stage.ask('GET', room.at('v1', '?event_type=text'));
  assert.strictEqual(all.body._embedded.length, 1);
});

test('what was answered is there after a kill', async () => {
  const room = await talk('ann');
  const { body: kept } = await said(room, 'ann', 'kept');
  const { body: gone } = await said(room, 'ann', 'gone');
  await stage.ask('DELETE', room.at('v1', `/${gone.id}`));
  stage.daemon.child.kill('SIGKILL');
  await until(() => !stage.daemon.running, 'the daemon to be dead');
  await stage.daemon.start();
  const read = await stage.ask('GET', room.at('v1', `/${kept.id}`));
  assert.strictEqual(read.body.body.text, 'kept');
  assert.ok((await stage.ask('GET', room.at('v1', `/${gone.id}`))).body.body.timestamp.deleted);
  const next = await said(room, 'ann', 'next');
  assert.strictEqual(next.status, 201, next.text);
  assert.ok(next.body.id > gone.id + 1);
});

test('with its conversation the events are gone', async () => {
  for (const id of talks) {
    assert.strictEqual((await stage.ask('DELETE', `/v1/conversations/${id}`)).status, 204);
    refused(await stage.ask('GET', `/v1/conversations/${id}/events`), 404, 'conversation:error:not-found');
    refused(await stage.ask('GET', `/v1/conversations/${id}/events/1`), 404, 'conversation:error:not-found');
  }
});

stage.finish();
