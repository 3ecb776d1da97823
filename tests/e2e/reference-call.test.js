'use strict';
// A forwarded call gives what the golden one gave: the conversation, its events and the
// nine requests to the application.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Canon } = require('../lib/compare');
const { Stage, callee, caller, connect, number } = require('../lib/stage');
const { source } = require('../lib/place');

const stage = new Stage();
const golden = (name) => JSON.parse(fs.readFileSync(path.join(source, 'tests/fixtures', `${name}.json`), 'utf8'));
const ms = (iso) => Date.parse(iso);
const seen = {};

// Plays the call once and keeps all that was to be seen of it.
test('a call is forwarded, answered after a while, and ended by the caller', async () => {
  await stage.fresh();
  stage.app.on('answer', connect(callee, { from: undefined })); // the golden caller id is withheld
  await stage.phone.accept({ policy: 'answer', delay: 300, tone: 700 });
  await stage.phone.call('a', stage.daemon.uri(number));
  const incoming = await stage.phone.incoming(callee);
  await stage.phone.up('a');
  await stage.phone.hears('a', [700]);
  await stage.phone.hears(incoming.line, [500]);
  const con = (await stage.app.event({ status: 'started', direction: 'inbound' })).conversation_uuid;
  const conversation = await stage.ask('GET', `/beta/conversations/${con}`);
  const events = await stage.ask('GET', `/beta/conversations/${con}/events`);
  assert.strictEqual(conversation.status, 200);
  assert.strictEqual(events.status, 200);
  assert.match(conversation.headers['content-type'], /^application\/json/);
  seen.conversation = conversation.body;
  seen.events = events.body;
  await stage.phone.hangup('a');
  await stage.phone.over(incoming.line);
  await stage.app.event({ status: 'completed', direction: 'inbound' });
  await stage.app.event({ status: 'completed', direction: 'outbound' });
  await stage.daemon.idle();
  seen.webhooks = stage.app.requests.map((r) => ({
    kind: r.kind, method: r.method, ...(r.kind === 'answer' ? { query_order: r.query.map(([k]) => k) } : {}), fields: r.fields,
  }));
  seen.gone = await stage.ask('GET', `/beta/conversations/${con}`);
});

// What the two sides show in the common form; ids keep their names through all documents.
function both(part, opaque = []) {
  const make = (base, documents) => {
    const canon = new Canon(base);
    return documents.map((d) => canon.of(d, opaque)).at(-1);
  };
  const order = ['conversation', 'events'];
  const upTo = order.slice(0, order.indexOf(part) + 1);
  return [make(stage.daemon.base, upTo.map((p) => seen[p])), make('https://api.nexmo.com', upTo.map((p) => golden(`beta-${p}`)))];
}

test('GET conversation equals the golden one in keys, order, types and relations', () => {
  const [ours, theirs] = both('conversation');
  assert.deepStrictEqual(ours, theirs);
  assert.strictEqual(JSON.stringify(ours), JSON.stringify(theirs), 'keys in the same order');
});

test('GET events equals the golden one in keys, order, types and relations', () => {
  const [ours, theirs] = both('events');
  assert.deepStrictEqual(ours, theirs);
  assert.strictEqual(JSON.stringify(ours), JSON.stringify(theirs), 'keys in the same order');
});

test('the times of the events keep the rules', () => {
  const [, ringing, answeredOut, joinedOut, , answeredIn, joinedIn] = seen.events;
  const [inbound, outbound] = seen.conversation.members;
  for (const event of seen.events) {
    const body = event.body.timestamp;
    if (body) assert.ok(ms(body.joined) <= ms(event.timestamp) && ms(event.timestamp) - ms(body.joined) < 250, JSON.stringify(event));
  }
  assert.strictEqual(inbound.timestamp.joined, joinedIn.body.timestamp.joined);
  assert.deepStrictEqual(outbound.timestamp, joinedOut.body.timestamp);
  assert.ok(ms(seen.conversation.timestamp.created) <= ms(outbound.timestamp.invited));
  assert.ok(ms(outbound.timestamp.invited) <= ms(ringing.timestamp));
  assert.ok(ms(ringing.timestamp) + 200 <= ms(answeredOut.timestamp), 'it rang for the 300 ms the callee took');
  assert.ok(ms(answeredOut.timestamp) <= ms(answeredIn.timestamp));
});

test('the conversation is gone when the last leg has left', () => {
  assert.strictEqual(seen.gone.status, 404);
  assert.strictEqual(seen.gone.body.code, 'conversation:error:not-found');
});

const legOf = (request) => request.fields.uuid;

