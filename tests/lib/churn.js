'use strict';
// churn.js: everything at once against one daemon, by seed: rogue callers and callees, REST
// that steers dying calls, an application server that fails, SIGHUP; then what must hold.

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const { AppServer } = require('./app-server');
const { Daemon } = require('./daemon');
const { keyPair, token } = require('./jwt');
const { ask } = require('./rest');
const { Dice, Rogue } = require('./rogue');
const { pause, slow, until } = require('./wait');

const application = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const number = '15550100002';
const final = ['completed', 'busy', 'cancelled', 'failed', 'rejected', 'timeout', 'unanswered', 'disconnected'];
const rooms = 4;
const rank = { started: 0, ringing: 1, answered: 2 };

// The file descriptors of a process by what they are. TCP is left out: connections may be
// kept for a next request, or wait for the HTTP library's timeout.
function descriptors(pid) {
  const inodes = (name) => fs.readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').map((line) => line.trim().split(/\s+/)[9]);
  const udp = new Set([...inodes('udp'), ...inodes('udp6')]);
  const kinds = {};
  for (const fd of fs.readdirSync(`/proc/${pid}/fd`)) {
    let to = '';
    try {
      to = fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {} // closed just now
    const inode = (/socket:\[(\d+)\]/.exec(to) || [])[1];
    const kind = inode ? (udp.has(inode) ? 'udp' : '') : to.replace(/.*\/|:\[\d+\]/g, '');
    if (kind) kinds[kind] = (kinds[kind] || 0) + 1;
  }
  return kinds;
}

class Churn {
  // rate: [calls/s] of callers; calls by REST, steering and noise follow from it.
  constructor({ seed = 1, seconds = 10, rate = 20, kills = 0, terms = 0, tidy = true, config = {} } = {}) {
    Object.assign(this, { seed, seconds, rate, kills, terms, tidy, config });
    this.dice = new Dice(seed);
    this.app = new AppServer();
    this.rogue = new Rogue(seed + 1000, { stubborn: !tidy });
    this.keys = keyPair();
    this.wild = true;
    this.asked = 0;
    this.reloads = 0; // each leaves its configuration, one object, until the end
    this.replies = {};
  }

  async start() {
    await this.app.start();
    this.script();
    await this.rogue.start(0);
    this.daemon = new Daemon({
      rtp: { silence_timeout: 4, workers: 2 },
      limits: { legs: 60 },
      webhook: { allow: ['127.0.0.0/8'], answer_timeout: 700, connect_timeout: 300, event_timeout: 5000 },
      log: { level: 'info' },
      applications: [{
        id: application, name: 'churn', public_key: this.keys.publicKey, numbers: [number, '1555020*'],
        voice: { answer_url: this.app.url('answer'), event_url: this.app.url('event'), fallback_answer_url: this.app.url('fallback') },
        rtc: { event_url: this.app.url('rtc') },
      }],
      trunks: [{ name: 'carrier', proxy: `sip:127.0.0.1:${this.rogue.port};transport=udp`, allow: ['127.0.0.0/8'] }],
      ...this.config,
    });
    this.daemon.log.push = (line) => this.remember(line);
    await this.serve();
  }

  remember(line) {
    const { log } = this.daemon;
    log[log.length] = line;
    if (log.length > 20000) log.splice(0, 10000);
    if (/Sanitizer|runtime error:|Assertion|level=error/.test(line)) process.stderr.write(`${line}\n`);
  }

  async serve() {
    await this.daemon.start();
    this.rogue.daemonPort = this.daemon.udp;
  }

  // ---- the application ----

  // Says a list of ncco, or something else than that.
  ncco() {
    const { dice } = this;
    const stream = { action: 'stream', streamUrl: [dice.pick(['sound:ringback', 'sound:none', this.app.url('sound'), this.app.url('missing')])], loop: dice.below(3) };
    const connect = { action: 'connect', from: number, timeout: 1 + dice.below(4), endpoint: [{ type: 'phone', number: `1555030${dice.below(1000)}` }],
      ...(dice.chance(0.3) ? { eventType: 'synchronous' } : {}) };
    const conference = { action: 'conversation', name: `room ${dice.below(rooms)}`, ...(dice.chance(0.2) ? { startOnEnter: false } : {}), ...(dice.chance(0.2) ? { endOnExit: true } : {}) };
    return dice.pick([[connect], [connect], [connect], [conference], [conference], [stream, connect], [connect, conference], [conference, connect], [stream], [], [{ action: 'dance' }]]);
  }

  script() {
    const { dice } = this;
    const bad = () => dice.pick([500, 503, 404, 204, { destroy: true }, { body: 'rubbish' }, { body: [], delay: 900 }, { body: '<html>', type: 'text/html' }, { body: '{"a":[' }]);
    const answer = () => (this.wild && dice.chance(0.15) ? bad() : { body: this.ncco(), delay: this.wild && dice.chance(0.3) ? dice.below(500) : 0 });
    this.app.on('answer', answer);
    this.app.on('fallback', answer);
    this.app.on('sound', () => ({ body: crypto.randomBytes(200), type: 'audio/wav' }));
    const told = (request) => {
      const said = this.wild && dice.chance(0.1) ? dice.pick([500, 404, 302, { destroy: true }, { status: 200, body: '[', delay: dice.below(500) }]) : { status: 200, body: dice.chance(0.1) ? this.ncco() : undefined };
      request.good = said.status === 200;
      return said;
    };
    this.app.on('event', told);
    this.app.on('rtc', told);
  }

  reload() {
    this.reloads++;
    this.daemon.child.kill('SIGHUP');
  }

  // The server goes away for a moment.
  async absent() {
    const { app } = this;
    const { port } = app;
    for (const request of app.requests.slice(-1000)) if (request.at > Date.now() - 1000) request.good = undefined; // did the reply arrive?
    await app.stop();
    await pause(300 + this.dice.below(700));
    const { requests, scripts } = app;
    this.app = Object.assign(new AppServer(), { requests, scripts });
    await this.app.start(port);
  }

  // ---- REST ----

  get legs() {
    return [...new Set(this.app.requests.slice(-60).filter((r) => r.fields && r.fields.uuid).map((r) => r.fields.uuid))];
  }

  async rest() {
    const { dice } = this;
    const leg = dice.chance(0.9) ? dice.pick(this.legs) || 'none' : dice.pick(['none', crypto.randomUUID(), '%ff', 'x'.repeat(300)]);
    const put = (body) => ['PUT', `/v1/calls/${leg}`, { body }];
    const create = (more) => ['POST', '/v1/calls', { body: { to: [{ type: 'phone', number: `1555030${dice.below(1000)}` }], from: { type: 'phone', number }, ...more } }];
    const [method, path, more] = dice.pick([
      () => put({ action: dice.pick(['mute', 'unmute', 'earmuff', 'unearmuff', 'hangup', 'hangup', 'dance']) }),
      () => put({ action: dice.pick(['mute', 'unmute', 'earmuff', 'unearmuff', 'hangup', 'hangup', 7]) }),
      () => put({ action: 'transfer', destination: { type: 'ncco', ncco: this.ncco() } }),
      () => put({ action: 'transfer', destination: { type: 'ncco', url: [this.app.url(dice.pick(['answer', 'missing']))] } }),
      () => create({ ncco: this.ncco(), ringing_timer: 1 + dice.below(5) }),
      () => create({ answer_url: [this.app.url(dice.pick(['answer', 'missing']))], ...(dice.chance(0.2) ? { event_url: ['nowhere'] } : {}) }),
      () => ['POST', '/v1/calls', { raw: dice.pick(['{', 'null', '[]', '{"to":1}', dice.bytes(40), '']) }],
      () => ['GET', `/v1/calls/${leg}`, {}],
      () => ['GET', `/v1/calls?page_size=${dice.below(120)}`, {}],
      () => ['GET', '/metrics', {}],
    ])();
    const asked = ask(this.daemon.base, method, path, { token: token(application, this.keys.privateKey), ...more });
    this.asked++;
    const { status } = await asked.catch(() => ({ status: 'broken' }));
    const key = `${method} ${status}`;
    this.replies[key] = (this.replies[key] || 0) + 1;
    if (status >= 500 && status !== 503) throw new Error(`${method} ${path} ${JSON.stringify(more)}: ${status}`);
  }

  // Clients that hang up before the reply, pipeline, or talk rubbish.
  rude() {
    const { dice } = this;
    const good = () => `GET /v1/calls/${dice.pick(this.legs) || 'none'} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token(application, this.keys.privateKey)}\r\n\r\n`;
    const text = dice.pick([() => good().repeat(5), () => good() + dice.bytes(50).toString('latin1'), () => good().slice(0, dice.below(200)),
      () => 'POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{', () => `PUT /v1/calls/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      () => 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20)])();
    const socket = net.connect(Number(new URL(this.daemon.base).port), '127.0.0.1', () => {
      socket.write(text);
      setTimeout(() => (dice.chance(0.5) ? socket.resetAndDestroy() : socket.destroy()), dice.below(dice.pick([1, 30, 500])));
    });
    socket.on('error', () => {});
    socket.on('data', () => {});
  }

  // ---- one run ----

  async step() {
    const { dice, rogue, daemon } = this;
    rogue.call(dice.pick([number, number, number, '15550200', '1999', '']) + (dice.chance(0.2) ? dice.below(10) : ''), `155501${dice.below(10000)}`);
    if (dice.chance(0.1)) rogue.tcp(daemon.tcp, number);
    if (dice.chance(0.5)) this.failed ||= await this.rest().then(() => undefined, (error) => error);
    else this.rest().catch((error) => { this.failed ||= error; });
    if (dice.chance(0.3)) this.rude();
    if (dice.chance(0.01)) this.reload();
    if (dice.chance(0.005)) await this.absent();
    if (this.failed) throw this.failed;
  }

  async for(seconds) {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      assert.ok(this.daemon.running, `offhookd ended: ${this.daemon.child.exitCode} ${this.daemon.child.signalCode}\n${this.daemon.tail()}`);
      await this.step();
      await pause(this.dice.below(2000 / this.rate));
    }
  }

  // The daemon is killed or told to end now and then, and goes on with the same store.
  async some() {
    const ends = this.kills + this.terms;
    for (let i = 0; i <= ends; i++) {
      await this.for(this.seconds / (ends + 1));
      if (i < ends) {
        if (i < this.kills) await this.daemon.kill();
        else await this.term();
        for (const call of this.rogue.calls.values()) call.over = true;
        await this.serve();
      }
    }
  }

  // An orderly end amid everything, in time.
  async term() {
    const before = Date.now();
    await this.daemon.stop({ patience: 12000 });
    this.slowest = Math.max(this.slowest || 0, Date.now() - before);
  }

  // All of it; gives the number of legs there were. What must hold is checked.
  async run() {
    await this.start();
    const before = await this.holds();
    await this.some();
    await this.calm();
    const legs = this.told();
    assert.ok(legs > this.seconds, `${legs} legs`);
    if (!this.kills && !this.terms) await this.same(before);
    await this.stop();
    return legs;
  }

  async calm() {
    this.wild = false;
    if (this.tidy) this.rogue.tidy();
    else this.rogue.leave();
    // an INVITE that nobody answers is repeated for 32 s (RFC 3261, 17.1.1.2)
    await this.daemon.idle({ timeout: 90000 });
  }

  // What an idle daemon holds, but for the named conversations, which stay for days.
  async holds() {
    const all = await this.daemon.metrics();
    assert.ok(all.offhook_conversations <= rooms, `${all.offhook_conversations} conversations`);
    return { objects: all.offhook_objects - all.offhook_conversations - this.reloads, descriptors: descriptors(this.daemon.child.pid) };
  }

  // The daemon holds no more than `before`, but for a few sounds that it remembers. Ports that
  // were in use rest for a moment, cut HTTP connections may wait for their timeout.
  async same(before) {
    let now;
    await until(async () => {
      this.rogue.hush();
      now = await this.holds();
      const kinds = Object.entries(now.descriptors);
      return now.objects <= before.objects + 10 && kinds.every(([kind, count]) => count <= (before.descriptors[kind] || 0));
    }, () => `${JSON.stringify(before)} to be held; it is ${JSON.stringify(now)}`, 40000);
  }

  // Each leg is told in order, ends once, and no event came in two versions.
  told() {
    const legs = new Map();
    for (const request of this.app.requests.filter((r) => r.kind === 'event' && r.fields && r.fields.uuid && r.fields.status)) {
      if (!legs.has(request.fields.uuid)) legs.set(request.fields.uuid, []);
      legs.get(request.fields.uuid).push(request);
    }
    for (const [leg, requests] of legs) this.leg(leg, requests);
    return legs.size;
  }

  leg(leg, requests) {
    const said = () => `${leg}: ${requests.map((r) => `${r.good ? '' : '!'}${r.text}`).join('\n')}`;
    const bodies = [...new Set(requests.map((r) => r.text))];
    const ranks = bodies.map((b) => rank[JSON.parse(b).status] ?? 3);
    assert.deepStrictEqual(ranks, [...ranks].sort((a, b) => a - b), `in order: ${said()}`);
    assert.strictEqual(ranks[0], 0, `begins with started: ${said()}`);
    assert.strictEqual(ranks.filter((r) => r === 3).length, 1, `ends once: ${said()}`);
    assert.strictEqual(new Set(ranks).size, ranks.length, `each status in one version: ${said()}`);
    const ends = requests.filter((r) => final.includes(r.fields.status));
    if (!this.kills && !this.terms) assert.ok(ends.filter((r) => r.good).length <= 1, `the end is told once: ${said()}`);
    assert.notStrictEqual(ends.at(-1).good, false, `the end is told: ${said()}`);
  }

  async stop() {
    await this.daemon.stop();
  }

  async end() {
    this.rogue.stop();
    if (this.daemon && this.daemon.running) this.daemon.child.kill('SIGKILL');
    await this.app.stop();
  }
}

module.exports = { Churn };
