'use strict';
// Acts on sound: one event and one change of sound each, whichever door they come through.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Room } = require('../lib/room');
const { Stage } = require('../lib/stage');
const { folder } = require('../lib/place');
const { amplitude, readWav, sine, writeWav } = require('../lib/sound');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// A WAV of a tone, served by the application.
function serve(name, hz, seconds) {
  const file = path.join(folder(), `${name}.wav`);
  writeWav(file, sine(hz, seconds));
  const body = fs.readFileSync(file);
  app.on(name, () => ({ body, type: 'audio/wav' }));
  return app.url(name);
}

// Two callers in a room: a sends 500 Hz, b 700 Hz.
async function pair(name) {
  await stage.fresh();
  const room = new Room(stage, name);
  await room.enter('a', 500);
  await room.enter('b', 700);
  await phone.hears('a', [700]);
  await phone.hears('b', [500]);
  return room;
}

const switches = /^audio:(mute|earmuff):|^member:media$/;

test('a mute by event, by leg and by call: one event, one member:media, one change of sound', async () => {
  const room = await pair('doors');
  const doors = {
    event: (on) => room.post(`audio:mute:${on ? 'on' : 'off'}`, { from: room.members.b, to: room.members.a }),
    'event of its own': (on) => room.post(`audio:mute:${on ? 'on' : 'off'}`, { from: room.members.a, body: {} }),
    'event of the application': (on) => room.post(`audio:mute:${on ? 'on' : 'off'}`, { to: room.members.a }, { version: 'beta' }),
    'leg of v0.1': (on) => stage.ask('PUT', `/v0.1/legs/${room.legs.a}`, { body: { action: on ? 'mute' : 'unmute', uuid: room.legs.a } }),
    'leg of v1': (on) => stage.ask('PUT', `/v1/legs/${room.legs.a}`, { body: { action: on ? 'mute' : 'unmute' } }),
    call: (on) => stage.put(room.legs.a, on ? 'mute' : 'unmute'),
  };
  for (const [door, act] of Object.entries(doors)) {
    for (const on of [true, false]) {
      const since = await room.last();
      const answer = await act(on);
      await phone.hears('b', on ? [] : [500]);
      await phone.hears('a', [700]);
      const again = await act(on);
      const told = await room.events(since, switches);
      assert.deepStrictEqual(told.map((e) => e.type), [`audio:mute:${on ? 'on' : 'off'}`, 'member:media'], `${door} ${on}`);
      assert.strictEqual(told[0].to, room.members.a, door);
      assert.strictEqual(told[0].from, door === 'event' ? room.members.b : room.members.a, door);
      assert.strictEqual(told[1].body.media.audio_settings.muted, on);
      if (door.startsWith('event')) {
        assert.strictEqual(answer.id, told[0].id, door);
        assert.ok(!('id' in again), `${door}: ${JSON.stringify(again)}`);
      }
    }
  }
});

test('a mute by NCCO: the same', async () => {
  const room = await pair('quiet');
  const since = await room.last();
  await room.enter('c', 900, { mute: true });
  await phone.hears('c', [500, 700]);
  await phone.hears('a', [700]);
  const told = await room.events(since, /^audio:(mute|earmuff)/);
  assert.deepStrictEqual(told.map((e) => [e.type, e.to]), [['audio:mute:on', room.members.c]]);
  await room.post('audio:mute:off', { to: room.members.c });
  await phone.hears('a', [700, 900]);
});

test('an earmuff by event: who is earmuffed hears nobody', async () => {
  const room = await pair('muffs');
  const since = await room.last();
  await room.post('audio:earmuff:on', { from: room.members.a });
  await phone.hears('a', []);
  await phone.hears('b', [500]);
  await stage.put(room.legs.a, 'unearmuff');
  await phone.hears('a', [700]);
  const told = await room.events(since, switches);
  assert.deepStrictEqual(told.map((e) => e.type), ['audio:earmuff:on', 'member:media', 'audio:earmuff:off', 'member:media']);
});

