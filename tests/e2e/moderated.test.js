'use strict';
// Moderated conversations as sound: who waits hears music and nobody, and nobody hears who waits;
// then all hear each other; and one ends it for all.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, number } = require('../lib/stage');
const { serve } = require('../lib/heard');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;

const music = 2950; // [Hz], and what sounds to one alone
const other = 3050;
const hz = (i) => 400 + 50 * i; // of the i-th person
const from = (i) => `155501010${String(i).padStart(2, '0')}`;
const line = (i) => `p${i}`;

const room = (more = {}) => ({ action: 'conversation', name: 'meeting', ...more });
const tone = (frequency, seconds, more = {}) => ({ action: 'stream', streamUrl: [serve(app, `t${frequency}`, [frequency, seconds, 2000])], ...more });

// Calls in as the i-th person, with a flow of its own.
async function enter(i, flow, more = {}) {
  app.on('answer', (request) => flows[request.fields.from]);
  flows[from(i)] = flow;
  await phone.call(line(i), stage.daemon.uri(number), { from: from(i), tone: hz(i), amplitude: 1200, ...more });
  await phone.up(line(i));
  return stage.leg(from(i));
}
let flows = {};

async function begin() {
  await stage.fresh();
  flows = {};
  app.on('recorded', 204);
}

const all = (count, act) => Promise.all(Array.from({ length: count }, (_, i) => act(i)));
const others = (count, i) => Array.from({ length: count }, (_, k) => k).filter((k) => k !== i).map(hz);

test('twenty people: nobody hears anybody before the moderator comes, everybody does then', async () => {
  await begin();
  const hold = serve(app, 'hold', [music, 1, 2000]);
  const urls = [hold, [hold], undefined];
  for (let i = 0; i < 19; i++) await enter(i, [room({ startOnEnter: false, ...(urls[i % 3] ? { musicOnHoldUrl: urls[i % 3] } : {}) })]);
  await all(19, (i) => phone.hears(line(i), urls[i % 3] ? [music] : []));
  await enter(19, [room()]);
  await all(20, (i) => phone.hears(line(i), others(20, i), 30000));
  // it goes on without the moderator, and who comes then does not wait
  await phone.hangup(line(19));
  await all(19, (i) => phone.hears(line(i), others(19, i), 30000));
  await enter(19, [room({ startOnEnter: false, musicOnHoldUrl: [hold] })]);
  await all(20, (i) => phone.hears(line(i), others(20, i), 30000));
  for (let i = 0; i < 20; i++) await phone.hangup(line(i));
  // the room is there still, but has to begin anew
  await stage.daemon.idle();
  await enter(20, [room({ startOnEnter: false, musicOnHoldUrl: hold })]);
  await enter(21, [room({ startOnEnter: false })]);
  await phone.hears(line(20), [music]);
  await phone.hears(line(21), []);
  await phone.hangup(line(20));
  await phone.hangup(line(21));
});

test('music loops, without a gap that would be noticed', async () => {
  await begin();
  await enter(0, [room({ startOnEnter: false, musicOnHoldUrl: serve(app, 'short', [music, 0.3, 2000]) })]);
  await phone.hears(line(0), [music]);
  await phone.trace(line(0));
  let packets = [];
  await until(async () => (await phone.stats(line(0))).received > 150, 'three seconds of it');
  packets = await phone.traced(line(0), [music]);
  const silent = packets.filter((p) => p.amplitudes[0] < 1000).length;
  assert.ok(packets.length > 20 && silent <= packets.length / 10, `${silent} of ${packets.length} packets are silent`);
  await phone.hangup(line(0));
});

test('what REST plays to one who waits is heard, and then the music again', async () => {
  await begin();
  const uuid = await enter(0, [room({ startOnEnter: false, musicOnHoldUrl: [serve(app, 'hold', [music, 1, 2000])] })]);
  await enter(1, [room({ startOnEnter: false })]);
  await phone.hears(line(0), [music]);
  const answer = await stage.ask('PUT', `/v1/calls/${uuid}/stream`, { body: { stream_url: [serve(app, 'note', [other, 1.5, 2000])] } });
  assert.strictEqual(answer.status, 200, answer.text);
  await phone.hears(line(0), [other]);
  await phone.hears(line(1), []);
  await phone.hears(line(0), [music]);
  const endless = await stage.ask('PUT', `/v1/calls/${uuid}/stream`, { body: { stream_url: [serve(app, 'note', [other, 1, 2000])], loop: 0 } });
  assert.strictEqual(endless.status, 200, endless.text);
  await phone.hears(line(0), [other]);
  assert.strictEqual((await stage.ask('DELETE', `/v1/calls/${uuid}/stream`)).status, 200);
  await phone.hears(line(0), [music]);
  assert.strictEqual((await stage.ask('PUT', `/v1/calls/${uuid}/talk`, { body: { text: 'Please hold the line.' } })).status, 200);
  await app.wait(() => true, 'anything');
  await until(async () => !(await phone.heard(line(0))).includes(music), 'speech');
  await phone.hears(line(0), [music], 30000);
  await enter(2, [room()]);
  await phone.hears(line(0), [hz(1), hz(2)]);
  for (const i of [0, 1, 2]) await phone.hangup(line(i));
});

