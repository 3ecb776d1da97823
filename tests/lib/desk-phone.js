'use strict';
// desk-phone.js: a user's phone as messages, by UDP or TCP: it registers with a password, is rung,
// and calls. It has no sound; what it was told is kept for the test to look at.

const crypto = require('node:crypto');
const dgram = require('node:dgram');
const net = require('node:net');
const { audio } = require('./raw-sip');
const { until, within } = require('./wait');

const hash = (algorithm, text) => crypto.createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5').update(text).digest('hex');
const id = () => crypto.randomBytes(8).toString('hex');

// A message as { start, method, status, headers: [[name, value]], get(name), all(name), body }.
function parse(text) {
  const [head, body = ''] = text.split('\r\n\r\n', 2);
  const [start, ...lines] = head.split('\r\n');
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()]);
  const all = (name) => headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  const response = /^SIP\/2\.0 (\d+)/.exec(start);
  return { start, text, headers, body, all, get: (name) => all(name)[0],
    status: response ? Number(response[1]) : 0, method: response ? null : start.split(' ')[0] };
}

// Cuts what came by TCP into messages.
function cut(buffer) {
  const messages = [];
  let rest = buffer;
  for (;;) {
    while (rest.startsWith('\r\n')) rest = rest.slice(2);
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return [messages, rest];
    const length = Number((/^(?:Content-Length|l)\s*:\s*(\d+)/im.exec(rest.slice(0, end)) || [0, 0])[1]);
    if (rest.length < end + 4 + length) return [messages, rest];
    messages.push(rest.slice(0, end + 4 + length));
    rest = rest.slice(end + 4 + length);
  }
}

class DeskPhone {
  // daemon: whom it registers with; host: its own; behind: what it believes its address to be.
  constructor(daemon, { user, password, login = user, domain = 'phones.test', transport = 'udp', host = '127.0.0.1', behind, algorithm = 'MD5' }) {
    Object.assign(this, { daemon, user, password, login, domain, transport, host, behind, algorithm });
    this.got = [];
    this.callId = `reg-${id()}`;
    this.cseq = 0;
    this.answering = 180; // the status that an INVITE is answered with
  }

  async start() {
    const take = (text) => this.take(parse(text));
    if (this.transport === 'udp') {
      this.socket = dgram.createSocket('udp4');
      this.socket.on('message', (bytes) => take(bytes.toString('latin1')));
      await within(new Promise((resolve) => this.socket.bind(0, this.host, resolve)), 'a UDP socket');
      this.port = this.socket.address().port;
    } else {
      await within(new Promise((resolve, reject) => {
        this.socket = net.connect({ port: this.daemon.tcp, host: '127.0.0.1', localAddress: this.host }, resolve);
        this.socket.on('error', reject);
      }), 'a TCP connection');
      this.port = this.socket.localPort;
      let rest = '';
      this.socket.on('data', (bytes) => {
        const [messages, left] = cut(rest + bytes.toString('latin1'));
        rest = left;
        messages.forEach(take);
      });
    }
    this.address = this.behind || `${this.host}:${this.port}`;
    return this;
  }

  send(text) {
    if (this.transport === 'udp') this.socket.send(text, this.daemon.udp, '127.0.0.1');
    else this.socket.write(text);
  }

