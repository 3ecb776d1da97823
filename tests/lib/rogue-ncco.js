'use strict';
// rogue-ncco.js: whole calls by seed. Phones ring; the application answers with NCCOs of whatever
// kind (nccos.js), slowly, wrongly or not at all, and replies to what it is told with more of them;
// callers and callees press keys, speak and hang up; REST steers the same legs. Then all is ended,
// nothing may be left, and what was told of each leg must be whole.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Nccos } = require('./nccos');
const { Recogniser } = require('./recogniser');
const { RogueApi } = require('./rogue-api');
const { callee, number } = require('./stage');
const { folder, source } = require('./place');
const { readWav, sine, writeWav } = require('./sound');
const { pause, slow, until } = require('./wait');

const final = ['completed', 'busy', 'cancelled', 'failed', 'rejected', 'timeout', 'unanswered', 'disconnected'];
const rank = { started: 0, ringing: 1, answered: 2 };
const voice = ['event', 'told', 'flow', 'slow', 'broken', 'html']; // where the application is told of calls
const html = { body: '<html><body>Bad gateway</body></html>', type: 'text/html' };

class RogueNcco extends RogueApi {
  constructor({ seed = 1, lines = 4, config = {} } = {}) {
    super({ seed, clients: lines });
    this.recogniser = new Recogniser();
    this.config = config;
    this.kept = 150; // texts in several languages and styles
    this.wild = true;
    this.plays = 0;
    this.silent = ''; // what told of recordings that have no webhook
    this.refused = []; // NCCOs that should have been taken
  }

  async start() {
    await this.app.start();
    this.app.start = async () => this.app; // where it listens goes into the configuration
    await this.recogniser.start();
    this.config = {
      limits: { legs: 40 }, media: { sounds: path.join(source, 'sounds'), recordings: this.recordings = path.join(folder(), 'recordings') },
      webhook: { allow: ['127.0.0.0/8'], answer_timeout: 600, connect_timeout: 300, event_timeout: 800 },
      recogniser: { url: this.recogniser.url }, ...this.config,
    };
    this.nccos = new Nccos(this.dice, { url: (name) => this.app.url(name), legs: () => this.legs(), sip: `127.0.0.1:1`, self: () => `127.0.0.1:${this.daemon.udp}`, conversation: () => this.room() });
    await super.start();
    this.nccos.sip = this.phone.sip;
    this.maker.ncco = () => this.ncco();
  }

  // The ids of legs that were told of last.
  legs() {
    return [...new Set(this.app.requests.slice(-80).map((r) => r.fields && r.fields.uuid).filter((id) => typeof id === 'string'))];
  }

  room() {
    const told = this.app.requests.slice(-80).map((r) => r.fields && r.fields.conversation_uuid).filter((id) => typeof id === 'string');
    return told.length ? this.dice.pick(told) : undefined;
  }

  // ---- the application ----

  ncco() {
    const { dice } = this;
    if (!this.wild) return [];
    return dice.chance(0.02) ? this.nccos.huge() : this.nccos.good();
  }

  answer(make) {
    const { dice } = this;
    if (!this.wild) return [];
    if (dice.chance(0.1)) return dice.pick([500, 503, 404, 204, html, { destroy: true }, { body: '[{' }, { body: '{}' }, { body: [], delay: 900 }]);
    const ncco = make();
    if (dice.chance(0.1) && ncco.length) return { body: this.maker.spoiled(ncco) };
    return { body: ncco, delay: dice.chance(0.3) ? dice.below(400) : 0 };
  }

  // Told well, but for the wild days.
  told(request, kind) {
    const { dice } = this;
    const bad = this.wild && kind === 'broken' && dice.chance(0.5);
    const said = bad ? dice.pick([500, 429, 302, { destroy: true }, { status: 200, delay: 1000 }]) : { status: 200 };
    if (!bad && this.wild && kind === 'html') Object.assign(said, html);
    if (!bad && this.wild && kind === 'slow') said.delay = dice.below(700);
    if (!bad && this.wild && (kind === 'flow' || dice.chance(0.05))) said.body = dice.chance(0.9) ? this.ncco() : dice.pick(['[', '[{}]', [{ action: 'dance' }]]);
    request.good = !bad;
    return said;
  }

  script() {
    const file = path.join(folder(), 'sound.wav');
    writeWav(file, sine(600, 0.4, 6000));
    const sound = { body: fs.readFileSync(file), type: 'audio/wav' };
    this.app.on('answer', () => this.answer(() => this.ncco())).on('greet', () => this.answer(() => this.nccos.greeting()))
      .on('sound.wav', sound).on('slow.wav', () => ({ ...sound, delay: 300 })).on('rtc', 204);
    for (const kind of voice) this.app.on(kind, (request) => this.told(request, kind));
  }

