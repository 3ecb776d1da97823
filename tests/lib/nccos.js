'use strict';
// nccos.js: NCCOs by seed, made of the rows of tests/fixtures/ncco_options.csv: all nine actions
// with all that may be said of them, and with what may not. Times are short, so that much happens.

const fs = require('node:fs');
const path = require('node:path');
const { callee, number } = require('./stage');
const { source } = require('./place');

// action -> option -> { type, range, inside }
const table = {};
for (const line of fs.readFileSync(path.join(source, 'tests/fixtures/ncco_options.csv'), 'utf8').trim().split('\n').slice(1)) {
  const [action, option, type, , required, ...range] = line.split(',');
  let at = (table[action] ||= {});
  const parts = option.split('.');
  for (const part of parts.slice(0, -1)) at = ((at[part] ||= {}).inside ||= {});
  at[parts.at(-1)] = { ...at[parts.at(-1)], type, needed: /^yes$|^yes unless/.test(required), range: range.join(',') };
}

table.conversation.transcription.inside = table.record.transcription.inside; // the same

const languages = ['en-US', 'en-GB', 'de-DE', 'fr-FR', 'es-ES'];
const ssml = '<speak>One <break time="200ms"/> <prosody rate="fast">two</prosody></speak>';

class Nccos {
  // url(name) is one of the application's; legs() are the ids of legs; sip: the address of a
  // phone; self(): ours; conversation(): an id.
  constructor(dice, { url, legs, sip, self, conversation }) {
    Object.assign(this, { dice, url, sip, self, conversation });
    const one = (...list) => () => dice.pick(list);
    const flag = () => dice.chance(0.5);
    const leg = () => dice.pick(legs()) || '8f14e45fceea167a5a36dedd4bea2543';
    const some = () => Array.from({ length: dice.below(3) }, leg);
    const sound = () => dice.pick(['sound:ringback', 'sound:none', 'sound:', url('sound.wav'), url('slow.wav'), url('missing.wav'), url('html')]);
    const told = () => { const to = url(dice.pick(['told', 'told', 'told', 'flow', 'flow', 'slow', 'broken', 'html'])); return dice.chance(0.7) ? [to] : to; };
    this.makers = {
      eventUrl: told, eventMethod: one('GET', 'POST'), url: () => url(dice.pick(['greet', 'greet', 'answer', 'html', 'broken'])), level: one(-1, 0, 0.5, 1, '0.3'), loop: one(1, 1, 1, 2, 3, 0),
      bargeIn: flag, language: one(...languages), canSpeak: some, canHear: some, mute: flag, sentimentAnalysis: flag,
      // record
      format: one('mp3', 'wav', 'ogg'), split: one('conversation'), channels: one(1, 2), endOnSilence: one(3, 3.5), endOnKey: one('1', '#', '*'), timeOut: one(3, 4), beepStart: flag,
      // conversation
      name: () => `room ${dice.below(4)}`, musicOnHoldUrl: () => (dice.chance(0.5) ? [sound()] : sound()), startOnEnter: flag, endOnExit: flag, record: flag,
      // connect
      from: one(number, '15550100999'), randomFromNumber: one(true), eventType: one('synchronous'), timeout: one(1, 2, 3), limit: one(1, 2, 7200), machineDetection: one('continue', 'hangup'),
      behavior: one('continue', 'hangup'), mode: one('default', 'detect', 'detect_beep'), beep_timeout: one(45, 120), ringbackTone: sound,
      endpoint: () => [this.endpoint()],
      // talk, stream
      text: () => dice.pick(['a', 'Hello.', 'One, two, three.', 'One. Two. Three. Four. Five.', ssml, 'é ß 漢字 \u{1f600}', 'x'.repeat(1500)]),
      style: one(0, 1, 2, 99), premium: flag, voiceName: one('Amy', 'Salli', 'nobody'), streamUrl: () => (dice.chance(0.7) ? [sound()] : sound()),
      // input
      type: () => dice.pick([['dtmf'], ['dtmf'], ['speech'], ['dtmf', 'speech'], ['speech', 'dtmf']]), maxDigits: one(1, 2, 20), submitOnHash: flag, uuid: () => [leg()], context: () => ['yes', 'no'].slice(dice.below(3)),
      startTimeout: one(1, 2), maxDuration: one(1, 2, 3), saveAudio: flag, sensitivity: one(10, 90, 100),
      // notify, transfer
      payload: () => dice.pick([{ a: 1 }, { a: { b: [null, '', 'é'] } }, { x: 'y'.repeat(5000) }]), conversationId: () => conversation() || 'CON-none',
    };
    this.special = { 'input.dtmf.timeOut': one(0, 1, 2), 'input.speech.endOnSilence': one(0.4, 1), 'input.mode': one('asynchronous', 'synchronous'), 'wait.timeout': one(0.1, 0.3, 1, 0) };
  }

