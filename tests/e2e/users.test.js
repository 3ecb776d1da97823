'use strict';
// Users over REST, in every version: made, read, listed, changed, deleted; their conversations.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee } = require('../lib/stage');
const { People } = require('../lib/people');

const stage = new Stage();
const people = new People(stage);
const old = ['/beta', '/v0.1'];
const young = ['/v0.3', '/v1'];
const cursored = { '/beta': '/beta2', '/v0.1': '/v0.2' };

const channels = { pstn: [{ number: 15550100003 }, { number: '+1 (555) 010-0004' }],
  sip: [{ uri: 'sip:4442@example.com;transport=tls', username: 'u', password: 'p' }], vbc: [{ extension: '42' }],
  websocket: [{ uri: 'wss://example.com/x', 'content-type': 'audio/l16;rate=16000', headers: { a: 'b' } }], sms: [{ number: '1' }] };
const facts = () => ({ name: people.name('alice'), display_name: 'Alice A', image_url: 'https://example.com/a.png',
  properties: { custom_data: { k: { deep: ['v'] } } }, channels });

test('made in an old version: {id, href}', async () => {
  await stage.fresh();
  for (const version of old) {
    const asked = facts();
    const made = await people.must(200, 'POST', `${version}/users`, asked);
    assert.deepStrictEqual(made, { id: made.id, href: `${stage.daemon.base}${version}/users/${made.id}` });
    const { properties, ...rest } = asked;
    assert.deepStrictEqual(await people.must(200, 'GET', `${version}/users/${made.id}`), { id: made.id, ...rest, href: made.href });
    assert.deepStrictEqual((await people.must(200, 'GET', `/v1/users/${made.id}`)).properties, properties);
    assert.deepStrictEqual(await people.must(200, 'PUT', `${version}/users/${made.id}`, { display_name: 'Alice B' }), made);
    assert.strictEqual((await people.must(200, 'GET', `${cursored[version]}/users/${made.id}`)).display_name, 'Alice B');
    assert.deepStrictEqual(await people.must(200, 'DELETE', `${version}/users/${made.id}`), {});
    await people.refused(404, 'user:error:not-found', 'GET', `${version}/users/${made.id}`);
    await people.refused(404, 'user:error:not-found', 'DELETE', `${version}/users/${made.id}`);
  }
});

test('made in a new version: all of it, numbers as they came', async () => {
  for (const version of young) {
    const asked = facts();
    const made = await people.must(201, 'POST', `${version}/users`, asked);
    assert.match(made.id, /^USR-[0-9a-f-]{36}$/);
    assert.deepStrictEqual(made, { id: made.id, ...asked, _links: { self: { href: `${stage.daemon.base}${version}/users/${made.id}` } } });
    const changed = await people.must(200, 'PATCH', `${version}/users/${made.id}`, { image_url: null, channels: { pstn: [] } });
    assert.deepStrictEqual({ ...changed, _links: 0 }, { id: made.id, name: asked.name, display_name: 'Alice A', properties: asked.properties,
      channels: { pstn: [] }, _links: 0 });
    assert.deepStrictEqual(await people.must(200, 'GET', `${version}/users/${made.id}`), changed);
    const { id, _links, ...back } = changed; // as a client sends back what it read
    assert.deepStrictEqual(await people.must(200, 'PATCH', `${version}/users/${id}`, back), changed);
    await people.must(204, 'DELETE', `${version}/users/${made.id}`);
    await people.refused(404, 'user:error:not-found', 'PATCH', `${version}/users/${made.id}`, {});
  }
  assert.match((await people.must(201, 'POST', '/v1/users', {})).name, /^NAM-/);
});

test('a name is there once', async () => {
  const [one, two] = [await people.user(), await people.user()];
  await people.refused(400, 'user:error:duplicate-name', 'POST', '/beta/users', { name: one.name });
  await people.refused(400, 'user:error:duplicate-name', 'PUT', `/beta/users/${two.id}`, { name: one.name });
  await people.refused(400, 'user:error:duplicate-name', 'PATCH', `/v1/users/${two.id}`, { name: one.name });
  await people.must(200, 'PATCH', `/v1/users/${one.id}`, { name: 'free again' });
  await people.must(201, 'POST', '/v1/users', { name: one.name });
  const replies = await Promise.all(Array.from({ length: 6 }, () => stage.ask('POST', '/v1/users', { body: { name: 'race' } })));
  assert.deepStrictEqual(replies.map((r) => r.status).sort(), [201, 400, 400, 400, 400, 400]);
});

