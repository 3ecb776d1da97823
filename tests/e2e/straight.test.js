'use strict';
// Two alone in a conversation hear each other past the mixer. Nobody can tell from the sound when
// that begins and ends: the numbers, the times and the tone go on.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, conference } = require('../lib/stage');
const { pause, slow, until } = require('../lib/wait');
const { timed } = require('../lib/sound');

const stage = new Stage();
const tones = { a: 500, b: 700, c: 900 };
const hz = Object.values(tones);
const loud = 2500; // of the 8000 a phone sends
const faint = 1200;
const legs = {};
const callerOf = (line) => `1555010001${Object.keys(tones).indexOf(line)}`;

async function join(line) {
  const from = callerOf(line);
  await stage.dial(line, { from, tone: tones[line] });
  legs[line] = await stage.leg(from);
}

const straight = async () => (await stage.daemon.metrics()).offhook_media_straight_ports;
const areStraight = (count) => until(async () => (await straight()) === count, `${count} ports to be straight`);

// What `line` hears while act() is done and a moment more, packet by packet.
async function while_(lines, act) {
  for (const line of lines) await stage.phone.trace(line);
  const answer = await act();
  await pause(300);
  const heard = {};
  for (const line of lines) heard[line] = timed(await stage.phone.traced(line, hz));
  return { answer, heard };
}

// Not a packet is missing, doubled or out of its place.
function unbroken(line, packets) {
  assert.ok(packets.length > 10, `${line}: ${packets.length} packets`);
  packets.slice(1).forEach((packet, i) => {
    const before = packets[i];
    const passed = (packet.ts - before.ts) | 0;
    assert.strictEqual((packet.seq - before.seq) & 0xffff, 1, `${line}: ${JSON.stringify([before, packet])}`);
    assert.ok(passed >= 160 && passed % 160 === 0, `${line}: ${JSON.stringify([before, packet])}`);
  });
}

// A single packet proves nothing: a phone that was late to send is made up for with a frame that
// is no pure tone. Two in a row are a fault.
function hearsOn(line, packets, tone) {
  const i = hz.indexOf(tone);
  packets.slice(1).forEach((packet, n) => {
    assert.ok(packet.amplitudes[i] > loud || packets[n].amplitudes[i] > loud,
      `${line} misses ${tone}: ${JSON.stringify([packets[n], packet])}`);
  });
}

test('two in a conversation are soon straight, and hear each other', async () => {
  await stage.fresh();
  stage.app.on('answer', () => conference('pair'));
  await join('a');
  await join('b');
  await stage.phone.hears('a', [tones.b]);
  await stage.phone.hears('b', [tones.a]);
  const { heard } = await while_(['a', 'b'], () => areStraight(2));
  for (const line of ['a', 'b']) unbroken(line, heard[line]);
  hearsOn('a', heard.a, tones.b);
  hearsOn('b', heard.b, tones.a);
  await stage.phone.hears('a', [tones.b]);
  await stage.phone.hears('b', [tones.a]);
});

test('straight, a mute is heard within 60 ms, holds, and does not touch the other way', async () => {
  const { answer, heard } = await while_(['a', 'b'], () => stage.put(legs.a, 'mute'));
  for (const line of ['a', 'b']) unbroken(line, heard[line]);
  hearsOn('a', heard.a, tones.b);
  const late = heard.b.filter((p) => p.sent > answer.answered + 60 * slow);
  assert.ok(late.length > 3);
  for (const packet of late) assert.ok(packet.amplitudes[0] < faint, JSON.stringify(packet));
  assert.strictEqual(await straight(), 0);
});

test('after the unmute they are straight again', async () => {
  const { heard } = await while_(['a', 'b'], async () => {
    await stage.put(legs.a, 'unmute');
    await areStraight(2);
  });
  for (const line of ['a', 'b']) unbroken(line, heard[line]);
  hearsOn('a', heard.a, tones.b);
  await stage.phone.hears('b', [tones.a]);
});

test('a third one is mixed at once, and when it leaves the two go on', async () => {
  const { heard } = await while_(['a', 'b'], async () => {
    await join('c');
    await stage.phone.hears('c', [tones.a, tones.b]);
    await stage.phone.hears('a', [tones.b, tones.c]);
    await stage.phone.hears('b', [tones.a, tones.c]);
    assert.strictEqual(await straight(), 0);
    await stage.phone.hangup('c');
    await areStraight(2);
  });
  for (const line of ['a', 'b']) unbroken(line, heard[line]);
  hearsOn('a', heard.a, tones.b);
  hearsOn('b', heard.b, tones.a);
  await stage.phone.hears('a', [tones.b]);
});

test('keys of one are told and are not heard by the other', async () => {
  await stage.phone.send('dtmf', { line: 'a', digits: '5' });
  await areStraight(0);
  await areStraight(2);
  await stage.phone.hears('b', [tones.a]);
});

test('who hangs up leaves the other alone', async () => {
  await stage.phone.hangup('a');
  await stage.phone.hears('b', []);
  assert.strictEqual(await straight(), 0);
  await stage.phone.hangup('b');
});

stage.finish();
