'use strict';
// The truth about the sound of calls: why one is not heard is told, with its cause, when it begins
// and when it ends; and the figures of quality are those that the phones have counted.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee, connect, number } = require('../lib/stage');
const { Room } = require('../lib/room');
const { slow, until } = require('../lib/wait');

const stage = new Stage({ config: { webhook: { extended: true, allow: ['127.0.0.0/8'] } } });
const { phone, app } = stage;
const spoilt = (line, fault = {}) => phone.send('break', { line, ...fault });
const quality = async (uuid) => {
  const answer = await stage.ask('GET', `/v1/calls/${uuid}/quality`);
  assert.strictEqual(answer.status, 200, answer.text);
  assert.strictEqual(answer.body.uuid, uuid);
  return answer.body;
};

// media:problem events of a member of the room, in order.
const problems = async (room, line) => (await room.events(0, /^media:problem$/)).filter((e) => e.from === room.members[line]);

// Waits for the n-th event about the line and gives its body.
async function told(room, line, n) {
  let all;
  await until(async () => {
    all = await problems(room, line);
    return all.length >= n;
  }, () => `${n} events media:problem of ${line}; there are ${JSON.stringify(all)}`, 40000);
  return all[n - 1].body;
}

function begins(body, problem, severity = 'warning') {
  assert.strictEqual(body.problem, problem, JSON.stringify(body));
  assert.strictEqual(body.state, 'began');
  assert.strictEqual(body.severity, severity);
  assert.ok(body.text.length > 20 && body.text.endsWith('.'), body.text);
  assert.ok(Date.parse(body.since) > 0 && body.ended === undefined);
}

function ends(body, problem, since) {
  assert.strictEqual(body.problem, problem, JSON.stringify(body));
  assert.strictEqual(body.state, 'ended');
  assert.strictEqual(body.since, since);
  assert.ok(Date.parse(body.ended) >= Date.parse(since));
}

test('why each of them is not heard is told when it begins and when it ends, and of nobody else', async () => {
  await stage.fresh();
  const room = new Room(stage, 'heard-or-not');
  const counted = await stage.daemon.metrics();
  for (const [line, tone] of [['well', 500], ['wrong', 700], ['mute', 900], ['hush', 1100], ['moved', 1300]]) await room.enter(line, tone);
  await phone.hears('well', [700, 900, 1100, 1300]);
  await app.reset();
  app.on('callback', 204);
  const update = await room.ask('PUT', '', { body: { callback: { url: app.url('callback'), event_mask: 'media:*', method: 'POST' } } });
  assert.strictEqual(update.status, 200, update.text);

  await spoilt('wrong', { payload_type: 97 });
  await spoilt('mute', { mute: true });
  await spoilt('moved', { elsewhere: true });
  await phone.send('tone', { line: 'hush', hz: 0 });
  const wrong = await told(room, 'wrong', 1);
  const mute = await told(room, 'mute', 1);
  begins(wrong, 'wrong_payload');
  assert.deepStrictEqual(wrong.payload_types, [97]);
  assert.match(wrong.text, /97/);
  assert.strictEqual(wrong.seen, wrong.expected);
  begins(mute, 'no_packets');
  assert.match(mute.expected, /^127\.0\.0\.1:\d+$/);
  assert.strictEqual(mute.leg_id, room.legs.mute);
  assert.strictEqual(mute.channel.id, room.legs.mute);
  const moved = await told(room, 'moved', 1);
  begins(moved, 'nat_mismatch');
  assert.match(moved.seen, /^127\.0\.0\.1:\d+$/);
  assert.notStrictEqual(moved.seen, moved.expected);
  await phone.hears('well', [], 5000);
  assert.deepStrictEqual((await quality(room.legs.mute)).problem, { name: 'no_packets', since: mute.since });

  await spoilt('wrong');
  await spoilt('mute');
  await spoilt('moved');
  ends(await told(room, 'moved', 2), 'nat_mismatch', moved.since);
  ends(await told(room, 'wrong', 2), 'wrong_payload', wrong.since);
  ends(await told(room, 'mute', 2), 'no_packets', mute.since);
  const hush = await told(room, 'hush', 1); // after twenty seconds
  begins(hush, 'silence', 'info');
  await phone.send('tone', { line: 'hush', hz: 1100 });
  ends(await told(room, 'hush', 2), 'silence', hush.since);
  await phone.hears('well', [700, 900, 1100, 1300]);
  assert.deepStrictEqual(await problems(room, 'well'), []);
  assert.strictEqual((await quality(room.legs.mute)).problem, undefined);

  await app.wait((r) => r.kind === 'callback' && r.fields.body.problem === 'silence' && r.fields.body.state === 'ended', 'the callback of the last end');
  const hooks = app.requests.filter((r) => r.kind === 'callback').map((r) => `${r.fields.type} ${r.fields.body.problem} ${r.fields.body.state}`).sort();
  assert.deepStrictEqual(hooks, ['nat_mismatch', 'no_packets', 'silence', 'wrong_payload'].flatMap((p) => [`media:problem ${p} began`, `media:problem ${p} ended`]));
  const now = await stage.daemon.metrics();
  for (const problem of ['nat_mismatch', 'no_packets', 'silence', 'wrong_payload']) {
    const name = `offhook_media_problems_total{problem="${problem}"}`;
    assert.strictEqual(now[name] - counted[name], 1, name);
  }
  assert.ok(stage.daemon.log.some((line) => /warning leg: media problem .*no_packets/.test(line)), stage.daemon.tail());
});

