'use strict';
// A power cut in the middle of two hundred calls: what anyone saw the effect of is told, in
// order, no event in two versions, and every call that began comes to its end.

const assert = require('node:assert');
const test = require('../lib/test');
const { Phone } = require('../lib/phone');
const { Stage, conference, connect, number } = require('../lib/stage');
const { slow, until } = require('../lib/wait');

const stage = new Stage({ config: { limits: { calls_per_second_per_source: 0 } } });
const { app } = stage;
const callers = 200;
const final = ['completed', 'busy', 'cancelled', 'failed', 'rejected', 'timeout', 'unanswered'];
const rank = { started: 0, ringing: 1, answered: 2 };

// What webhooks told of each leg: leg → { status → [body, …] in order of arrival }.
function told() {
  const legs = new Map();
  for (const { fields } of app.requests.filter((r) => r.kind === 'event' && r.fields.status)) {
    if (!legs.has(fields.uuid)) legs.set(fields.uuid, []);
    legs.get(fields.uuid).push(fields);
  }
  return legs;
}

const odd = (from) => Number(from.slice(-1)) % 2 === 1;
const ended = (events) => events.some((e) => final.includes(e.status));

// Kills the daemon amid the calls; gives what had been seen of it by then.
async function cut(phone) {
  // half of them meet in a conversation, half are forwarded; some answers dawdle
  app.on('answer', (r) => ({
    body: odd(r.fields.from) ? conference(`room ${r.fields.from.slice(-2)}`) : connect(),
    delay: Number(r.fields.from.slice(-2)) % 5 === 0 ? 400 : 0,
  }));
  const froms = Array.from({ length: callers }, (_, i) => `1555019${String(i).padStart(4, '0')}`);
  const lineOf = (from) => `line ${from}`;
  const dialled = froms.map((from) => phone.call(lineOf(from), stage.daemon.uri(number), { from }));
  await until(() => phone.events.filter((e) => e.event === 'answered').length >= callers / 2, 'half of the calls to be up', 30000);
  await until(() => app.events.some((e) => e.type === 'transfer'), 'a caller to be told to be in a room');
  // a dozen of them end before the cut
  for (const from of froms.slice(0, 12)) {
    if (phone.events.some((e) => e.event === 'answered' && e.line === lineOf(from))) await phone.hangup(lineOf(from));
  }
  const rooms = await Promise.all([...new Set(app.events.filter((e) => e.type === 'transfer').map((e) => e.conversation_uuid_to))].slice(0, 20).map(async (con) => {
    const { status, body } = await stage.ask('GET', `/beta/conversations/${con}/events`);
    assert.strictEqual(status, 200);
    return { con, events: body };
  }));
  await stage.daemon.kill();
  await Promise.all(dialled);
  return { froms, lineOf, rooms, events: [...phone.events], requests: [...app.requests] };
}

const seen = {};

test('the daemon is killed in the middle of 200 calls, and serves again on the same store in a second', async () => {
  await stage.fresh();
  Object.assign(seen, await cut(stage.phone));
  await stage.phone.stop();
  stage.phone = await new Phone('--port', stage.phone.sip.split(':')[1]).start();
  const before = Date.now();
  await stage.daemon.start();
  seen.restart = Date.now() - before;
  await until(() => [...told().values()].every(ended), () => `each leg to end; ${[...told().values()].filter((e) => !ended(e)).length} have not`, 30000);
  await stage.daemon.idle();
  seen.legs = told();
});

test('every call that was begun is told to its end', () => {
  assert.ok(seen.legs.size >= callers, `${seen.legs.size} legs`);
  for (const [leg, events] of seen.legs) {
    const ends = new Set(events.filter((e) => final.includes(e.status)).map((e) => e.status));
    assert.strictEqual(ends.size, 1, `${leg}: ${JSON.stringify(events)}`);
  }
});

test('each leg is told in order: started, ringing, answered, the end', () => {
  for (const [leg, events] of seen.legs) {
    const firsts = [...new Set(events.map((e) => e.status))].map((s) => rank[s] ?? 3);
    assert.deepStrictEqual(firsts, [...firsts].sort((a, b) => a - b), `${leg}: ${events.map((e) => e.status)}`);
    assert.strictEqual(firsts[0], 0, `${leg} begins with started: ${events.map((e) => e.status)}`);
  }
});

test('no event comes in two versions', () => {
  for (const events of seen.legs.values()) {
    const bodies = new Map();
    for (const event of events) {
      const body = JSON.stringify(event);
      assert.strictEqual(bodies.get(event.status) ?? body, body, 'the same event with another body');
      bodies.set(event.status, body);
    }
  }
});

test('every effect that a phone or the application saw was told', () => {
  const legOf = new Map(seen.requests.filter((r) => r.kind === 'answer').map((r) => [r.fields.from, r.fields.uuid]));
  const statuses = (leg) => (seen.legs.get(leg) || []).map((e) => e.status);
  let answered = 0;
  for (const from of seen.froms) {
    const leg = legOf.get(from);
    if (leg) assert.ok(statuses(leg).includes('ringing'), `the application was asked about ${from}: ${statuses(leg)}`);
    if (!seen.events.some((e) => e.line === seen.lineOf(from) && e.event === 'answered')) continue;
    answered++;
    assert.ok(statuses(leg).includes('answered'), `${from} was answered: ${statuses(leg)}`);
    if (odd(from)) continue;
    // a forwarded caller hears the 200 only because the callee gave one
    const con = seen.legs.get(leg)[0].conversation_uuid;
    const callees = [...seen.legs.values()].filter(([e]) => e.direction === 'outbound' && e.conversation_uuid === con);
    assert.ok(callees.some((events) => events.some((e) => e.status === 'answered')), `the callee of ${from}`);
  }
  assert.ok(answered >= callers / 2);
});

test('events read before the cut are there afterwards, the same ones under the same ids', async () => {
  let compared = 0;
  for (const { con, events } of seen.rooms) {
    const { status, body } = await stage.ask('GET', `/beta/conversations/${con}/events`);
    assert.strictEqual(status, 200);
    const now = new Map(body.map((e) => [e.id, e]));
    for (const event of events) {
      assert.deepStrictEqual({ ...now.get(event.id), href: '' }, { ...event, href: '' });
      compared++;
    }
    assert.deepStrictEqual(body.map((e) => e.id), body.map((_, i) => i + 1), 'ids without a hole');
  }
  assert.ok(compared > 0);
});

test('a new start takes less than a second', () => {
  assert.ok(seen.restart < 1000 * slow, `${seen.restart} ms`);
});

test('calls go on as before', async () => {
  await stage.fresh();
  app.on('answer', connect());
  await stage.dial('a');
  await stage.phone.hears('a', [700]);
  await stage.phone.hangup('a');
});

stage.finish();
