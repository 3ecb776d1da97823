'use strict';
// Conversations over REST, in every version: made, read, listed, changed, ended.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, connect } = require('../lib/stage');
const { keyPair, token } = require('../lib/jwt');
const { People } = require('../lib/people');
const { folder } = require('../lib/place');
const { until } = require('../lib/wait');

const stranger = { id: '11111111-2222-4333-8444-555555555555', keys: keyPair() };
const stage = new Stage({ applications: () => {
  const pem = path.join(folder(), 'stranger.pub');
  fs.writeFileSync(pem, stranger.keys.publicKey);
  return [{ id: stranger.id, name: 'stranger', public_key: pem }];
} });
const people = new People(stage);
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const old = ['/beta', '/v0.1'];
const young = ['/v0.3', '/v1'];

const facts = () => ({ name: people.name('full'), display_name: 'Full', image_url: 'https://example.com/i.png',
  properties: { ttl: 600, type: 'quick', custom_sort_key: 'k', custom_data: { a: [1, { b: 2 }] } } });

test('made in an old version: {id, href}; read with its members', async () => {
  await stage.fresh();
  for (const version of old) {
    const asked = facts();
    const made = await people.must(200, 'POST', `${version}/conversations`, asked);
    assert.deepStrictEqual(made, { id: made.id, href: `${stage.daemon.base}${version}/conversations/${made.id}` });
    const read = await people.must(200, 'GET', `${version}/conversations/${made.id}`);
    assert.deepStrictEqual(Object.keys(read), ['uuid', 'name', 'display_name', 'image_url', 'timestamp', 'sequence_number',
      'numbers', 'properties', 'members', '_links']);
    assert.match(read.timestamp.created, stamp);
    assert.deepStrictEqual({ ...read, timestamp: 0 }, { uuid: made.id, ...asked, timestamp: 0, sequence_number: 0, numbers: {},
      members: [], _links: { self: { href: made.href } } });
    assert.deepStrictEqual(await people.must(200, 'DELETE', `${version}/conversations/${made.id}`), {});
    await people.refused(404, 'conversation:error:not-found', 'GET', `${version}/conversations/${made.id}`);
    await people.refused(404, 'conversation:error:not-found', 'DELETE', `${version}/conversations/${made.id}`);
  }
});

test('made in a new version: all of it, with 201', async () => {
  for (const version of young) {
    const asked = { ...facts(), numbers: [{ type: 'phone', number: '15550100009' }],
      callback: { url: 'https://example.com/events', event_mask: 'text', method: 'POST', params: { applicationId: 'x' } } };
    const made = await people.must(201, 'POST', `${version}/conversations`, asked);
    assert.match(made.id, /^CON-[0-9a-f-]{36}$/);
    assert.match(made.timestamp.created, stamp);
    assert.deepStrictEqual({ ...made, timestamp: 0 }, { id: made.id, ...asked, state: 'ACTIVE', sequence_number: 0, timestamp: 0,
      _links: { self: { href: `${stage.daemon.base}${version}/conversations/${made.id}` } } });
    assert.deepStrictEqual(await people.must(200, 'GET', `${version}/conversations/${made.id}`), made);
    await people.must(204, 'DELETE', `${version}/conversations/${made.id}`);
    await people.refused(404, 'conversation:error:not-found', 'GET', `${version}/conversations/${made.id}`);
  }
});

test('an empty body makes one with a name of its own', async () => {
  const made = await people.conversation({ name: undefined });
  assert.match(made.name, /^NAM-[0-9a-f-]{36}$/);
  assert.deepStrictEqual(made.properties, {});
  assert.deepStrictEqual((await people.must(200, 'GET', `/beta2/conversations/${made.id}`)).members, []);
});

test('a change is seen by the next reader, in every version', async () => {
  const { id, name } = await people.conversation({ properties: { ttl: 600, type: 'a' } });
  for (const version of [...old, ...young]) {
    for (const title of ['one', 'two']) {
      await people.must(200, 'PUT', `${version}/conversations/${id}`, { display_name: `${version} ${title}` });
      for (const reader of [...old, ...young, '/v0.2']) {
        assert.strictEqual((await people.must(200, 'GET', `${reader}/conversations/${id}`)).display_name, `${version} ${title}`);
      }
    }
  }
  const changed = await people.must(200, 'PUT', `/v1/conversations/${id}`,
    { display_name: null, properties: { ttl: null, custom_data: { x: 1 } }, name: `${name}-new` });
  assert.strictEqual(changed.display_name, undefined);
  assert.deepStrictEqual(changed.properties, { type: 'a', custom_data: { x: 1 } });
  assert.strictEqual(changed.name, `${name}-new`);
  assert.match(changed.timestamp.updated, stamp);
  await people.conversation({ name }); // the old name is free
});