test('what is wrong is named', async () => {
  for (const [body, field] of [[{ name: 7 }, 'name'], [{ image_url: 'x' }, 'image_url'], [{ channels: { pstn: {} } }, 'channels.pstn'],
    [{ channels: { pstn: [{ number: 'abc' }] } }, 'channels.pstn[0].number'], [{ channels: { pstn: [{ number: 1.5 }] } }, 'channels.pstn[0].number'],
    [{ channels: { pstn: [{ number: -15550100003 }] } }, 'channels.pstn[0].number'], [{ channels: { sip: [{ uri: 'tel:1' }] } }, 'channels.sip[0].uri'],
    [{ channels: { pigeon: [] } }, 'channels.pigeon'], [{ properties: { colour: 1 } }, 'properties.colour'], [{ surprise: 1 }, 'surprise']]) {
    for (const version of ['/beta', '/v1']) {
      assert.deepStrictEqual(await people.faults('POST', `${version}/users`, body), [field], `${version} ${JSON.stringify(body)}`);
    }
  }
  const long = { name: people.name('long'), display_name: 'x'.repeat(70) };
  assert.deepStrictEqual(await people.faults('POST', '/v1/users', long), ['display_name']);
  await people.must(200, 'POST', '/beta/users', long);
});

test('lists: bare, by cursor, by name; no user that was made for a call', async () => {
  await stage.fresh();
  stage.app.on('answer', [{ action: 'conversation', name: 'here' }]);
  await stage.dial('a');
  const names = Array.from({ length: 5 }, () => people.name('listed'));
  const made = [];
  for (const name of names) made.push((await people.must(201, 'POST', '/v1/users', { name })).id);
  const bare = await people.must(200, 'GET', '/beta/users');
  assert.deepStrictEqual(bare.slice(-5).map((u) => u.id), made);
  assert.deepStrictEqual(Object.keys(bare[0]), ['id', 'name', 'href']);
  const all = bare.map((u) => u.id);
  for (const version of young) {
    assert.deepStrictEqual((await people.pages(`${version}/users?page_size=3`, 'users')).map((u) => u.id), all);
    assert.deepStrictEqual((await people.pages(`${version}/users?page_size=4&order=desc`, 'users')).map((u) => u.id), [...all].reverse());
    assert.deepStrictEqual((await people.pages(`${version}/users?name=${names[2]}`, 'users')).map((u) => u.id), [made[2]]);
  }
  assert.deepStrictEqual((await people.pages('/v0.2/users?page_size=3', '', (p) => p._embedded.data.users)).map((u) => u.id), all);
  assert.deepStrictEqual((await people.must(200, 'GET', '/v1/users?name=nobody'))._embedded.users, []);
  assert.ok(bare.every((u) => !u.name.startsWith('USR-')));
  const { members: [{ user_id: system }] } = await people.must(200, 'GET',
    `/beta/conversations/${(await people.pages('/v1/conversations?page_size=100', 'conversations')).find((c) => c.name === 'here').id}`);
  assert.strictEqual((await people.must(200, 'GET', `/v1/users/${system}`)).name, system);
  await people.refused(404, 'user:error:not-found', 'DELETE', `/v1/users/${system}`);
  await people.refused(404, 'user:error:not-found', 'PATCH', `/v1/users/${system}`, { name: 'mine' });
  await stage.phone.hangup('a');
});

