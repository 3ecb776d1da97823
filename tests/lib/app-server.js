'use strict';
// app-server.js: the application's side: it answers for calls and is told of them. Keeps
// every request in order of arrival; what it replies is a script of the test.

const http = require('node:http');
const { until, within } = require('./wait');

class AppServer {
  constructor() {
    this.requests = [];
    this.sockets = new Set();
    this.background = () => ''; // what else to tell when a wait is in vain
    this.server = http.createServer((request, response) => this.take(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.reset();
  }

  // Forgets what came, and goes back to the plain script: an empty NCCO, 200 to events.
  reset() {
    this.requests.length = 0;
    this.scripts = { answer: () => [], event: () => 204, fallback: () => [] };
  }

  async start(port = 0) {
    await within(new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    }), `the application server to listen on ${port}`);
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await within(new Promise((resolve) => this.server.close(resolve)), 'the application server to close');
  }

  url(path) {
    return `http://127.0.0.1:${this.port}/${path}`;
  }

  // script(request) gives what is replied to /name…: a status, an NCCO (array), or
  // { status, body, type, delay, destroy, headers }.
  on(name, script) {
    this.scripts[name] = typeof script === 'function' ? script : () => script;
    return this;
  }

  take(incoming, response) {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('error', () => {});
    incoming.on('end', async () => {
      const url = new URL(incoming.url, 'http://app');
      const text = Buffer.concat(chunks).toString();
      const query = [...url.searchParams];
      const request = {
        kind: url.pathname.split('/')[1],
        path: url.pathname,
        method: incoming.method,
        headers: incoming.headers,
        query,
        text,
        fields: incoming.method === 'GET' ? Object.fromEntries(query) : parsed(text),
        at: Date.now(),
      };
      this.requests.push(request);
      const script = this.scripts[request.kind];
      await reply(script ? await script(request) : 404, response);
    });
  }

  get events() {
    return this.requests.filter((r) => r.kind === 'event').map((r) => r.fields);
  }

  // The first request that fits, waiting for it to come.
  wait(fits, what, timeout) {
    return until(() => this.requests.find(fits), () => `${what}; there came ${this.told()}`, timeout);
  }

  // The fields of the first event webhook with all these values.
  async event(values, timeout) {
    const request = await this.wait(
      (r) => r.kind === 'event' && r.fields && Object.entries(values).every(([k, v]) => r.fields[k] === v),
      `event ${JSON.stringify(values)}`, timeout);
    return request.fields;
  }

  statuses(uuid) {
    return this.events.filter((e) => e.uuid === uuid && e.status).map((e) => e.status);
  }

  told() {
    const short = (r) => `${r.kind} ${r.text || JSON.stringify(r.fields)}`;
    return (this.requests.length ? this.requests.map(short).join('\n  ') : 'nothing') + this.background();
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Waits so long, or until nobody waits for the answer any more.
function hesitate(delay, response) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delay);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function reply(said, response) {
  const { status = 200, body, type = 'application/json', delay = 0, destroy = false, headers = {} } =
    typeof said === 'number' ? { status: said } : Array.isArray(said) ? { body: said } : said;
  if (delay) await hesitate(delay, response);
  if (destroy) return response.destroy();
  const text = body === undefined ? '' : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.on('error', () => {});
  response.writeHead(status, { ...(status === 204 ? {} : { 'content-type': type }), ...headers });
  return response.end(text);
}

module.exports = { AppServer };
