'use strict';
// Machine detection as it is used: a phone that plays what people and machines say when they
// answer, and what the application is told of it.

const assert = require('node:assert');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, callee, connect, number } = require('../lib/stage');
const { serve } = require('../lib/heard');
const { folder } = require('../lib/place');
const { writeWav } = require('../lib/sound');
const { render } = require('../amd/render');

const stage = new Stage();
const { phone, app } = stage;

const say = (text) => ({ say: text, language: 'en-us', variant: 'm3', speed: 165, pitch: 45 });
const quiet = (ms) => ({ quiet: ms });
const beep = { tone: [1000], ms: 400, level: -13, beep: true };
const greeting = say('Hello, you have reached the office of Miller and Sons. Nobody can take your call at the moment. '
  + 'Please leave your name and your number after the tone, and we will call you back as soon as we can.');
const sounds = {
  human: [quiet(500), say('Hello, Peter Williams.'), quiet(9000)],
  silence: [quiet(12000)],
  machine: [quiet(400), greeting, quiet(600), beep, quiet(8000)],
};
const files = {};

// Made once; each is a line without noise.
async function file(name) {
  if (!files[name]) {
    const { samples } = await render({ name, parts: sounds[name], level: -16, noise: 'none', law: 'u' });
    files[name] = path.join(folder(), `${name}.wav`);
    writeWav(files[name], samples);
  }
  return files[name];
}

// Whoever is called plays that when it has answered.
async function answers(name) {
  const wav = await file(name);
  const { line } = await phone.incoming(callee);
  await phone.up(line);
  await phone.play(line, wav);
  return line;
}

async function begin() {
  await stage.fresh();
  await phone.accept({ policy: 'answer', tone: 0 });
  app.on('mine', 204);
}

const tone = (hz) => ({ action: 'stream', streamUrl: [serve(app, `t${hz}`, [hz, 30])] });
const told = (status, kind = 'event') => app.wait((r) => r.kind === kind && r.fields.call_uuid && r.fields.status === status, status, 30000).then((r) => r.fields);

async function create(more) {
  const { status, body, text } = await stage.ask('POST', '/v1/calls', { body: {
    to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco: [tone(1500)], event_url: [app.url('mine')], ...more } });
  assert.strictEqual(status, 201, text);
  return body.uuid;
}

const statuses = (uuid) => app.requests.filter((r) => r.kind === 'mine' && r.fields.uuid === uuid).map((r) => r.fields.status);

test('a call made by REST: a person', async () => {
  await begin();
  const uuid = await create({ machine_detection: 'hangup' });
  const line = await answers('human');
  const fields = await told('human', 'mine');
  assert.deepStrictEqual(Object.keys(fields), ['call_uuid', 'conversation_uuid', 'from', 'status', 'timestamp', 'to', 'uuid']);
  assert.strictEqual(fields.call_uuid, uuid);
  assert.strictEqual(fields.uuid, uuid);
  assert.strictEqual(fields.to, callee);
  assert.strictEqual(fields.from, number);
  assert.strictEqual((await stage.ask('GET', `/v1/calls/${uuid}`)).body.status, 'human');
  await phone.hears(line, [1500]);
  await phone.hangup(line);
  await app.wait((r) => r.kind === 'mine' && r.fields.status === 'completed', 'completed');
  assert.deepStrictEqual(statuses(uuid), ['started', 'ringing', 'answered', 'human', 'completed']);
});

test('a call made by REST: a machine is hung up on', async () => {
  await begin();
  const uuid = await create({ machine_detection: 'hangup' });
  const line = await answers('machine');
  assert.strictEqual((await phone.over(line, 30000)).remote, true);
  await app.wait((r) => r.kind === 'mine' && r.fields.status === 'completed', 'completed');
  assert.deepStrictEqual(statuses(uuid), ['started', 'ringing', 'answered', 'machine', 'completed']);
  assert.strictEqual((await stage.ask('GET', `/v1/calls/${uuid}`)).body.status, 'completed');
});

test('a call made by REST: a machine is told, and its beep', async () => {
  await begin();
  const uuid = await create({ machine_detection: 'hangup', advanced_machine_detection: { behavior: 'continue', mode: 'detect_beep', beep_timeout: 45 } });
  const line = await answers('machine');
  await told('machine', 'mine');
  const { fields } = await app.wait((r) => r.kind === 'mine' && r.fields.sub_state, 'the beep', 40000);
  assert.strictEqual(fields.status, 'machine');
  assert.strictEqual(fields.sub_state, 'beep_start');
  assert.strictEqual((await stage.ask('GET', `/v1/calls/${uuid}`)).body.status, 'machine');
  await phone.hangup(line);
});

test('a call made by REST: who says nothing is a person', async () => {
  await begin();
  await create({ machine_detection: 'continue' });
  const line = await answers('silence');
  await told('human', 'mine');
  await phone.hangup(line);
});

test('without detection nothing is told', async () => {
  await begin();
  const uuid = await create({});
  const line = await answers('human');
  await phone.played(line);
  await phone.hangup(line);
  await app.wait((r) => r.kind === 'mine' && r.fields.status === 'completed', 'completed');
  assert.deepStrictEqual(statuses(uuid), ['started', 'ringing', 'answered', 'completed']);
});

test('connect: a machine is hung up on, and the flow goes on', async () => {
  await begin();
  app.on('answer', [...connect(callee, { machineDetection: 'hangup' }), tone(1500)]);
  await stage.dial('a', { tone: 0 });
  const line = await answers('machine');
  const { uuid } = await told('machine');
  assert.strictEqual((await phone.over(line, 30000)).remote, true);
  await phone.hears('a', [1500]);
  await app.event({ uuid, status: 'completed' });
  assert.deepStrictEqual(app.statuses(uuid), ['started', 'ringing', 'answered', 'machine', 'completed']);
  await phone.hangup('a');
});

test('connect, synchronous: the reply about a machine is the flow', async () => {
  await begin();
  const reply = [tone(1500)];
  app.on('mine', (request) => (request.fields.status === 'machine' ? reply : 204));
  app.on('answer', [...connect(callee, { machineDetection: 'hangup', eventType: 'synchronous', eventUrl: [app.url('mine')] }), tone(900)]);
  await stage.dial('a', { tone: 0 });
  const line = await answers('machine');
  await phone.over(line, 30000);
  await phone.hears('a', [1500]);
  assert.strictEqual(app.requests.filter((r) => r.kind === 'mine' && r.fields.status === 'machine').length, 1);
  await phone.hangup('a');
});

test('connect, synchronous: a person is told, and stays', async () => {
  await begin();
  const reply = [tone(1500)];
  app.on('mine', () => reply); // which nobody asked for
  app.on('answer', [...connect(callee, { machineDetection: 'hangup', eventType: 'synchronous', eventUrl: [app.url('mine')] }), tone(900)]);
  await stage.dial('a', { tone: 500 });
  const line = await answers('human');
  await told('human', 'mine');
  await phone.hears(line, [500]);
  await phone.hangup(line);
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

stage.finish();