  get contact() {
    return `sip:${this.user}@${this.address}${this.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  request(method, uri, headers, body = '') {
    const lines = Object.entries(headers).filter(([, value]) => value !== null).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
    return [`${method} ${uri} SIP/2.0`, `Via: SIP/2.0/${this.transport.toUpperCase()} ${this.address};branch=z9hG4bK${id()};rport`,
      'Max-Forwards: 70', ...lines, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
  }

  // The proof that a challenge asks for.
  proof(method, uri, response) {
    const challenge = response.all('WWW-Authenticate').find((line) => line.includes(`algorithm=${this.algorithm}`) || (this.algorithm === 'MD5' && !/algorithm=/.test(line)));
    const read = (name) => (new RegExp(`${name}="([^"]*)"`).exec(challenge) || [])[1];
    const [realm, nonce, cnonce] = [read('realm'), read('nonce'), id()];
    const sum = (text) => hash(this.algorithm, text);
    const digest = sum(`${sum(`${this.login}:${realm}:${this.password}`)}:${nonce}:00000001:${cnonce}:auth:${sum(`${method}:${uri}`)}`);
    return `Digest username="${this.login}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${digest}", algorithm=${this.algorithm}, cnonce="${cnonce}", qop=auth, nc=00000001`;
  }

  // since: how many messages had come before.
  final(callId, cseq, since) {
    const is = (m) => m.status >= 200 && m.get('Call-ID') === callId && m.get('CSeq') === cseq;
    return until(() => this.got.slice(since).find(is), () => `a final answer to ${cseq}; ${this.user} got ${JSON.stringify(this.got.map((m) => m.start))}`);
  }

  // Sends a request, and once more with a proof when it is asked for one. Resolves with the answer.
  async ask(method, uri, headers, { body = '', callId = `call-${id()}`, next = () => ++this.cseq, proving = true } = {}) {
    const number = next();
    const all = { 'Call-ID': callId, ...headers };
    const since = this.got.length;
    this.send(this.request(method, uri, { ...all, CSeq: `${number} ${method}` }, body));
    const first = await this.final(callId, `${number} ${method}`, since);
    if (method === 'INVITE' && first.status >= 300) this.acknowledge(uri, first, all, number);
    if (first.status !== 401 || !proving) return first;
    const again = next();
    this.send(this.request(method, uri, { ...all, CSeq: `${again} ${method}`, Authorization: this.proof(method, uri, first) }, body));
    const last = await this.final(callId, `${again} ${method}`, since);
    if (method === 'INVITE' && last.status >= 300) this.acknowledge(uri, last, all, again);
    return last;
  }

  acknowledge(uri, response, headers, number) {
    const via = response.get('Via').replace(/;received=[^;]*|;rport=\d+/g, '');
    this.send([`ACK ${uri} SIP/2.0`, `Via: ${via}`, 'Max-Forwards: 70', `From: ${headers.From}`, `To: ${response.get('To')}`,
      `Call-ID: ${headers['Call-ID']}`, `CSeq: ${number} ACK`, 'Content-Length: 0', '', ''].join('\r\n'));
  }

  // What a REGISTER is answered. contact: one, several, or null for none.
  register({ expires = 600, contact = `<${this.contact}>`, to = this.user, domain = this.domain, headers = {}, ...more } = {}) {
    return this.ask('REGISTER', `sip:${domain}`, {
      From: `<sip:${to}@${domain}>;tag=${id()}`, To: `<sip:${to}@${domain}>`, Contact: contact,
      Expires: expires === null ? null : String(expires), 'User-Agent': 'desk phone', ...headers,
    }, { callId: this.callId, ...more });
  }

  // Calls; resolves with the final answer.
  async call(to, { from = this.user, headers = {} } = {}) {
    const uri = `sip:${to}@${this.domain}`;
    const response = await this.ask('INVITE', uri, {
      From: `<sip:${from}@${this.domain}>;tag=${id()}`, To: `<${uri}>`, Contact: `<${this.contact}>`, ...headers,
    }, { body: audio(40000) });
    return response;
  }

  take(message) {
    this.got.push(message);
    if (!message.method) return;
    if (message.method === 'INVITE') this.invited(message);
    else if (message.method !== 'ACK') this.respond(message, 200);
    if (message.method === 'CANCEL') this.respond(this.last('INVITE'), 487);
  }

  invited(invite) {
    this.tag = this.tag || id();
    this.respond(invite, 180);
    if (this.answering !== 180) this.respond(invite, this.answering);
  }

  respond(request, status) {
    const sdp = status === 200 && request.method === 'INVITE' ? audio(40002, '0') : '';
    const copied = request.headers.filter(([name]) => /^(Via|From|Call-ID|CSeq|Record-Route)$/i.test(name)).map(([name, value]) => `${name}: ${value}`);
    this.send([`SIP/2.0 ${status} ${status === 180 ? 'Ringing' : 'So'}`, ...copied, `To: ${request.get('To')}${/;tag=/.test(request.get('To')) ? '' : `;tag=${this.tag}`}`,
      `Contact: <${this.contact}>`, ...(sdp ? ['Content-Type: application/sdp'] : []), `Content-Length: ${sdp.length}`, '', sdp].join('\r\n'));
  }

  last(method) {
    return this.got.filter((m) => m.method === method).pop();
  }

  wait(method) {
    return until(() => this.last(method), () => `${method} at ${this.user}; it got ${JSON.stringify(this.got.map((m) => m.start))}`);
  }

  answer() {
    this.respond(this.last('INVITE'), 200);
  }

  stop() {
    if (this.transport === 'udp') return within(new Promise((resolve) => this.socket.close(resolve)), 'a UDP socket to close');
    this.socket.destroy();
    return undefined;
  }
}

module.exports = { DeskPhone };
