'use strict';
// recogniser.js: a speech recognition server as doc/engines.md has it. A tone is a word here:
// the strongest of `words` in an utterance is its text. Keeps every request, with what was in
// its WAV, and can be as bad as servers are.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { folder } = require('./place');
const { amplitude, readWav } = require('./sound');
const { pause, until } = require('./wait');

const words = { 440: 'yes', 620: 'no', 850: 'operator', 1000: 'four' }; // by Hz
const audible = 300; // the least amplitude that is speech

// What is wrong with an utterance's form, or null.
function faultOf(bytes) {
  if (bytes.length < 44 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 16) !== 'WAVEfmt ') return 'not a WAV file';
  const [kind, channels, rate, bits] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt16LE(34)];
  if (kind !== 1 || channels !== 1 || rate !== 16000 || bits !== 16) return `format ${kind}, ${channels} channels, ${rate} Hz, ${bits} bits`;
  if (bytes.readUInt32LE(4) + 8 !== bytes.length) return `RIFF of ${bytes.readUInt32LE(4) + 8} bytes in a body of ${bytes.length}`;
  return null;
}

// Its length [ms], the span in it that is loud, and what is said there.
function heard(samples, rate, table) {
  const step = rate / 100;
  const loud = [];
  for (let at = 0; at + step <= samples.length; at += step) {
    const frame = samples.subarray(at, at + step);
    const rms = Math.sqrt(frame.reduce((sum, s) => sum + s * s, 0) / step);
    if (rms * Math.SQRT2 > audible) loud.push(at / step);
  }
  const ms = (samples.length * 1000) / rate;
  if (loud.length === 0) return { ms, loudMs: 0, text: null };
  const span = samples.subarray(loud[0] * step, (loud.at(-1) + 1) * step);
  const tones = Object.keys(table).map((hz) => ({ hz: Number(hz), strength: amplitude(span, Number(hz), rate) }));
  const best = tones.sort((a, b) => b.strength - a.strength)[0];
  const rms = Math.sqrt(span.reduce((sum, s) => sum + s * s, 0) / span.length);
  const confidence = Math.min(1, best.strength / (rms * Math.SQRT2));
  return { ms, loudMs: (span.length * 1000) / rate, hz: best.hz, text: confidence > 0.5 ? table[best.hz] : null, confidence };
}

class Recogniser {
  // mode: 'right', or 'slow' (after `delay` ms), 'dead' (never), 'closed', 'status' (of
  // `status`), 'error' (says so), 'garbage' (no JSON), 'huge' (more than may be sent).
  constructor({ table = words, secret } = {}) {
    this.table = table;
    this.secret = secret;
    this.requests = [];
    this.sockets = new Set();
    this.file = path.join(folder(), 'utterance.wav');
    this.set('right');
    this.server = http.createServer((request, response) => this.take(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  set(mode, { delay = 1000, status = 500, message = 'the model is not loaded' } = {}) {
    Object.assign(this, { mode, delay, status, message });
    return this;
  }

  async start() {
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/recognise`;
    return this;
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  // The n-th request, waiting for it to come.
  async request(n) {
    await until(() => this.requests.length > n, () => `request ${n} of the recogniser; there came ${this.requests.length}`);
    return this.requests[n];
  }

  take(incoming, response) {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('error', () => {});
    response.on('error', () => {});
    incoming.on('end', () => this.reply(this.keep(incoming, Buffer.concat(chunks)), response));
  }

  keep(incoming, bytes) {
    const url = new URL(incoming.url, 'http://recogniser');
    const fault = faultOf(bytes);
    const request = {
      method: incoming.method,
      path: url.pathname,
      headers: incoming.headers,
      language: url.searchParams.get('language'),
      context: url.searchParams.getAll('context'),
      sensitivity: url.searchParams.get('sensitivity'),
      leg: url.searchParams.get('leg'),
      application: url.searchParams.get('application'),
      bytes: bytes.length,
      fault,
    };
    if (!fault) {
      fs.writeFileSync(this.file, bytes);
      const { rate, samples } = readWav(this.file);
      Object.assign(request, heard(samples, rate, this.table));
    }
    this.requests.push(request);
    return request;
  }

  // What a good server says of a request.
  judge(request) {
    if (request.method !== 'POST') return [405, { error: 'POST only' }];
    if (this.secret && request.headers.authorization !== this.secret) return [401, { error: 'who are you?' }];
    if (request.headers['content-type'] !== 'audio/wav') return [415, { error: 'audio/wav only' }];
    if (request.fault) return [400, { error: request.fault }];
    if (!request.text) return [200, { results: [] }];
    const best = { text: request.text, confidence: Math.round(request.confidence * 1000) / 1000 };
    return [200, { results: [{ text: `${request.text}?`, confidence: best.confidence / 2 }, best] }];
  }

  async reply(request, response) {
    if (this.mode === 'dead') return undefined;
    if (this.mode === 'closed') return response.destroy();
    if (this.mode === 'slow') await pause(this.delay);
    const [status, body] = this.mode === 'status' ? [this.status, {}]
      : this.mode === 'error' ? [200, { error: this.message }]
        : this.mode === 'garbage' ? [200, '<html>']
          : this.mode === 'huge' ? [200, { results: [{ text: 'x'.repeat(1 << 20), confidence: 1 }] }]
            : this.judge(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    return response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

module.exports = { Recogniser, words };
