'use strict';
// The voice module of the unmodified npm package @vonage/server-sdk against the daemon, a whole
// scenario: only its host is told. And the NCCOs that its classes write.

const assert = require('node:assert');
const dns = require('node:dns');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, application, callee, conference, number } = require('../lib/stage');
const { needModule } = require('../lib/modules');
const { folder, source } = require('../lib/place');
const { collect, counted, failure } = require('../lib/sdk');
const { amplitude, readWav } = require('../lib/sound');
const { until } = require('../lib/wait');

const stage = new Stage();
const { app, phone } = stage;
const calls = []; // each use of the SDK by name
const nobody = '00000000-0000-4000-8000-000000000000';

async function vonage() {
  const { Vonage } = await needModule('@vonage/server-sdk');
  const sdk = new Vonage({ applicationId: application, privateKey: stage.keys.privateKey }, { apiHost: stage.daemon.base });
  return counted(sdk.voice, calls);
}

const toPhone = (to = callee) => ({ to: [{ type: 'phone', number: to }], from: { type: 'phone', number } });

// A call that is up: { uuid, line }.
async function made(voice, more = { ncco: conference('sdk') }, to = callee) {
  const { uuid, status, direction, conversationUUID } = await voice.createOutboundCall({ ...toPhone(to), ...more });
  assert.deepStrictEqual([status, direction], ['started', 'outbound']);
  assert.match(conversationUUID, /^CON-/);
  const { line } = await phone.incoming(to);
  await app.event({ uuid, status: 'answered' });
  return { uuid, line, conversationUUID };
}

async function refused(promise, status) {
  const error = await failure(promise);
  assert.ok(error.response, error.stack);
  assert.strictEqual(error.response.status, status, await error.response.text());
}

test('a call to a number, and one to a SIP address with headers', async () => {
  await stage.fresh();
  const voice = await vonage();
  const { uuid, line } = await made(voice);
  const read = await voice.getCall(uuid);
  assert.strictEqual(read.uuid, uuid);
  assert.strictEqual(read.status, 'answered');
  assert.deepStrictEqual(read.to, { type: 'phone', number: callee });
  const sip = await voice.createOutboundCall({
    to: [{ type: 'sip', uri: `sip:desk@${phone.sip}`, headers: { ticket: '42' }, standardHeaders: { userToUser: '56a390;encoding=hex' } }],
    from: { type: 'phone', number }, answerUrl: [app.url('answer')], answerMethod: 'POST', eventUrl: [app.url('event')],
    lengthTimer: 600, ringingTimer: 30 });
  app.on('answer', conference('sdk'));
  const incoming = await phone.incoming('desk');
  assert.strictEqual(incoming.headers['X-ticket'], '42');
  assert.strictEqual(incoming.headers['User-to-User'], '56a390;encoding=hex');
  const asked = await app.wait((r) => r.kind === 'answer', 'the answer webhook');
  assert.strictEqual(asked.method, 'POST');
  assert.strictEqual(asked.fields.uuid, sip.uuid);
  await phone.hears(line, [700]);
  for (const id of [uuid, sip.uuid]) {
    await voice.hangupCall(id);
    await app.event({ uuid: id, status: 'completed' });
  }
  await refused(voice.hangupCall(uuid), 400);
  await refused(voice.getCall(nobody), 404);
});

test('a list of calls, by pages and filters', async () => {
  await stage.fresh();
  const voice = await vonage();
  await phone.accept({ policy: 'busy' });
  const since = new Date(Date.now() - 1000).toISOString();
  const all = [];
  for (let i = 0; i < 7; i++) {
    const { uuid } = await voice.createOutboundCall({ ...toPhone(), ncco: conference('sdk') });
    all.push(uuid);
    await app.event({ uuid, status: 'busy' });
  }
  const page = await voice.getCallsPage({ pageSize: 3, status: 'busy', dateStart: since });
  assert.deepStrictEqual([page.count, page.page_size, page._embedded.calls.length], [7, 3, 3]);
  const busy = await collect(voice.getAllCalls({ pageSize: 3, status: 'busy', dateStart: since }));
  assert.deepStrictEqual(busy.map((c) => c.uuid).sort(), [...all].sort());
  const one = await voice.search({ conversationUuid: busy[0].conversationUUID });
  assert.deepStrictEqual(one._embedded.calls.map((c) => c.uuid), [busy[0].uuid]);
  const none = await voice.search({ status: 'ringing', dateStart: since });
  assert.strictEqual(none.count, 0);
});