test('play to one, and to all; its end is told once', async () => {
  const room = await pair('plays');
  const url = serve('tone', 1000, 1);
  const one = await room.post('audio:play', { from: room.members.b, to: room.members.a, body: { stream_url: [url], loop: 1, level: 0 } });
  assert.match(one.body.play_id, uuid);
  await phone.hears('a', [700, 1000]);
  await phone.hears('b', [500]);
  const done = await room.event((e) => e.type === 'audio:play:done', one.id, 'the end of the sound');
  assert.deepStrictEqual(done.body, { play_id: one.body.play_id });
  assert.strictEqual(done.from, room.members.b);
  assert.strictEqual(done.to, room.members.a);
  await phone.hears('a', [700]);

  const all = await room.post('audio:play', { from: room.members.a, body: { stream_url: url, loop: 0, level: '0.0' } });
  await phone.hears('a', [700, 1000]);
  await phone.hears('b', [500, 1000]);
  const stop = await room.post('audio:play:stop', { from: room.members.a, body: { play_id: all.body.play_id } });
  await phone.hears('a', [700]);
  await phone.hears('b', [500]);
  await room.event((e) => e.type === 'audio:play:done' && e.id > stop.id, all.id);
  const ends = await room.events(all.id, /^audio:play/);
  assert.deepStrictEqual(ends.map((e) => [e.type, e.body.play_id]),
    [['audio:play:stop', all.body.play_id], ['audio:play:done', all.body.play_id]]);
  await room.post('audio:play:stop', { from: room.members.a, body: { play_id: all.body.play_id } }, { status: 404 });
});

test('a sound in the place of another, and one behind another', async () => {
  const room = await pair('queues');
  const long = serve('long', 1000, 30);
  const short = serve('short', 1500, 1);
  const first = await room.post('audio:play', { to: room.members.a, body: { stream_url: [long] } });
  await phone.hears('a', [700, 1000]);
  const second = await room.post('audio:play', { to: room.members.a, body: { stream_url: [short], loop: 3 } });
  await phone.hears('a', [700, 1500]);
  const third = await room.post('audio:play', { to: room.members.a, body: { stream_url: [long], queue: true } });
  await phone.hears('a', [700, 1000]);
  const told = await room.events(first.id - 1, /^audio:play/);
  assert.deepStrictEqual(told.map((e) => [e.type, e.body.play_id]), [
    ['audio:play', first.body.play_id], ['audio:play', second.body.play_id],
    ['audio:play:done', first.body.play_id], ['audio:play', third.body.play_id],
    ['audio:play:done', second.body.play_id],
  ]);
});

test('who leaves ends what was for it; what was for all ends with the last', async () => {
  const room = await pair('leavers');
  const url = serve('long', 1000, 30);
  const mine = await room.post('audio:play', { to: room.members.a, body: { stream_url: [url] } });
  await phone.hears('a', [700, 1000]);
  const all = await room.post('audio:play', { body: { stream_url: [url], queue: true } });
  await phone.hears('b', [500, 1000]);
  await phone.hangup('a');
  await room.event((e) => e.type === 'audio:play:done' && e.body.play_id === mine.body.play_id);
  await phone.hears('b', [1000]);
  assert.deepStrictEqual((await room.events(all.id, /^audio:play:done/)).map((e) => e.body.play_id), [mine.body.play_id]);
  await phone.hangup('b');
  await room.event((e) => e.type === 'audio:play:done' && e.body.play_id === all.body.play_id);
  assert.strictEqual((await room.events(0, /^audio:play:done/)).length, 2);
});

test('a sound that cannot be had ends at once, and says why', async () => {
  const room = await pair('missing');
  app.on('nothing', 404);
  const made = await room.post('audio:play', { to: room.members.a, body: { stream_url: [app.url('nothing')] } });
  const done = await room.event((e) => e.type === 'audio:play:done', made.id);
  assert.match(done.body.reason, /404/);
  await room.post('audio:play', { to: room.members.a, body: { stream_url: ['sound:../secret'] } }, { status: 400 });
  await room.post('audio:play', { to: room.members.a, body: { stream_url: ['sound:beep'] } });
  await phone.hears('a', [700, 1000]);
});

