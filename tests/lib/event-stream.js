'use strict';
// event-stream.js: a client of Server-Sent Events that notes each message, can stop reading,
// can be cut off, and can come back where it was.

const http = require('node:http');
const { until, within } = require('./wait');

class EventStream {
  // token: a function that makes one. after: the cursor to start from.
  constructor(base, { path = '/v1/events', token, after }) {
    Object.assign(this, { base, path, token, after });
    this.messages = []; // { id, event, data } in order of arrival, over all connections
    this.comments = 0;
    this.connections = 0;
  }

  get last() {
    return this.messages.length ? this.messages[this.messages.length - 1].id : undefined;
  }

  // Connects, again where the last message was; resolves with the status when the header is there.
  open() {
    const url = new URL(this.path, this.base);
    if (this.last === undefined && this.after !== undefined) url.searchParams.set('after', this.after);
    this.over = false;
    this.connections++;
    const opened = new Promise((resolve, reject) => {
      this.request = http.request(url, {
        agent: false,
        headers: {
          accept: 'text/event-stream', authorization: `Bearer ${this.token()}`,
          ...(this.last === undefined ? {} : { 'last-event-id': this.last }),
        },
      }, (response) => {
        this.response = response;
        this.headers = response.headers;
        this.read(response);
        resolve(response.statusCode);
      });
      this.request.on('error', (error) => {
        this.over = true;
        reject(error);
      });
      this.request.end();
    });
    return within(opened, `the head of the event stream ${url}`).catch((error) => {
      this.request.destroy();
      throw error;
    });
  }

  read(response) {
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => {
      if (this.response !== response) return; // of a connection that was cut
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop();
      blocks.forEach((block) => this.take(block));
    });
    const done = () => { if (this.response === response) this.over = true; };
    response.on('error', done);
    response.on('close', done);
  }

  take(block) {
    const message = {};
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) {
        this.comments++;
        continue;
      }
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      message[name] = name === 'data' && message.data !== undefined ? `${message.data}\n${value}` : value;
    }
    if (message.data !== undefined) this.messages.push({ ...message, data: JSON.parse(message.data) });
  }

  // Stops reading, so that what is sent piles up on the way; and goes on.
  pause() {
    this.response.pause();
  }

  resume() {
    this.response.resume();
  }

  // As if the client had died: no goodbye, what is on its way is lost.
  cut() {
    this.response = null;
    this.request.destroy();
    this.over = true;
  }

  // The messages, once there are as many.
  async received(count, timeout) {
    await until(() => this.messages.length >= count, () => `${count} messages; there are ${this.messages.length}`, timeout);
    return this.messages;
  }
}

module.exports = { EventStream };
