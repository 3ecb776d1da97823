'use strict';
// A conversation of a hundred members and ten thousand events is read page by page, in every
// way there is, while two writers go on posting: nothing twice, nothing missing, order right.

const assert = require('node:assert');
const http = require('node:http');
const test = require('../lib/test');
const { Stage } = require('../lib/stage');
const { many } = require('../lib/sdk');
const { until } = require('../lib/wait');

const stage = new Stage({ texts: true });
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const people = 100;
const filled = 10000;
const posted = new Map(); // of the conversation: id of an event -> its text
const members = [];
let bearer;
let room; // the conversation
let side; // another one, with a member of its own
let writing = true;
let writers;

async function request(method, at, more) {
  const reply = await stage.ask(method, at, { token: bearer, agent, ...more });
  assert.ok(reply.status < 300, `${method} ${at}: ${reply.status} ${reply.text}`);
  return reply.body;
}

const get = (at) => request('GET', at);
const post = (at, body) => request('POST', at, { body });

async function say(conversation, from, text) {
  const { id } = await post(`/v1/conversations/${conversation}/events`, { type: 'text', from, body: { text } });
  assert.ok(Number.isInteger(id));
  return id;
}

async function speak(from, text) {
  const id = await say(room, from, text);
  assert.ok(!posted.has(id), `two events with the id ${id}`);
  posted.set(id, text);
}

// Posts until it is told to stop, now and then elsewhere.
async function write(name, other) {
  let count = 0;
  for (; writing; count++) {
    if (count % 4 === 3) await say(side, other, `${name} ${count}`);
    else await speak(members[count % people], `${name} ${count}`);
  }
  return count;
}

// Follows the next links from a first page until `enough` says so, or there are none.
async function follow(first, items, enough = () => false) {
  const all = [];
  for (let at = first; at;) {
    const page = await get(at);
    const some = items(page);
    assert.ok(some.length > 0 || !page._links.next, `an empty page with a next one: ${at}`);
    all.push(...some);
    at = !enough(all) && page._links.next && page._links.next.href;
  }
  return all;
}

// One after the other, by one; each event is what was posted under its id.
function gapless(events, step) {
  events.forEach((event, i) => {
    if (i > 0) assert.strictEqual(event.id, events[i - 1].id + step, `after ${events[i - 1].id}`);
    const text = posted.get(event.id);
    if (event.type === 'text' && text !== undefined) assert.strictEqual(event.body.text, text);
  });
}

// What is known to be there already.
const known = () => Math.max(...posted.keys());

test('a hundred join, and ten thousand texts are posted', async () => {
  await stage.fresh();
  bearer = stage.token({ exp: Math.floor(Date.now() / 1000) + 3600 });
  ({ id: room } = await post('/v1/conversations', { name: 'room' }));
  ({ id: side } = await post('/v1/conversations', { name: 'side' }));
  const join = async (conversation, name) => {
    await post('/v1/users', { name });
    const member = await post(`/v1/conversations/${conversation}/members`, { state: 'joined', user: { name }, channel: { type: 'app' } });
    return member.id;
  };
  members.push(...await many(people, (i) => join(room, `member-${i}`)));
  const other = await join(side, 'other');
  await many(filled, (i) => speak(members[i % people], `text ${i}`), 24);
  assert.strictEqual(posted.size, filled);
  assert.strictEqual((await get(`/v1/conversations/${room}`)).sequence_number, people + filled);
  writers = Promise.all([write('one', other), write('two', other)]);
  writers.catch(() => {}); // told where they are waited for
});

for (const [version, items] of [['v1', (page) => page._embedded], ['v0.3', (page) => page._embedded.events],
  ['v0.2', (page) => page._embedded.data.events], ['beta2', (page) => page._embedded.data.events]]) {
  test(`${version}: from the first event to the last`, async () => {
    const last = known();
    const events = await follow(`/${version}/conversations/${room}/events?page_size=100&order=asc`, items,
      (all) => all[all.length - 1].id >= last);
    assert.strictEqual(events[0].id, 1);
    assert.ok(events.length >= last);
    gapless(events, 1);
  });

  test(`${version}: from the last event to the first`, async () => {
    const last = known();
    const events = await follow(`/${version}/conversations/${room}/events?page_size=100&order=desc`, items);
    assert.ok(events[0].id >= last);
    assert.strictEqual(events[events.length - 1].id, 1);
    gapless(events, -1);
  });
}

