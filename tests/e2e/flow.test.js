'use strict';
// talk and stream of a flow, measured as sound: what is heard, how long, how loud, in which order,
// and who may cut it.

const assert = require('node:assert');
const test = require('node:test');
const { Stage } = require('../lib/stage');
const { bands, decibels, extent, likeness, near, serve, sounding, spoken } = require('../lib/heard');

const stage = new Stage();
const { phone, app } = stage;

const talk = (text, more = {}) => ({ action: 'talk', text, ...more });
const stream = (url, more = {}) => ({ action: 'stream', streamUrl: [url], ...more });

// Calls, lets the flow run to its end, and gives what was heard of the tones.
async function hear(flow, hz) {
  app.on('answer', flow);
  await stage.dial('a', { tone: 0 });
  await phone.trace('a');
  await phone.over('a', 60000);
  return phone.traced('a', hz);
}

const text = 'Please enter the number of your ticket, and then press the hash key.';

test('a talk is heard as espeak-ng says it, from its first to its last word', async () => {
  await stage.fresh();
  const silence = serve(app, 'silence', [0, 0.4]);
  const packets = await hear([stream(silence), talk(text)], bands);
  const speech = spoken(text);
  const { alike } = likeness(packets, speech, 2000);
  assert.ok(alike > 0.97, `${alike}`);
  const wanted = extent(speech.frames, 5).length;
  const got = extent(packets.map((p) => p.amplitudes), 20).length;
  near(got, wanted, 40, 'ms of speech');
  const other = likeness(packets, spoken('Nobody is here to take your call at this moment, so call again.'), 2000);
  assert.ok(other.alike < alike - 0.15, `another text is as much alike: ${other.alike}, ${alike}`);
});

test('language, style, an old name of a voice, and SSML choose how it is said', async () => {
  const rows = [
    [talk(text, { language: 'en-GB', style: 1 }), spoken(text, { voice: 'gmw/en+m3' })],
    [talk(text, { voiceName: 'Joey' }), spoken(text, { voice: 'gmw/en-US+m3' })],
    [talk(`<speak>${text}</speak>`), spoken(text)],
    [talk('Bitte geben Sie die Nummer ein', { language: 'de-DE' }), spoken('Bitte geben Sie die Nummer ein', { voice: 'gmw/de+f2' })],
  ];
  for (const [action, speech] of rows) {
    await stage.fresh();
    const packets = await hear([stream(serve(app, 'silence', [0, 0.3])), action], bands);
    const { alike } = likeness(packets, speech, 2000);
    assert.ok(alike > 0.93, `${JSON.stringify(action)}: ${alike}`);
  }
});

test('streams sound one after the other, as long and as loud as they are told to', async () => {
  await stage.fresh();
  const rows = [[500, 1, 4000, -1, -24], [700, 0.5, 4000, -0.5, -12], [900, 1.3, 4000, 0, 0], [1100, 0.5, 2000, '0.5', 6], [1300, 0.7, 2000, 1, 12]];
  const flow = [stream(serve(app, 'silence', [0, 0.4]))];
  for (const [hz, seconds, loud, level] of rows) flow.push(stream(serve(app, `tone${hz}`, [hz, seconds, loud]), { level }));
  const packets = await hear(flow, rows.map(([hz]) => hz));
  let end = 0;
  rows.forEach(([hz, seconds, loud, , db], i) => {
    const least = loud * 10 ** (db / 20) / 2;
    const runs = sounding(packets, i, { least });
    assert.strictEqual(runs.length, 1, `${hz} Hz sounds once: ${JSON.stringify(runs)}`);
    near(runs[0].length, seconds * 1000, 40, `ms of ${hz} Hz`);
    near(decibels(runs[0].amplitude, loud), db, 1, `dB of ${hz} Hz`);
    assert.ok(runs[0].from >= end - 20, `${hz} Hz begins when the one before is over`);
    end = runs[0].to;
  });
});

test('level and loop of a talk', async () => {
  const loud = async (more) => {
    await stage.fresh();
    const packets = await hear([stream(serve(app, 'silence', [0, 0.4])), talk('Hello there', more)], bands);
    const all = packets.map((p) => p.amplitudes);
    return { all, power: all.flat().reduce((sum, a) => sum + a * a, 0) };
  };
  const plain = await loud({});
  const soft = await loud({ level: -0.5 });
  near(10 * Math.log10(soft.power / plain.power), -12, 1, 'dB of level -0.5');
  const thrice = await loud({ loop: 3 });
  near(10 * Math.log10(thrice.power / plain.power), 10 * Math.log10(3), 1, 'dB of the power of three');
});

