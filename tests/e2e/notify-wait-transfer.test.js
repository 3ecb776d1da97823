'use strict';
// notify, wait and transfer of a flow; who is answered by which action; and how a flow ends.

const assert = require('node:assert');
const test = require('node:test');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { serve, sounding } = require('../lib/heard');
const { slow, until } = require('../lib/wait');

const stage = new Stage({ config: { limits: { outgoing_per_second: 2 } } });
const { phone, app } = stage;

const tone = (hz, seconds = 30, more = {}) => ({ action: 'stream', streamUrl: [serve(app, `t${hz}`, [hz, seconds])], ...more });
const notify = (more = {}) => ({ action: 'notify', payload: { stage: 'menu', tries: [1, 2] }, eventUrl: [app.url('note')], ...more });
const wait = (timeout) => ({ action: 'wait', timeout });
const notes = () => app.requests.filter((r) => r.kind === 'note');

// Legs are only so many a second here: one is made as soon as it may be.
async function soon(act) {
  let answer;
  await until(async () => (answer = await act()).status !== 429, 'a leg to be let through');
  return answer;
}

test('notify: what is told, by POST and by GET', async () => {
  await stage.fresh();
  app.on('note', 204);
  app.on('answer', [notify(), notify({ eventMethod: 'GET' }), tone(700)]);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [700]);
  const [post, get] = notes();
  assert.strictEqual(post.method, 'POST');
  assert.match(post.headers['content-type'], /^application\/json/);
  assert.deepStrictEqual(Object.keys(post.fields), ['payload', 'conversation_uuid', 'timestamp']);
  assert.deepStrictEqual(post.fields.payload, { stage: 'menu', tries: [1, 2] });
  assert.match(post.fields.conversation_uuid, /^CON-/);
  assert.strictEqual(get.method, 'GET');
  assert.deepStrictEqual(get.query.map(([name]) => name), ['payload', 'conversation_uuid', 'timestamp']);
  assert.deepStrictEqual(JSON.parse(get.fields.payload), { stage: 'menu', tries: [1, 2] });
  await phone.hangup('a');
});