test('say is heard', async () => {
  const room = await pair('says');
  await phone.send('tone', { line: 'b', hz: 0 });
  await phone.hears('a', []);
  await phone.trace('a');
  const said = await room.post('audio:say', { to: room.members.a, body: { text: 'One, two, three, four.', language: 'en-GB', style: 1 } });
  assert.match(said.body.say_id, uuid);
  const done = await room.event((e) => e.type === 'audio:say:done', said.id);
  assert.deepStrictEqual(done.body, { say_id: said.body.say_id });
  const grid = Array.from({ length: 56 }, (_, i) => 350 + 50 * i);
  const packets = await phone.traced('a', grid);
  const loud = packets.filter((p) => p.amplitudes.reduce((sum, x) => sum + x, 0) > 1500).length;
  assert.ok(loud > 20 && loud < 500, `${loud} of ${packets.length} packets are speech`);
  for (const body of [{ text: 'x', language: 'xx-XX' }, { text: '<speak>open', ssml: true }, { text: 'y'.repeat(1501) }, {}])
    await room.post('audio:say', { to: room.members.a, body }, { status: 400 });
});

test('digits arrive at the phone, and are heard as if it had pressed them', async () => {
  const room = await pair('digits');
  const out = await room.post('audio:dtmf', { from: room.members.b, to: room.members.a, body: { digits: '12#' } });
  assert.strictEqual(out.body.method, 'out');
  for (const digit of ['1', '2', '#'])
    await phone.wait((e) => e.event === 'digit' && e.line === 'a' && e.digit === digit, `digit ${digit}`);
  const since = await room.last();
  await room.post('audio:dtmf', { to: room.members.a, body: { digits: '45', method: 'in' } });
  const told = await room.events(since, /^audio:dtmf/);
  assert.deepStrictEqual(told.map((e) => [e.from, e.body.digit, e.body.method]),
    [[room.members.a, '4', 'in'], [room.members.a, '5', 'in']]);
  await room.post('audio:dtmf', { to: room.members.a, body: { digits: '1x' } }, { status: 400 });
  await room.post('audio:dtmf', { body: { digits: '1', method: 'in' } }, { status: 400 });
  const all = await room.last();
  await room.post('audio:dtmf', { from: room.members.b, body: { digits: '9' } });
  for (const line of ['a', 'b']) await phone.wait((e) => e.event === 'digit' && e.line === line && e.digit === '9', `digit 9 at ${line}`);
  await room.post('audio:dtmf', { from: room.members.b, body: { digits: '6', method: 'in' } });
  assert.deepStrictEqual((await room.events(all, /^audio:dtmf/)).map((e) => [e.to, e.body.method]), [['', 'out'], ['', 'in']]);
});

test('ringing sounds until it is stopped', async () => {
  const room = await pair('rings');
  const since = await room.last();
  await phone.send('tone', { line: 'b', hz: 0 });
  const start = await room.post('audio:ringing:start', { from: room.members.b, to: room.members.a });
  const again = await room.post('audio:ringing:start', { from: room.members.b, to: room.members.a });
  assert.ok(!('id' in again));
  // 440 and 480 Hz together: between the two of the grid
  await until(async () => (await phone.heard('a')).some((hz) => hz >= 400 && hz <= 500), 'the ring-back tone');
  const stop = await room.post('audio:ringing:stop', { from: room.members.b, to: room.members.a });
  await phone.hears('a', []);
  assert.deepStrictEqual((await room.events(since, /^audio:ringing/)).map((e) => [e.id, e.type]),
    [[start.id, 'audio:ringing:start'], [stop.id, 'audio:ringing:stop']]);
});

// Fetches a file as bytes.
async function fetched(url, bearer) {
  const file = path.join(folder(), 'fetched');
  const response = await fetch(url, { headers: bearer ? { authorization: `Bearer ${bearer}` } : {} });
  fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return { status: response.status, type: response.headers.get('content-type'), file, size: fs.statSync(file).size };
}