  // ---- people ----

  // Keys, speech, or the end, of a line that is or was there.
  async handle(line) {
    const { dice, phone } = this;
    await dice.pick([
      () => phone.send('dtmf', { line, digits: dice.pick(['1', '#', '12#', '*0', '123456789012345678901']), on: 60, off: 40, way: dice.pick(['events', 'tones', 'both']) }),
      () => phone.send('dtmf', { line, digits: dice.pick(['1', '#', '5']), on: 60, off: 40 }),
      () => phone.send('tone', { line, hz: dice.pick([0, 0, 440, 620, 850]) }),
      () => phone.send('tone', { line, hz: dice.pick([0, 440]) }),
      () => phone.send('hold', { line, on: dice.chance(0.5) }),
      () => phone.hangup(line),
    ])().catch(() => {});
  }

  // A line that someone of us was rung on, lately.
  incoming() {
    const over = new Set(this.phone.events.filter((e) => e.event === 'ended').map((e) => e.line));
    const up = [...new Set(this.phone.events.filter((e) => e.event === 'incoming').map((e) => e.line))].filter((line) => !over.has(line));
    return up.length ? this.dice.pick(up) : undefined;
  }

  // One call, from its beginning to its end.
  async call() {
    const { dice, phone } = this;
    const line = `line ${++this.lines}`;
    const tone = dice.pick([0, 0, 440, 500]);
    await phone.call(line, this.daemon.uri(dice.pick([number, number, '15550200'])), { tone, from: `155501${dice.below(10000)}` }).catch(() => {});
    const end = Date.now() + dice.below(dice.pick([50, 1500, 4000, 8000])) * Math.min(slow, 2);
    const over = () => this.down || phone.events.some((e) => e.line === line && e.event === 'ended');
    while (!over() && Date.now() < end) {
      await pause(dice.below(250));
      const other = this.incoming();
      if (dice.chance(0.3)) await this.handle(line);
      if (other && dice.chance(0.3)) await this.handle(other);
    }
    await phone.hangup(line).catch(() => {});
    if (phone.events.length > 3000) phone.events.splice(0, 1500);
  }

  // ---- REST ----

