'use strict';
// Members over REST: of text and with a phone; who may do what; and what happens at once.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { People } = require('../lib/people');

const stage = new Stage();
const { app, phone } = stage;
const people = new People(stage);
const [second, third] = ['15550100004', '15550100005'];
const old = ['/beta', '/v0.1'];
const young = ['/v0.3', '/v1'];
const text = { type: 'app' };
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const nobody = '00000000-0000-4000-8000-000000000000';

// Everyone who is dialled hears a tone of their own.
async function phones() {
  await people.clear();
  await stage.fresh();
  await phone.accept({ policy: 'answer', tone: 500 }, callee);
  await phone.accept({ policy: 'answer', tone: 700 }, second);
  await phone.accept({ policy: 'answer', tone: 900 }, third);
}

// A member that has joined by its phone.
async function talking(room, to, more = {}) {
  const user = await people.user();
  const made = await people.add(room, user, 'invited', people.phone(to, more));
  const { line } = await phone.incoming(to);
  const member = await people.state(room, made, 'JOINED');
  return { user, member, line, leg: member.channel.id };
}

test('text members in the old way', async () => {
  await stage.fresh();
  for (const version of old) {
    const [one, two] = [await people.user(), await people.user()];
    const { id } = await people.conversation();
    const at = `${version}/conversations/${id}/members`;
    const a = await people.must(201, 'POST', at, { action: 'join', user_id: one.id });
    assert.match(a.timestamp.joined, stamp);
    assert.deepStrictEqual({ ...a, timestamp: 0 }, { id: a.id, user_id: one.id, name: one.name, state: 'JOINED', timestamp: 0,
      media: { audio: false, audio_settings: { enabled: false, earmuffed: false, muted: false } },
      href: `${stage.daemon.base}${at}/${a.id}`, initiator: { joined: { isSystem: true } } });
    assert.deepStrictEqual(await people.must(200, 'GET', `${at}/${a.id}`), a);
    const b = await people.must(201, 'POST', at, { action: 'invite', user_name: two.name, channel: text, member_id_inviting: a.id });
    assert.deepStrictEqual([b.state, b.channel, b.invited_by], ['INVITED', text, a.id]);
    assert.deepStrictEqual(await people.must(200, 'GET', at), [
      { user_id: one.id, name: one.name, user_name: one.name, state: 'JOINED' },
      { user_id: two.id, name: two.name, user_name: two.name, state: 'INVITED' }]);
    assert.deepStrictEqual(await people.must(200, 'PUT', `${at}/${b.id}`, { action: 'join', channel: text }), { id: b.id, href: b.href });
    const joined = await people.must(200, 'GET', `${at}/${b.id}`);
    assert.deepStrictEqual(joined.timestamp, { invited: b.timestamp.invited, joined: joined.timestamp.joined });
    assert.deepStrictEqual(await people.must(200, 'DELETE', `${at}/${b.id}?reason_code=done&reason_text=enough`), {});
    assert.strictEqual((await people.must(200, 'GET', `${at}/${b.id}`)).state, 'LEFT');
    assert.deepStrictEqual((await people.event({ id }, 'member:left')).body.reason, { code: 'done', text: 'enough' });
    for (const method of ['PUT', 'DELETE']) {
      await people.refused(400, 'conversation:error:invalid-member-state', method, `${at}/${b.id}`, method === 'PUT' ? { action: 'join' } : undefined);
      await people.refused(404, 'member:error:not-found', method, `${at}/MEM-${nobody}`, method === 'PUT' ? { action: 'join' } : undefined);
    }
  }
});

