'use strict';
// The programs of doc/examples, each as it stands, with real phones: what their callers hear.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, caller } = require('../lib/stage');
const { Example } = require('../lib/example');
const { folder } = require('../lib/place');
const { amplitude, readWav, sine, writeWav } = require('../lib/sound');
const { until } = require('../lib/wait');

const named = (name, i) => new Example(name, { id: `7c9e6679-7425-40de-944b-e07fc1f90a0${i}`, number: `1555019000${i}` });
const ivr = named('ivr', 1);
const voicemail = named('voicemail', 2);
const conference = named('conference', 3);
const forwarding = named('forwarding', 4);
const survey = named('survey', 5);
const examples = [ivr, voicemail, conference, forwarding, survey];
const configured = [];
const stage = new Stage({ applications: () => configured });
const { phone } = stage;
const music = path.join(folder(), 'music.wav');
const messages = folder();

// What the application server of the stage serves is forgotten between the tests.
async function fresh() {
  await stage.fresh();
  stage.app.on('music.wav', () => ({ body: fs.readFileSync(music), type: 'audio/wav' }));
}

async function ready() {
  if (configured.length) return fresh();
  writeWav(music, sine(850, 2), 8000);
  for (const example of examples) configured.push(await example.application());
  await fresh();
  const sdk = (example) => {
    const key = path.join(folder(), 'private.key');
    fs.writeFileSync(key, example.keys.privateKey);
    return { API_HOST: stage.daemon.base, APPLICATION: example.id, PRIVATE_KEY: key };
  };
  await ivr.start();
  await voicemail.start({ ...sdk(voicemail), FOLDER: messages });
  await conference.start({ MUSIC: stage.app.url('music.wav') });
  await forwarding.start({ PHONES: '15550100011,15550100012,15550100013', FROM: forwarding.number, RING: '2' });
  await survey.start({ ...sdk(survey), FROM: survey.number });
  return stage;
}

test.after(() => Promise.all(examples.map((example) => example.stop())));

const dial = (line, example, more = {}) => stage.dial(line, { to: example.number, ...more });
const keys = (line, digits) => phone.send('dtmf', { line, digits });

// Whether anything is heard, a voice among it.
async function sounds(line) {
  return (await phone.heard(line, { window: 100, least: 200 })).length > 0;
}
const speaks = (line) => until(() => sounds(line), `${line} to hear somebody speak`);

test('ivr: five levels down, at each a key in the middle of the text', async () => {
  await ready();
  await dial('a', ivr, { tone: 0 });
  for (const key of '11111') {
    await speaks('a');
    await keys('a', key);
    await until(async () => !(await sounds('a')), 'the text to be cut');
  }
  // the leaf is said to its end, and then it is over
  await speaks('a');
  const over = await phone.over('a', 30000);
  assert.strictEqual(over.remote, true);
});

test('ivr: no key, a wrong key, star, and then it gives up', async () => {
  await ready();
  await dial('a', ivr, { tone: 0 });
  await speaks('a');
  await keys('a', '9');
  await speaks('a');
  await keys('a', '2');
  const over = await phone.over('a', 30000);
  assert.strictEqual(over.remote, true);
});

test('voicemail: what is said after the beep is in the file', async () => {
  await ready();
  await dial('a', voicemail, { tone: 0 });
  await speaks('a');
  // the greeting ends, the beep is heard
  await phone.hears('a', [1000], 30000);
  await until(async () => !(await sounds('a')), 'the end of the beep');
  await phone.send('tone', { line: 'a', hz: 600, amplitude: 8000 });
  const { sent } = await phone.stats('a');
  await until(async () => (await phone.stats('a')).sent > sent + 100, 'two seconds');
  await phone.send('tone', { line: 'a', hz: 0 });
  await keys('a', '#');
  const line = await voicemail.says(/^a message of/);
  assert.ok(line.includes(caller), line);
  await speaks('a'); // thank you
  assert.strictEqual((await phone.over('a', 30000)).remote, true);
  const [file] = fs.readdirSync(messages);
  const { rate, samples } = readWav(path.join(messages, file));
  assert.strictEqual(rate, 16000);
  // two seconds of the tone, at the level it was sent with
  const frame = rate / 50;
  let frames = 0;
  let level = 0;
  for (let at = 0; at + frame <= samples.length; at += frame) {
    const now = amplitude(samples.subarray(at, at + frame), 600, rate);
    if (now > 2000) frames++;
    level = Math.max(level, now);
  }
  assert.ok(Math.abs(frames / 50 - 2) < 0.15, `${frames / 50} s of the tone`);
  assert.ok(level > 8000 * 0.4, `${level}`);
});

