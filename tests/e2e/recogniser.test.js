'use strict';
// The engines of speech recognition: what the daemon says of their configuration, and the
// reference server of doc/engines.md that other tests recognise speech with.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { spawnSync } = require('node:child_process');
const { Daemon } = require('../lib/daemon');
const { folder, program } = require('../lib/place');
const { Recogniser, words } = require('../lib/recogniser');
const { sine, writeWav } = require('../lib/sound');

const place = folder();

// A WAV of pauses and a tone, as bytes.
function utterance({ hz = 440, ms = 800, before = 300, after = 500, rate = 16000, loudness = 8000 }) {
  const file = path.join(place, 'spoken.wav');
  const pauseOf = (length) => new Array((length * rate) / 1000).fill(0);
  writeWav(file, [...pauseOf(before), ...sine(hz, ms / 1000, loudness, rate), ...pauseOf(after)], rate);
  return fs.readFileSync(file);
}

async function post(server, body, query = 'language=en-US', headers = {}) {
  const response = await fetch(`${server.url}?${query}`, { method: 'POST', body, headers: { 'content-type': 'audio/wav', ...headers } });
  return { status: response.status, json: await response.json() };
}

test('the reference server', async (t) => {
  const server = await new Recogniser().start();
  t.after(() => server.stop());

  for (const [hz, text] of Object.entries(words)) {
    await t.test(`${hz} Hz is "${text}"`, async () => {
      const { status, json } = await post(server, utterance({ hz: Number(hz) }));
      assert.strictEqual(status, 200);
      assert.strictEqual(json.results.at(-1).text, text);
      assert.ok(json.results.at(-1).confidence > 0.9, JSON.stringify(json));
    });
  }
  await t.test('it keeps what was asked, and how long it was', async () => {
    const n = server.requests.length;
    await post(server, utterance({ ms: 1240 }), 'language=sv-SE&sensitivity=90&context=ja&context=nej%20tack&leg=l&application=a');
    const request = await server.request(n);
    assert.strictEqual(request.language, 'sv-SE');
    assert.deepStrictEqual(request.context, ['ja', 'nej tack']);
    assert.deepStrictEqual([request.sensitivity, request.leg, request.application], ['90', 'l', 'a']);
    assert.strictEqual(request.ms, 2040);
    assert.ok(Math.abs(request.loudMs - 1240) <= 40, `${request.loudMs} ms`);
  });
  await t.test('silence, and a tone it does not know, are not understood', async () => {
    assert.deepStrictEqual((await post(server, utterance({ loudness: 0 }))).json, { results: [] });
    assert.deepStrictEqual((await post(server, utterance({ hz: 2500 }))).json, { results: [] });
  });
  await t.test('another format is refused with the reason', async () => {
    const { status, json } = await post(server, utterance({ rate: 8000 }));
    assert.strictEqual(status, 400);
    assert.match(json.error, /8000 Hz/);
    assert.strictEqual((await post(server, Buffer.from('RIFF'))).status, 400);
    assert.strictEqual((await post(server, utterance({}).subarray(0, 5000))).status, 400);
    assert.strictEqual((await post(server, utterance({}), '', { 'content-type': 'text/plain' })).status, 415);
  });
  await t.test('it can be bad', async () => {
    assert.strictEqual((await post(server.set('status', { status: 503 }), utterance({}))).status, 503);
    assert.deepStrictEqual((await post(server.set('error'), utterance({}))).json, { error: 'the model is not loaded' });
    await assert.rejects(post(server.set('garbage'), utterance({})), SyntaxError);
    await assert.rejects(post(server.set('closed'), utterance({})), TypeError);
    assert.ok(JSON.stringify((await post(server.set('huge'), utterance({}))).json).length > 1 << 20);
    assert.strictEqual((await post(server.set('slow', { delay: 20 }), utterance({}))).status, 200);
    server.set('dead');
    const given = AbortSignal.timeout(200);
    await assert.rejects(fetch(server.url, { method: 'POST', body: 'x', signal: given }), { name: 'TimeoutError' });
  });
});

test('the reference server lets nobody in without its secret', async (t) => {
  const server = await new Recogniser({ secret: 'Bearer hush' }).start();
  t.after(() => server.stop());
  assert.strictEqual((await post(server, utterance({}))).status, 401);
  assert.strictEqual((await post(server, utterance({}), '', { authorization: 'Bearer hush' })).status, 200);
});

test('the daemon starts and ends with a server that it has not asked yet', async (t) => {
  const daemon = new Daemon({ recogniser: { url: 'http://127.0.0.1:9/', headers: ['Authorization: Bearer hush'] } });
  t.after(() => daemon.kill());
  await daemon.start();
  await daemon.stop();
  assert.ok(!daemon.log.join('\n').includes('hush'));
});

test('a model that is not there is told, and ends the start', () => {
  const file = path.join(place, 'offhook.conf');
  fs.writeFileSync(file, `recogniser: { model = "${place}/none"; };\nstore: { url = "sqlite::memory:"; };
sip: { listen = [ "udp:127.0.0.1:0" ]; };\nhttp: { listen = "127.0.0.1:0"; };\n`);
  const { status, stderr } = spawnSync(program('offhookd'), ['-c', file], { encoding: 'utf8', timeout: 20000 });
  assert.strictEqual(status, 1, stderr);
  assert.match(stderr, /recogniser\.model/);
});
