'use strict';
// stage.js: a daemon, its application and a phone, ready for calls. One stage serves a
// whole test file; its last test ends it and finds out whether anything was left behind.

const fs = require('node:fs');
const path = require('node:path');
const test = require('./test');
const { AppServer } = require('./app-server');
const { Daemon } = require('./daemon');
const { Phone } = require('./phone');
const { folder } = require('./place');
const { keyPair, token } = require('./jwt');
const { ask } = require('./rest');

const application = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const number = '15550100002'; // what callers ring
const caller = '15550100001';
const callee = '15550100003'; // reached by the trunk

class Stage {
  // config: merged into the daemon's, or a function of the stage that makes it; voice: into the application's; applications: more of them;
  // own: more settings of the application; before: called first, when the phone and the application are there.
  // texts: members without a phone are made, who stay when the calls are over; trunk: merged into the one there is; trunks: more of them.
  constructor({ config = {}, voice = {}, own = {}, applications = () => [], before = null, texts = false, trunk = {}, trunks = () => [] } = {}) {
    Object.assign(this, { config, voice, own, more: applications, before, members: !texts, trunk, trunks });
    this.keys = keyPair();
    this.app = new AppServer();
    this.phone = new Phone();
    this.starting = null;
  }

  // Once for the whole file; each test calls it first.
  async ready() {
    if (!this.starting) this.starting = this.start();
    await this.starting;
    return this;
  }

  async start() {
    await this.app.start();
    await this.phone.start();
    if (this.before) await this.before(this);
    const pem = path.join(folder(), 'application.pub');
    fs.writeFileSync(pem, this.keys.publicKey);
    this.daemon = new Daemon({
      applications: [{
        id: application, name: 'test', public_key: pem,
        voice: { answer_url: this.app.url('answer'), event_url: this.app.url('event'), ...this.voice },
        numbers: [number, '1555020*'], ...this.own,
      }, ...this.more(this)],
      trunks: [{ name: 'carrier', proxy: `sip:${this.phone.sip};transport=udp`, allow: ['127.0.0.0/8'], ...this.trunk }, ...await this.trunks()],
      ...(typeof this.config === 'function' ? this.config(this) : this.config),
    });
    await this.daemon.start();
    this.phone.background = () => `\nthe daemon's log:\n${this.daemon.tail(25)}`;
    this.app.background = () => `\nthe phone told ${JSON.stringify(this.phone.events.slice(-8))}${this.phone.background()}`;
  }

  // Before each test: nothing of the last one is going on any more.
  async fresh() {
    await this.ready();
    await this.phone.clear();
    await this.daemon.idle({ members: this.members });
    this.app.reset();
    this.phone.events.length = 0;
    await this.phone.accept({ policy: 'answer', tone: 700 });
    return this;
  }

  token(more) {
    return token(application, this.keys.privateKey, more);
  }

  ask(method, at, { token: bearer = this.token(), ...more } = {}) {
    return ask(this.daemon.base, method, at, { token: bearer, ...more });
  }

  // Steers a call by REST: hangup, mute …
  async put(uuid, action, more = {}) {
    const answer = await this.ask('PUT', `/v1/calls/${uuid}`, { body: { action, ...more } });
    if (answer.status !== 204) throw new Error(`${action} of ${uuid}: ${answer.status} ${answer.text}`);
    return answer;
  }

  // Rings the application's number, and waits until it is answered.
  async dial(line, { to = number, transport = 'udp', ...more } = {}) {
    await this.phone.call(line, this.daemon.uri(to, transport), more);
    await this.phone.up(line);
    return line;
  }

  // The leg of the answer webhook of a caller.
  async leg(from = caller) {
    const request = await this.app.wait((r) => r.kind === 'answer' && r.fields && r.fields.from === from, `answer webhook of ${from}`);
    return request.fields.uuid;
  }

  async end() {
    try {
      await this.ready();
      await this.phone.clear();
      await this.daemon.idle({ webhooks: false, members: this.members });
      await this.phone.stop();
      await this.daemon.stop();
    } finally {
      if (this.daemon && this.daemon.running) this.daemon.child.kill('SIGKILL');
      await this.phone.stop();
      await this.app.stop();
    }
  }

  // The last test of a file.
  finish() {
    test('nothing is left behind: no leg, no port, an orderly end', () => this.end());
  }
}

// An NCCO that joins the caller to a named conversation.
const conference = (name, more = {}) => [{ action: 'conversation', name, ...more }];
// One that connects the caller to a phone.
const connect = (to = callee, more = {}) => [
  { action: 'connect', from: number, ...more, endpoint: [{ type: 'phone', number: to }] }];

module.exports = { Stage, application, callee, caller, conference, connect, number };