test('a stream loops as often as it is told, without a gap', async () => {
  await stage.fresh();
  const packets = await hear([stream(serve(app, 'silence', [0, 0.4])), stream(serve(app, 'tone', [700, 0.5]), { loop: 3 })], [700]);
  const runs = sounding(packets, 0, { least: 4000, bridge: 30 });
  assert.strictEqual(runs.length, 1, JSON.stringify(runs));
  near(runs[0].length, 1500, 40, 'ms');
});

test('loop 0 is for ever, until REST stops it; then the next action', async () => {
  await stage.fresh();
  app.on('answer', [stream(serve(app, 'tone', [700, 0.5]), { loop: 0 }), stream(serve(app, 'next', [900, 30]))]);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [700]);
  const uuid = await stage.leg();
  assert.strictEqual((await stage.ask('DELETE', `/v1/calls/${uuid}/stream`)).status, 200);
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('a stream of REST takes the place of the flow\'s, which goes on behind it', async () => {
  await stage.fresh();
  app.on('answer', [stream(serve(app, 'long', [700, 30])), stream(serve(app, 'next', [900, 30]))]);
  const rest = serve(app, 'rest', [1100, 0.8]);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [700]);
  const uuid = await stage.leg();
  const answer = await stage.ask('PUT', `/v1/calls/${uuid}/stream`, { body: { stream_url: [rest] } });
  assert.strictEqual(answer.status, 200, answer.text);
  await phone.hears('a', [1100]);
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('what cannot be played is told and skipped', async () => {
  await stage.fresh();
  app.on('answer', [stream(app.url('nothing')), stream('sound:nobody'), stream(serve(app, 'next', [900, 30]))]);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [900]);
  const reasons = () => app.events.filter((e) => e.reason).map((e) => e.reason);
  await app.wait((r) => r.kind === 'event' && /^stream: .*404/.test(r.fields.reason || ''), 'the error of the URL');
  await app.wait((r) => r.kind === 'event' && /^stream: .*(sound|name)/.test(r.fields.reason || ''), 'the error of the name');
  assert.strictEqual(reasons().length, 2, JSON.stringify(reasons()));
  await phone.hangup('a');
});

test('bargeIn: a key cuts what sounds and what waits, and goes into the input', async () => {
  await stage.fresh();
  app.on('answer', [
    stream(serve(app, 'one', [700, 30]), { bargeIn: true }), stream(serve(app, 'two', [900, 30])),
    { action: 'input', type: ['dtmf'], dtmf: { maxDigits: 1 }, eventUrl: [app.url('input')] },
  ]);
  const three = serve(app, 'three', [1100, 30]);
  app.on('input', () => [stream(three)]);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [700]);
  await phone.send('dtmf', { line: 'a', digits: '5' });
  const { fields } = await app.wait((r) => r.kind === 'input', 'the input');
  assert.deepStrictEqual(fields.dtmf, { digits: '5', timed_out: false });
  await phone.hears('a', [1100]);
  await phone.hangup('a');
});

test('bargeIn without an input is heard to its end', async () => {
  await stage.fresh();
  const packets = await hear([stream(serve(app, 'silence', [0, 0.4])), stream(serve(app, 'tone', [700, 1]), { bargeIn: true })], [700]);
  near(sounding(packets, 0, { least: 4000 })[0].length, 1000, 40, 'ms');
});

test('a transfer by REST stops what sounds, and the new flow is heard', async () => {
  await stage.fresh();
  app.on('answer', [stream(serve(app, 'long', [700, 30])), talk('never')]);
  const other = serve(app, 'other', [900, 30]);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [700]);
  await stage.put(await stage.leg(), 'transfer', { destination: { type: 'ncco', ncco: [stream(other)] } });
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('acts of a flow are in the log of the conversation, each with its end', async () => {
  await stage.fresh();
  app.on('answer', [talk('One', { level: 0.5 }), stream(serve(app, 'tone', [700, 0.3])), stream(serve(app, 'next', [900, 30]))]);
  await stage.dial('a', { tone: 0 });
  const uuid = await stage.leg();
  await phone.hears('a', [900]);
  const { conversation_uuid: id } = await app.event({ uuid, status: 'answered' });
  const { body } = await stage.ask('GET', `/beta/conversations/${id}/events`);
  const acts = body.filter((e) => /^audio:(say|play)/.test(e.type)).slice(0, 4);
  assert.deepStrictEqual(acts.map((e) => e.type), ['audio:say', 'audio:say:done', 'audio:play', 'audio:play:done']);
  assert.strictEqual(acts[0].body.text, 'One');
  assert.strictEqual(acts[0].body.level, 0.5);
  assert.strictEqual(acts[1].body.say_id, acts[0].body.say_id);
  await phone.hangup('a');
});

stage.finish();