test('text members in the new way', async () => {
  for (const version of young) {
    const [one, two] = [await people.user({ display_name: 'One' }), await people.user()];
    const { id } = await people.conversation();
    const at = `${version}/conversations/${id}/members`;
    const a = await people.must(201, 'POST', at, { state: 'joined', user: { name: one.name }, channel: text });
    assert.deepStrictEqual({ ...a, timestamp: 0 }, { id: a.id, conversation_id: id, state: 'JOINED', timestamp: 0, channel: text,
      _embedded: { user: { id: one.id, name: one.name, display_name: 'One', _links: { self: { href: `${stage.daemon.base}${version}/users/${one.id}` } } } },
      initiator: { joined: { is_system: true } }, media: { audio: false, audio_settings: { enabled: false, earmuffed: false, muted: false } },
      _links: { href: `${stage.daemon.base}${at}/${a.id}` } });
    assert.deepStrictEqual(await people.must(200, 'GET', `${at}/${a.id}`), a);
    const b = await people.must(201, 'POST', at, { state: 'invited', user: { id: two.id }, channel: text, from: a.id });
    const joined = await people.must(200, 'PATCH', `${at}/${b.id}`, { state: 'joined' });
    assert.deepStrictEqual([joined.state, joined.initiator, joined.invited_by], ['JOINED', { invited: { is_system: true }, joined: { is_system: true } }, a.id]);
    const listed = await people.pages(`${at}?page_size=1`, 'members');
    assert.deepStrictEqual(listed.map((m) => [m.id, m.state, m._embedded.user.id, m._links.href]), [a, b].map((m) => [m.id, 'JOINED',
      m._embedded.user.id, m._links.href]));
    assert.deepStrictEqual((await people.pages(`${at}?page_size=1&order=desc`, 'members')).map((m) => m.id), [b.id, a.id]);
    assert.deepStrictEqual(await people.faults('PATCH', `${at}/${b.id}`, { state: 'joined', reason: { code: 'x' } }), ['reason']);
    const left = await people.must(200, 'PATCH', `${at}/${b.id}`, { state: 'left', reason: { code: 'done', text: 'enough' } });
    assert.deepStrictEqual([left.state, Object.keys(left.timestamp), left.initiator.left], ['LEFT', ['invited', 'joined', 'left'], { is_system: true }]);
    await people.refused(400, 'conversation:error:invalid-member-state', 'PATCH', `${at}/${b.id}`, { state: 'left' });
    await people.refused(404, 'member:error:not-found', 'PATCH', `${at}/MEM-${nobody}`, { state: 'left' });
  }
  const { id } = await people.conversation();
  const [user] = [await people.user()];
  const made = await people.add({ id }, user, 'invited');
  const at = `/v0.3/conversations/${id}/members/${made.id}`;
  assert.deepStrictEqual(await people.must(200, 'PUT', at, { state: 'joined' }), { id: made.id, href: `${stage.daemon.base}${at}` });
  const data = await people.pages(`/v0.2/conversations/${id}/members`, '', (p) => p._embedded.data.members);
  assert.deepStrictEqual(data, [{ id: made.id, user_id: user.id, name: user.name, state: 'JOINED',
    _links: { self: { href: `${stage.daemon.base}/v0.2/conversations/${id}/members/${made.id}` } } }]);
});