  endpoint() {
    const { dice } = this;
    const to = () => dice.pick([callee, callee, ...[0, 1, 2, 3, 4, 5].map((n) => `1555030000${n}`)]);
    const kind = dice.pick(['phone', 'phone', 'phone', 'phone', 'phone', 'sip', 'sip', 'app', 'websocket', 'vbc']);
    const made = this.object(table.connect.endpoint.inside[kind].inside, `connect.endpoint.${kind}`, {
      ...this.makers,      number: to, dtmfAnswer: () => dice.pick(['1', 'p1p#', '12*p']), shaken: () => 'eyJ', user: () => dice.pick(['name 1', 'nobody']), uri: () => this.uri(kind, to()),
      'content-type': () => `audio/l16;rate=${dice.pick([8000, 16000, 24000])}`, headers: () => (kind === 'sip' ? { a: 'b' } : { a: dice.below(9) }), value: () => 'Bearer x', type: () => dice.pick(['vonage', 'custom']),
      domain: () => dice.pick(['carrier', 'nowhere']), 'User-to-User': () => '04aa;encoding=hex', extension: () => '1234', ringbackTone: () => this.url('sound.wav'),
    });
    if (kind === 'sip' && (made.domain === undefined) === (made.uri === undefined)) Object.assign(made, { uri: this.uri('sip', to()), domain: undefined, user: undefined });
    if (kind === 'sip') made.user = made.domain ? to() : undefined;
    if (made.authorization) made.authorization = { type: 'custom', value: 'Bearer x' };
    if (made.onAnswer) made.onAnswer.url ||= this.url('greet');
    return { type: kind, ...made };
  }

  // Now and then our own number: a call that comes back to us.
  uri(kind, to) {
    if (kind === 'websocket') return 'ws://127.0.0.1:1/socket';
    if (this.dice.chance(0.1)) return `sip:${number}@${this.self()}`;
    return `sip:${to}@${this.dice.pick([this.sip, this.sip, '127.0.0.1:1', 'nowhere.invalid'])}`;
  }

  // What the rows say, each option with a chance.
  object(rows, at, makers = this.makers, chance = this.dice.pick([0.1, 0.3, 0.7])) {
    const made = {};
    for (const [name, row] of Object.entries(rows)) {
      if (!row.needed && !this.dice.chance(chance)) continue;
      const maker = this.special[`${at}.${name}`] || (row.inside && name !== 'endpoint' ? undefined : makers[name]);
      if (!maker && !row.inside) throw new Error(`no value is made for ${at}.${name}`);
      made[name] = maker ? maker() : this.object(row.inside, `${at}.${name}`, makers);
    }
    return made;
  }

  action(name = this.dice.pick(['record', 'conversation', 'connect', 'connect', 'talk', 'talk', 'stream', 'input', 'input', 'notify', 'wait', 'wait', 'transfer'])) {
    const made = this.object(table[name], name);
    for (const [other, more] of [['from', 'randomFromNumber'], ['canSpeak', 'mute'], ['machineDetection', 'advancedMachineDetection']]) if (name !== 'transfer' && made[other] !== undefined) delete made[more];
    if (name === 'record' && made.channels) Object.assign(made, { split: 'conversation' }); // needs it
    if (name === 'conversation' && made.transcription) made.record = true;
    if (name === 'input' && made.mode === 'asynchronous') Object.assign(made, { type: ['dtmf'], dtmf: undefined });
    return { action: name, ...made };
  }

  // One that is taken.
  good() {
    const { dice } = this;
    return JSON.parse(JSON.stringify(Array.from({ length: dice.pick([1, 1, 2, 3, 4, 6]) }, () => this.action())));
  }

  // For a callee that is not connected yet.
  greeting() {
    return this.good().filter(({ action }) => !['connect', 'conversation'].includes(action));
  }

  // One of many actions.
  huge() {
    const { dice } = this;
    return dice.pick([
      () => Array.from({ length: 1000 }, (_, i) => ({ action: 'talk', text: `number ${i % 10}`, bargeIn: true })),
      () => Array.from({ length: 300 }, () => ({ action: 'input', type: ['dtmf'], mode: 'asynchronous', eventUrl: [this.url(`told/${dice.below(20)}`)] })),
      () => Array.from({ length: 100 }, () => ({ action: 'record', format: 'wav', eventUrl: [this.url('told')] })),
      () => Array.from({ length: 200 }, () => ({ action: 'stream', streamUrl: [this.url('missing.wav')], bargeIn: true })),
      () => Array.from({ length: 40 }, () => ({ action: 'connect', timeout: 1, endpoint: [{ type: 'phone', number: '15550300002' }] })),
      () => [{ action: 'talk', text: 'x', bargeIn: true, loop: 0 }, ...this.good(), { action: 'notify', payload: { x: 'y'.repeat(200000) }, eventUrl: [this.url('told')] }],
    ])();
  }
}

module.exports = { Nccos };