test('the conversations of a user, by state', async () => {
  const user = await people.user();
  const made = [];
  for (let i = 0; i < 3; i++) made.push(await people.conversation({ properties: { custom_data: { i } } }));
  const members = [await people.add(made[0], user), await people.add(made[1], user, 'invited'), await people.add(made[2], user)];
  await people.must(200, 'PATCH', `${people.members(made[2])}/${members[2].id}`, { state: 'left' });
  const at = (version, query = '') => `${version}/users/${user.id}/conversations${query}`;
  for (const version of [...old, '/beta2', '/v0.2']) {
    const all = await people.must(200, 'GET', at(version));
    assert.deepStrictEqual(all.map((c) => [c.id, c.member_id, c.state]), made.map((c, i) => [c.id, members[i].id, ['JOINED', 'INVITED', 'LEFT'][i]]));
    const [joined] = await people.must(200, 'GET', at(version, '?state=JOINED'));
    assert.deepStrictEqual(joined, { id: made[0].id, name: made[0].name, state: 'JOINED', member_id: members[0].id, sequence_number: 1,
      href: `${stage.daemon.base}${version}/conversations/${made[0].id}`, timestamp: { created: made[0].timestamp.created } });
    await people.refused(400, 'http:error:validation-fail', 'GET', at(version, '?state=ASLEEP'));
  }
  for (const version of young) {
    const all = await people.pages(at(version, '?page_size=1'), 'conversations');
    assert.deepStrictEqual(all.map((c) => [c.id, c._embedded]), made.map((c, i) => [c.id, { id: members[i].id, state: ['JOINED', 'INVITED', 'LEFT'][i] }]));
    assert.deepStrictEqual(all[0].properties, {});
    const [left] = await people.pages(at(version, '?state=LEFT&include_custom_data=true&order_by=created'), 'conversations');
    assert.deepStrictEqual([left.id, left.properties.custom_data, left.sequence_number], [made[2].id, { i: 2 }, 2]);
    assert.strictEqual((await people.refused(400, 'http:error:validation-fail', 'GET', at(version, '?state=ASLEEP'))).invalid_parameters[0].name, 'state');
  }
  await people.refused(404, 'user:error:not-found', 'GET', at('/v1').replace(user.id, 'USR-nobody'));
});

test('sessions are empty lists', async () => {
  const { id } = await people.user();
  for (const version of old) assert.deepStrictEqual(await people.must(200, 'GET', `${version}/users/${id}/sessions`), []);
  for (const version of young) {
    const page = await people.must(200, 'GET', `${version}/users/${id}/sessions?page_size=5`);
    assert.deepStrictEqual([page.page_size, page._embedded, Object.keys(page._links)], [5, { sessions: [] }, ['first', 'self']]);
  }
  await people.refused(404, 'user:error:not-found', 'GET', '/v1/users/USR-nobody/sessions');
});

test('deleted while its phone rings and while it talks: it leaves', async () => {
  await stage.fresh();
  const [rings, talks, stays] = [await people.user(), await people.user(), await people.user()];
  const room = await people.conversation();
  await stage.phone.accept({ policy: 'ring' }, callee);
  await stage.phone.accept({ policy: 'answer', tone: 500 }, '15550100004');
  await stage.phone.accept({ policy: 'answer', tone: 900 }, '15550100005');
  const ringing = await people.add(room, rings, 'invited', people.phone());
  const talking = await people.add(room, talks, 'invited', people.phone('15550100004'));
  const staying = await people.add(room, stays, 'invited', people.phone('15550100005'));
  const first = await stage.phone.incoming(callee);
  const second = await stage.phone.incoming('15550100004');
  const third = await stage.phone.incoming('15550100005');
  await people.state(room, talking, 'JOINED');
  await people.state(room, staying, 'JOINED');
  await stage.phone.hears(third.line, [500]);
  for (const user of [rings, talks]) await people.must(204, 'DELETE', `/v1/users/${user.id}`);
  assert.strictEqual((await stage.phone.over(first.line)).status, 487);
  await stage.phone.over(second.line);
  await people.event(room, 'member:left', (e) => e.from === ringing.id);
  await people.event(room, 'member:left', (e) => e.from === talking.id);
  await stage.phone.hears(third.line, []);
  assert.strictEqual((await people.read(room, ringing)).state, 'LEFT');
  assert.strictEqual((await people.read(room, staying)).state, 'JOINED');
  assert.deepStrictEqual((await people.must(200, 'GET', `/beta/conversations/${room.id}`)).members.map((m) => m.member_id), [staying.id]);
  await people.clear();
  await stage.phone.over(third.line);
});

test('a restart changes nothing of them', async () => {
  await stage.fresh();
  const made = await people.must(201, 'POST', '/v1/users', facts());
  const before = await people.must(200, 'GET', '/beta/users');
  const gone = await people.user();
  await people.must(204, 'DELETE', `/v1/users/${gone.id}`);
  await stage.daemon.kill();
  await stage.daemon.start();
  const after = await people.must(200, 'GET', `/v1/users/${made.id}`);
  assert.deepStrictEqual({ ...after, _links: 0 }, { ...made, _links: 0 });
  assert.deepStrictEqual((await people.must(200, 'GET', '/beta/users')).map((u) => u.id), before.map((u) => u.id));
  await people.refused(400, 'user:error:duplicate-name', 'POST', '/v1/users', { name: made.name });
  await people.must(201, 'POST', '/v1/users', { name: gone.name });
});

stage.finish();