test('what is wrong is named', async () => {
  const room = await people.conversation();
  const user = await people.user();
  const to = (endpoint) => ({ channel: { type: 'phone', to: endpoint } });
  for (const [more, field] of [[{ state: 'left' }, 'state'], [{ user: {} }, 'user.id'], [{ user: { id: 7 } }, 'user.id'], [{ channel: {} }, 'channel.type'],
    [to({ type: 'sip', uri: 'sip:a@b' }), 'channel.to.type'], [to({ type: 'phone' }), 'channel.to.number'], [to({ type: 'phone', number: 'abc' }), 'channel.to.number'],
    [{ channel: { type: 'sip', to: { type: 'sip' } } }, 'channel.to.uri'], [{ channel: { type: 'phone', ring_timeout: 999 } }, 'channel.ring_timeout'],
    [{ channel: { type: 'phone', max_length: 7200001 } }, 'channel.max_length'], [{ channel: { ...text, can_hear: 'all' } }, 'channel.can_hear'],
    [{ media: { audio_settings: { muted: 1 } } }, 'media.audio_settings.muted'], [{ surprise: 1 }, 'surprise']]) {
    const body = { state: 'joined', user: { id: user.id }, channel: text, ...more };
    assert.deepStrictEqual(await people.faults('POST', people.members(room), body), [field], JSON.stringify(more));
  }
  assert.deepStrictEqual(await people.faults('POST', `/beta/conversations/${room.id}/members`, { action: 'join', channel: text }), ['user_id']);
  const post = (code, status, more) => people.refused(status, code, 'POST', people.members(room), { state: 'joined', user: { id: user.id }, channel: text, ...more });
  await post('user:error:not-found', 404, { user: { id: `USR-${nobody}` } });
  await post('user:error:not-found', 404, { user: { name: 'nobody' } });
  await post('member:error:not-found', 404, { from: `MEM-${nobody}` });
  await post('knocking:error:not-found', 404, { knocking_id: nobody });
  await post('leg:error:not-found', 404, { channel: { type: 'phone', id: nobody } });
  await post('conversation:error:invalid-channel', 400, { channel: { type: 'phone' } });
  await post('conversation:error:invalid-channel', 400, { channel: { type: 'websocket', to: { type: 'websocket', uri: 'wss://example.com' } } });
  assert.deepStrictEqual(await people.must(200, 'GET', `/beta/conversations/${room.id}/members`), []);
  await people.refused(404, 'conversation:error:not-found', 'POST', people.members({ id: `CON-${nobody}` }), { state: 'joined', user: { id: user.id } });
});

test('whoever is in joins no second time', async () => {
  const [one, two] = [await people.user(), await people.user()];
  const room = await people.conversation();
  const join = (user, state) => stage.ask('POST', people.members(room), { body: { state, user: { id: user.id }, channel: text } });
  const replies = await Promise.all(Array.from({ length: 5 }, () => join(one, 'joined')));
  assert.deepStrictEqual(replies.map((r) => r.status).sort(), [201, 400, 400, 400, 400]);
  for (const { status, body } of replies) if (status === 400) assert.strictEqual(body.code, 'conversation:error:member-already-joined');
  const invited = await people.add(room, two, 'invited');
  assert.strictEqual((await join(two, 'invited')).body.code, 'conversation:error:already-member');
  const races = await Promise.all(Array.from({ length: 5 }, () => stage.ask('PATCH', `${people.members(room)}/${invited.id}`, { body: { state: 'joined' } })));
  assert.deepStrictEqual(races.map((r) => r.status).sort(), [200, 400, 400, 400, 400]);
  for (const { status, body } of races) if (status === 400) assert.strictEqual(body.code, 'conversation:error:member-already-joined');
  assert.strictEqual((await people.events(room)).filter((e) => e.type === 'member:joined').length, 2);
  const other = await people.user();
  const waiting = await people.add(room, other, 'invited');
  assert.strictEqual((await people.add(room, other)).id, waiting.id, 'who joins and was invited is the one that was invited');
  const again = await people.must(200, 'PATCH', `${people.members(room)}/${invited.id}`, { state: 'left' });
  const back = await people.add(room, two);
  assert.notStrictEqual(back.id, again.id);
});

test('a hundred members of text, and no more', async () => {
  const room = await people.conversation();
  const users = await Promise.all(Array.from({ length: 101 }, () => people.user()));
  for (const user of users.slice(0, 100)) await people.add(room, user);
  await people.refused(400, 'conversation:error:maximum-number-of-members', 'POST', people.members(room),
    { state: 'joined', user: { id: users[100].id }, channel: text });
  assert.strictEqual((await people.pages(`${people.members(room)}?page_size=30`, 'members')).length, 100);
  await people.clear();
});