test('conference: twenty, who hear music until the host comes, and go when he goes', { limit: 240000 }, async () => {
  await ready();
  const guests = Array.from({ length: 19 }, (_, i) => `guest ${i}`);
  const tone = (i) => 1000 + 100 * i; // 1000 to 2900
  await Promise.all(guests.map(async (guest) => {
    await dial(guest, conference, { tone: 0 });
    await speaks(guest);
    await keys(guest, '1111#');
    await phone.hears(guest, [850], 30000).catch((error) => {
      throw new Error(`${error.message}; the conference said ${conference.told()}${phone.background()}`);
    });
  }));
  // nobody hears anybody
  for (const i of [0, 1]) await phone.send('tone', { line: guests[i], hz: tone(i), amplitude: 6000 });
  for (const guest of guests) await phone.hears(guest, [850]);
  await dial('host', conference, { tone: 0 });
  await speaks('host');
  await keys('host', '9999#');
  await until(async () => (await phone.heard('host')).includes(tone(0)), 'the host to hear', 30000);
  await phone.send('tone', { line: 'host', hz: 700, amplitude: 6000 });
  await phone.hears('host', [tone(0), tone(1)]);
  await phone.hears(guests[0], [700, tone(1)]);
  for (const guest of guests.slice(2)) await phone.hears(guest, [700, tone(0), tone(1)]);
  await phone.hangup('host');
  for (const guest of guests) assert.strictEqual((await phone.over(guest)).remote, true);
});

test('forwarding: busy, no answer, and the third takes it', async () => {
  await ready();
  await phone.accept({ policy: 'busy' }, '15550100011');
  await phone.accept({ policy: 'ring' }, '15550100012');
  await phone.accept({ policy: 'answer', tone: 700 }, '15550100013');
  await dial('a', forwarding);
  await phone.hears('a', [700]);
  const { line } = await phone.incoming('15550100013');
  await phone.hears(line, [500]);
  assert.ok(forwarding.said.includes('15550100011: busy'), forwarding.told());
  assert.ok(forwarding.said.includes('15550100012: timeout') || forwarding.said.includes('15550100012: unanswered'), forwarding.told());
  await phone.hangup(line);
  assert.strictEqual((await phone.over('a')).remote, true);
});

test('forwarding: nobody takes it, which is said', async () => {
  await ready();
  for (const number of ['15550100011', '15550100012', '15550100013']) await phone.accept({ policy: 'decline' }, number);
  await dial('a', forwarding, { tone: 0 });
  await speaks('a');
  assert.strictEqual((await phone.over('a', 30000)).remote, true);
});

test('survey: who rang is called back, and answers three questions', async () => {
  await ready();
  await phone.accept({ policy: 'answer', tone: 0 }, caller);
  await dial('a', survey, { tone: 0 });
  await speaks('a');
  assert.strictEqual((await phone.over('a', 30000)).remote, true);
  const { line } = await phone.incoming(caller);
  await phone.up(line);
  for (const answer of ['9', '4', '12#', '1']) {
    await speaks(line);
    await keys(line, answer);
    await until(async () => !(await sounds(line)), 'the question to be cut');
  }
  await survey.says(new RegExp(`^${caller} answered 4, 12, 1$`));
  assert.strictEqual((await phone.over(line, 30000)).remote, true);
});

stage.finish();