test('music that cannot be had is told, and who waits hears silence', async () => {
  await begin();
  app.on('nothing', 404);
  await enter(0, [room({ startOnEnter: false, musicOnHoldUrl: app.url('nothing/here') })]);
  await app.wait((r) => r.kind === 'event' && /^conversation: musicOnHoldUrl: /.test(r.fields.reason || ''), 'the error');
  await enter(1, [room()]);
  await phone.hears(line(0), [hz(1)]);
  await phone.hangup(line(0));
  await phone.hangup(line(1));
});

test('endOnExit: all leave; who has more to do goes on with it, alone', async () => {
  await begin();
  await enter(0, [room()]);
  await enter(1, [room(), tone(music, 30)]);
  await enter(2, [room(), tone(other, 30)]);
  const moderator = await enter(3, [room({ endOnExit: true })]);
  await phone.hears(line(0), [hz(1), hz(2), hz(3)]);
  await phone.hangup(line(3));
  await app.event({ uuid: moderator, status: 'completed' });
  assert.strictEqual((await phone.over(line(0))).remote, true);
  await phone.hears(line(1), [music]);
  await phone.hears(line(2), [other]);
  await phone.hangup(line(1));
  await phone.hangup(line(2));
});

test('endOnExit of one who is moved by REST, or is hung up on', async () => {
  for (const act of ['transfer', 'hangup']) {
    await begin();
    await enter(0, [room({ startOnEnter: false })]);
    const moderator = await enter(1, [room({ endOnExit: true })]);
    await phone.hears(line(0), [hz(1)]);
    const more = act === 'transfer' ? { destination: { type: 'ncco', ncco: [tone(music, 30)] } } : {};
    await stage.put(moderator, act, more);
    assert.strictEqual((await phone.over(line(0))).remote, true);
    if (act === 'transfer') await phone.hears(line(1), [music]);
    else await phone.over(line(1));
    await phone.hangup(line(1)).catch(() => {});
  }
});

test('without endOnExit it goes on when one leaves, until the last has left', async () => {
  await begin();
  await enter(0, [room()]);
  await enter(1, [room({ endOnExit: false })]);
  await phone.hears(line(0), [hz(1)]);
  await phone.hangup(line(1));
  await phone.hears(line(0), []);
  await enter(2, [room()]);
  await phone.hears(line(0), [hz(2)]);
  await phone.hangup(line(0));
  await phone.hangup(line(2));
});

test('who waits may be muted, and be heard by some only, from the beginning', async () => {
  await begin();
  const first = await enter(0, [room({ startOnEnter: false, mute: true })]);
  await enter(1, [room({ startOnEnter: false, canSpeak: [first] })]);
  await enter(2, [room({ startOnEnter: false, canHear: [first] })]);
  await enter(3, [room()]);
  await phone.hears(line(3), [hz(2)]);
  await phone.hears(line(0), [hz(1), hz(2), hz(3)]);
  await phone.hears(line(1), [hz(2), hz(3)]);
  await phone.hears(line(2), []);
  await stage.put(first, 'unmute');
  await phone.hears(line(2), [hz(0)]);
  for (const i of [0, 1, 2, 3]) await phone.hangup(line(i));
});

test('record: of a moderated one from its beginning, once, whoever asked for it', async () => {
  await begin();
  const wanted = { record: true, eventUrl: [app.url('recorded')] };
  await enter(0, [room({ startOnEnter: false, ...wanted })]);
  await enter(1, [room({ startOnEnter: false, ...wanted })]);
  await phone.hears(line(0), []);
  const moderator = await enter(2, [room(wanted)]);
  await phone.hears(line(0), [hz(1), hz(2)]);
  const began = await app.event({ uuid: moderator, status: 'answered' });
  await phone.hangup(line(0));
  await phone.hangup(line(1));
  await phone.hangup(line(2));
  const { fields } = await app.wait((r) => r.kind === 'recorded', 'the recording');
  assert.ok(Date.parse(fields.start_time) >= Math.floor(Date.parse(began.timestamp) / 1000) * 1000 - 1000, `${fields.start_time} ${began.timestamp}`);
  assert.ok(fields.size > 0);
  await stage.daemon.idle();
  assert.strictEqual(app.requests.filter((r) => r.kind === 'recorded').length, 1);
});

stage.finish();