test('mute and earmuff, as they are heard', async () => {
  await stage.fresh();
  const voice = await vonage();
  const { uuid, line } = await made(voice);
  app.on('answer', conference('sdk'));
  await stage.dial('a');
  await phone.hears('a', [700]);
  await voice.muteCall(uuid);
  await phone.hears('a', []);
  await phone.hears(line, [500]);
  await voice.unmuteCall(uuid);
  await phone.hears('a', [700]);
  await voice.earmuffCall(uuid);
  await phone.hears(line, []);
  await voice.unearmuffCall(uuid);
  await phone.hears(line, [500]);
  await voice.hangupCall(uuid);
  await phone.over(line);
});

test('a stream, a text and keys', async () => {
  await stage.fresh();
  app.on('sound.wav', { body: fs.readFileSync(path.join(source, 'sounds/8000/first.wav')), type: 'audio/wav' });
  app.on('keys', () => 204);
  const voice = await vonage();
  const { uuid, line } = await made(voice);
  await phone.hears(line, []);
  assert.deepStrictEqual(await voice.streamAudio(uuid, app.url('sound.wav'), 0, 0.5), { message: 'Stream started', uuid });
  await until(async () => (await phone.heard(line)).length > 0, 'the stream to be heard');
  assert.strictEqual((await voice.stopStreamAudio(uuid)).message, 'Stream stopped');
  await phone.hears(line, []);
  const said = await voice.playTTS(uuid, { text: 'Hello from the other side', language: 'en-GB', style: 1, loop: 0, level: 0.5, premium: false });
  assert.deepStrictEqual(said, { message: 'Talk started', uuid });
  await until(async () => (await phone.heard(line)).length > 0, 'the text to be heard');
  assert.strictEqual((await voice.stopTTS(uuid)).message, 'Talk stopped');
  assert.deepStrictEqual(await voice.playDTMF(uuid, '17p#'), { message: 'DTMF sent', uuid });
  await phone.wait((e) => e.line === line && e.event === 'digit' && e.digit === '#', 'the keys');
  assert.deepStrictEqual(phone.events.filter((e) => e.line === line && e.event === 'digit').map((e) => e.digit), ['1', '7', '#']);
  await voice.subscribeDTMF(uuid, app.url('keys'));
  await phone.send('dtmf', { line, digits: '5' });
  const key = await app.wait((r) => r.kind === 'keys', 'the key to be told');
  assert.strictEqual(key.fields.dtmf.digits, '5');
  assert.strictEqual(key.fields.uuid, uuid);
  await voice.unsubscribeDTMF(uuid);
  await voice.hangupCall(uuid);
  await refused(voice.playTTS(nobody, { text: 'x' }), 404);
});

test('a call goes to another NCCO, inline and by URL', async () => {
  await stage.fresh();
  const voice = await vonage();
  const { uuid, line } = await made(voice);
  app.on('answer', conference('sdk'));
  app.on('other', conference('other'));
  await stage.dial('a');
  await phone.hears('a', [700]);
  await voice.transferCallWithNCCO(uuid, [{ action: 'conversation', name: 'elsewhere' }]);
  await app.wait((r) => r.kind === 'event' && r.fields.type === 'transfer' && r.fields.uuid === uuid, 'the transfer');
  await phone.hears('a', []);
  await voice.transferCallWithURL(uuid, app.url('other'));
  await app.wait((r) => r.kind === 'other', 'the NCCO to be asked for');
  await voice.transferCallWithNCCO(uuid, conference('sdk'));
  await phone.hears('a', [700]);
  await voice.hangupCall(uuid);
  await phone.over(line);
});