test('one that never sends is told two seconds after the answer; a digital silence from the start after eight', async () => {
  await stage.fresh();
  const room = new Room(stage, 'never');
  const call = phone.call.bind(phone);
  phone.call = async (line, ...more) => {
    await call(line, ...more);
    if (line === 'never') await spoilt(line, { mute: true });
    return line;
  };
  await room.enter('never', 500);
  phone.call = call;
  await room.enter('zero', 0);
  const body = await told(room, 'never', 1);
  begins(body, 'no_packets');
  const after = (since, line) => Date.parse(since) - phone.events.find((e) => e.line === line && e.event === 'answered').at;
  assert.ok(after(body.since, 'never') > 1000 && after(body.since, 'never') < 4500 * slow, `${after(body.since, 'never')} ms`);
  const zero = await told(room, 'zero', 1);
  begins(zero, 'silence', 'info');
  assert.ok(after(zero.since, 'zero') > 7000 && after(zero.since, 'zero') < 11000 * slow, `${after(zero.since, 'zero')} ms`);
});

test('who is on hold need not send, and who holds may be silent: nothing is told', async () => {
  await stage.fresh();
  const room = new Room(stage, 'held');
  await room.enter('held', 500);
  await room.enter('other', 700);
  await phone.send('hold', { line: 'held', on: true });
  await spoilt('held', { mute: true });
  const start = Date.now();
  await until(() => Date.now() - start > 6000, 'six seconds of hold', 20000);
  assert.deepStrictEqual(await problems(room, 'held'), []);
  await spoilt('held');
  await phone.send('hold', { line: 'held', on: false });
  await phone.hears('other', [500]);
  assert.deepStrictEqual(await problems(room, 'held'), []);
});

// A connected call; the caller's network loses `lost` of 1,000 packets. What its end told.
async function ended(lost) {
  await stage.fresh();
  app.on('answer', connect(callee));
  await phone.call('a', stage.daemon.uri(number));
  await phone.up('a');
  await phone.hears('a', [700]);
  if (lost) await phone.send('spoil', { line: 'a', lost, seed: 7 });
  const uuid = await stage.leg();
  const sent = async () => (await phone.stats('a')).sent;
  const first = await sent();
  await until(async () => await sent() > first + 300, 'six seconds of sound', 20000);
  const live = await quality(uuid);
  await phone.hangup('a');
  const completed = await app.event({ status: 'completed', uuid });
  await stage.daemon.idle();
  return { uuid, live, completed, stats: await phone.stats('a'), last: await quality(uuid) };
}

const frames = (report) => report.bridge_delay.histogram.reduce((sum, c) => sum + c.frames, 0);

function sane(report) {
  assert.ok(report.mos >= 1 && report.mos <= 4.5, JSON.stringify(report));
  assert.ok(report.r_factor > 0 && report.r_factor <= 93.3);
  assert.ok(report.jitter.min <= report.jitter.max && report.jitter.max < 1000);
  assert.strictEqual(frames(report), report.bridge_delay.frames);
  const { p50, p95, p99 } = report.bridge_delay;
  assert.ok(p50 > 0 && p50 <= p95 && p95 <= p99, JSON.stringify(report.bridge_delay));
}

const scores = {};

test('what a call of good sound was like: live, in completed and afterwards', async () => {
  const { live, completed, last, stats } = await ended(0);
  scores.good = last.quality.mos;
  assert.strictEqual(live.status, 'answered');
  assert.strictEqual(last.status, 'completed');
  for (const report of [live.quality, completed.quality, last.quality]) sane(report);
  assert.deepStrictEqual(last.quality, completed.quality);
  assert.ok(live.quality.packets.received > 250 && live.quality.packets.received <= last.quality.packets.received);
  assert.ok(last.quality.packets.received <= stats.sent && last.quality.packets.received >= stats.sent - 5, `${last.quality.packets.received} of ${stats.sent}`);
  assert.strictEqual(last.quality.packets.lost, 0);
  assert.strictEqual(last.quality.packets.sent, stats.received + stats.gaps);
});