test('notify: the flow waits for the reply, which may be another one', async () => {
  await stage.fresh();
  let let_go;
  app.on('note', () => new Promise((resolve) => { let_go = resolve; }));
  app.on('answer', [notify(), tone(700)]);
  await phone.call('a', stage.daemon.uri(number), { tone: 0 });
  await until(() => let_go, 'the notification');
  assert.ok(!phone.events.some((e) => e.line === 'a' && e.event === 'answered'), 'it answers nobody');
  const other = tone(900);
  let_go([other]);
  await phone.up('a');
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

for (const [what, reply] of [['empty', { status: 200, body: '' }], ['an empty array', []], ['204', 204], ['500', 500], ['no NCCO', { body: { a: 1 } }]]) {
  test(`notify: ${what} is replied, and the flow goes on`, async () => {
    await stage.fresh();
    app.on('note', reply);
    app.on('answer', [notify(), tone(700)]);
    await stage.dial('a', { tone: 0 });
    await phone.hears('a', [700]);
    await phone.hangup('a');
  });
}

test('notify: an NCCO that is none is an error, and ends the call', async () => {
  await stage.fresh();
  app.on('note', () => [{ action: 'fly' }]);
  app.on('answer', [tone(700, 0.1), notify(), tone(900)]);
  await stage.dial('a', { tone: 0 });
  await phone.over('a');
  await app.wait((r) => r.kind === 'event' && /^Syntax error in NCCO/.test(r.fields.reason || ''), 'the error');
});

test('wait: as long as it is told to, beyond its limits their nearer end', async () => {
  for (const [timeout, ms] of [[0.5, 500], ['1.2', 1200], [0, 100], [-5, 100]]) {
    await stage.fresh();
    app.on('answer', [tone(500, 0.4), wait(timeout), tone(700, 0.3)]);
    await stage.dial('a', { tone: 0 });
    await phone.trace('a');
    await phone.over('a');
    const packets = await phone.traced('a', [500, 700]);
    const [before] = sounding(packets, 0, { least: 4000 });
    const [after] = sounding(packets, 1, { least: 4000 });
    const silence = after.from - before.to;
    assert.ok(silence >= ms - 20, `${silence} ms of wait ${timeout}`);
    assert.ok(silence <= ms + 150 * slow, `${silence} ms of wait ${timeout}`); // and what it takes to begin
  }
});

test('wait answers nobody, and who hangs up meanwhile is gone', async () => {
  await stage.fresh();
  app.on('answer', [wait(60), tone(700)]);
  await phone.call('a', stage.daemon.uri(number), { tone: 0 });
  const uuid = await stage.leg();
  await phone.wait((e) => e.line === 'a' && e.event === 'progress', 'ringing');
  await phone.hangup('a');
  await phone.over('a');
  const { duration } = await app.event({ uuid, status: 'completed' });
  assert.strictEqual(duration, '0');
});

// A caller in a conference; gives its conversation.
async function host() {
  app.on('answer', conference('host'));
  await phone.call('h', stage.daemon.uri(number), { from: '15550100017', tone: 500 });
  await phone.up('h');
  const { fields } = await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer', 'the host');
  return fields.conversation_uuid_to;
}

const transfer = (conversationId, more = {}) => ({ action: 'transfer', conversationId, ...more });

test('transfer: into a conversation, where all hear each other, and it stays', async () => {
  await stage.fresh();
  const id = await host();
  app.on('answer', [transfer(id), tone(900)]);
  await stage.dial('a', { tone: 700 });
  const uuid = await stage.leg();
  await phone.hears('a', [500]);
  await phone.hears('h', [700]);
  const { fields } = await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer' && r.fields.uuid === uuid, 'the transfer');
  assert.strictEqual(fields.conversation_uuid_to, id);
  await phone.hangup('h');
  await phone.hears('a', []);
  await phone.hangup('a');
});

test('transfer: mute, canHear and canSpeak', async () => {
  await stage.fresh();
  const id = await host();
  const enter = async (line, hz, more) => {
    app.on('answer', [transfer(id, more)]);
    await phone.call(line, stage.daemon.uri(number), { from: `1555010${1000 + hz}`, tone: hz });
    await phone.up(line);
    return stage.leg(`1555010${1000 + hz}`);
  };
  const a = await enter('a', 700, { mute: true });
  await phone.hears('a', [500]);
  await enter('b', 900, { canHear: [a] });
  await enter('c', 1100, { canSpeak: [a] });
  await phone.hears('h', [500, 900].slice(1));
  await phone.hears('a', [500, 900, 1100]);
  await phone.hears('b', []);
  await stage.put(a, 'unmute');
  await phone.hears('b', [700]);
  await phone.hears('h', [700, 900]);
  for (const line of ['a', 'b', 'c', 'h']) await phone.hangup(line);
});

test('transfer: a conversation that is not there is told, and ends the call', async () => {
  await stage.fresh();
  app.on('answer', [transfer('CON-00000000-0000-0000-0000-000000000000'), tone(900)]);
  await phone.call('a', stage.daemon.uri(number), { tone: 0 });
  await phone.over('a');
  await app.wait((r) => r.kind === 'event' && /^transfer: the conversation CON-0000.* does not exist/.test(r.fields.reason || ''), 'the error');
});

test('a flow runs in order to its end, and a recording beside it holds nobody', async () => {
  await stage.fresh();
  app.on('note', 204);
  app.on('recorded', 204);
  app.on('answer', [
    { action: 'record', format: 'wav', eventUrl: [app.url('recorded')] },
    tone(500, 0.3), notify(), tone(700, 0.3), wait(0.1), tone(900, 0.3),
  ]);
  await stage.dial('a', { tone: 0 });
  await phone.trace('a');
  assert.strictEqual((await phone.over('a')).remote, true);
  const packets = await phone.traced('a', [500, 700, 900]);
  const at = [0, 1, 2].map((i) => sounding(packets, i, { least: 4000 })[0]);
  assert.ok(at[0].to <= at[1].from && at[1].to <= at[2].from, JSON.stringify(at));
  await app.wait((r) => r.kind === 'recorded', 'the recording');
});

test('a recording goes on in the flow of a reply', async () => {
  await stage.fresh();
  const next = [tone(900, 0.5)];
  app.on('recorded', 204);
  app.on('note', () => next);
  app.on('answer', [{ action: 'record', format: 'wav', eventUrl: [app.url('recorded')] }, tone(700, 0.5), notify(), tone(1100)]);
  await stage.dial('a', { tone: 0 });
  await phone.over('a');
  const { fields } = await app.wait((r) => r.kind === 'recorded', 'the recording');
  assert.ok(fields.size > 16000 * 2, `${fields.size} bytes`); // a second of both
  assert.strictEqual(app.requests.filter((r) => r.kind === 'recorded').length, 1);
});

test('an empty NCCO ends the call', async () => {
  await stage.fresh();
  app.on('answer', []);
  await phone.call('a', stage.daemon.uri(number), { tone: 0 });
  assert.strictEqual((await phone.over('a')).remote, true);
});

test('more than so many legs a second are not dialled: 429, and an error event of a connect', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'busy' });
  const body = { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco: [wait(5)] };
  const create = () => stage.ask('POST', '/v1/calls', { body });
  await soon(create);
  const answers = await Promise.all(Array.from({ length: 6 }, create));
  const refused = answers.filter((a) => a.status === 429);
  assert.ok(refused.length >= 3, JSON.stringify(answers.map((a) => a.status)));
  assert.match(refused[0].text, /legs a second are not dialled/);
  app.on('answer', Array.from({ length: 6 }, () => connect()[0]));
  await phone.call('a', stage.daemon.uri(number), { tone: 0 });
  await phone.over('a');
  await app.wait((r) => r.kind === 'event' && /^connect: more than 2 legs a second/.test(r.fields.reason || ''), 'the error');
});

stage.finish();