  async steer() {
    const { dice } = this;
    const leg = dice.pick(this.legs()) || 'none';
    const put = (action, more = {}) => ['PUT', `/v1/calls/${leg}`, { body: { action, ...more } }];
    const to = dice.chance(0.7) ? { type: 'phone', number: dice.pick([callee, '15550300001', '15550300002']) } : { type: 'sip', uri: `sip:${callee}@${this.phone.sip}` };
    const create = (more) => ['POST', '/v1/calls', { body: { to: [to], from: { type: 'phone', number }, ringing_timer: 1 + dice.below(4), ...more } }];
    const [method, at, more] = dice.pick([
      () => put(dice.pick(['mute', 'unmute', 'earmuff', 'unearmuff'])),
      () => put('hangup'),
      () => put('transfer', { destination: { type: 'ncco', ncco: this.nccos.good() } }),
      () => put('transfer', { destination: { type: 'ncco', url: [this.app.url(dice.pick(['answer', 'html', 'missing']))] } }),
      () => ['PUT', `/v1/calls/${leg}/talk`, { body: { text: 'Hello there.', loop: dice.below(3) } }], () => ['DELETE', `/v1/calls/${leg}/talk`, {}],
      () => ['PUT', `/v1/calls/${leg}/stream`, { body: { stream_url: [this.app.url('sound.wav')], loop: dice.below(3) } }], () => ['DELETE', `/v1/calls/${leg}/stream`, {}],
      () => ['PUT', `/v1/calls/${leg}/dtmf`, { body: { digits: dice.pick(['1', '1p2']) } }],
      () => ['PUT', `/v1/calls/${leg}/input/dtmf`, { body: { event_url: [this.app.url('told')] } }], () => ['DELETE', `/v1/calls/${leg}/input/dtmf`, {}],
      () => ['POST', `/v1/legs/${leg}/recording`, { body: { format: dice.pick(['wav', 'mp3']), destination_url: [this.app.url('told')] } }], () => ['DELETE', `/v1/legs/${leg}/recording`, {}],
      () => ['PUT', `/v1/conversations/${this.room() || 'none'}/record`, { body: { action: dice.pick(['start', 'stop']), event_url: [this.app.url('told')], format: 'wav' } }],
      () => ['DELETE', `/v1/conversations/${this.room() || 'none'}`, {}],
      () => create({ ncco: this.nccos.good() }), () => create({ answer_url: [this.app.url('answer')], event_url: [this.app.url(dice.pick(['told', 'broken']))] }),
      () => ['GET', `/v1/calls/${leg}`, {}],
    ])();
    const { status, text } = await this.send(method, at, more);
    if (method === 'POST' && /recording$/.test(at)) this.silent += text;
    if (status === 400 && /action \d+ \(/.test(text)) this.refused.push(`${text} ${JSON.stringify(more.body)}`);
  }

  // ---- one run ----

  async storm({ plays = Infinity, seconds = Infinity }) {
    const most = this.plays + plays;
    const end = Date.now() + seconds * 1000;
    const going = () => !this.failed && !this.down && this.plays < most && Date.now() < end;
    const alive = () => assert.ok(this.down || this.daemon.running, `offhookd ended: ${this.daemon.child.exitCode} ${this.daemon.child.signalCode}`);
    const people = async () => {
      for (; going(); this.plays++) {
        alive();
        await this.call();
      }
    };
    const clerk = async () => {
      while (going()) {
        await this.steer();
        if (this.dice.chance(0.01)) this.reload();
        await pause(this.dice.below(150));
      }
    };
    const failed = (error) => { if (!this.down) this.failed ||= error; };
    await Promise.all([...Array.from({ length: this.clients }, () => people().catch(failed)), clerk().catch(failed)]);
    if (this.failed) throw this.failed;
  }

  // The power fails amid a storm; then it serves again, from the same store.
  async cut(storm) {
    const going = this.storm(storm);
    const start = this.plays;
    await until(() => this.plays > start + 8 || this.failed, 'a storm', 60000);
    this.down = true;
    this.killed = Date.now();
    await this.daemon.kill();
    for (const request of this.app.requests.slice(-60)) request.good = undefined; // did the reply arrive?
    await going;
    this.agent.destroy();
    await this.clear();
    await this.daemon.start();
    this.down = false;
    this.log.base = this.daemon.base;
    assert.strictEqual(await this.log.open(), 200);
  }

  // From now on the application is good, and what goes on ends.
  async over() {
    this.wild = false;
    assert.deepStrictEqual(this.refused, [], 'NCCOs that were refused');
    await this.clear();
    for (const status of ['started', 'ringing', 'answered']) {
      const { body } = await this.send('GET', `/v1/calls?page_size=100&status=${status}`);
      for (const { uuid } of body._embedded.calls) await this.send('PUT', `/v1/calls/${uuid}`, { body: { action: 'hangup' } });
    }
    await this.daemon.idle({ timeout: 60000 });
    await this.clear();
    await this.files();
    this.legsTold();
    await this.calm();
  }

  // ---- what was told ----

  // Requests of the application's event URLs, each told thing once, in order of arrival.
  news() {
    const seen = new Map();
    for (const request of this.app.requests.filter((r) => voice.includes(r.kind) && r.fields && typeof r.fields === 'object')) {
      const key = JSON.stringify([request.path, request.fields.reason === undefined ? request.fields : { ...request.fields, reason: undefined, original_request: undefined }]);
      if (!seen.has(key)) seen.set(key, { ...request, times: 0, goods: 0 });
      const one = seen.get(key);
      one.times++;
      if (request.good === undefined) one.unsure = true;
      else if (request.good) one.goods++;
    }
    return [...seen.values()];
  }

  legsTold() {
    const legs = new Map();
    for (const one of this.news()) {
      const id = one.fields.uuid || one.fields.call_uuid;
      if (typeof id !== 'string') continue;
      if (!legs.has(id)) legs.set(id, []);
      legs.get(id).push(one);
    }
    for (const [id, list] of legs) this.legTold(id, list);
    this.counted = legs.size;
  }

  legTold(id, list) {
    const said = () => `leg ${id}:\n${list.map((r) => `${r.at} ${r.path} ${r.goods} of ${r.times} ${JSON.stringify(r.fields).slice(0, 400)}`).join('\n')}`;
    const states = list.map((r) => r.fields.status).filter((s) => s in rank || final.includes(s));
    const ranks = states.map((s) => rank[s] ?? 3);
    assert.strictEqual(ranks[0], 0, `begins with started: ${said()}`);
    assert.strictEqual(list[0].fields.status, 'started', `nothing before started: ${said()}`);
    assert.deepStrictEqual(ranks, [...ranks].sort((a, b) => a - b), `in order: ${said()}`);
    assert.strictEqual(new Set(ranks).size, ranks.length, `each status once: ${said()}`);
    assert.strictEqual(ranks.at(-1), 3, `ends: ${said()}`);
    const late = list.slice(list.findIndex((r) => final.includes(r.fields.status)) + 1);
    assert.deepStrictEqual(late.map((r) => r.fields).filter((f) => !f.recording_url && f.type !== 'record'), [], `nothing after the end: ${said()}`);
    if (!this.killed) for (const one of list.filter((r) => r.fields.status)) assert.ok(one.goods <= 1, `told once: ${said()}`);
  }

  // Each recording was told once; its file is there, is whole, and none is besides.
  async files() {
    let part;
    await until(() => {
      part = this.listed().filter((name) => /\.part$/.test(name));
      return part.length === 0;
    }, () => `files to be finished: ${part}`);
    await this.daemon.idle();
    const told = this.news().filter((r) => r.fields.recording_url && r.fields.recording_uuid);
    const ids = told.map((r) => r.fields.recording_uuid);
    assert.strictEqual(new Set(ids).size, ids.length, `a recording was told twice: ${ids.filter((id, i) => ids.indexOf(id) !== i)}`);
    for (const { fields } of told) await this.file(fields);
    this.whole(new Set(ids));
    await this.orphans();
    this.recorded = ids.length;
  }

  // Each recording that began is told as done, and who asked for it has heard of its file.
  whole(ids) {
    const events = (type) => this.app.requests.filter((r) => r.kind === 'rtc' && r.fields && r.fields.type === type).map((r) => r.fields.body);
    const done = new Map(events('audio:record:done').map((body) => [body.recording_id, body]));
    // one that a kill met before its file was begun has nothing to tell
    const fresh = (at) => this.killed && at > this.killed - 1000 * slow && at < this.killed + 1000 * slow;
    const starts = this.app.requests.filter((r) => r.kind === 'rtc' && r.fields && r.fields.type === 'audio:record' && !fresh(Date.parse(r.fields.timestamp)));
    const begun = new Set(starts.map((r) => r.fields.body.recording_id));
    // what is deleted has no log any more
    const lost = [...begun].filter((id) => !done.has(id) && !ids.has(id) && !this.silent.includes(id));
    assert.deepStrictEqual(lost, [], 'recordings that began and were never done');
    const kept = [...done].filter(([, body]) => body.destination_url).map(([id]) => id);
    assert.deepStrictEqual(kept.filter((id) => !ids.has(id) && !this.silent.includes(id)), [], 'recordings whose file was not told of');
    this.begun = begun.size;
  }

  // Every file was told of; but for speech that is kept (saveAudio) when a kill met the question
  // that would have told of it: the call is gone, and nobody is asked again.
  async orphans() {
    let left;
    await until(() => {
      const told = this.app.requests.map((r) => r.text || JSON.stringify(r.fields)).join('\n');
      left = this.listed().filter((name) => fs.statSync(path.join(this.recordings, name), { throwIfNoEntry: false })?.isFile() && !this.beforeKill(path.join(this.recordings, name))).map((name) => path.basename(name));
      left = left.filter((name) => !told.includes(name.split('.')[0]));
      return left.length === 0;
    }, () => `files that nobody was told of: ${left}; ${this.daemon.log.filter((line) => left.some((name) => line.includes(name.split('.')[0]))).join('; ')}`);
  }

  // What is in the folder of recordings; it comes with the first one.
  listed() {
    return fs.existsSync(this.recordings) ? fs.readdirSync(this.recordings, { recursive: true }) : [];
  }

  beforeKill(file) {
    return this.killed !== undefined && fs.statSync(file).mtimeMs < this.killed + 100;
  }

  async file({ recording_url: url, size }) {
    const { pathname } = new URL(url);
    const answer = await fetch(`${this.daemon.base}${pathname}`, { headers: { authorization: `Bearer ${this.bearer()}` } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.strictEqual(answer.status, 200, `${url}: ${bytes.toString('latin1', 0, 200)}`);
    assert.strictEqual(bytes.length, Number(size), url);
    const kind = bytes.toString('latin1', 0, 4);
    if (kind === 'RIFF') {
      const file = path.join(folder(), 'one.wav');
      fs.writeFileSync(file, bytes);
      assert.ok(readWav(file).rate === 16000, url);
    } else {
      assert.ok(kind === 'OggS' || (bytes[0] === 0xff && (bytes[1] & 0xe0) === 0xe0) || kind.startsWith('ID3') || bytes.length === 0, `${url} begins with ${bytes.subarray(0, 8).toString('hex')}`);
    }
  }

  async end() {
    await super.end();
    await this.recogniser.stop();
  }
}

module.exports = { RogueNcco };