test('v1: prev leads back to where next came from', async () => {
  const first = await get(`/v1/conversations/${room}/events?page_size=50`);
  assert.strictEqual(first._links.prev, undefined);
  const second = await get(first._links.next.href);
  const third = await get(second._links.next.href);
  const ids = (page) => page._embedded.map((e) => e.id);
  const back = await get(third._links.prev.href);
  assert.deepStrictEqual(ids(back), ids(second));
  assert.deepStrictEqual(ids(await get(back._links.prev.href)), ids(first));
});

test('v1: a part of the events by their ids, and by their type', async () => {
  const some = await follow(`/v1/conversations/${room}/events?page_size=7&start_id=500&end_id=600`, (page) => page._embedded);
  assert.deepStrictEqual(some.map((e) => e.id), Array.from({ length: 101 }, (_, i) => 500 + i));
  const joined = await follow(`/v1/conversations/${room}/events?page_size=9&event_type=member:joined`, (page) => page._embedded);
  assert.strictEqual(joined.length, people);
});

test('beta: the bare list of a part', async () => {
  const events = await get(`/beta/conversations/${room}/events?start_id=101&end_id=200`);
  assert.deepStrictEqual(events.map((e) => e.id), Array.from({ length: 100 }, (_, i) => 101 + i));
  gapless(events, 1);
});

test('members are paged both ways', async () => {
  const list = (order) => follow(`/v1/conversations/${room}/members?page_size=7&order=${order}`, (page) => page._embedded.members);
  const up = (await list('asc')).map((m) => m.id);
  assert.deepStrictEqual([...up].sort(), [...members].sort());
  assert.deepStrictEqual((await list('desc')).map((m) => m.id), up.reverse());
});

test('/v1/events: all of the application in the order in which it happened, to the very end', async () => {
  const next = new Map([[room, 1], [side, 1]]); // of each conversation the id to come
  const seen = new Set();
  let cursor = '';
  const read = async () => {
    const page = await get(`/v1/events?page_size=100${cursor && `&after=${encodeURIComponent(cursor)}`}`);
    for (const event of page._embedded) {
      assert.strictEqual(event.id, next.get(event.conversation_id), `in ${event.conversation_id}`);
      next.set(event.conversation_id, event.id + 1);
      assert.ok(event.cursor && !seen.has(event.cursor), `the cursor ${event.cursor} twice`);
      seen.add(event.cursor);
      if (event.conversation_id === room && posted.has(event.id)) assert.strictEqual(event.body.text, posted.get(event.id));
    }
    if (page._embedded.length > 0) assert.strictEqual(page.cursor, page._embedded[page._embedded.length - 1].cursor);
    cursor = page.cursor || cursor;
    return page._embedded.length;
  };
  const last = known();
  while (next.get(room) <= last) assert.ok(await read() > 0, 'nothing more, though there is');
  const running = known();
  await until(() => known() > running, 'the writers to go on');
  writing = false;
  for (const count of await writers) assert.ok(count > 0);
  while (await read() > 0);
  assert.strictEqual(next.get(room) - 1, people + posted.size);
  assert.strictEqual((await get(`/v1/conversations/${side}`)).sequence_number, next.get(side) - 1);
  assert.strictEqual((await get(`/v1/conversations/${room}`)).sequence_number, people + posted.size);
});

test('it reads the same after a restart', async () => {
  const before = (await get(`/v1/conversations/${room}/events?order=desc&page_size=100`))._embedded;
  await stage.daemon.stop();
  agent.destroy();
  await stage.daemon.start();
  const after = (await get(`/v1/conversations/${room}/events?order=desc&page_size=100`))._embedded;
  const bare = (events) => events.map(({ _links, ...event }) => event);
  assert.deepStrictEqual(bare(after), bare(before));
  assert.strictEqual(await say(room, members[0], 'after'), before[0].id + 1);
});

test('the writers have stopped', async () => {
  writing = false;
  await writers;
  agent.destroy();
});

stage.finish();