test('what is wrong is named', async () => {
  for (const [body, field] of [[{ name: 'x'.repeat(101) }, 'name'], [{ name: '' }, 'name'], [{ display_name: 'x'.repeat(51) }, 'display_name'],
    [{ image_url: 'x' }, 'image_url'], [{ properties: { ttl: -1 } }, 'properties.ttl'], [{ properties: { ttl: 1.5 } }, 'properties.ttl'],
    [{ properties: { colour: 1 } }, 'properties.colour'], [{ callback: { url: 'ftp://x' } }, 'callback.url'], [{ numbers: {} }, 'numbers'],
    [{ state: 'INACTIVE' }, 'state'], [{ surprise: 1 }, 'surprise']]) {
    for (const version of ['/beta', '/v1']) {
      assert.deepStrictEqual(await people.faults('POST', `${version}/conversations`, body), [field], `${version} ${JSON.stringify(body)}`);
    }
  }
  const { id } = await people.conversation();
  assert.deepStrictEqual(await people.faults('PUT', `/v1/conversations/${id}`, { state: 'DELETED' }), ['state']);
  assert.deepStrictEqual(await people.faults('PUT', `/beta/conversations/${id}`, { state: 'INACTIVE' }), ['state']);
});

test('a name is there once in an application', async () => {
  const one = await people.conversation();
  const two = await people.conversation();
  for (const version of [...old, ...young]) {
    await people.refused(400, 'conversation:error:duplicate-name', 'POST', `${version}/conversations`, { name: one.name });
    await people.refused(400, 'conversation:error:duplicate-name', 'PUT', `${version}/conversations/${two.id}`, { name: one.name });
    await people.must(200, 'PUT', `${version}/conversations/${two.id}`, { name: two.name });
  }
  const elsewhere = token(stranger.id, stranger.keys.privateKey);
  const { id } = await people.must(201, 'POST', '/v1/conversations', { name: one.name }, { token: elsewhere });
  await people.refused(404, 'conversation:error:not-found', 'GET', `/v1/conversations/${id}`);
  for (const method of ['GET', 'DELETE']) {
    await people.refused(404, 'conversation:error:not-found', method, `/v1/conversations/${one.id}`, undefined, { token: elsewhere });
  }
  await people.must(204, 'DELETE', `/v1/conversations/${id}`, undefined, { token: elsewhere });
});

test('of many that ask for one name at once, one gets it', async () => {
  const name = people.name('race');
  const replies = await Promise.all(Array.from({ length: 8 }, () => stage.ask('POST', '/v1/conversations', { body: { name } })));
  assert.deepStrictEqual(replies.map((r) => r.status).sort(), [201, ...Array(7).fill(400)]);
  people.open.push(replies.find((r) => r.status === 201).body.id);
});

test('lists: by number, with filters; by cursor, both ways', async () => {
  await people.clear();
  await stage.fresh();
  const before = await people.must(200, 'GET', '/beta/conversations');
  const start = new Date().toISOString();
  const made = [];
  for (let i = 0; i < 7; i++) made.push(await people.conversation());
  const ids = made.map((c) => c.id);
  const page = await people.must(200, 'GET', `/beta/conversations?page_size=3&record_index=1&date_start=${start}`);
  assert.strictEqual(page.count, 7);
  assert.deepStrictEqual(page._embedded.conversations.map((c) => c.uuid), ids.slice(3, 6));
  assert.deepStrictEqual(Object.keys(page._embedded.conversations[0]), ['uuid', 'name', '_links']);
  assert.match(page._links.next.href, /record_index=2/);
  const named = await people.must(200, 'GET', `/v0.1/conversations?name=${made[4].name}`);
  assert.deepStrictEqual(named._embedded.conversations.map((c) => c.uuid), [ids[4]]);
  assert.strictEqual((await people.must(200, 'GET', '/beta/conversations?order=DESC&page_size=1'))._embedded.conversations[0].uuid, ids[6]);
  assert.strictEqual((await people.must(200, 'GET', `/beta/conversations?date_end=${start}`)).count, before.count);
  for (const version of young) {
    const at = `${version}/conversations?page_size=2&date_start=${start}`;
    assert.deepStrictEqual((await people.pages(at, 'conversations')).map((c) => c.id), ids);
    assert.deepStrictEqual((await people.pages(`${at}&order=desc`, 'conversations')).map((c) => c.id), [...ids].reverse());
  }
  const data = await people.pages(`/v0.2/conversations?page_size=2&date_start=${start}`, '', (p) => p._embedded.data.conversations);
  assert.deepStrictEqual(data.map((c) => c.id), ids);
  assert.deepStrictEqual(Object.keys(data[0]), ['id', 'name', 'timestamp', '_links']);
  const first = await people.must(200, 'GET', `/v1/conversations?page_size=3&date_start=${start}`);
  const second = await people.must(200, 'GET', first._links.next.href);
  assert.strictEqual(first._links.prev, undefined);
  assert.deepStrictEqual((await people.must(200, 'GET', second._links.prev.href))._embedded, first._embedded);
});

