'use strict';
// What is said and played: by an engine of the configuration or by our own, at the level that was
// asked for, from its beginning on although it is long.

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, conference } = require('../lib/stage');
const { folder } = require('../lib/place');
const { sine, writeWav } = require('../lib/sound');
const { until } = require('../lib/wait');

const stage = new Stage();
const { app, phone } = stage;
const questions = [];
let answer = () => ({ status: 500, body: 'not today' });

function wav(hz, seconds, level) {
  const file = path.join(folder(), 'sound.wav');
  writeWav(file, sine(hz, seconds, level));
  return fs.readFileSync(file);
}

const engine = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    questions.push({ headers: request.headers, method: request.method, body: JSON.parse(Buffer.concat(parts).toString()) });
    const { status = 200, type = 'audio/wav', body } = answer(questions[questions.length - 1]);
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
    response.end(body);
  });
});

// The engine must listen before the daemon reads where.
async function ready() {
  if (!engine.listening) {
    await new Promise((resolve) => engine.listen(0, '127.0.0.1', resolve));
    stage.config = {
      speech: {
        engine: {
          url: `http://127.0.0.1:${engine.address().port}/say`,
          for: 'premium',
          authorization: 'Bearer hush-hush',
          headers: ['X-Tenant: 42'],
          voices: ['en-GB/2=oak', '*=elm'],
        },
      },
    };
  }
  await stage.fresh();
  questions.length = 0;
}

// A caller alone in a conversation: the uuid of its leg.
async function caller(line) {
  const from = '15550100001';
  app.on('answer', conference('alone'));
  await stage.dial(line, { from, tone: 0 });
  return stage.leg(from);
}

async function start(leg, verb, body) {
  const told = await stage.ask('PUT', `/v1/calls/${leg}/${verb}`, { body });
  assert.strictEqual(told.status, 200, told.text);
}

async function strength(line, hz) {
  const { tones } = await phone.send('heard', { line, window: 400 });
  const tone = tones.find((t) => Math.abs(t.hz - hz) < 25);
  return tone ? tone.amplitude : 0;
}

// Waits until something is heard that is no single tone.
function voice(line) {
  return until(async () => (await phone.heard(line, { window: 200, least: 150 })).length > 0, `a voice on ${line}`);
}

test('an engine of the configuration says what is premium, and nothing else', async () => {
  await ready();
  answer = () => ({ body: wav(1500, 20, 8000) });
  const leg = await caller('a');
  await start(leg, 'talk', { text: 'Not for the engine', language: 'en-GB', style: 2 });
  await voice('a');
  assert.strictEqual(questions.length, 0);
  await start(leg, 'talk', { text: 'Good day', language: 'en-GB', style: 2, premium: true });
  await phone.hears('a', [1500]);
  assert.strictEqual(questions.length, 1);
  assert.strictEqual(questions[0].method, 'POST');
  assert.deepStrictEqual(questions[0].body, { text: 'Good day', language: 'en-GB', style: 2, premium: true, voice: 'oak' });
  assert.strictEqual(questions[0].headers.authorization, 'Bearer hush-hush');
  assert.strictEqual(questions[0].headers['x-tenant'], '42');
  assert.ok(!stage.daemon.log.join('\n').includes('hush-hush'));
});

test('samples without a file are heard too', async () => {
  await ready();
  answer = () => ({ type: 'audio/l16;rate=8000', body: Buffer.from(Int16Array.from(sine(1100, 20)).buffer) });
  const leg = await caller('a');
  await start(leg, 'talk', { text: 'Raw', premium: true });
  await phone.hears('a', [1100]);
  assert.strictEqual(questions[0].body.voice, 'elm');
});

test('an engine that fails, sends rubbish, or is not there: our own voice is heard', async () => {
  await ready();
  const leg = await caller('a');
  for (const reply of [{ status: 503, body: 'no' }, { body: 'RIFF and no more' }]) {
    answer = () => reply;
    await start(leg, 'talk', { text: `One, two, three, four, five, ${reply.status}`, premium: true });
    await voice('a');
    await stage.ask('DELETE', `/v1/calls/${leg}/talk`);
    await phone.hears('a', []);
  }
  assert.strictEqual(questions.length, 2);
  engine.closeAllConnections();
  await new Promise((resolve) => engine.close(resolve));
  await start(leg, 'talk', { text: 'One, two, three, four, five.', premium: true });
  await voice('a');
  const counts = await stage.daemon.metrics();
  assert.strictEqual(counts.offhook_speech_engine_asked_total, 5);
  assert.strictEqual(counts.offhook_speech_engine_failed_total, 3);
});

test('a level is dB: 0 as it is, 1 +12, -1 -24, and straight between', async () => {
  await stage.fresh();
  const leg = await caller('a');
  app.on('tone', { body: wav(1000, 30, 2000), type: 'audio/wav' });
  await start(leg, 'stream', { stream_url: [app.url('tone')], loop: 0, level: '0' });
  await until(async () => (await strength('a', 1000)) > 1500, 'the tone');
  for (const [level, db] of [[1, 12], [0.5, 6], [-0.5, -12], [0, 0]]) {
    const want = 2000 * 10 ** (db / 20);
    let now;
    await start(leg, 'stream', { stream_url: [app.url('tone')], loop: 0, level });
    await until(async () => {
      now = await strength('a', 1000);
      return Math.abs(20 * Math.log10(now / want)) < 1;
    }, () => `${want} at level ${level}; there is ${now}`);
  }
});

test('a text of 1500 characters is heard, and can be stopped', async () => {
  await stage.fresh();
  const leg = await caller('a');
  const text = 'Please hold the line, we are connecting you to one of our people. '.repeat(22);
  await start(leg, 'talk', { text, loop: 0 });
  await voice('a');
  await stage.ask('DELETE', `/v1/calls/${leg}/talk`);
  await phone.hears('a', []);
});

stage.finish();
test('the engine is gone', () => engine.close());
