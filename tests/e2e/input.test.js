'use strict';
// input of a flow: keys and speech of a real phone, and what the application is told of them. The
// recogniser is a server of the test: it says what it was sent.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { Stage, caller, conference, number } = require('../lib/stage');
const { near, serve } = require('../lib/heard');
const { amplitude, readWav } = require('../lib/sound');
const { folder } = require('../lib/place');
const { slow, until } = require('../lib/wait');

const stage = new Stage({ config: {} });
const { phone, app } = stage;

// The recogniser's URL is known when the application's server listens.
const start = stage.start.bind(stage);
stage.start = async () => {
  await app.start();
  app.start = async () => app;
  stage.config.recogniser = { url: app.url('asr') };
  await start();
};

const input = (more = {}) => ({ action: 'input', eventUrl: [app.url('input')], ...more });
const asked = (n = 0) => app.wait(() => app.requests.filter((r) => r.kind === 'input').length > n, 'the input')
  .then(() => app.requests.filter((r) => r.kind === 'input')[n]);
const stays = { action: 'wait', timeout: 60 };
const keys = (digits, timed_out) => ({ digits, timed_out });

// Calls with that flow, which the application's replies to `input` go on from.
async function call(flow, { reply = 204, ...more } = {}) {
  await stage.fresh();
  app.on('answer', flow());
  app.on('input', reply);
  await stage.dial('a', { tone: 0, ...more });
}

const press = (digits) => phone.send('dtmf', { line: 'a', digits });

test('what is told of keys: names in their order, to the URL that was named', async () => {
  await call(() => [input({ dtmf: { maxDigits: 3 } }), stays]);
  await press('1*3');
  const request = await asked();
  assert.strictEqual(request.method, 'POST');
  assert.deepStrictEqual(Object.keys(request.fields), ['speech', 'dtmf', 'from', 'to', 'uuid', 'conversation_uuid', 'timestamp']);
  const { speech, dtmf, from, to, uuid, conversation_uuid: conversation, timestamp } = request.fields;
  assert.deepStrictEqual(speech, { results: [] });
  assert.deepStrictEqual(dtmf, keys('1*3', false));
  assert.deepStrictEqual([from, to, uuid], [caller, number, await stage.leg()]);
  assert.match(conversation, /^CON-/);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  await phone.hangup('a');
});

for (const [what, options, digits, told] of [
  ['# submits, and is not told', { type: ['dtmf'], dtmf: { submitOnHash: true, maxDigits: 10 } }, '12#', keys('12', false)],
  ['# is a key', { type: ['dtmf'], dtmf: { maxDigits: 3 } }, '1#2', keys('1#2', false)],
  ['four keys are enough without more', { type: ['dtmf'] }, '9876', keys('9876', false)],
  ['time is up after the last key', { type: ['dtmf'], dtmf: { timeOut: 1 } }, '42', keys('42', true)],
  ['time is up without a key', { type: ['dtmf'], dtmf: { timeOut: 1 } }, '', keys('', true)],
  ['no time at all', { type: ['dtmf'], dtmf: { timeOut: 0 } }, '', keys('', true)],
  ['the names of the older schema', { timeOut: 10, maxDigits: '2', submitOnHash: false }, '#7', keys('#7', false)],
]) {
  test(`how keys end: ${what}`, async () => {
    await call(() => [input(options), stays]);
    if (digits) await press(digits);
    assert.deepStrictEqual((await asked()).fields.dtmf, told);
    await phone.hangup('a');
  });
}

test('the reply is another flow, or the flow goes on, and GET asks too', async () => {
  const tone = (hz) => ({ action: 'stream', streamUrl: [serve(app, `t${hz}`, [hz, 30])] });
  await stage.fresh();
  app.on('answer', [input({ type: ['dtmf'], dtmf: { maxDigits: 1 } }), tone(700)]);
  const other = tone(900);
  app.on('input', () => [other]);
  await stage.dial('a', { tone: 0 });
  await press('1');
  await phone.hears('a', [900]);
  await phone.hangup('a');
  await stage.fresh();
  app.on('answer', [input({ type: ['dtmf'], dtmf: { maxDigits: 1 }, eventMethod: 'GET' }), tone(700)]);
  app.on('input', { status: 200, body: '' });
  await stage.dial('a', { tone: 0 });
  await press('2');
  await phone.hears('a', [700]);
  const { method, fields } = await asked();
  assert.strictEqual(method, 'GET');
  assert.deepStrictEqual(JSON.parse(fields.dtmf), keys('2', false));
  await phone.hangup('a');
});

