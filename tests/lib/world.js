'use strict';
// world.js: the things that operations act on, made over REST: users, conversations, members,
// events, and legs with a phone at their end. Of the costly ones there is one that is shared.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { Stage, application, callee, number } = require('./stage');
const { keyPair, token } = require('./jwt');
const { folder, source } = require('./place');
const { ask } = require('./rest');
const { until } = require('./wait');

const key = 'abcd1234';
const secret = 'a secret';
const stranger = { id: '11111111-2222-4333-8444-555555555555', keys: keyPair() };

class World {
  constructor(agent) {
    this.agent = agent;
    this.count = 0;
    this.shared = {};
    this.stage = new Stage({
      texts: true,
      config: { http: { api_key: key, api_secret: secret } },
      applications: (stage) => {
        const pem = path.join(folder(), 'stranger.pub');
        fs.writeFileSync(pem, stranger.keys.publicKey);
        return [{ id: stranger.id, name: 'stranger', public_key: pem, rtc: { event_url: stage.app.url('rtc') } }];
      },
    });
  }

  async ready() {
    await this.stage.fresh();
    this.stage.app.on('rtc', 204).on('record', 204)
      .on('sound.wav', { body: fs.readFileSync(path.join(source, 'sounds/8000/first.wav')), type: 'audio/wav' });
    this.sound = this.stage.app.url('sound.wav');
    this.bearer = this.token();
    this.nowhere = 'http://10.255.255.1/';
    return this;
  }

  // Long enough for a whole run.
  token(more = {}, id = application, pair = this.stage.keys) {
    return token(id, pair.privateKey, { exp: Math.floor(Date.now() / 1000) + 3600, ...more });
  }

  credentials(auth) {
    if (auth === 'jwt') return { authorization: `Bearer ${this.bearer}` };
    if (auth === 'none') return {};
    return { authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}` };
  }

  ask(method, at, { headers, body, raw } = {}) {
    return ask(this.stage.daemon.base, method, at, { agent: this.agent, headers, body, raw });
  }

  // What must succeed.
  async must(method, at, body, auth = 'jwt') {
    const reply = await this.ask(method, at, { headers: this.credentials(auth), body });
    assert.ok(reply.status < 300, `${method} ${at}: ${reply.status} ${reply.text}`);
    return reply.body;
  }

  name(what) {
    return `${what}-${++this.count}`;
  }

  user() {
    return this.must('POST', '/v1/users', { name: this.name('user') });
  }

  conversation(more = {}) {
    return this.must('POST', '/v1/conversations', { name: this.name('conversation'), ...more });
  }

  async member(state = 'joined') {
    const [user, conversation] = [await this.user(), await this.conversation()];
    const member = await this.must('POST', `/v1/conversations/${conversation.id}/members`,
      { state, user: { id: user.id }, channel: { type: 'app' } });
    return { user, conversation, member };
  }

  async event() {
    const { conversation, member } = await this.member();
    const event = await this.must('POST', `/v1/conversations/${conversation.id}/events`,
      { type: 'text', from: member.id, body: { text: 'hello' } });
    return { conversation, member, event };
  }

  // A member with a phone that has answered: its leg is up.
  async phone() {
    const [user, conversation] = [await this.user(), await this.conversation()];
    const at = `/v1/conversations/${conversation.id}/members`;
    const { id } = await this.must('POST', at, { state: 'invited', user: { id: user.id }, media: { audio: true },
      channel: { type: 'phone', from: { type: 'phone', number }, to: { type: 'phone', number: callee } } });
    const { line } = await this.stage.phone.incoming(callee);
    let member;
    await until(async () => {
      member = await this.must('GET', `${at}/${id}`);
      return member.state === 'JOINED';
    }, () => `the phone to join; it is ${JSON.stringify(member)}`);
    return { user, conversation, member, line, leg: member.channel.id };
  }

  // A call with an NCCO that holds it.
  async call() {
    const { uuid } = await this.must('POST', '/v1/calls', { to: [{ type: 'phone', number: callee }],
      from: { type: 'phone', number }, ncco: [{ action: 'conversation', name: this.name('call') }] });
    const { line } = await this.stage.phone.incoming(callee);
    await until(async () => (await this.must('GET', `/v1/calls/${uuid}`)).status === 'answered', 'the call to be answered');
    return { uuid, line };
  }

  // The one of a kind that all share which do not spoil it.
  async steady(kind) {
    if (!this.shared[kind]) this.shared[kind] = await this[kind]();
    return this.shared[kind];
  }

  // A recording that is finished: the id of its file.
  async file() {
    const { leg } = await this.phone();
    const at = `/v1/legs/${leg}/recording`;
    const before = await this.newest();
    await this.must('POST', at, { format: 'wav', destination_url: [this.stage.app.url('record')] });
    await this.must('DELETE', at);
    let done;
    await until(async () => {
      const page = await this.must('GET', `/v1/events?page_size=100${before && `&after=${before}`}`);
      done = page._embedded.find((e) => e.type === 'audio:record:done');
      return done;
    }, 'audio:record:done');
    return done.body.destination_url.split('/').pop();
  }

  async newest() {
    let cursor = '';
    for (;;) {
      const page = await this.must('GET', `/v1/events?page_size=100${cursor && `&after=${cursor}`}`);
      if (page._embedded.length === 0) return cursor;
      cursor = page.cursor;
    }
  }

  // A webhook that was given up at once: its URL is one that nobody may have us ask.
  async dead() {
    const at = `${this.nowhere}${this.name('dead')}`;
    await this.conversation({ callback: { url: at, event_mask: 'conversation:created' } });
    let page;
    await until(async () => {
      page = await this.must('GET', `/v1/webhooks/dead?url=${encodeURIComponent(at)}`);
      return page._embedded.webhooks.length;
    }, 'a dead letter');
    return page._embedded.webhooks[0];
  }

  application() {
    return this.must('POST', '/v2/applications', { name: this.name('application') }, 'basic');
  }
}

module.exports = { World, application, callee, number, stranger };