test('a client acts for itself, an administrator for anyone', async () => {
  const [one, two] = [await people.user(), await people.user()];
  const room = await people.conversation();
  const at = people.members(room);
  const join = (user) => ({ state: 'joined', user: { id: user.id }, channel: text });
  await people.refused(404, 'member:error:not-found', 'GET', `${at}/me`, undefined, people.as(one));
  await people.refused(403, 'system:error:permission', 'POST', at, join(two), people.as(one));
  await people.refused(403, 'system:error:permission', 'POST', at, { ...join(two), state: 'invited' }, people.as(one));
  const mine = await people.must(201, 'POST', at, join(one), people.as(one));
  assert.deepStrictEqual(mine.initiator.joined, { is_system: false, user_id: one.id });
  for (const version of [...old, ...young]) {
    assert.strictEqual((await people.must(200, 'GET', `${version}/conversations/${room.id}/members/me`, undefined, people.as(one))).id, mine.id);
  }
  await people.refused(404, 'member:error:not-found', 'GET', `${at}/me`);
  const theirs = await people.must(201, 'POST', at, { ...join(two), state: 'invited' }, people.as(one));
  assert.deepStrictEqual([theirs.initiator, theirs.invited_by], [{ invited: { is_system: false, user_id: one.id, member_id: mine.id } }, mine.id]);
  const invited = (await people.events(room)).find((e) => e.type === 'member:invited');
  assert.deepStrictEqual([invited.from, invited.body.invited_by, invited.body.initiator], [mine.id, one.name,
    { invited: { isSystem: false, user_id: one.id, member_id: mine.id } }]);
  await people.refused(403, 'system:error:permission', 'PATCH', `${at}/${theirs.id}`, { state: 'joined' }, people.as(one));
  await people.refused(403, 'system:error:permission', 'DELETE', `/beta/conversations/${room.id}/members/${theirs.id}`, undefined, people.as(one));
  await people.refused(403, 'system:error:permission', 'PATCH', `${at}/${theirs.id}`, { state: 'joined', from: mine.id }, people.as(two));
  const joined = await people.must(200, 'PATCH', `${at}/${theirs.id}`, { state: 'joined' }, people.as(two));
  assert.deepStrictEqual(joined.initiator.joined, { is_system: false, user_id: two.id, member_id: theirs.id });
  const left = await people.must(200, 'PATCH', `${at}/${theirs.id}`, { state: 'left' }, people.as(two));
  assert.deepStrictEqual(left.initiator.left, { is_system: false, user_id: two.id, member_id: theirs.id });
  await people.must(200, 'PATCH', `${at}/${mine.id}`, { state: 'left' });
  await people.refused(403, 'system:error:permission', 'POST', at, join(one), people.as({ name: 'nobody at all' }));
});

test('a phone that is invited is dialled, joins when it answers, and is heard', async () => {
  await phones();
  await phone.accept({ policy: 'ring', tone: 500 }, callee);
  const room = await people.conversation();
  const user = await people.user();
  const made = await people.add(room, user, 'invited', people.phone(callee, { ring_timeout: 30000, max_length: 60000 }));
  assert.strictEqual(made.state, 'INVITED');
  const { id: leg } = made.channel;
  assert.deepStrictEqual(made.channel, { type: 'phone', id: leg, from: { type: 'phone', number }, to: { type: 'phone', number: callee }, leg_ids: [leg],
    cpa: false, preanswer: false, ring_timeout: 30000, cpa_time: 5000, max_length: 60000 });
  const { line, from } = await phone.incoming(callee);
  assert.strictEqual(from, number);
  await people.event(room, 'sip:ringing', (e) => e.from === made.id);
  assert.strictEqual((await people.read(room, made)).state, 'INVITED');
  await phone.send('answer', { line });
  const joined = await people.state(room, made, 'JOINED');
  assert.deepStrictEqual(joined.media, { audio: true, audio_settings: { enabled: true, earmuffed: false, muted: false } });
  const other = await talking(room, second);
  await phone.hears(line, [700]);
  await phone.hears(other.line, [500]);
  assert.deepStrictEqual(app.statuses(leg), ['started', 'ringing', 'answered']);
  await phone.hangup(line);
  await people.state(room, made, 'LEFT');
  const types = (await people.events(room)).filter((e) => e.from === made.id).map((e) => e.type);
  const wanted = ['member:invited', 'sip:ringing', 'sip:answered', 'member:joined', 'member:media', 'sip:hangup', 'member:left'];
  assert.deepStrictEqual(types.filter((t) => wanted.includes(t)), wanted);
  assert.ok(types.filter((t) => t === 'leg:status:update').length >= 3);
  const call = await people.must(200, 'GET', `/v1/calls/${leg}`);
  assert.deepStrictEqual([call.status, call.conversation_uuid, call.to], ['completed', room.id, { type: 'phone', number: callee }]);
  await people.must(200, 'PATCH', `${people.members(room)}/${other.member.id}`, { state: 'left', reason: { code: 'r', text: 'enough' } });
  assert.strictEqual((await phone.over(other.line)).remote, true);
  const left = await people.event(room, 'member:left', (e) => e.from === other.member.id);
  assert.deepStrictEqual(left.body.reason, { code: 'r', text: 'enough' });
  await people.refused(400, 'conversation:error:invalid-member-state', 'PATCH', `${people.members(room)}/${other.member.id}`, { state: 'left' });
});