// The SDK fetches files from hosts of its own cloud only; so the daemon is reached by such a
// name here, as it is where the operator's own name server has one.
function named(name, run) {
  const { lookup } = dns;
  dns.lookup = (host, options, done) => lookup(host === name ? '127.0.0.1' : host, options, done);
  return run().finally(() => { dns.lookup = lookup; });
}

test('a recording is made and downloaded', async () => {
  await stage.fresh();
  const voice = await vonage();
  app.on('record', () => 204);
  const { uuid, line } = await made(voice, { ncco: [
    { action: 'record', format: 'wav', endOnKey: '#', eventUrl: [app.url('record')] }, ...conference('sdk')] });
  await until(async () => (await phone.stats(line)).sent > 60, 'a second of sound');
  await phone.send('dtmf', { line, digits: '#' });
  const { fields } = await app.wait((r) => r.kind === 'record', 'the recording');
  const url = new URL(fields.recording_url);
  assert.strictEqual(url.origin, stage.daemon.base);
  url.hostname = 'offhook.nexmo.com';
  const file = path.join(folder(), 'recording.wav');
  await named(url.hostname, () => voice.downloadRecording(url.href, file));
  assert.strictEqual(fs.statSync(file).size, fields.size);
  const { rate, samples } = readWav(file);
  assert.strictEqual(rate, 16000);
  assert.ok(amplitude(samples, 700, rate) > 2000, `${amplitude(samples, 700, rate)}`);
  await voice.hangupCall(uuid);
});

test('what the classes of the SDK write is taken', async () => {
  await stage.fresh();
  const sdk = await needModule('@vonage/voice');
  const voice = await vonage();
  app.on('in', () => 204);
  const builder = new sdk.NCCOBuilder();
  builder.addAction(new sdk.Talk('Hello', true, 1, 0.5, 'en-GB', 1, true));
  builder.addAction(new sdk.Input({ maxDigits: 1, timeOut: 5, submitOnHash: true }, null, app.url('in'), 'POST'));
  builder.addAction(new sdk.Notify({ a: 1 }, app.url('in')));
  builder.addAction(new sdk.Wait(0.2));
  builder.addAction(new sdk.Stream('sound:first', -0.5, false, 1));
  builder.addAction(new sdk.Conversation('sdk', null, true, false, false));
  const { uuid, line } = await made(voice, { ncco: builder.build() });
  await phone.send('dtmf', { line, digits: '7' });
  const input = await app.wait((r) => r.kind === 'in' && r.fields.dtmf, 'the input');
  assert.strictEqual(input.fields.dtmf.digits, '7');
  const told = await app.wait((r) => r.kind === 'in' && r.fields.payload, 'the payload');
  assert.deepStrictEqual(told.fields.payload, { a: 1 });
  app.on('answer', conference('sdk'));
  await stage.dial('a');
  await phone.hears('a', [700]);
  await voice.hangupCall(uuid);
});

test('that was every call of the voice module', (t) => {
  const used = [...new Set(calls)].sort();
  t.diagnostic(`${calls.length} calls: ${used.join(' ')}`);
  assert.deepStrictEqual(used, [
    'createOutboundCall', 'downloadRecording', 'earmuffCall', 'getAllCalls', 'getCall', 'getCallsPage', 'hangupCall', 'muteCall',
    'playDTMF', 'playTTS', 'search', 'stopStreamAudio', 'stopTTS', 'streamAudio', 'subscribeDTMF', 'transferCallWithNCCO',
    'transferCallWithURL', 'unearmuffCall', 'unmuteCall', 'unsubscribeDTMF']);
});

stage.finish();
