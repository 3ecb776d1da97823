'use strict';
// rogue-client.js: one request of whatever kind, and what must hold for its reply: in time, with
// a status and a body as /openapi.json has it. What replies name is kept for later requests.

const assert = require('node:assert');
const http = require('node:http');
const { token } = require('./jwt');
const { application } = require('./stage');
const { slow } = require('./wait');

const key = 'abcd1234';
const secret = 'a secret';
const loose = new Set([200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 431, 503]);
// What a file may be answered with beside, when a part or a version of it is asked for (RFC 9110, 13 and 14).
const partial = new Set([206, 304, 416]);

// What is passed as a path that a table of operations can be asked for.
const segments = (at) => at.split('?')[0].split('/').slice(1);

class RogueClient {
  // What is set later: daemon, dice, keys (by application), pool, and of /openapi.json api, operations.
  constructor(clients) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: clients + 4 });
    this.tokens = new Map();
    this.knocks = []; // [id, application]
    this.done = new Map(); // operation -> how often it succeeded
    this.asked = 0;
    this.down = false; // the daemon was killed: replies are not expected
  }

  bearer(app = application, more = {}) {
    const name = `${app}${JSON.stringify(more)}`;
    if (!this.tokens.has(name)) this.tokens.set(name, token(app, this.keys[app].privateKey, { exp: Math.floor(Date.now() / 1000) + 80000, ...more }));
    return this.tokens.get(name);
  }

  credentials(operation, app) {
    const [scheme] = ((operation && operation.security) || []).flatMap(Object.keys);
    if (scheme === 'token') return `Bearer ${this.bearer(app)}`;
    return scheme ? `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}` : undefined;
  }

  operation(method, at) {
    const parts = segments(at);
    const fits = (o) => o.method === method && o.parts.length === parts.length && o.parts.every((p, i) => p === parts[i] || p.startsWith('{'));
    const literal = (o) => o.parts.filter((p) => !p.startsWith('{')).length;
    return (this.operations || []).filter(fits).sort((a, b) => literal(b) - literal(a))[0];
  }

  // Sends it and judges the reply; gives that, or nothing when the daemon was killed meanwhile.
  // app: whose token; judged: false when the reply may be any that is documented anywhere.
  async send(method, at, { body, raw, headers = {}, app, judged = true } = {}) {
    const known = this.operation(method, at);
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const authorization = this.credentials(known && known.operation, app);
    const all = { ...(authorization ? { authorization } : {}), ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }), ...headers };
    const what = `${method} ${at.slice(0, 300)} ${JSON.stringify(headers).slice(0, 200)} ${payload === undefined ? '' : JSON.stringify(payload.toString('latin1')).slice(0, 600)}`;
    this.asked++;
    try {
      const reply = await this.exchange(method, at, all, payload);
      if (judged && known && method !== 'HEAD') this.api.check(known.name, what, reply);
      this.judge(method, what, reply);
      if (judged && known && reply.status < 300 && payload !== undefined && !headers['idempotency-key']) this.allowed(known, what, payload);
      if (known && reply.status < 300) this.done.set(known.name, (this.done.get(known.name) || 0) + 1);
      if (known && known.name !== 'GET /openapi.json') this.note(method, at, reply, app);
      return reply;
    } catch (error) {
      if (this.down) return { status: 0, body: {}, text: '' };
      error.message = `${what}: ${error.message}`;
      this.failed ||= error;
      throw this.failed;
    }
  }

  exchange(method, at, headers, payload, again = true) {
    const { hostname, port } = new URL(this.daemon.base);
    const patience = (/^\/v2\/applications/.test(at) && method === 'POST' ? 20000 : 5000) * slow; // key pairs are made one by one
    return new Promise((resolve, reject) => {
      const request = http.request({ hostname, port, method, path: at, headers, agent: this.agent }, (response) => {
        const chunks = [];
        const finish = () => {
          clearTimeout(late);
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headers, text, body: parsed(text), streamed: /event-stream/.test(response.headers['content-type']) });
          if (!response.complete) request.destroy();
        };
        response.on('error', reject);
        response.on('data', (chunk) => { chunks.push(chunk); });
        response.on('end', finish);
        if (/event-stream/.test(response.headers['content-type'])) setTimeout(finish, this.dice.below(100));
      });
      const late = setTimeout(() => request.destroy(new Error(`no reply within ${patience} ms\n${this.daemon.tail(10)}`)), patience);
      request.on('error', (error) => {
        clearTimeout(late);
        // the daemon may have closed a connection that was idle
        if (again && request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code)) resolve(this.exchange(method, at, headers, payload, false));
        else reject(error);
      });
      request.end(payload);
    });
  }

  // What holds for every reply.
  judge(method, what, { status, headers, text, body, streamed }) {
    const tell = `${what}: ${status} ${headers['content-type']} ${text.slice(0, 400)}`;
    assert.ok(status < 500 || status === 503, tell);
    assert.ok(loose.has(status) || (partial.has(status) && / \/v[13]\/files\//.test(what)), tell);
    if (status === 204 || status === 304 || status === 416 || method === 'HEAD') return assert.strictEqual(text, '', tell);
    if (streamed || (status < 300 && /^(application\/octet-stream|audio\/|text\/plain)/.test(headers['content-type']))) return undefined;
    assert.match(headers['content-type'] || '', /^application\/json(;|$)/, tell);
    return assert.notStrictEqual(body, undefined, tell);
  }

  // What was done must be what the document lets one ask for; formats are looked at more loosely here.
  allowed({ at, method, operation }, what, payload) {
    const sent = parsed(payload.toString());
    if (!operation.requestBody || sent === undefined) return;
    const valid = this.api.validator(`openapi#/paths/${encodeURIComponent(at.replaceAll('~', '~0').replaceAll('/', '~1'))}/${method.toLowerCase()}/requestBody/content/application~1json/schema`);
    const faults = valid(sent) ? [] : valid.errors.filter((e) => e.keyword !== 'format' && e.keyword !== 'anyOf');
    assert.deepStrictEqual(faults.map((e) => `${e.instancePath} ${e.message}`), [], `${what}: done, though the document forbids it`);
  }

  // The ids of the first things in a reply: of one, or of a list in any version.
  ids(body) {
    const { _embedded: embedded } = body || {};
    const list = [body, embedded, embedded && embedded.events, embedded && embedded.members, embedded && embedded.data && Object.values(embedded.data)[0]].find(Array.isArray);
    return (list ? list.slice(0, 5) : [body || {}]).map((item) => item.id || item.member_id).filter(Boolean);
  }

  // Takes from a reply what later requests may name.
  note(method, at, { status, body }, app) {
    if (status >= 300) return;
    if (method === 'DELETE') return void this.pool.drop(segments(at).pop());
    const [, room, kind] = /\/conversations\/([^/?]+)\/(member|event)s/.exec(at) || [];
    for (const id of kind ? this.ids(body) : []) this.pool.pair(kind, room, id);
    if (/knocking/.test(at) && body) {
      this.pool.add('knock', body.id);
      this.knocks.push([body.id, app]);
    } else if (/applications/.test(at) && body && body.keys && body.keys.private_key) {
      this.keys[body.id] = { privateKey: body.keys.private_key };
      this.pool.add('application', body.id);
    } else if (/\/legs/.test(at) && body && body.id) this.pool.add('leg', body.id);
    else this.pool.learn(body);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

module.exports = { RogueClient, key, secret, segments };