test('one that joins with a phone is in at once, and dialled', async () => {
  await phones();
  const room = await people.conversation();
  const made = await people.must(201, 'POST', `/beta/conversations/${room.id}/members`, { action: 'join', user_id: (await people.user()).id,
    channel: { type: 'phone', to: { type: 'phone', number: callee }, from: { type: 'phone', number: '4915550009999' } },
    media: { audio: true, audio_settings: { muted: true } } });
  assert.deepStrictEqual([made.state, made.channel.from.number], ['JOINED', 'Unknown']);
  assert.notStrictEqual((await phone.incoming(callee)).from, '4915550009999');
  await people.event(room, 'sip:answered', (e) => e.from === made.id);
  const other = await talking(room, second);
  await phone.hears(other.line, []);
  assert.strictEqual((await people.read(room, made)).media.audio_settings.muted, true);
  await people.must(200, 'PATCH', `${people.members(room)}/${made.id}`, { state: 'joined', media: { audio_settings: { muted: false } } });
  await phone.hears(other.line, [500]);
  await people.must(200, 'PUT', `/beta/conversations/${room.id}/members/${made.id}`, { media: { audio_settings: { earmuffed: true } } });
  assert.deepStrictEqual((await people.read(room, made)).media.audio_settings, { enabled: true, earmuffed: true, muted: false });
  await people.clear();
  await phone.over(other.line);
});

test("the user's own phone and SIP address", async () => {
  await phones();
  const user = await people.user({ channels: { pstn: [{ number: Number(callee) }], sip: [{ uri: `sip:desk@${phone.sip}` }] } });
  const room = await people.conversation();
  await phone.accept({ policy: 'answer', tone: 700 }, 'desk');
  const one = await people.add(room, user, 'invited', { channel: { type: 'phone' } });
  assert.deepStrictEqual(one.channel.to, { type: 'phone', number: callee });
  const two = await people.add(room, user, 'invited', { channel: { type: 'sip', headers: { Ticket: '7' } } });
  assert.deepStrictEqual(two.channel.to, { type: 'sip', uri: `sip:desk@${phone.sip}` });
  const first = await phone.incoming(callee);
  const desk = await phone.incoming('desk');
  assert.strictEqual(desk.headers['X-Ticket'], '7');
  await people.state(room, one, 'JOINED');
  await people.state(room, two, 'JOINED');
  await phone.hears(first.line, [700]);
  await phone.hears(desk.line, [500]);
  await people.clear();
  await phone.over(first.line);
  await phone.over(desk.line);
});

for (const [policy, status] of [[{ policy: 'busy' }, 'busy'], [{ policy: 'decline' }, 'rejected'], [{ policy: 'busy', status: 404 }, 'failed']]) {
  test(`one whose phone says ${policy.status || policy.policy} has left`, async () => {
    await phones();
    await phone.accept(policy, callee);
    const room = await people.conversation();
    const made = await people.add(room, await people.user(), 'invited', people.phone());
    await people.state(room, made, 'LEFT');
    await app.event({ uuid: made.channel.id, status });
    const types = (await people.events(room)).map((e) => e.type);
    assert.ok(types.indexOf('sip:hangup') < types.indexOf('member:left'));
    assert.ok(!types.includes('member:joined'));
  });
}