test('the score falls with loss, and what was lost is what never came', async () => {
  const { last, stats } = await ended(100);
  const { packets, loss, frames: played, mos } = last.quality;
  assert.ok(Math.abs(packets.received + packets.lost - stats.sent) <= 5, `${JSON.stringify(packets)} of ${stats.sent}`);
  assert.ok(packets.lost > 10);
  assert.ok(Math.abs(loss - (100 * packets.lost) / (packets.received + packets.lost)) < 0.01);
  assert.ok(Math.abs(played.concealed + played.recovered - packets.lost) <= 5 + packets.late, JSON.stringify(last.quality));
  assert.ok(mos < scores.good - 0.3, `${mos} after ${scores.good}`);
});

test('sip:hangup has the figures that the phone counted', async () => {
  await stage.fresh();
  const room = new Room(stage, 'figures');
  await room.enter('stays', 700);
  await room.enter('goes', 500);
  await phone.hears('stays', [500]);
  await phone.send('spoil', { line: 'goes', lost: 100, seed: 3 });
  await until(async () => (await phone.stats('goes')).sent > 250, 'five seconds of sound', 20000);
  await phone.hangup('goes');
  const event = await room.event((e) => e.type === 'sip:hangup' && e.from === room.members.goes);
  const { quality: figures, bandwidth } = event.body;
  const stats = await phone.stats('goes');
  assert.deepStrictEqual(Object.keys(figures), ['mos_score', 'quality_percentage', 'jitter_min_var', 'jitter_max_var', 'jitter_loss_rate',
    'jitter_burst_rate', 'flaw_total', 'packet_cnt', 'packet_loss_perc']);
  const never = stats.sent - figures.packet_cnt;
  assert.ok(never > 5, JSON.stringify(figures));
  assert.ok(Math.abs(figures.packet_loss_perc - (100 * never) / stats.sent) < 2.5, `${JSON.stringify(figures)} of ${stats.sent}`);
  assert.strictEqual(bandwidth.bytes_in, figures.packet_cnt * 160);
  assert.ok(figures.mos_score > 1 && figures.mos_score < 4.3);
  assert.strictEqual(figures.quality_percentage, Math.round((100 * figures.mos_score) / 4.41));
  assert.ok(figures.jitter_min_var <= figures.jitter_max_var);
  assert.ok(figures.flaw_total > 0);
});

test('/metrics has histograms that add up, and grow with what is heard', async () => {
  await stage.fresh();
  const before = await stage.daemon.metrics();
  const lost = (all) => all.offhook_media_packets_lost_total;
  await ended(100);
  const after = await stage.daemon.metrics();
  assert.ok(lost(after) > lost(before));
  assert.ok(after['offhook_media_frames_total{kind="concealed"}'] > before['offhook_media_frames_total{kind="concealed"}']);
  for (const name of ['offhook_bridge_delay_seconds', 'offhook_leg_mos', 'offhook_leg_loss_percent', 'offhook_leg_jitter_milliseconds']) {
    const buckets = Object.entries(after).filter(([key]) => key.startsWith(`${name}_bucket`)).map(([, value]) => value);
    assert.ok(buckets.length > 5, name);
    assert.deepStrictEqual(buckets, [...buckets].sort((a, b) => a - b), `${name} is cumulative`);
    assert.strictEqual(buckets.at(-1), after[`${name}_count`]);
    assert.ok(after[`${name}_count`] > before[`${name}_count`], name);
    assert.ok(after[`${name}_sum`] >= before[`${name}_sum`], name);
  }
  assert.strictEqual(after.offhook_leg_mos_count - before.offhook_leg_mos_count, 2);
});

test('a call that is nobody\'s is not found, and one without sound has no figures', async () => {
  await stage.fresh();
  const missing = await stage.ask('GET', '/v1/calls/00000000-0000-4000-8000-000000000000/quality');
  assert.strictEqual(missing.status, 404);
  await phone.accept({ policy: 'busy' });
  app.on('answer', connect(callee));
  await phone.call('a', stage.daemon.uri(number));
  const { uuid } = await app.event({ direction: 'outbound', status: 'busy' });
  await phone.over('a');
  await stage.daemon.idle();
  assert.strictEqual((await quality(uuid)).quality, null);
});

stage.finish();