test('ttl: an empty one is gone after it, one with a member stays', async () => {
  const user = await people.user();
  const brief = { properties: { ttl: 1 } };
  const [empty, full] = [await people.conversation(brief), await people.conversation(brief)];
  const member = await people.add(full, user);
  const gone = ({ id }) => until(async () => (await stage.ask('GET', `/v1/conversations/${id}`)).status === 404, 'the ttl to end it');
  await gone(empty);
  await people.must(200, 'GET', `/v1/conversations/${full.id}`);
  await people.must(200, 'PATCH', `${people.members(full)}/${member.id}`, { state: 'left' });
  await gone(full);
});

test('an INACTIVE one lets nobody in', async () => {
  const [one, two] = [await people.user(), await people.user()];
  const made = await people.conversation();
  const invited = await people.add(made, one, 'invited');
  assert.strictEqual((await people.must(200, 'PUT', `/v1/conversations/${made.id}`, { state: 'INACTIVE' })).state, 'INACTIVE');
  await stage.phone.accept({ policy: 'ring' });
  for (const body of [{ channel: { type: 'app' } }, people.phone()]) {
    for (const state of ['joined', 'invited']) {
      await people.refused(400, 'conversation:error:invalid-action', 'POST', people.members(made), { state, user: { id: two.id }, ...body });
    }
  }
  await people.refused(400, 'conversation:error:invalid-action', 'PATCH', `${people.members(made)}/${invited.id}`, { state: 'joined' });
  assert.ok(!stage.phone.events.some((e) => e.event === 'incoming'));
  await people.must(200, 'PUT', `/v1/conversations/${made.id}`, { state: 'ACTIVE' });
  await people.must(200, 'PATCH', `${people.members(made)}/${invited.id}`, { state: 'joined' });
});

test('the conversation of a call is read, listed, and ended', async () => {
  await stage.fresh();
  stage.app.on('answer', connect());
  await stage.dial('a');
  const { conversation_uuid: id } = await stage.app.event({ status: 'answered', direction: 'inbound' });
  const read = await people.must(200, 'GET', `/v1/conversations/${id}`);
  assert.deepStrictEqual([read.state, read.properties], ['ACTIVE', { ttl: 172800 }]);
  const nested = (await people.must(200, 'GET', `/beta/conversations/${id}`)).members.map((m) => m.member_id);
  for (const order of ['asc', 'desc']) {
    const listed = (await people.pages(`/v1/conversations/${id}/members?page_size=1&order=${order}`, 'members')).map((m) => m.id);
    assert.deepStrictEqual(listed, order === 'asc' ? nested : [...nested].reverse());
  }
  const second = (await people.must(200, 'GET', `/v1/conversations/${id}/members?page_size=1`))._links.next.href;
  const back = (await people.must(200, 'GET', second))._links.prev.href;
  assert.deepStrictEqual((await people.must(200, 'GET', back))._embedded.members.map((m) => m.id), [nested[0]]);
  assert.strictEqual((await people.must(200, 'GET', `/beta/conversations/${id}/members`)).length, 2);
  await people.refused(400, 'conversation:error:invalid-action', 'PUT', `/beta/conversations/${id}`, { name: 'mine' });
  await people.must(204, 'DELETE', `/v1/conversations/${id}`);
  await people.refused(404, 'conversation:error:not-found', 'GET', `/beta/conversations/${id}`);
  await stage.phone.over('a');
  await stage.app.event({ status: 'completed', direction: 'outbound' });
  await stage.daemon.idle();
  assert.ok(!(await people.pages('/v1/conversations?page_size=100', 'conversations')).some((c) => c.id === id));
});

test('a restart changes nothing of it', async () => {
  await stage.fresh();
  const kept = await people.conversation(facts());
  await people.must(200, 'PUT', `/v1/conversations/${kept.id}`, { state: 'INACTIVE' });
  const before = await people.must(200, 'GET', `/v1/conversations/${kept.id}`);
  const gone = await people.conversation();
  await people.must(204, 'DELETE', `/v1/conversations/${gone.id}`);
  await stage.daemon.kill();
  await stage.daemon.start();
  const after = await people.must(200, 'GET', `/v1/conversations/${kept.id}`);
  assert.deepStrictEqual({ ...after, _links: 0 }, { ...before, _links: 0 });
  await people.refused(404, 'conversation:error:not-found', 'GET', `/v1/conversations/${gone.id}`);
  await people.refused(400, 'conversation:error:duplicate-name', 'POST', '/v1/conversations', { name: kept.name });
});

stage.finish();