test('ring_timeout ends the ringing', async () => {
  await phones();
  await phone.accept({ policy: 'ring' }, callee);
  const room = await people.conversation();
  const made = await people.add(room, await people.user(), 'invited', people.phone(callee, { ring_timeout: 1000 }));
  await people.state(room, made, 'LEFT');
  await app.event({ uuid: made.channel.id, status: 'timeout' });
  assert.ok(phone.events.some((e) => e.event === 'ended' && e.status === 487));
});

test('an address that cannot be dialled is refused, and nothing is left', async () => {
  await phones();
  const room = await people.conversation();
  const user = await people.user();
  await people.refused(400, 'conversation:error:invalid-channel', 'POST', people.members(room),
    { state: 'invited', user: { id: user.id }, channel: { type: 'sip', to: { type: 'sip', uri: `sip:${'a'.repeat(300)}@b` } } });
  assert.deepStrictEqual(await people.events(room), []);
  assert.deepStrictEqual(await people.must(200, 'GET', `/beta/conversations/${room.id}/members`), []);
});

test('who leaves while it rings, or whose conversation ends, is called back', async () => {
  await phones();
  await phone.accept({ policy: 'ring' });
  await phone.accept({ policy: 'ring' }, callee);
  await phone.accept({ policy: 'ring' }, second);
  const room = await people.conversation();
  const one = await people.add(room, await people.user(), 'invited', people.phone(callee));
  const two = await people.add(room, await people.user(), 'joined', people.phone(second));
  const [first, other] = [await phone.incoming(callee), await phone.incoming(second)];
  await people.must(200, 'DELETE', `/beta/conversations/${room.id}/members/${one.id}`);
  assert.strictEqual((await phone.over(first.line)).status, 487);
  await app.event({ uuid: one.channel.id, status: 'cancelled' });
  assert.strictEqual((await people.state(room, one, 'LEFT')).state, 'LEFT');
  await people.must(204, 'DELETE', `/v1/conversations/${room.id}`);
  assert.strictEqual((await phone.over(other.line)).status, 487);
  await app.event({ uuid: two.channel.id, status: 'cancelled' });
  // at once: the INVITE may not even have left
  const brief = await people.conversation();
  const three = await people.add(brief, await people.user(), 'invited', people.phone(callee));
  const [left, ended] = await Promise.all([stage.ask('PATCH', `${people.members(brief)}/${three.id}`, { body: { state: 'left' } }),
    stage.ask('DELETE', `/v1/conversations/${brief.id}`)]);
  assert.ok([200, 404].includes(left.status), left.text);
  assert.strictEqual(ended.status, 204);
  await app.event({ uuid: three.channel.id, status: 'cancelled' });
  await stage.daemon.idle();
});

test('who hears whom', async () => {
  await phones();
  const room = await people.conversation();
  const one = await talking(room, callee);
  const two = await talking(room, second, { can_speak: [one.member.id] });
  const three = await talking(room, third);
  await phone.hears(one.line, [700, 900]);
  await phone.hears(three.line, [500]);
  await phone.hears(two.line, [500, 900]);
  await people.must(200, 'PUT', `/v0.3/conversations/${room.id}/members/${two.member.id}`,
    { channel: { type: 'phone', can_speak: [one.leg], can_hear: [three.leg] } });
  await phone.hears(two.line, [900]);
  await phone.hears(one.line, [700, 900]);
  await people.clear();
  for (const { line } of [one, two, three]) await phone.over(line);
});

