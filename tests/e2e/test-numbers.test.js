'use strict';
// The numbers of the application `test`: they answer by themselves, without any webhook.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Stage } = require('../lib/stage');
const { amplitude, readWav } = require('../lib/sound');
const { folder } = require('../lib/place');
const { until } = require('../lib/wait');

const echo = '15550190001';
const tone = '15550190002';
const milliwatt = '15550190003';
const silence = '15550190004';
const ringing = '15550190005';
const stage = new Stage({ config: { test: { echo: [echo], tone: [tone], milliwatt: [milliwatt], silence: [silence], ringing: [ringing] } } });
const { phone, app } = stage;

test('the echo number sends back what the caller says', async () => {
  await stage.fresh();
  await stage.dial('a', { to: echo, tone: 850 });
  await phone.hears('a', [850]);
  await phone.send('tone', { line: 'a', hz: 1250 });
  await phone.hears('a', [1250]);
  await phone.hangup('a');
});

test('two callers of the echo number hear themselves and not each other; so do they with Opus', async () => {
  await stage.fresh();
  await stage.dial('a', { to: echo, tone: 600 });
  await stage.dial('b', { to: echo, tone: 900, codecs: ['opus'] });
  await phone.hears('a', [600]);
  await phone.hears('b', [900]);
  for (const line of ['a', 'b']) await phone.hangup(line);
});

test('the tone number is 1 kHz, the silent one is silent and sends all the same', async () => {
  await stage.fresh();
  await stage.dial('a', { to: tone });
  await stage.dial('b', { to: silence });
  await phone.hears('a', [1000]);
  await phone.hears('b', []);
  await until(async () => (await phone.stats('b')).received > 20, 'packets of silence');
  for (const line of ['a', 'b']) await phone.hangup(line);
});

// As ITU-T G.711 has it: mu-law is full with a sine of 3.17 dBm0, A-law with one of 3.14.
for (const [codec, peak] of [['PCMU', 22650], ['PCMA', 22830]]) {
  test(`the milliwatt number is 1004 Hz at 0 dBm0, without a seam, with ${codec}`, async () => {
    await stage.fresh();
    await stage.dial('a', { to: milliwatt, codecs: [codec], tone: 0 });
    const file = path.join(folder(), 'milliwatt.wav');
    await phone.trace('a');
    const before = (await phone.stats('a')).received;
    await until(async () => (await phone.stats('a')).received > before + 150, 'three seconds of it'); // over the end of the file
    const packets = await phone.tracedTo('a', file);
    await phone.hangup('a');
    assert.ok(packets.length > 100);
    const { samples, rate } = readWav(file);
    for (let at = rate / 2; at + rate / 4 <= samples.length - rate / 2; at += rate / 4) {
      const strong = amplitude(samples.subarray(at, at + rate / 4), 1004, rate);
      assert.ok(Math.abs(20 * Math.log10(strong / peak)) < 0.15, `${strong} instead of ${peak} at ${at / rate} s`);
    }
    fs.rmSync(file);
  });
}

test('the ringing number rings and is not answered', async () => {
  await stage.fresh();
  await phone.call('a', stage.daemon.uri(ringing));
  await phone.wait((e) => e.line === 'a' && e.event === 'progress' && e.status === 180, 'ringing');
  await phone.hangup('a');
  assert.strictEqual((await phone.over('a')).status, 487);
});

test('nobody is asked or told of it, and the application is no other one', async () => {
  await stage.fresh();
  await stage.dial('a', { to: echo });
  await phone.hangup('a');
  await stage.daemon.idle();
  assert.deepStrictEqual(app.requests, []);
  const { status, body } = await stage.ask('GET', '/v1/calls');
  assert.strictEqual(status, 200);
  assert.strictEqual(body.count, 0);
});

stage.finish();
