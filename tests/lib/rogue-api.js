'use strict';
// rogue-api.js: REST clients without manners, by seed. They read /openapi.json, send every
// operation with what fits and with what does not, and play scenes in which they race. Then
// everything is deleted, and nothing may be left.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { AppServer } = require('./app-server');
const { Daemon, settings } = require('./daemon');
const { EventStream } = require('./event-stream');
const { keyPair } = require('./jwt');
const { Maker, Pool, crooked, queries } = require('./nasty');
const { OpenApi } = require('./openapi');
const { Phone } = require('./phone');
const { source } = require('./place');
const { Dice } = require('./rogue');
const { RogueClient, key, secret, segments } = require('./rogue-client');
const { scenes } = require('./rogue-scenes');
const { application, callee, number } = require('./stage');
const { until } = require('./wait');

const watcher = '22222222-3333-4444-8555-666666666666'; // to whom callers knock
const knocked = '15550100077';
const others = ['HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'DELETE', 'PUT', 'POST', 'GET'];
const gauges = ['offhook_legs', 'offhook_members', 'offhook_conversations', 'offhook_dialogs', 'offhook_media_ports', 'offhook_media_rooms', 'offhook_http_streams'];

class RogueApi extends RogueClient {
  constructor({ seed = 1, clients = 6, config = {} } = {}) {
    super(clients);
    Object.assign(this, { seed, clients, config, knocked, watcher, lines: 0 });
    this.dice = new Dice(seed);
    this.app = new AppServer();
    this.phone = new Phone();
    this.keys = { [application]: keyPair(), [watcher]: keyPair() }; // of applications
    this.idempotent = []; // requests that had a key
    this.streams = new Set();
    this.kept = 40; // objects of sounds and texts that are remembered, at most
    this.reloads = 0; // each leaves its configuration, one object, until the end
  }

  async start() {
    await this.app.start();
    await this.phone.start();
    const url = (name) => this.app.url(name);
    const voice = { answer_url: url('answer'), event_url: url('event') };
    const told = { voice, rtc: { event_url: url('rtc') } };
    this.applications = [
      { id: application, name: 'rogue', public_key: this.keys[application].publicKey, ...told, numbers: [number, '1555020*'] },
      { id: watcher, name: 'watcher', public_key: this.keys[watcher].publicKey, rtc: told.rtc, numbers: [knocked] },
    ];
    this.daemon = new Daemon({
      http: { api_key: key, api_secret: secret }, rtp: { workers: 2 }, limits: { legs: 100 }, log: { level: 'info' },
      applications: this.applications,
      trunks: [{ name: 'carrier', proxy: `sip:${this.phone.sip};transport=udp`, allow: ['127.0.0.0/8'] }],
      ...this.config,
    });
    this.daemon.log.push = (line) => this.remember(line);
    this.script();
    await this.policies();
    await this.daemon.start();
    this.pool = new Pool(this.dice);
    this.maker = new Maker(this.dice, this.pool, { url, sip: this.phone.sip });
    this.maker.key = this.keys[application].publicKey;
    const { body } = await this.send('GET', '/openapi.json', { judged: false });
    this.api = new OpenApi(body);
    this.operations = [...this.api.operations].map(([name, { at, method, operation }]) => ({ name, at, method: method.toUpperCase(), operation, parts: segments(at) }));
    for (const app of [application, watcher]) this.pool.add('application', app);
    this.log = await new EventStream(this.daemon.base, { token: () => this.bearer() });
    assert.strictEqual(await this.log.open(), 200);
    await this.warm();
    this.before = await this.daemon.metrics();
  }

  remember(line) {
    const { log } = this.daemon;
    log[log.length] = line;
    if (log.length > 20000) log.splice(0, 10000);
    if (/Sanitizer|runtime error:|Assertion|level=error/.test(line)) process.stderr.write(`${line}\n`);
  }

  // What is kept for a next time (sounds, voices) is there before anything is counted.
  async warm() {
    const { body } = await this.send('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number },
      ncco: [{ action: 'stream', streamUrl: [this.app.url('sound.wav')] }] } });
    assert.ok(body.uuid, JSON.stringify(body));
    let call;
    await until(async () => {
      call = (await this.send('GET', `/v1/calls/${body.uuid}`)).body;
      return call.status === 'completed';
    }, () => `the first call to end; it is ${JSON.stringify(call)}`, 20000);
    await this.daemon.idle();
  }

  script() {
    const sound = fs.readFileSync(path.join(source, 'sounds/8000/first.wav'));
    this.app.on('answer', () => (this.dice.chance(0.1) ? this.dice.pick([500, 404, { destroy: true }, { body: '[{' }]) : { body: this.maker.ncco(), delay: this.dice.below(100) }))
      .on('event', 204).on('rtc', 204).on('told', 204).on('sound.wav', { body: sound, type: 'audio/wav' }).on('slow.wav', () => ({ body: sound, type: 'audio/wav', delay: 300 }));
  }

  async policies() {
    const rows = [{ policy: 'answer', delay: 0 }, { policy: 'answer', delay: 400 }, { policy: 'busy' }, { policy: 'decline' }, { policy: 'ring' }, { policy: 'early', delay: 200 }];
    for (const [i, row] of rows.entries()) await this.phone.accept(row, `1555030000${i}`);
    await this.phone.accept({ policy: 'answer', tone: 700 });
  }

  // ---- any operation, good or bad ----

  request({ method, at: template, operation }) {
    const { dice, maker } = this;
    const parameters = (operation.parameters || []).map((p) => this.api.resolve(p));
    const at = maker.path(template);
    const query = parameters.filter((p) => p.in === 'query' && dice.chance(0.3)).map((p) => `${p.name}=${encodeURIComponent(maker.value(p.schema, p.name))}`);
    const content = operation.requestBody && this.api.resolve(operation.requestBody).content;
    const schema = content && (content['application/json'] || Object.values(content)[0]).schema;
    const made = { method, at, query, headers: {}, body: schema ? this.body(method, template, schema) : undefined };
    if (parameters.some((p) => p.name === 'Idempotency-Key') && dice.chance(0.2)) this.repeat(made);
    return made;
  }

  body(method, at, schema) {
    if (method === 'POST' && /\/events$/.test(at)) return this.maker.event();
    if (method === 'POST' && /\/members$/.test(at) && this.dice.chance(0.7)) return this.maker.member(schema.properties.action);
    if (method === 'POST' && /\/legs$/.test(at) && this.dice.chance(0.7)) return this.maker.leg();
    return this.maker.value(schema);
  }

  // The key of a request of before, with its body or with another; or a new key.
  repeat(made) {
    const { dice } = this;
    const old = this.idempotent.length && dice.chance(0.5) ? dice.pick(this.idempotent) : undefined;
    if (old && dice.chance(0.6)) Object.assign(made, { at: old.at, body: old.body });
    made.headers['idempotency-key'] = old ? old.key : dice.pick([dice.id(), dice.id(), 'k'.repeat(255), 'k'.repeat(256), 'k'.repeat(6000), '', ' ', '\xe9\xff', '"x"']);
    if (!old) this.idempotent.push({ at: made.at, body: made.body, key: made.headers['idempotency-key'] });
    if (this.idempotent.length > 30) this.idempotent.shift();
  }

  // One operation, spoiled or not.
  async any() {
    const { dice, maker } = this;
    const made = this.request(dice.pick(this.operations));
    const more = { headers: made.headers, body: made.body };
    if (made.method === 'DELETE' && /applications|users|conversations\/[^/]*$/.test(made.at) && dice.chance(0.7)) return; // let things live a while
    if (dice.chance(0.55)) {
      dice.pick([
        () => { if (made.body !== undefined) more.raw = maker.spoiled(made.body); },
        () => { if (made.body !== undefined) more.raw = maker.spoiled(made.body); },
        () => { if (made.body !== undefined) more.raw = maker.spoiled(made.body); },
        () => { made.at = crooked(dice, made.at); more.judged = false; },
        () => made.query.push(dice.pick(queries)),
        () => this.spoilHeaders(more),
        () => { made.method = dice.pick(others); more.judged = Boolean(this.operation(made.method, made.at)); },
        () => { more.raw = dice.pick([Buffer.from(''), dice.bytes(40), Buffer.from('null'), Buffer.from('{'), Buffer.from('[]'), Buffer.from('\ufeff{}'), Buffer.alloc(1000), Buffer.from('"x"')]); },
        () => { more.app = watcher; },
      ])();
    }
    await this.send(made.method, `${made.at}${made.query.length ? `?${made.query.join('&')}` : ''}`, more);
  }

  spoilHeaders(more) {
    const { dice } = this;
    Object.assign(more.headers, dice.pick([
      { 'content-type': dice.pick(['text/plain', '', 'application/json; charset=utf-16', 'APPLICATION/JSON', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'x'.repeat(2000)]) },
      { authorization: dice.pick(['', 'Bearer', 'Bearer ', 'Bearer x.y.z', `Bearer ${'a'.repeat(9000)}`, 'Basic !!!!', 'Basic Og==', 'Digest x', `Bearer ${this.bearer().slice(0, -5)}`]) },
      { authorization: `Bearer ${this.bearer(application, { sub: `name ${dice.below(8)}`, acl: { paths: dice.pick([{ '/**': {} }, { '/*/users/**': { methods: ['GET'] } }, {}]) } })}` },
      { accept: dice.pick(['text/event-stream', 'text/html', '*/*;q=0', 'x'.repeat(3000)]) }, { 'last-event-id': dice.pick(['x', '1', '-1', 'é', '']) },
      { expect: '100-continue' }, { range: 'bytes=1-2' }, { 'if-none-match': '*' }, { 'x-http-method-override': 'DELETE' }, { connection: 'close' }, { cookie: 'a=b' },
      Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, 'y'.repeat(30)])),
    ]));
    more.judged = false;
  }

  // ---- one run ----

  // Requests and scenes by several clients at once, until there were as many.
  async storm({ requests = Infinity, seconds = Infinity }) {
    const most = this.asked + requests;
    const end = Date.now() + seconds * 1000;
    const client = async () => {
      while (!this.failed && !this.down && this.asked < most && Date.now() < end) {
        assert.ok(this.daemon.running, `offhookd ended: ${this.daemon.child.exitCode} ${this.daemon.child.signalCode}`);
        if (this.dice.chance(0.06)) await this.dice.pick(scenes)(this);
        else await this.any();
      }
    };
    await Promise.all(Array.from({ length: this.clients }, () => client().catch((error) => { if (!this.down) this.failed ||= error; })));
    if (this.failed) throw this.failed;
  }

  // The power fails amid a storm; then it serves again, from the same store.
  async cut(storm) {
    const going = this.storm(storm);
    const start = this.asked;
    await until(() => this.asked > start + 150 || this.failed, 'a storm');
    this.down = true;
    await this.daemon.kill();
    await going;
    this.agent.destroy();
    await this.clear();
    await this.daemon.start();
    this.down = false;
    this.log.base = this.daemon.base; // its port is another one
    for (const stream of this.streams) stream.cut();
    assert.strictEqual(await this.log.open(), 200);
  }

  // The configuration file is read again, with so many of its applications.
  reload(count = this.applications.length) {
    if (this.down) return;
    this.reloads++;
    this.daemon.config.applications = this.applications.slice(0, count);
    fs.writeFileSync(this.daemon.file, settings(this.daemon.config));
    this.daemon.child.kill('SIGHUP');
  }

  // Someone rings; gives the line.
  async ring(to) {
    const line = `line ${++this.lines}`;
    await this.phone.call(line, this.daemon.uri(to)).catch(() => {});
    return line;
  }

  // Ends what the phone has.
  async clear() {
    await this.phone.clear();
    this.phone.events.splice(0, Math.max(0, this.phone.events.length - 500));
  }

  async remove(list, name, at = (item) => `${list}/${item.id}`, app = application) {
    for (let rounds = 0; rounds < 50; rounds++) {
      const { body } = await this.send('GET', `${list}?page_size=100`, { app });
      const items = body._embedded[name];
      const mine = items.filter((item) => ![application, watcher].includes(item.id));
      if (!mine.length) return;
      for (const item of mine) await this.send('DELETE', at(item), { app });
    }
    assert.fail(`${list} is never empty`);
  }

  // Deletes all there is, and waits until nothing is held any more.
  async calm() {
    for (const stream of this.streams) stream.cut();
    this.reload();
    await until(async () => (await this.send('GET', '/v1/users', { app: watcher })).status === 200, 'the application to be there again');
    await this.clear();
    await this.remove('/v2/applications', 'applications');
    for (const app of [application, watcher]) {
      await this.remove('/v1/conversations', 'conversations', undefined, app);
      await this.remove('/v1/users', 'users', undefined, app);
    }
    for (const app of [application, watcher]) {
      for (const status of ['started', 'ringing', 'answered']) {
        const { body } = await this.send('GET', `/v1/calls?page_size=100&status=${status}`, { app });
        for (const { uuid } of body._embedded.calls) await this.send('PUT', `/v1/calls/${uuid}`, { body: { action: 'hangup' }, app });
      }
    }
    for (const [id, app] of this.knocks.splice(0)) await this.send('DELETE', `/v1/knocking/${id}`, { app });
    await this.clear();
    await this.empty();
  }

  async empty() {
    let held;
    this.log.cut();
    await until(async () => {
      const all = await this.daemon.metrics();
      held = Object.fromEntries(gauges.filter((name) => all[name]).map((name) => [name, all[name]]));
      held.objects = this.objects(all) - this.objects(this.before);
      return Object.keys(held).length === 1 && held.objects <= this.kept + this.clients + this.reloads;
    }, () => `an empty daemon; it holds ${JSON.stringify(held)}`, 20000);
    this.left = held.objects;
    await this.ended();
  }

  // No call is listed as one that goes on.
  async ended() {
    for (const app of [application, watcher]) {
      for (const status of ['started', 'ringing', 'answered']) {
        const { body } = await this.send('GET', `/v1/calls?status=${status}`, { app });
        assert.deepStrictEqual(body._embedded.calls, [], `${status} though nothing is held`);
      }
    }
  }

  // Objects but for what is remembered on purpose.
  objects(all) {
    return all.offhook_objects - all.offhook_http_cached_replies - 5 * all.offhook_http_cached_tokens;
  }

  // The log, read from its beginning, is what the stream told: each event once, no hole.
  async same() {
    if (this.log.over) await this.log.open();
    const list = [];
    for (let at = '/v1/events?page_size=1000'; at;) {
      const { body } = await this.send('GET', at);
      list.push(...body._embedded);
      at = body._links.next ? body._links.next.href.replace(this.daemon.base, '') : undefined;
    }
    const name = ({ conversation_id: con, id, type }) => `${con} ${id} ${type}`;
    await until(() => this.log.messages.length >= list.length, () => `${list.length} events of the log; the stream told ${this.log.messages.length}`);
    const told = this.log.messages.slice(0, list.length); // calls that end go on telling
    assert.deepStrictEqual(told.map((m) => name(m.data)), list.map(name));
    const next = new Map();
    for (const { conversation_id: con, id } of list) {
      assert.strictEqual(id, next.get(con) ?? 1, `event ${id} of ${con}`);
      next.set(con, id + 1);
    }
    this.events = list.length;
    await this.told(list);
  }

  // Each event of the log was told to the application, in the order of its conversation.
  async told(list) {
    let missing;
    let seen;
    await until(() => {
      seen = new Map();
      for (const { fields } of this.app.requests.filter((r) => r.kind === 'rtc' && r.fields && r.fields.conversation_id && r.fields.id)) {
        seen.set(`${fields.conversation_id} ${fields.id}`, fields);
      }
      missing = list.filter((e) => !seen.has(`${e.conversation_id} ${e.id}`));
      return missing.length === 0;
    }, () => `${list.length} events to be told; these were not: ${JSON.stringify(missing).slice(0, 1000)}`);
    const last = new Map();
    for (const { conversation_id: con, id } of seen.values()) {
      assert.ok(id > (last.get(con) || 0), `event ${id} of ${con} told after ${last.get(con)}`);
      last.set(con, id);
    }
  }

  async stop() {
    await this.phone.stop();
    await this.daemon.stop();
  }

  async end() {
    for (const stream of [...this.streams, ...(this.log ? [this.log] : [])]) if (stream.request) stream.cut();
    this.agent.destroy();
    if (this.daemon && this.daemon.running) this.daemon.child.kill('SIGKILL');
    await this.phone.stop();
    await this.app.stop();
  }
}

module.exports = { RogueApi };
