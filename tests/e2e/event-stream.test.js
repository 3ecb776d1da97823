'use strict';
// GET /v1/events as a live stream: what is there, then what comes, and nothing lost or told
// twice over cuts, restarts and readers that do not read.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('../lib/test');
const { Stage } = require('../lib/stage');
const { EventStream } = require('../lib/event-stream');
const { keyPair, token } = require('../lib/jwt');
const { folder } = require('../lib/place');
const { ask } = require('../lib/rest');
const { many } = require('../lib/sdk');
const { until } = require('../lib/wait');

const stranger = { id: '11111111-2222-4333-8444-555555555555', keys: keyPair() };
const stage = new Stage({ texts: true, applications: () => {
  const pem = path.join(folder(), 'stranger.pub');
  fs.writeFileSync(pem, stranger.keys.publicKey);
  return [{ id: stranger.id, name: 'stranger', public_key: pem }];
} });
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const rooms = [];
const said = new Map(); // "conversation/id" -> text, of all that was posted
const streams = [];

const bearer = () => stage.token({ exp: Math.floor(Date.now() / 1000) + 3600 });
let shared;

async function request(method, at, body) {
  const reply = await stage.ask(method, at, { token: shared, agent, body });
  assert.ok(reply.status < 300, `${method} ${at}: ${reply.status} ${reply.text}`);
  return reply.body;
}

async function say(text, { id, member } = rooms[0]) {
  const event = await request('POST', `/v1/conversations/${id}/events`, { type: 'text', from: member, body: { text } });
  said.set(`${id}/${event.id}`, text);
  return event;
}

function stream(after) {
  const made = new EventStream(stage.daemon.base, { token: bearer, after });
  streams.push(made);
  return made;
}

// The cursor of the newest event.
async function newest() {
  let cursor;
  for (let at = '/v1/events?page_size=100'; at;) {
    const page = await request('GET', at);
    cursor = page.cursor || cursor;
    at = page._links.next && page._links.next.href;
  }
  return cursor;
}

// All the texts that were posted since `before`, each once, in the order of their ids.
function complete(messages, before = new Set()) {
  const wanted = [...said].filter(([key]) => !before.has(key));
  const found = messages.filter((m) => m.event === 'text').map((m) => [`${m.data.conversation_id}/${m.data.id}`, m.data.body.text]);
  assert.strictEqual(found.length, wanted.length);
  const next = new Map();
  for (const { data } of messages) {
    if (next.has(data.conversation_id)) assert.strictEqual(data.id, next.get(data.conversation_id));
    next.set(data.conversation_id, data.id + 1);
  }
  const order = (a, b) => (a[0] < b[0] ? -1 : 1);
  assert.deepStrictEqual([...found].sort(order), wanted.sort(order));
  assert.strictEqual(new Set(messages.map((m) => m.id)).size, messages.length);
}

test('two conversations with a member each', async () => {
  await stage.fresh();
  shared = bearer();
  for (const name of ['one', 'two']) {
    await request('POST', '/v1/users', { name });
    const { id } = await request('POST', '/v1/conversations', { name });
    const { id: member } = await request('POST', `/v1/conversations/${id}/members`, { state: 'joined', user: { name }, channel: { type: 'app' } });
    rooms.push({ id, member });
  }
  for (let i = 0; i < 20; i++) await say(`text ${i}`, rooms[i % 2]);
});

test('tells what is there, as the list does, then what comes', async () => {
  const list = await request('GET', '/v1/events?page_size=100');
  assert.strictEqual(list._embedded.length, 22);
  const from = list._embedded[4].cursor;
  const one = stream(from);
  assert.strictEqual(await one.open(), 200);
  assert.match(one.headers['content-type'], /^text\/event-stream/);
  await one.received(17);
  const bare = ({ _links, ...event }) => event;
  assert.deepStrictEqual(one.messages.map((m) => bare(m.data)), list._embedded.slice(5).map(bare));
  for (const { id, event, data } of one.messages) {
    assert.strictEqual(id, data.cursor);
    assert.strictEqual(event, data.type);
  }
  const { id } = await say('live');
  const [last] = (await one.received(18)).slice(17);
  assert.strictEqual(last.data.id, id);
  assert.strictEqual(last.data.body.text, 'live');
  assert.strictEqual(last.data.conversation_id, rooms[0].id);
  one.cut();
});

test('a client that was cut off goes on with Last-Event-ID', async () => {
  const one = stream(await newest());
  const before = new Set(said.keys());
  await one.open();
  await say('heard');
  await one.received(1);
  one.cut();
  for (let i = 0; i < 150; i++) await say(`missed ${i}`, rooms[i % 2]);
  await one.open();
  await one.received(151);
  await say('heard again');
  complete(await one.received(152), before);
  one.cut();
});

test('a client that dies again and again misses nothing while two write', async () => {
  const one = stream(await newest());
  const before = new Set(said.keys());
  let writing = true;
  const write = async (room) => {
    for (let i = 0; writing; i++) await say(`${room.id} ${i}`, room);
  };
  const writers = Promise.all(rooms.map(write));
  writers.catch(() => {});
  for (let life = 0; life < 12; life++) {
    await one.open();
    await one.received(one.messages.length + 40);
    one.cut();
  }
  writing = false;
  await writers;
  await one.open();
  complete(await one.received(said.size - before.size), before);
  assert.strictEqual(one.connections, 13);
  one.cut();
});

test('a reader that does not read holds nobody up, and gets everything in the end', async () => {
  const slow = stream(await newest());
  const quick = stream(slow.after);
  const before = new Set(said.keys());
  await slow.open();
  await quick.open();
  slow.pause();
  const long = 'x'.repeat(2400);
  const count = 5000; // 13 MB: more than the sockets hold
  await many(count, (i) => say(`${long} ${i}`, rooms[i % 2]), 16);
  complete(await quick.received(count), before);
  assert.ok(slow.messages.length < count);
  slow.resume();
  await until(async () => {
    if (slow.over) await slow.open(); // it may have been given up
    return slow.messages.length >= count;
  }, () => `the slow reader to have all; it has ${slow.messages.length}`, 30000);
  complete(slow.messages, before);
  slow.cut();
  quick.cut();
});

test('the daemon goes and comes back: the stream ends, and goes on', async () => {
  const one = stream(await newest());
  const before = new Set(said.keys());
  await one.open();
  await say('before');
  await one.received(1);
  await stage.daemon.stop();
  await until(() => one.over, 'the stream to end');
  agent.destroy();
  await stage.daemon.start();
  one.base = stage.daemon.base;
  await say('while away');
  assert.strictEqual(await one.open(), 200);
  await one.received(2);
  await say('after');
  complete(await one.received(3), before);
  one.cut();
});

test('who has no right to it gets none of it', async () => {
  const accept = { accept: 'text/event-stream' };
  assert.strictEqual((await ask(stage.daemon.base, 'GET', '/v1/events', { headers: accept })).status, 401);
  const other = new EventStream(stage.daemon.base, { token: () => token(stranger.id, stranger.keys.privateKey) });
  streams.push(other);
  assert.strictEqual(await other.open(), 200);
  const one = stream(await newest());
  await one.open();
  await say('not for strangers');
  await one.received(1);
  assert.deepStrictEqual(other.messages, []);
  const nonsense = await stage.ask('GET', '/v1/events?after=nonsense!', { headers: accept });
  assert.strictEqual(nonsense.status, 400, nonsense.text);
  other.cut();
  one.cut();
});

test('no stream is left open', () => {
  streams.filter((s) => !s.over).forEach((s) => s.cut());
  agent.destroy();
});

stage.finish();