test('the nine webhooks equal the golden ones in keys, types and relations', () => {
  const theirs = golden('webhook-trace');
  assert.strictEqual(seen.webhooks.length, theirs.length, JSON.stringify(seen.webhooks, null, 1));
  // no order is promised across legs: take ours in the order of their times; within one
  // millisecond, as the golden ones come
  const place = (r) => theirs.findIndex((g) => g.kind === r.kind && (r.kind === 'answer'
    || (g.fields.direction === r.fields.direction && g.fields.status === r.fields.status)));
  const time = (r) => ms((r.kind === 'answer' ? seen.webhooks[0] : r).fields.timestamp);
  const ours = [...seen.webhooks].sort((a, b) => time(a) - time(b) || place(a) - place(b));
  // what self-hosting prices and names is its own business; the kind of value is not
  const opaque = ['duration', 'price', 'rate', 'network'];
  const sorted = (list) => new Canon('no base').of(list.map(({ fields, ...rest }) => ({
    ...rest, fields: Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) })), opaque);
  assert.deepStrictEqual(sorted(ours), sorted(theirs));
});

test('the webhooks of each leg arrive in the order of the golden call', () => {
  const sequences = (list) => {
    const legs = new Map();
    for (const r of list) {
      if (!legs.has(legOf(r))) legs.set(legOf(r), []);
      legs.get(legOf(r)).push(r.kind === 'answer' ? 'answer' : r.fields.status);
    }
    // the answer webhook has its own way; only its place before what follows from it counts
    return [...legs.values()].map((s) => s.filter((x) => x !== 'answer'));
  };
  assert.deepStrictEqual(sequences(seen.webhooks).sort(), sequences(golden('webhook-trace')).sort());
  const at = (kind, direction, status) => seen.webhooks.findIndex(
    (r) => r.kind === kind && (kind === 'answer' || (r.fields.direction === direction && r.fields.status === status)));
  assert.ok(at('answer') < at('event', 'outbound', 'started'));
});

test('the times and sums of the webhooks keep the rules', () => {
  const find = (direction, status) => seen.webhooks.find((r) => r.fields.direction === direction && r.fields.status === status).fields;
  assert.strictEqual(find('inbound', 'started').timestamp, find('inbound', 'ringing').timestamp);
  assert.strictEqual(find('outbound', 'started').timestamp, find('outbound', 'ringing').timestamp);
  assert.strictEqual(find('outbound', 'ringing').timestamp, seen.events[1].timestamp);
  assert.strictEqual(find('outbound', 'answered').timestamp, seen.events[2].timestamp);
  assert.strictEqual(find('inbound', 'answered').timestamp, seen.events[5].timestamp);
  for (const direction of ['inbound', 'outbound']) {
    const end = find(direction, 'completed');
    const answered = find(direction, 'answered');
    assert.strictEqual(ms(end.end_time) - ms(end.start_time), Number(end.duration) * 1000);
    assert.strictEqual(ms(end.start_time), Math.floor(ms(answered.timestamp) / 1000) * 1000);
    assert.strictEqual(end.price, ((Number(end.rate) * Number(end.duration)) / 60).toFixed(8));
    assert.match(end.price, /^\d+\.\d{8}$/);
    assert.match(end.rate, /^\d+\.\d{8}$/);
    assert.ok(Number(end.duration) >= 0 && Number(end.duration) < 60);
  }
});

test('the ids of webhooks, channels and members are those of one call', () => {
  const [inbound, outbound] = seen.conversation.members;
  const legs = new Set(seen.webhooks.map(legOf));
  assert.deepStrictEqual(legs, new Set([inbound.channel.id, outbound.channel.id]));
  assert.ok(seen.webhooks.every((r) => r.fields.conversation_uuid === seen.conversation.uuid));
  assert.match(inbound.channel.id, /^[0-9a-f]{32}$/);
  assert.match(outbound.channel.id, /^[0-9a-f]{8}-/);
  assert.strictEqual(inbound.channel.from.number, caller);
});

test('a POST answer webhook and a JSON body give the same call', async () => {
  const post = new Stage({ voice: { answer_method: 'POST' } });
  try {
    await post.fresh();
    post.app.on('answer', connect());
    await post.dial('a');
    const [asked] = post.app.requests.filter((r) => r.kind === 'answer');
    assert.strictEqual(asked.method, 'POST');
    assert.match(asked.headers['content-type'], /^application\/json/);
    assert.strictEqual(asked.fields.from, caller);
    assert.strictEqual(asked.fields.to, number);
    await post.phone.hangup('a');
    await post.app.event({ status: 'completed', direction: 'outbound' });
  } finally {
    await post.end();
  }
});

stage.finish();
