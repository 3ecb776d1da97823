'use strict';
// room.js: a conversation with callers in it, seen through the Conversation API.

const assert = require('node:assert');
const { conference } = require('./stage');
const { until } = require('./wait');

class Room {
  // name: of the NCCO's conversation.
  constructor(stage, name) {
    Object.assign(this, { stage, name, legs: {}, members: {} });
  }

  // Calls in on `line`, which sends `tone`, and waits until it is a member.
  async enter(line, tone, more = {}) {
    const from = `1555010${String(1000 + tone)}`;
    this.stage.app.on('answer', conference(this.name, more));
    await this.stage.dial(line, { from, tone });
    this.legs[line] = await this.stage.leg(from);
    await until(async () => {
      await this.look();
      return this.members[line];
    }, `${line} to be a member of ${this.name}`);
    return this.members[line];
  }

  // Takes up the conversation of its first leg, once that is the one of our name, and its members.
  async look() {
    const read = (id) => this.stage.ask('GET', `/beta/conversations/${id}`);
    if (!this.id) {
      const call = await this.stage.ask('GET', `/v1/calls/${Object.values(this.legs)[0]}`);
      const found = await read(call.body.conversation_uuid);
      if (found.status !== 200 || found.body.name !== this.name) return;
      this.id = found.body.uuid;
    }
    const { body } = await read(this.id);
    for (const [line, leg] of Object.entries(this.legs)) {
      const member = body.members.find((m) => m.channel && m.channel.id === leg);
      if (member && member.state === 'JOINED') this.members[line] = member.member_id;
    }
  }

  // Asks something about the conversation.
  ask(method, at, more) {
    return this.stage.ask(method, `/v1/conversations/${this.id}${at}`, more);
  }

  // Posts an event and gives the reply's body.
  async post(type, more = {}, { version = 'v1', status = 201, ...rest } = {}) {
    const answer = await this.stage.ask('POST', `/${version}/conversations/${this.id}/events`,
      { body: { type, ...more }, ...rest });
    assert.strictEqual(answer.status, status, answer.text);
    return answer.body;
  }

  // The events after `since`, of the types that match.
  async events(since = 0, types = /./) {
    const { status, body, text } = await this.stage.ask('GET', `/beta/conversations/${this.id}/events?start_id=${since + 1}`);
    assert.strictEqual(status, 200, text);
    return body.filter((e) => types.test(e.type));
  }

  // The id of the last event.
  async last() {
    const { body } = await this.stage.ask('GET', `/beta/conversations/${this.id}`);
    return body.sequence_number;
  }

  // The first event after `since` that fits, waiting for it.
  event(fits, since = 0, what = 'an event', timeout) {
    let told;
    return until(async () => {
      told = await this.events(since);
      return told.find(fits);
    }, () => `${what}; there are ${JSON.stringify(told)}`, timeout);
  }
}

module.exports = { Room };