test('a leg that is up becomes the leg of a member', async () => {
  await phones();
  app.on('answer', conference('waiting'));
  await stage.dial('a', { tone: 1100 });
  const leg = await stage.leg();
  const room = await people.conversation();
  const other = await talking(room, callee);
  const user = await people.user();
  const body = { state: 'joined', user: { id: user.id }, channel: { type: 'phone', id: leg } };
  await people.refused(400, 'conversation:error:invalid-action', 'POST', people.members(room), { ...body, state: 'invited' });
  const made = await people.must(201, 'POST', people.members(room), body);
  assert.deepStrictEqual([made.state, made.channel.id, made._embedded.user.id], ['JOINED', leg, user.id]);
  await phone.hears('a', [500]);
  await phone.hears(other.line, [1100]);
  await people.refused(400, 'conversation:error:member-already-joined', 'POST', people.members(room), body);
  await app.event({ type: 'transfer', uuid: leg, conversation_uuid_to: room.id });
  await phone.hangup('a');
  await people.state(room, made, 'LEFT');
  await people.clear();
  await phone.over(other.line);
});

test('a leg that only rings is let in and answered; its flow goes on without one that was taken from it', async () => {
  await phones();
  await phone.accept({ policy: 'ring', tone: 500 }, callee);
  app.on('answer', [...connect(callee), ...conference('after')]);
  await phone.call('a', stage.daemon.uri(number), { tone: 1100 });
  const ringing = await phone.incoming(callee);
  const { uuid: child } = await app.event({ status: 'ringing', direction: 'outbound' });
  const room = await people.conversation();
  const other = await talking(room, second);
  const taken = await people.must(201, 'POST', people.members(room), { state: 'joined', user: { id: (await people.user()).id }, channel: { type: 'phone', id: child } });
  await phone.up('a'); // connect is over: the next action answers
  await phone.send('answer', { line: ringing.line });
  await phone.hears(other.line, [500]);
  await phone.hears(ringing.line, [700]);
  await phone.hears('a', []);
  const parent = await stage.leg();
  const late = await people.must(201, 'POST', people.members(room), { state: 'joined', user: { id: (await people.user()).id }, channel: { type: 'phone', id: parent } });
  await phone.hears('a', [500, 700]);
  app.on('answer', { status: 200, body: [], delay: 20000 });
  await phone.call('b', stage.daemon.uri(number), { tone: 900, from: '15550100021' });
  const { uuid: waits } = await app.event({ status: 'ringing', direction: 'inbound', from: '15550100021' });
  await people.must(201, 'POST', people.members(room), { state: 'joined', user: { id: (await people.user()).id }, channel: { type: 'phone', id: waits } });
  await phone.up('b');
  await phone.hears('b', [500, 700, 1100]);
  for (const made of [taken, late]) assert.strictEqual((await people.read(room, made)).state, 'JOINED');
  await people.clear();
  for (const line of ['a', 'b', ringing.line, other.line]) await phone.over(line);
});

test('after a restart who is in by text is in, and who was in by phone has left', async () => {
  await phones();
  const room = await people.conversation();
  const user = await people.user();
  const [joined, invited] = [await people.add(room, user), await people.add(room, await people.user(), 'invited')];
  const other = await talking(room, callee);
  await stage.daemon.kill();
  await stage.daemon.start();
  await phone.hangup(other.line).catch(() => {});
  assert.deepStrictEqual({ ...(await people.read(room, joined)), _links: 0, _embedded: 0 }, { ...joined, _links: 0, _embedded: 0 });
  assert.strictEqual((await people.read(room, invited)).state, 'INVITED');
  assert.strictEqual((await people.read(room, other.member)).state, 'LEFT');
  assert.strictEqual((await people.must(200, 'PATCH', `${people.members(room)}/${invited.id}`, { state: 'joined' })).state, 'JOINED');
  await people.refused(400, 'conversation:error:member-already-joined', 'POST', people.members(room), { state: 'joined', user: { id: user.id }, channel: text });
  assert.deepStrictEqual((await people.pages(people.members(room), 'members')).map((m) => m.state), ['JOINED', 'JOINED', 'LEFT']);
  await people.clear();
});

stage.finish();