test('a recording holds both tones, for its application alone', async () => {
  const room = await pair('records');
  app.on('recorded', 204);
  const { status, body, text } = await room.ask('PUT', '/record', { body: { action: 'start', format: 'wav', event_url: [app.url('recorded')] } });
  assert.strictEqual(status, 200, text);
  assert.deepStrictEqual(body, {});
  const begun = await room.event((e) => e.type === 'audio:record');
  await phone.hears('a', [700]);
  await new Promise((resolve) => setTimeout(resolve, 500)); // of sound in the file
  await room.ask('PUT', '/record', { body: { action: 'stop' } });
  const done = await room.event((e) => e.type === 'audio:record:done');
  const told = (await app.wait((r) => r.kind === 'recorded', 'the record webhook')).fields;
  assert.strictEqual(done.body.event_id, begun.id);
  assert.strictEqual(done.body.recording_id, begun.body.recording_id);
  assert.strictEqual(told.recording_uuid, begun.body.recording_id);
  assert.strictEqual(told.recording_url, done.body.destination_url);
  assert.strictEqual(told.conversation_uuid, room.id);
  assert.match(told.start_time, /T\d\d:\d\d:\d\dZ$/);

  const file = await fetched(told.recording_url, stage.token());
  assert.strictEqual(file.status, 200);
  assert.strictEqual(file.type, 'application/octet-stream');
  assert.strictEqual(file.size, told.size);
  const { rate, samples } = readWav(file.file);
  assert.strictEqual(rate, 16000);
  assert.ok(samples.length > rate * 0.4, `${samples.length} samples`);
  const middle = samples.subarray(1600, samples.length - 1600);
  for (const hz of [500, 700]) assert.ok(amplitude(middle, hz, rate) > 2500, `${hz} Hz: ${amplitude(middle, hz, rate)}`);
  assert.ok(amplitude(middle, 1100, rate) < 300);
  const alias = await fetched(told.recording_url.replace('/v1/', '/v3/'), stage.token());
  assert.strictEqual(alias.size, told.size);

  assert.strictEqual((await fetched(told.recording_url)).status, 401);
  for (const id of ['11111111-2222-3333-4444-555555555555', '..%2f..%2foffhook.db', 'x'])
    assert.strictEqual((await fetched(`${stage.daemon.base}/v1/files/${id}`, stage.token())).status, 404, id);
});

test('a leg is recorded on two channels, and to its end', async () => {
  const room = await pair('split');
  const begun = await stage.ask('POST', `/v1/legs/${room.legs.a}/recording`, { body: { format: 'wav', split: true } });
  assert.strictEqual(begun.status, 200, begun.text);
  assert.match(begun.body.recording_id, uuid);
  await phone.hears('a', [700]);
  await new Promise((resolve) => setTimeout(resolve, 500)); // of sound in the file
  await phone.hangup('a');
  const done = await room.event((e) => e.type === 'audio:record:done' && e.body.recording_id === begun.body.recording_id);
  const file = await fetched(done.body.destination_url, stage.token());
  const { rate, samples } = readWav(file.file); // the left one
  const middle = samples.subarray(1600, samples.length - 3200);
  assert.ok(amplitude(middle, 500, rate) > 2500, `${amplitude(middle, 500, rate)}`);
  assert.ok(amplitude(middle, 700, rate) < 300, `${amplitude(middle, 700, rate)}`);
});

test('stream, talk and digits of a call and of a leg are heard by it alone', async () => {
  const room = await pair('calls');
  const url = serve('long', 1000, 30);
  const paths = [[`/v1/calls/${room.legs.a}`, 'uuid'], [`/v0.1/legs/${room.legs.a}`, 'uuid'], [`/v1/legs/${room.legs.a}`, 'id']];
  for (const [at, name] of paths) {
    const begun = await stage.ask('PUT', `${at}/stream`, { body: { stream_url: [url], loop: 0, level: '0.5' } });
    assert.strictEqual(begun.status, 200, begun.text);
    assert.deepStrictEqual(begun.body, { message: 'Stream started', [name]: room.legs.a });
    await phone.hears('a', [700, 1000]);
    await phone.hears('b', [500]);
    const ended = await stage.ask('DELETE', `${at}/stream`);
    assert.strictEqual(ended.status, name === 'id' ? 204 : 200, ended.text);
    await phone.hears('a', [700]);
    const talk = await stage.ask('PUT', `${at}/talk`, { body: { text: 'Hello', voice_name: 'Kimberly', loop: 1 } });
    assert.strictEqual(talk.status, 200, talk.text);
    assert.strictEqual(talk.body.message, 'Talk started');
    await stage.ask('DELETE', `${at}/talk`);
    const digit = String(paths.findIndex((p) => p[0] === at) + 1);
    const sent = await stage.ask('PUT', `${at}/dtmf`, { body: { digits: digit } });
    assert.deepStrictEqual(sent.body, { message: 'DTMF sent', [name]: room.legs.a });
    await phone.wait((e) => e.event === 'digit' && e.line === 'a' && e.digit === digit, `digit ${digit}`);
  }
});

