'use strict';
// bot.js: a WebSocket server that takes part in calls: keeps what it is told, measures the tone
// it hears and sends one. One server may have many connections; the last is the one meant.

const http = require('node:http');
const { need } = require('./modules');
const { until, within } = require('./wait');

// The amplitude of a tone in samples (Goertzel).
function strength(samples, hz, rate) {
  const w = (2 * Math.PI * hz) / rate;
  let a = 0, b = 0;
  for (const sample of samples) [a, b] = [sample + 2 * Math.cos(w) * a - b, a];
  return (2 * Math.sqrt(Math.max(0, a * a + b * b - 2 * Math.cos(w) * a * b))) / samples.length;
}

class Bot {
  constructor() {
    this.connections = [];
    this.upgrades = []; // headers of the requests
  }

  async start() {
    const { WebSocketServer } = need('ws');
    this.http = http.createServer((request, response) => response.writeHead(404).end());
    this.server = new WebSocketServer({ noServer: true });
    this.raw = new Set();
    this.http.on('connection', (socket) => {
      this.raw.add(socket);
      socket.on('close', () => this.raw.delete(socket));
      socket.on('error', () => {});
    });
    this.http.on('upgrade', (request, socket, head) => {
      this.upgrades.push({ url: request.url, headers: request.headers });
      if (this.refuse) return void this.refuse(request, socket);
      this.server.handleUpgrade(request, socket, head, (ws) => this.connections.push(new Connection(ws, socket)));
    });
    await within(new Promise((resolve) => this.http.listen(0, '127.0.0.1', resolve)), 'the bot to listen');
    this.port = this.http.address().port;
    return this;
  }

  // refuse(request, socket) takes the place of the upgrade.
  reset({ refuse } = {}) {
    for (const socket of this.raw) socket.destroy();
    this.connections.length = this.upgrades.length = 0;
    this.refuse = refuse;
  }

  endpoint(rate, more = {}) {
    return { type: 'websocket', uri: `ws://127.0.0.1:${this.port}/bot?a=1`, 'content-type': `audio/l16;rate=${rate}`, ...more };
  }

  // The nth connection, once it was told that it is one.
  async connection(n = 0) {
    const up = await until(() => this.connections[n], `connection ${n} to the bot`);
    await up.told('websocket:connected');
    return up;
  }

  async stop() {
    this.reset();
    await within(new Promise((resolve) => this.http.close(resolve)), 'the bot to close');
  }
}

class Connection {
  constructor(ws, socket) {
    Object.assign(this, { ws, socket, messages: [], sizes: new Set(), samples: [], frames: 0, first: undefined });
    ws.on('message', (data, binary) => this.take(data, binary));
    ws.on('close', (code) => { this.code = code; this.silence(); });
    ws.on('error', () => {});
  }

  take(data, binary) {
    if (this.first === undefined) this.first = binary ? 'sound' : 'text';
    if (!binary) return void this.messages.push(JSON.parse(data));
    this.frames++;
    this.sizes.add(data.length);
    for (let i = 0; i < data.length; i += 2) this.samples.push(data.readInt16LE(i));
    if (this.samples.length > 9600) this.samples.splice(0, this.samples.length - 9600);
  }

  get rate() {
    return Number(this.messages[0]['content-type'].split('rate=')[1]);
  }

  told(event, count = 1) {
    return until(() => this.messages.filter((m) => m.event === event)[count - 1],
      () => `${event} (${count}); there came ${JSON.stringify(this.messages)}`);
  }

  async closed() {
    await until(() => this.code !== undefined, 'the connection to be closed');
    return this.code;
  }

  // Whether a tone is in the last tenth of a second.
  hearsNow(hz, least = 500) {
    const count = this.rate / 10;
    return this.samples.length >= count && strength(this.samples.slice(-count), hz, this.rate) > least;
  }

  hears(hz) {
    return until(() => this.hearsNow(hz), `the bot to hear ${hz} Hz`);
  }

  // Waits until it is quiet.
  quiet(hz) {
    return until(() => this.samples.length && !this.hearsNow(hz, 100), `the bot not to hear ${hz} Hz`);
  }

  // So many frames of a tone, at once.
  tone(hz, frames) {
    const size = this.rate / 50;
    for (let f = 0; f < frames; f++) {
      const frame = Buffer.alloc(size * 2);
      for (let i = 0; i < size; i++)
        frame.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * hz * (f * size + i)) / this.rate)), i * 2);
      this.ws.send(frame);
    }
  }

  say(message) {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  silence() {
    this.samples.length = 0;
  }
}

module.exports = { Bot };
