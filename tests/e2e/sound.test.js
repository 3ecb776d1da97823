'use strict';
// Sound, measured as sound: who hears whom, how fast a change is heard, and whether every
// frame arrives.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, conference } = require('../lib/stage');
const { pause, slow, until } = require('../lib/wait');
const { timed } = require('../lib/sound');

const stage = new Stage();
const red = { a: 500, b: 700, c: 900, d: 1100 };
const blue = { e: 1300, f: 1500 };
const legs = {};
const loud = 2500; // of the 8000 a phone sends
const faint = 1200;
const tones = { ...red, ...blue };
const callerOf = (line) => `1555010001${Object.keys(tones).indexOf(line)}`;

// The tones of the room's others.
const others = (room, line) => Object.keys(room).filter((l) => l !== line).map((l) => room[l]);

async function join(line, tone, name, more = {}) {
  const from = callerOf(line);
  const before = stage.app.scripts.answer;
  stage.app.on('answer', (r) => (r.fields.from === from ? conference(name, more) : before(r)));
  await stage.dial(line, { from, tone });
  legs[line] = await stage.leg(from);
}

test('each of N legs hears all others of its conversation, not itself, nobody of another', async () => {
  await stage.fresh();
  for (const line of Object.keys(red)) await join(line, red[line], 'red');
  for (const line of Object.keys(blue)) await join(line, blue[line], 'blue');
  for (const line of Object.keys(red)) await stage.phone.hears(line, others(red, line));
  for (const line of Object.keys(blue)) await stage.phone.hears(line, others(blue, line));
});

// Traces `listeners` while act() is done, and gives what each heard of each tone, packet by
// packet, with the time each packet was sent.
async function traced(listeners, act) {
  for (const line of listeners) await stage.phone.trace(line);
  await pause(300); // of the time before
  const answer = await act();
  await pause(400); // of the time after
  const hz = Object.values(tones);
  const heard = {};
  for (const line of listeners) heard[line] = timed(await stage.phone.traced(line, hz));
  return { answer, heard };
}

// What is wrong with the packets of a listener: tones that are missing or too many, as texts.
// A single packet proves nothing: a phone that was late to send is made up for with a frame
// that is no pure tone. Two in a row are a fault.
function faults(packets, want) {
  const found = [];
  Object.values(tones).forEach((tone, i) => {
    let run = 0;
    for (const packet of packets) {
      const wanted = want(packet);
      const wrong = wanted && (wanted.includes(tone) ? packet.amplitudes[i] < loud : packet.amplitudes[i] > faint);
      run = wrong ? run + 1 : 0;
      if (run === 2) found.push(`${wanted.includes(tone) ? 'misses' : 'hears'} ${tone} ${packet.when}: ${packet.amplitudes}`);
    }
  });
  return found;
}

// After `action` on `target`, what each listener hears has changed from `before` to `after`
// within 40 ms of the answer and in nothing else, without a click.
async function changes(target, action, expect) {
  const { answer, heard } = await traced(Object.keys(red), () => stage.put(legs[target], action));
  for (const line of Object.keys(red)) {
    const { before, after } = expect(line);
    const packets = heard[line].map((p) => ({ ...p, when: `${(p.sent - answer.answered).toFixed(0)} ms after the answer to ${action} of ${target}` }));
    const found = faults(packets, (p) => (p.sent < answer.asked - 20 ? before : p.sent > answer.answered + 40 * slow ? after : null));
    assert.deepStrictEqual(found, [], line);
    quiet(line, packets, answer);
  }
}

// No step between two samples is larger than the tones themselves make.
function quiet(line, packets, answer) {
  const steady = packets.filter((p) => p.sent < answer.asked - 40 || p.sent > answer.answered + 100);
  const most = Math.max(...steady.map((p) => p.step));
  for (const packet of packets.filter((p) => !steady.includes(p))) {
    assert.ok(packet.step <= most * 1.3 + 200, `a click for ${line}: a step of ${packet.step}, otherwise at most ${most}`);
  }
}

test('mute: nobody hears the leg within 40 ms of the answer, all else stays, no click', async () => {
  await changes('a', 'mute', (line) => ({
    before: others(red, line), after: others(red, line).filter((hz) => hz !== red.a),
  }));
});

test('unmute brings it back', async () => {
  await changes('a', 'unmute', (line) => ({
    before: others(red, line).filter((hz) => hz !== red.a), after: others(red, line),
  }));
});

