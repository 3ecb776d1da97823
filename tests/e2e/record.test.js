'use strict';
// Recordings as sound and as news: what is in the file, who is told of it, once, however it ends.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Phone } = require('../lib/phone');
const { Room } = require('../lib/room');
const { Stage, callee, caller, conference, connect, number } = require('../lib/stage');
const { folder } = require('../lib/place');
const { level, readWav } = require('../lib/sound');
const { until } = require('../lib/wait');

const stage = new Stage();
const { app } = stage;
const sound = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); // so much of it in the file
const strength = 4000; // of the tones that are measured
const decibel = 10 ** (1 / 20);

test.before(() => stage.ready());

const record = (more = {}) => ({ action: 'record', format: 'wav', eventUrl: [app.url('recorded')], ...more });
const told = () => app.requests.filter((r) => r.kind === 'recorded').map((r) => r.fields);
const recorded = () => app.wait((r) => r.kind === 'recorded', 'the record webhook').then((r) => r.fields);

// The bytes of a file, whatever port the daemon has by now.
async function get(url, headers = {}, method = 'GET', token = stage.token()) {
  const response = await fetch(`${stage.daemon.base}${new URL(url).pathname}`,
    { method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

async function wav(url) {
  const { status, bytes } = await get(url);
  assert.strictEqual(status, 200);
  const file = path.join(folder(), 'recorded.wav');
  fs.writeFileSync(file, bytes);
  const { rate, lines } = readWav(file);
  assert.strictEqual(rate, 16000);
  return { lines, length: lines[0].length / rate, level: (n, hz, from, to) => level(lines[n], hz, rate, from, to) };
}

// As strong as it was sent, to a decibel.
function has(file, line, hz, from, to, sent = strength) {
  const found = file.level(line, hz, from, to);
  assert.ok(found > sent / decibel && found < sent * decibel, `${hz} Hz in channel ${line} from ${from} to ${to} s: ${found}`);
}

function lacks(file, line, hz, from, to) {
  const found = file.level(line, hz, from, to);
  assert.ok(found < 60, `${hz} Hz in channel ${line} from ${from} to ${to} s: ${found}`);
}

async function begin(ncco) {
  await stage.fresh();
  app.on('recorded', 204);
  app.on('written', 204);
  app.on('answer', ncco);
}

// Two phones that talk, by connect; the caller sends 500 Hz, the callee 700 Hz.
async function forward(first, more = {}) {
  await begin([first, ...connect(callee, more)]);
  await stage.phone.accept({ policy: 'answer', tone: 700, amplitude: strength });
  await stage.dial('a', { tone: 500, amplitude: strength });
  await stage.phone.hears('a', [700]);
}

// Nothing more comes: the daemon has delivered all that it has to tell.
async function once(count = 1) {
  await stage.daemon.idle();
  assert.strictEqual(told().length, count, JSON.stringify(told()));
}

test('a split recording: what the caller said is left, what it heard right', async () => {
  await forward(record({ split: 'conversation' }));
  await sound(1500);
  await stage.phone.hangup('a');
  const fields = await recorded();
  assert.deepStrictEqual(Object.keys(fields),
    ['start_time', 'recording_url', 'size', 'recording_uuid', 'end_time', 'conversation_uuid', 'timestamp']);
  assert.match(fields.start_time, /T\d\d:\d\d:\d\dZ$/);
  assert.match(fields.end_time, /T\d\d:\d\d:\d\dZ$/);
  assert.match(fields.timestamp, /T\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(fields.recording_url.startsWith(`${stage.daemon.base}/v1/files/`), fields.recording_url);
  assert.ok(!fields.recording_url.includes(fields.recording_uuid));
  const file = await wav(fields.recording_url);
  assert.strictEqual(file.lines.length, 2);
  assert.ok(file.length > 1.5, `${file.length} s`);
  const [from, to] = [file.length - 1.2, file.length - 0.3];
  has(file, 0, 500, from, to);
  has(file, 1, 700, from, to);
  lacks(file, 0, 700, from, to);
  lacks(file, 1, 500, from, to);
  await once();
});

test('without options: an MP3 of one channel at 32 kbit/s, told to the application', async () => {
  await forward({ action: 'record' });
  await sound(700);
  await stage.phone.hangup('a');
  const { fields } = await app.wait((r) => r.kind === 'event' && r.fields.recording_url, 'the record webhook');
  assert.ok(!('channels' in fields) && !('status' in fields) && !('uuid' in fields));
  const { bytes } = await get(fields.recording_url);
  assert.strictEqual(bytes.length, fields.size);
  assert.strictEqual(bytes.length % 144, 0);
  for (let at = 0; at < bytes.length; at += 144) assert.strictEqual(bytes.readUInt32BE(at) >>> 8, 0xfff348, `frame at ${at}`);
});

test('a channel for each participant; the recording goes with its leg', async () => {
  await begin([record({ split: 'conversation', channels: 4 }), ...conference('many')]);
  const enter = (line, tone) => stage.dial(line, { from: `1555010${1000 + tone}`, tone, amplitude: strength });
  await enter('a', 500);
  app.on('answer', conference('many'));
  await enter('b', 700);
  await stage.phone.hears('a', [700]);
  await enter('c', 900);
  await stage.phone.hears('a', [700, 900]);
  await sound(1000);
  await stage.phone.hangup('a');
  const fields = await recorded();
  assert.strictEqual(fields.channels, 4);
  const file = await wav(fields.recording_url);
  assert.strictEqual(file.lines.length, 4);
  const [from, to] = [file.length - 0.8, file.length - 0.2];
  for (const [line, hz] of [[0, 500], [1, 700], [2, 900]]) {
    has(file, line, hz, from, to);
    for (const other of [500, 700, 900]) if (other !== hz) lacks(file, line, other, from, to);
  }
  assert.ok(file.lines[3].every((sample) => sample === 0), 'the fourth channel is silent');
  await stage.phone.hangup('b');
  await stage.phone.hangup('c');
  await once();
});

test('a transfer by REST ends it, and it is told once', async () => {
  await forward(record());
  await stage.put(await stage.leg(), 'transfer', { destination: { type: 'ncco', ncco: conference('elsewhere') } });
  const fields = await recorded();
  assert.strictEqual((await get(fields.recording_url)).status, 200);
  await stage.phone.hangup('a');
  await once();
});

test('a key ends it and the flow goes on; the beep is heard, and is in the file', async () => {
  await begin([record({ endOnKey: '#', beepStart: true }), ...conference('after the key')]);
  await stage.dial('a', { tone: 500, amplitude: strength });
  await until(async () => (await stage.phone.heard('a')).some((hz) => hz >= 900 && hz <= 1100), 'the beep');
  await stage.phone.hears('a', []);
  await stage.phone.send('dtmf', { line: 'a', digits: '1' });
  await stage.phone.send('dtmf', { line: 'a', digits: '#' });
  const fields = await recorded();
  await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer', 'the next action');
  const early = app.requests.findIndex((r) => r.kind === 'event' && r.fields.type === 'transfer');
  assert.ok(early > app.requests.findIndex((r) => r.kind === 'answer'));
  const file = await wav(fields.recording_url);
  assert.ok(Math.max(...[0.1, 0.15, 0.2, 0.25].map((at) => file.level(0, 1000, at, at + 0.04))) > 1000, 'the beep in the file');
  await stage.phone.hangup('a');
  await once();
});

test('silence ends it, and with it the call', async () => {
  await begin([record({ endOnSilence: 3 })]);
  await stage.dial('a', { tone: 500, amplitude: strength });
  await sound(3500); // longer than the silence that ends it
  assert.strictEqual(told().length, 0);
  await stage.phone.send('tone', { line: 'a', hz: 0 });
  await stage.phone.over('a');
  const file = await wav((await recorded()).recording_url);
  has(file, 0, 500, 0.5, 3);
  lacks(file, 0, 500, file.length - 2.5, file.length - 0.1);
  assert.ok(file.length > 6.2, `${file.length} s`);
  await once();
});

test('its time ends it; the call goes on', async () => {
  await forward(record({ timeOut: 3 }));
  const fields = await recorded();
  await stage.phone.hears('a', [700]);
  const file = await wav(fields.recording_url);
  assert.ok(file.length >= 2.96 && file.length < 3.5, `${file.length} s`);
  await stage.phone.hangup('a');
  await once();
});

test('a stop by REST lets a flow that waits for it go on', async () => {
  await begin([record({ endOnKey: '*' }), ...conference('after the stop')]);
  await stage.dial('a', { tone: 500 });
  const leg = await stage.leg();
  const { status, text } = await stage.ask('DELETE', `/v1/legs/${leg}/recording`);
  assert.strictEqual(status, 204, text);
  await recorded();
  await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer', 'the next action');
  await stage.phone.hangup('a');
  await once();
});

test('what cannot be recorded is told, and what asks for a text gets an answer', async () => {
  await begin([record({ format: 'mp3', split: 'conversation', channels: 3 })]);
  await stage.phone.call('a', stage.daemon.uri(number), { from: caller });
  const error = await app.wait((r) => r.kind === 'event' && r.fields.reason, 'the error');
  assert.match(error.fields.reason, /action 1 \(record\).*format.*wav/);
  await stage.phone.over('a');
  await forward(record({ transcription: { language: 'en-US', eventUrl: [app.url('written')] } }));
  await stage.phone.hangup('a');
  const fields = await recorded();
  const written = (await app.wait((r) => r.kind === 'written', 'the answer')).fields;
  assert.strictEqual(written.recording_uuid, fields.recording_uuid);
  assert.match(written.reason, /not configured/);
});

// Two callers in a room: a sends 500 Hz, b 700 Hz.
async function pair(name) {
  await stage.fresh();
  app.on('recorded', 204);
  const room = new Room(stage, name);
  await room.enter('a', 500);
  await room.enter('b', 700);
  await stage.phone.hears('a', [700]);
  return room;
}

const start = (room, more = {}) => room.ask('PUT', '/record',
  { body: { action: 'start', format: 'wav', event_url: [app.url('recorded')], ...more } });

test('a conversation, split: a channel each; both spellings of the path', async () => {
  const room = await pair('split room');
  const at = `/conversations/${room.id}/record`;
  const begun = await stage.ask('PUT', `/v0.1${at}`, {
    body: { action: 'start', split: 'conversation', channels: 2, format: 'wav', event_url: [app.url('recorded')], event_method: 'POST' } });
  assert.strictEqual(begun.status, 204, begun.text);
  await sound(600);
  const stopped = await stage.ask('PUT', `/v1${at}`, { body: { action: 'stop' } });
  assert.strictEqual(stopped.status, 200);
  assert.deepStrictEqual(stopped.body, {});
  const fields = await recorded();
  assert.strictEqual(fields.channels, 2);
  assert.strictEqual(fields.conversation_uuid, room.id);
  const file = await wav(fields.recording_url);
  const first = file.level(0, 500, 0.1, 0.5) > file.level(0, 700, 0.1, 0.5) ? 0 : 1;
  assert.ok(file.level(first, 500, 0.1, 0.5) > 2500 && file.level(1 - first, 700, 0.1, 0.5) > 2500);
  lacks(file, first, 700, 0.1, 0.5);
  lacks(file, 1 - first, 500, 0.1, 0.5);
  await stage.phone.hangup('a');
  await stage.phone.hangup('b');
  await once();
});

test('what is wrong with a request is said', async () => {
  const room = await pair('wrong');
  const cases = [
    [{ action: 'pause' }, 'action'], [{}, 'action'], [{ action: 'start', channels: 2 }, 'channels'],
    [{ action: 'start', split: 'conversation', channels: 33 }, 'channels'],
    [{ action: 'start', split: 'conversation', channels: 3, format: 'mp3' }, 'format'],
    [{ action: 'start', format: 'flac' }, 'format'], [{ action: 'start', retention_ttl: 0 }, 'retention_ttl'],
  ];
  for (const [body, what] of cases) {
    const { status, text } = await room.ask('PUT', '/record', { body });
    assert.strictEqual(status, 400, `${JSON.stringify(body)}: ${text}`);
    assert.ok(text.includes(what), `${JSON.stringify(body)}: ${text}`);
  }
  const unknown = await stage.ask('PUT', '/v1/conversations/CON-11111111-2222-4333-8444-555555555555/record', { body: { action: 'start' } });
  assert.strictEqual(unknown.status, 404);
  assert.strictEqual((await room.events(0, /^audio:record/)).length, 0);
});

test('parts of a file', async () => {
  const room = await pair('parts');
  await start(room);
  await sound(300);
  await room.ask('PUT', '/record', { body: { action: 'stop' } });
  const { recording_url: url, size } = await recorded();
  const whole = await get(url);
  assert.strictEqual(whole.status, 200);
  assert.strictEqual(whole.headers.get('content-type'), 'application/octet-stream');
  assert.strictEqual(whole.headers.get('accept-ranges'), 'bytes');
  assert.strictEqual(whole.bytes.length, size);
  const tag = whole.headers.get('etag');
  const part = async (headers, status, from, to) => {
    const answer = await get(url, headers);
    assert.strictEqual(answer.status, status, JSON.stringify(headers));
    if (status === 206) assert.strictEqual(answer.headers.get('content-range'), `bytes ${from}-${to - 1}/${size}`);
    if (status !== 416) assert.ok(answer.bytes.equals(whole.bytes.subarray(from, to)), JSON.stringify(headers));
    return answer;
  };
  await part({ range: 'bytes=0-43' }, 206, 0, 44);
  await part({ range: 'bytes=100-' }, 206, 100, size);
  await part({ range: 'bytes=-100' }, 206, size - 100, size);
  await part({ range: `bytes=10-${size * 2}` }, 206, 10, size);
  await part({ range: 'bytes=5-9', 'if-range': tag }, 206, 5, 10);
  await part({ range: 'bytes=5-9', 'if-range': whole.headers.get('last-modified') }, 206, 5, 10);
  await part({ range: 'bytes=5-9', 'if-range': '"another"' }, 200, 0, size);
  await part({ range: 'bytes=x' }, 200, 0, size);
  const beyond = await part({ range: `bytes=${size}-` }, 416);
  assert.strictEqual(beyond.headers.get('content-range'), `bytes */${size}`);
  const same = await get(url, { 'if-none-match': tag });
  assert.strictEqual(same.status, 304);
  assert.strictEqual(same.bytes.length, 0);
  const head = await get(url, { range: 'bytes=0-1' }, 'HEAD');
  assert.strictEqual(head.status, 200);
  assert.strictEqual(head.headers.get('content-length'), String(size));
  assert.strictEqual(head.headers.get('etag'), tag);
  assert.strictEqual(head.bytes.length, 0);
  assert.strictEqual((await get(url, {}, 'HEAD', null)).status, 401);
  assert.strictEqual((await get(`${url.slice(0, -12)}555555555555`, { range: 'bytes=0-1' })).status, 404);
});

test('a file with a time of its own goes when that is over', async () => {
  const room = await pair('short-lived');
  await start(room, { retention_ttl: 1 });
  await room.ask('PUT', '/record', { body: { action: 'stop' } });
  const { recording_url: url } = await recorded();
  await until(async () => (await get(url)).status === 404, 'the file to be gone');
});

test('a daemon that is killed finishes its recordings the next time, and tells of each once', async () => {
  const room = await pair('killed');
  for (const [format, more] of [['wav', { split: 'conversation', channels: 3 }], ['mp3', {}], ['ogg', {}]])
    assert.strictEqual((await start(room, { format, ...more })).status, 200);
  await sound(3000);
  assert.strictEqual(told().length, 0);
  await stage.daemon.kill();
  await stage.phone.stop();
  stage.phone = await new Phone('--port', stage.phone.sip.split(':')[1]).start();
  await stage.daemon.start();
  await until(() => told().length === 3, () => `three record webhooks; there came ${JSON.stringify(told())}`);
  for (const fields of told()) {
    const { status, bytes } = await get(fields.recording_url);
    assert.strictEqual(status, 200);
    assert.strictEqual(bytes.length, fields.size);
    assert.ok(Date.parse(fields.end_time) > Date.parse(fields.start_time), JSON.stringify(fields));
  }
  const split = told().find((fields) => fields.channels === 3);
  const file = await wav(split.recording_url);
  assert.strictEqual(file.lines.length, 3);
  assert.ok(file.length > 1 && file.length < 20, `${file.length} s`);
  const first = file.level(0, 500, 0.2, 0.9) > file.level(0, 700, 0.2, 0.9) ? 0 : 1;
  assert.ok(file.level(first, 500, 0.2, 0.9) > 2500 && file.level(1 - first, 700, 0.2, 0.9) > 2500);
  const done = await room.events(0, /^audio:record:done/);
  assert.deepStrictEqual(done.map((e) => e.body.recording_id).sort(), told().map((f) => f.recording_uuid).sort());
  await stage.daemon.idle();
  await stage.daemon.stop();
  await stage.daemon.start();
  await once(3);
});

stage.finish();
