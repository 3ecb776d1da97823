'use strict';
// people.js: users, conversations and members of a stage, made over REST.

const assert = require('node:assert');
const { callee, number } = require('./stage');
const { until } = require('./wait');

const client = { acl: { paths: { '/**': {} } } };

class People {
  constructor(stage) {
    this.stage = stage;
    this.count = 0;
    this.open = []; // conversations to end
  }

  name(what) {
    return `${what}-${++this.count}`;
  }

  // A request that must be answered with this status; gives the body.
  async must(status, method, at, body, more = {}) {
    const reply = await this.stage.ask(method, at, { body, ...more });
    assert.strictEqual(reply.status, status, `${method} ${at}: ${reply.text}`);
    return reply.body;
  }

  // A refusal with this status and code; gives its body.
  async refused(status, code, method, at, body, more) {
    const reply = await this.must(status, method, at, body, more);
    assert.strictEqual(reply.code, code, JSON.stringify(reply));
    return reply;
  }

  // Names of the parameters that are wrong.
  async faults(method, at, body) {
    const reply = await this.refused(400, 'http:error:validation-fail', method, at, body);
    return reply.invalid_parameters ? reply.invalid_parameters.map((p) => p.name) : Object.keys(reply.error || {});
  }

  // The options of a request by this user.
  as(user) {
    return { token: this.stage.token({ sub: user.name, ...client }) };
  }

  user(more = {}) {
    return this.must(201, 'POST', '/v1/users', { name: this.name('user'), ...more });
  }

  async conversation(more = {}) {
    const made = await this.must(201, 'POST', '/v1/conversations', { name: this.name('conversation'), ...more });
    this.open.push(made.id);
    return made;
  }

  members({ id }) {
    return `/v1/conversations/${id}/members`;
  }

  add(conversation, user, state = 'joined', more = {}) {
    return this.must(201, 'POST', this.members(conversation), { state, user: { id: user.id }, channel: { type: 'app' }, ...more });
  }

  phone(to = callee, more = {}) {
    return { channel: { type: 'phone', from: { type: 'phone', number }, to: { type: 'phone', number: to }, ...more }, media: { audio: true } };
  }

  read(conversation, { id }) {
    return this.must(200, 'GET', `${this.members(conversation)}/${id}`);
  }

  // Waits until the member is in this state.
  async state(conversation, member, wanted) {
    let now;
    await until(async () => {
      now = await this.read(conversation, member);
      return now.state === wanted;
    }, () => `${member.id} to be ${wanted}; it is ${JSON.stringify(now)}`);
    return now;
  }

  async events({ id }) {
    return (await this.must(200, 'GET', `/beta/conversations/${id}/events`));
  }

  // Waits until an event of this type, that fits, is in the conversation.
  async event(conversation, type, fits = () => true) {
    let all;
    return until(async () => {
      all = await this.events(conversation);
      return all.find((e) => e.type === type && fits(e));
    }, () => `${type}; there is ${all.map((e) => e.type)}`);
  }

  // Every item of a list, page by page.
  async pages(at, name, pick = (page) => page._embedded[name]) {
    const all = [];
    for (let next = at; next;) {
      const page = await this.must(200, 'GET', next);
      all.push(...pick(page));
      next = page._links.next && page._links.next.href;
    }
    return all;
  }

  // Ends what was made, so that nothing of it goes on.
  async clear() {
    for (const id of this.open.splice(0)) await this.stage.ask('DELETE', `/v1/conversations/${id}`);
  }
}

module.exports = { People };