test('earmuff: the leg hears nobody within 40 ms of the answer, all else stays, no click', async () => {
  await changes('b', 'earmuff', (line) => ({
    before: others(red, line), after: line === 'b' ? [] : others(red, line),
  }));
});

test('unearmuff brings it back', async () => {
  await changes('b', 'unearmuff', (line) => ({
    before: line === 'b' ? [] : others(red, line), after: others(red, line),
  }));
});

test('mute and earmuff do not get in each other\'s way, and twice is once', async () => {
  await stage.put(legs.a, 'mute');
  await stage.put(legs.a, 'mute');
  await stage.put(legs.a, 'earmuff');
  await stage.phone.hears('a', []);
  await stage.phone.hears('b', [red.c, red.d]);
  await stage.put(legs.a, 'unmute');
  await stage.phone.hears('b', others(red, 'b'));
  await stage.phone.hears('a', []);
  await stage.put(legs.a, 'unearmuff');
  await stage.phone.hears('a', others(red, 'a'));
});

test('in half a minute no leg loses or gains a frame', async () => {
  const lines = Object.keys(tones);
  const before = await Promise.all(lines.map((line) => stage.phone.stats(line)));
  const skipped = async () => (await stage.daemon.metrics()).offhook_media_skipped_ticks_total;
  const skippedBefore = await skipped();
  const start = Date.now();
  await until(() => Date.now() - start > 30000, 'half a minute', 40000);
  const after = await Promise.all(lines.map((line) => stage.phone.stats(line)));
  // what a starved machine made the daemon leave out, it counts; nothing else may be missing
  const excused = (await skipped()) - skippedBefore;
  assert.ok(excused < 60, `${excused} ticks of 6000 were skipped`);
  lines.forEach((line, i) => {
    const now = after[i];
    assert.strictEqual(now.gaps - before[i].gaps, 0, `${line}: ${JSON.stringify(now)}`);
    assert.strictEqual(now.duplicate - before[i].duplicate, 0, `${line}: ${JSON.stringify(now)}`);
    assert.strictEqual(now.sources, 1, `${line} hears one source`);
    const received = now.received - before[i].received;
    const time = (now.last_arrival - before[i].last_arrival) / 20;
    assert.ok(received - time < 2, `${line}: ${received} packets in the time of ${time}`);
    assert.ok(time - received < 2 + excused, `${line}: ${received} packets in the time of ${time}, ${excused} ticks skipped`);
  });
  for (const line of Object.keys(red)) await stage.phone.hears(line, others(red, line));
});

test('a leg that leaves is heard no more, and the others go on', async () => {
  await stage.phone.hangup('d');
  for (const line of ['a', 'b', 'c']) await stage.phone.hears(line, others(red, line).filter((hz) => hz !== red.d));
  for (const line of ['a', 'b', 'c', 'e', 'f']) await stage.phone.hangup(line);
});

test('canSpeak: only the named legs hear this one; canHear: it hears only the named', async () => {
  await stage.fresh();
  await join('a', red.a, 'green');
  await join('b', red.b, 'green');
  await join('c', red.c, 'green', { canSpeak: [legs.a] });
  await join('d', red.d, 'green', { canHear: [legs.b] });
  await stage.phone.hears('a', [red.b, red.c, red.d]);
  await stage.phone.hears('b', [red.a, red.d]);
  await stage.phone.hears('c', [red.a, red.b, red.d]);
  await stage.phone.hears('d', [red.b]);
});

test('canHear [] hears nobody, canSpeak [] is heard by nobody, mute joins muted', async () => {
  await join('e', blue.e, 'green', { canHear: [] });
  await join('f', blue.f, 'green', { canSpeak: [] });
  await stage.phone.hears('e', []);
  await stage.phone.hears('f', [red.a, red.b, red.d, blue.e]);
  await stage.phone.hears('a', [red.b, red.c, red.d, blue.e]);
  for (const line of ['e', 'f']) await stage.phone.hangup(line);
  await stage.phone.hears('a', [red.b, red.c, red.d]);
  for (const line of ['a', 'b', 'c', 'd']) await stage.phone.hangup(line);
  await stage.fresh();
  await join('a', red.a, 'grey');
  await join('b', red.b, 'grey', { mute: true });
  await stage.phone.hears('b', [red.a]);
  await stage.phone.hears('a', []);
  await stage.put(legs.b, 'unmute');
  await stage.phone.hears('a', [red.b]);
  for (const line of ['a', 'b']) await stage.phone.hangup(line);
});

stage.finish();
