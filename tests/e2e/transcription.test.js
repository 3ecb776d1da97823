'use strict';
// What a recording says, as text: an engine of the test understands it, or does not.

const assert = require('node:assert');
const test = require('node:test');
const { Stage, callee, connect } = require('../lib/stage');
const { slow } = require('../lib/wait');

const stage = new Stage({ config: { get recogniser() { return { url: stage.app.url('engine') }; } } });
const { app } = stage;
const sound = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); // so much of it in the file

test.before(() => stage.ready());

// A caller who says something (500 Hz), is silent, and says something again; a callee who is silent.
async function call(more = {}) {
  await stage.fresh();
  app.on('recorded', 204);
  app.on('written', 204);
  let pieces = 0;
  app.on('engine', () => ({ body: { results: [{ text: `words ${++pieces}`, confidence: 0.5 }] }, ...more.engine }));
  app.on('answer', [{
    action: 'record', split: 'conversation', eventUrl: [app.url('recorded')],
    transcription: { language: 'en-GB', eventUrl: [app.url('written')], ...more.transcription },
  }, ...connect(callee)]);
  await stage.phone.accept({ policy: 'answer', tone: 0 });
  await stage.dial('a', { tone: 500, amplitude: 8000 });
  await stage.phone.incoming(callee);
  await sound(1000);
  await stage.phone.send('tone', { line: 'a', hz: 0 });
  await sound(1500);
  await stage.phone.send('tone', { line: 'a', hz: 600, amplitude: 8000 });
  await sound(1000);
  await stage.phone.hangup('a');
  return (await app.wait((r) => r.kind === 'recorded', 'the record webhook')).fields;
}

const written = () => app.wait((r) => r.kind === 'written', 'the transcription webhook').then((r) => r.fields);
const asked = () => app.requests.filter((r) => r.kind === 'engine');

test('each piece of speech is understood, and the text is a file', async () => {
  const recorded = await call();
  const fields = await written();
  assert.deepStrictEqual(Object.keys(fields),
    ['type', 'status', 'conversation_uuid', 'recording_uuid', 'transcription_url', 'timestamp']);
  assert.strictEqual(fields.status, 'transcribed');
  assert.strictEqual(fields.recording_uuid, recorded.recording_uuid);
  for (const request of asked()) assert.ok(request.query.some(([k, v]) => k === 'language' && v === 'en-GB'));
  const { status, body } = await stage.ask('GET', new URL(fields.transcription_url).pathname);
  assert.strictEqual(status, 200);
  const text = typeof body === 'string' ? JSON.parse(body) : body;
  assert.strictEqual(text.channels.length, 2);
  assert.deepStrictEqual(text.channels[1].transcript, []);
  const said = text.channels[0].transcript;
  assert.deepStrictEqual(said.map((s) => s.sentence), ['words 1', 'words 2']);
  assert.ok(said[1].timestamp - (said[0].timestamp + said[0].duration) > 500, JSON.stringify(said));
  assert.ok(said.every((s) => s.duration > 500 && s.confidence === 0.5), JSON.stringify(said));
  await stage.daemon.idle();
  assert.strictEqual(app.requests.filter((r) => r.kind === 'written').length, 1);
});

test('an engine that understands nothing of it is told', async () => {
  const recorded = await call({ engine: { status: 500, body: { error: 'no model for en-GB' } } });
  const fields = await written();
  assert.strictEqual(fields.status, 'error');
  assert.match(fields.reason, /no model for en-GB/);
  assert.strictEqual(fields.recording_uuid, recorded.recording_uuid);
});

test('a daemon that is killed at it does it the next time', async () => {
  await call({ engine: { delay: 60000 * slow } });
  await app.wait((r) => r.kind === 'engine', 'the engine to be asked');
  app.on('engine', () => ({ body: { results: [{ text: 'at last', confidence: 1 }] } }));
  await stage.daemon.idle({ webhooks: true });
  await stage.daemon.kill();
  await stage.daemon.start();
  const fields = await written();
  assert.strictEqual(fields.status, 'transcribed');
  await stage.daemon.idle();
  // who is killed just when it was delivered delivers it again, the same
  for (const kind of ['recorded', 'written'])
    assert.strictEqual(new Set(app.requests.filter((r) => r.kind === kind).map((r) => r.text)).size, 1, kind);
});

stage.finish();