test('all of a conversation hear stream and talk', async () => {
  const room = await pair('everybody');
  const url = serve('long', 1000, 30);
  const begun = await room.ask('PUT', '/stream', { body: { stream_url: [url] } });
  assert.deepStrictEqual(begun.body, { message: 'Stream started', uuid: room.id });
  await phone.hears('a', [700, 1000]);
  await phone.hears('b', [500, 1000]);
  assert.strictEqual((await room.ask('DELETE', '/stream')).status, 200);
  await phone.hears('b', [500]);
  const since = await room.last();
  assert.strictEqual((await room.ask('PUT', '/talk', { body: { text: 'Welcome' } })).status, 200);
  await room.event((e) => e.type === 'audio:say:done', since);
});

test('the keys of a call are told to its URL', async () => {
  const room = await pair('keys');
  app.on('keys', 204);
  const at = `/v1/calls/${room.legs.a}/input/dtmf`;
  assert.strictEqual((await stage.ask('PUT', at, { body: { event_url: [app.url('keys')] } })).status, 204);
  await phone.send('dtmf', { line: 'a', digits: '7' });
  const { fields } = await app.wait((r) => r.kind === 'keys', 'the key');
  assert.deepStrictEqual({ ...fields, timestamp: '' }, {
    dtmf: { digits: '7', timed_out: false }, from: '15550101500', to: '15550100002', uuid: room.legs.a,
    conversation_uuid: room.id, timestamp: '' });
  assert.strictEqual((await stage.ask('DELETE', at)).status, 204);
  await phone.send('dtmf', { line: 'a', digits: '8' });
  await room.event((e) => e.type === 'audio:dtmf' && e.body.digit === '8');
  assert.strictEqual(app.requests.filter((r) => r.kind === 'keys').length, 1);
});

test('who begins and ends to speak is told, but not who is muted', async () => {
  const room = await pair('voices');
  const told = async (since, line) => (await room.events(since, /^audio:speaking/))
    .filter((e) => e.from === room.members[line]).map((e) => e.type);
  await room.event((e) => e.type === 'audio:speaking:on' && e.from === room.members.a);
  await phone.send('tone', { line: 'a', hz: 0 });
  const off = await room.event((e) => e.type === 'audio:speaking:off' && e.from === room.members.a);
  assert.strictEqual(off.body.channel.id, room.legs.a);
  await phone.send('tone', { line: 'a', hz: 500 });
  const on = await room.event((e) => e.type === 'audio:speaking:on' && e.from === room.members.a, off.id);
  await stage.put(room.legs.a, 'mute');
  await room.event((e) => e.type === 'audio:speaking:off' && e.from === room.members.a, on.id);
  const muted = await room.last();
  await phone.send('tone', { line: 'a', hz: 0 });
  await phone.send('tone', { line: 'a', hz: 900 });
  await stage.put(room.legs.a, 'unmute');
  await phone.hears('b', [900]);
  const again = await room.event((e) => e.type === 'audio:speaking:on' && e.from === room.members.a, muted);
  const unmute = await room.event((e) => e.type === 'audio:mute:off', muted);
  assert.ok(again.id > unmute.id);
  assert.deepStrictEqual(await told(muted, 'a'), ['audio:speaking:on']);
});

stage.finish();