test('a dead eventUrl costs the flow nothing but time', async () => {
  await stage.fresh();
  app.on('answer', [input({ type: ['dtmf'], dtmf: { maxDigits: 1 } }),
    { action: 'stream', streamUrl: [serve(app, 'on', [700, 30])] }]);
  app.on('input', 500);
  await stage.dial('a', { tone: 0 });
  await press('1');
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('who hangs up during an input is told of by no input', async () => {
  await call(() => [input({ mode: 'asynchronous', eventUrl: [app.url('key')] }), input({ type: ['dtmf'] }), stays]);
  app.on('key', 204);
  const uuid = await stage.leg();
  await press('1');
  await app.wait((r) => r.kind === 'key', 'the key');
  await phone.hangup('a');
  await app.event({ uuid, status: 'completed' });
  assert.strictEqual(app.requests.filter((r) => r.kind === 'input').length, 0);
});

test('asynchronous: each key as it comes, and the flow goes on; REST hears of them too, each once', async () => {
  await stage.fresh();
  app.on('answer', [input({ mode: 'asynchronous' }), ...conference('keys')]);
  app.on('input', 204);
  app.on('rest', 204);
  await stage.dial('a', { tone: 0 });
  const uuid = await stage.leg();
  await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer', 'the transfer to the conference');
  const at = `/v1/calls/${uuid}/input/dtmf`;
  const subscribe = (url) => stage.ask('PUT', at, { body: { event_url: [url], event_method: 'POST' } });
  assert.ok((await subscribe(app.url('rest'))).status < 300);
  await press('1#');
  const told = (kind) => app.requests.filter((r) => r.kind === kind).map((r) => r.fields.dtmf.digits).join('');
  await until(() => told('rest') === '1#' && told('input') === '1#', () => `both to be told: ${told('rest')}, ${told('input')}`);
  const { fields } = app.requests.find((r) => r.kind === 'input');
  assert.deepStrictEqual(Object.keys(fields), ['dtmf', 'from', 'to', 'uuid', 'conversation_uuid', 'timestamp']);
  assert.deepStrictEqual(fields.dtmf, keys('1', false));
  assert.ok((await subscribe(app.url('input'))).status < 300); // the one that is told already
  await press('2');
  await until(() => told('input') === '1#2', () => `told once: ${told('input')}`);
  assert.ok((await stage.ask('DELETE', at)).status < 300);
  await press('3');
  app.on('last', 204);
  assert.ok((await subscribe(app.url('last'))).status < 300);
  await press('4');
  await until(() => told('last').endsWith('4'), () => `told last: ${told('last')}`);
  assert.strictEqual(told('input'), '1#2');
  assert.strictEqual(told('rest'), '1#');
  await phone.hangup('a');
});

test('an asynchronous input takes no settings', async () => {
  const ncco = [{ action: 'input', mode: 'asynchronous', dtmf: { maxDigits: 2 } }];
  const answer = await stage.ask('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: '15550100003' }], from: { type: 'phone', number }, ncco } });
  assert.strictEqual(answer.status, 400);
  assert.match(answer.text, /\\"dtmf\\" is not allowed together with \\"mode\\" asynchronous/);
});

// Speech. The engine keeps the file that it was sent.

function engine(reply = { results: [{ text: 'yes please', confidence: 0.94 }] }) {
  const got = {};
  app.on('asr', (request) => {
    got.query = Object.fromEntries(request.query);
    return { body: reply };
  });
  return got;
}

// Sounds like speech to the daemon: a tone for a while; gives how long it was [ms].
async function speaks(seconds, hz = 600) {
  await phone.send('tone', { line: 'a', hz, amplitude: 8000 });
  const begun = Date.now();
  await until(() => Date.now() - begun >= seconds * 1000, 'the end of the sentence');
  await phone.send('tone', { line: 'a', hz: 0 });
  return Date.now() - begun;
}

const speech = (more = {}, rest = {}) => input({ type: ['speech'], speech: { endOnSilence: 1, ...more }, ...rest });

test('speech: what was said is recognised and told', async () => {
  await stage.fresh();
  const got = engine();
  app.on('answer', [speech({ language: 'en-GB', context: ['yes', 'no'], saveAudio: true }), stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  const said = await speaks(1.2);
  const { fields } = await asked();
  const { recording_url: url, ...rest } = fields.speech;
  assert.deepStrictEqual(rest, { timeout_reason: 'end_on_silence_timeout', results: [{ confidence: '0.94', text: 'yes please' }] });
  assert.deepStrictEqual(fields.dtmf, { digits: null, timed_out: false });
  assert.strictEqual(got.query.language, 'en-GB');
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1\/files\/[0-9a-f-]{36}$/);
  const file = await fetch(url, { headers: { authorization: `Bearer ${stage.token()}` } });
  assert.strictEqual(file.status, 200);
  const wav = path.join(folder(), 'said.wav');
  fs.writeFileSync(wav, Buffer.from(await file.arrayBuffer()));
  const { rate, samples } = readWav(wav);
  assert.strictEqual(rate, 16000);
  const loud = [];
  for (let at = 0; at + 320 <= samples.length; at += 320) loud.push(amplitude(samples.subarray(at, at + 320), 600, rate) > 4000);
  near(loud.filter(Boolean).length * 20, said, 120 * slow, 'ms of what was said');
  await phone.hangup('a');
});

// All files of recordings.
function files(at = stage.daemon.config.media.recordings) {
  if (!fs.existsSync(at)) return [];
  return fs.readdirSync(at, { withFileTypes: true })
    .flatMap((e) => (e.isDirectory() ? files(path.join(at, e.name)) : [path.join(at, e.name)]));
}

test('speech: the file goes when nobody wants it', async () => {
  await stage.fresh();
  const before = files();
  engine();
  app.on('answer', [speech(), stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  await speaks(0.5);
  assert.strictEqual((await asked()).fields.speech.recording_url, undefined);
  await until(() => files().length === before.length, () => `${files()} besides ${before}`);
  await phone.hangup('a');
});

test('speech: nobody begins', async () => {
  await stage.fresh();
  app.on('answer', [speech({ startTimeout: 1 }), stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  assert.deepStrictEqual((await asked()).fields.speech, { timeout_reason: 'start_timeout', results: [] });
  await phone.hangup('a');
});

test('speech: it is long enough', async () => {
  await stage.fresh();
  engine({ results: [] });
  app.on('answer', [speech({ maxDuration: 1 }), stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 600 });
  assert.deepStrictEqual((await asked()).fields.speech, { timeout_reason: 'max_duration', results: [] });
  await phone.hangup('a');
});

test('speech: an engine that fails is told, and the flow goes on', async () => {
  await stage.fresh();
  app.on('asr', 500);
  app.on('answer', [speech(), { action: 'stream', streamUrl: [serve(app, 'on', [900, 30])] }]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  await speaks(0.5);
  const { fields } = await asked();
  assert.match(fields.speech.error, /^Speech recognition/);
  assert.strictEqual(fields.speech.results, undefined);
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('speech cuts a prompt with bargeIn, and its first word is not lost', async () => {
  await stage.fresh();
  engine();
  app.on('answer', [{ action: 'stream', streamUrl: [serve(app, 'question', [900, 30])], bargeIn: true }, speech({ saveAudio: true }), stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  await phone.hears('a', [900]);
  await phone.send('tone', { line: 'a', hz: 600, amplitude: 8000 });
  await phone.hears('a', []);
  await phone.send('tone', { line: 'a', hz: 0 });
  assert.strictEqual((await asked()).fields.speech.results[0].text, 'yes please');
  await phone.hangup('a');
});

test('both: a key ends it while nobody speaks, speech while nobody presses', async () => {
  await stage.fresh();
  engine();
  const both = input({ type: ['dtmf', 'speech'], dtmf: { maxDigits: 1, timeOut: 10 }, speech: { endOnSilence: 0.4 } });
  app.on('answer', [both, both, stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  await press('7');
  assert.deepStrictEqual((await asked()).fields.dtmf, keys('7', false));
  assert.deepStrictEqual((await asked()).fields.speech, { results: [] });
  await speaks(0.5);
  const { fields } = await asked(1);
  assert.strictEqual(fields.speech.results[0].text, 'yes please');
  assert.deepStrictEqual(fields.dtmf, keys('', false));
  await phone.hangup('a');
});

test('speech of another leg', async () => {
  await stage.fresh();
  engine();
  app.on('answer', conference('agents'));
  await phone.call('b', stage.daemon.uri(number), { from: '15550100017', tone: 0 });
  await phone.up('b');
  const agent = await stage.leg('15550100017');
  app.on('answer', [speech({ uuid: [agent], startTimeout: 30 }), stays]);
  app.on('input', 204);
  await stage.dial('a', { tone: 0 });
  await stage.leg();
  await phone.send('tone', { line: 'b', hz: 600, amplitude: 8000 });
  const begun = Date.now();
  await until(() => Date.now() - begun > 600, 'the end of the sentence');
  await phone.send('tone', { line: 'b', hz: 0 });
  assert.strictEqual((await asked()).fields.speech.results[0].text, 'yes please');
  await phone.hangup('a');
  await phone.hangup('b');
});

stage.finish();
