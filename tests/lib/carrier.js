'use strict';
// carrier.js: a SIP carrier as a script has it, by UDP on loopback: what it answers to calls, OPTIONS
// and REGISTER, and every request it got, as text.

const crypto = require('node:crypto');
const dgram = require('node:dgram');
const { until, within } = require('./wait');

const answerSdp = (port) => ['v=0', 'o=carrier 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
  `m=audio ${port} RTP/AVP 0`, ''].join('\r\n');

// A request or response: its first line, fields by name in small letters (a list each), body, text.
function read(text) {
  const [head, body = ''] = text.split('\r\n\r\n');
  const [first, ...lines] = head.split('\r\n');
  const fields = {};
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).trim().toLowerCase();
    (fields[name] = fields[name] || []).push(line.slice(at + 1).trim());
  }
  const [method, uri] = first.split(' ');
  return { first, method, uri, fields, body, text, header: (name) => (fields[name.toLowerCase()] || [])[0] };
}

const md5 = (text) => crypto.createHash('md5').update(text).digest('hex');

// Does the request prove the password (MD5, qop=auth)?
function proves(request, { user, password, realm }) {
  const value = request.header('authorization') || request.header('proxy-authorization');
  if (!value) return false;
  const said = Object.fromEntries([...value.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, k, a, b]) => [k, a === undefined ? b : a]));
  const a1 = md5(`${user}:${realm}:${password}`);
  const a2 = md5(`${request.method}:${said.uri}`);
  return said.username === user && said.response === md5([a1, said.nonce, said.nc, said.cnonce, said.qop, a2].join(':'));
}

class Carrier {
  // Each is a status, a list of statuses, or a function of the request that gives one of these or
  // { status, headers, body }. account: { user, password, realm }: asked for, of calls by 407, of
  // registrations by 401.
  constructor({ invite = 200, options = 200, register = 200, account } = {}) {
    Object.assign(this, { invite, options, register, account });
    this.requests = [];
  }

  async start(port = 0) {
    this.socket = dgram.createSocket('udp4');
    this.socket.on('message', (bytes, from) => this.take(read(bytes.toString('latin1')), from));
    await within(new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.bind(port, '127.0.0.1', resolve);
    }), 'a carrier to have its port');
    this.port = this.socket.address().port;
    return this;
  }

  get proxy() {
    return `sip:127.0.0.1:${this.port}`;
  }

  // Every request of the method, once each: what was sent again is passed over.
  got(method) {
    const seen = new Set();
    return this.requests.filter((r) => r.method === method && !seen.has(r.header('via')) && seen.add(r.header('via')));
  }

  wait(method, count = 1) {
    return until(() => this.got(method).length >= count && this.got(method)[count - 1],
      () => `${count} ${method}; there came ${this.requests.map((r) => r.first).join(', ') || 'nothing'}`);
  }

  reset() {
    this.requests.length = 0;
  }

  take(request, from) {
    if (request.method.startsWith('SIP/')) return;
    this.requests.push(request);
    const script = { INVITE: this.invite, OPTIONS: this.options, REGISTER: this.register }[request.method];
    if (request.method === 'ACK') return;
    if (request.method === 'CANCEL') {
      this.answer(request, from, 200);
      if (this.ringing) this.answer(this.ringing, from, 487);
      return;
    }
    if (script === undefined) { // BYE …
      this.answer(request, from, 200);
      return;
    }
    if (this.account && ['INVITE', 'REGISTER'].includes(request.method) && !proves(request, this.account)) {
      const calls = request.method === 'INVITE';
      this.answer(request, from, {
        status: calls ? 407 : 401,
        headers: { [calls ? 'Proxy-Authenticate' : 'WWW-Authenticate']: `Digest realm="${this.account.realm}", nonce="n${this.requests.length}", algorithm=MD5, qop="auth"` },
      });
      return;
    }
    const said = typeof script === 'function' ? script(request) : script;
    for (const one of Array.isArray(said) ? said : [said]) this.answer(request, from, one);
  }

  answer(request, from, said) {
    const { status, headers = {}, body } = typeof said === 'number' ? { status: said } : said;
    if (!status) return; // no answer at all
    this.ringing = request.method === 'INVITE' && status < 200 ? request : request.method === 'INVITE' ? null : this.ringing;
    const tag = /;tag=/.test(request.header('to')) ? '' : `;tag=${md5(request.header('call-id')).slice(0, 8)}`;
    const sdp = body !== undefined ? body : request.method === 'INVITE' && status === 200 ? answerSdp(this.port + 1) : '';
    const lines = [`SIP/2.0 ${status} Said`, ...request.fields.via.map((via) => `Via: ${via}`),
      `From: ${request.header('from')}`, `To: ${request.header('to')}${tag}`, `Call-ID: ${request.header('call-id')}`,
      `CSeq: ${request.header('cseq')}`,
      request.method === 'REGISTER' && status === 200 ? `Contact: ${request.header('contact')};expires=60` : `Contact: <sip:carrier@127.0.0.1:${this.port}>`,
      ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`), ...(sdp ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(sdp)}`, '', sdp];
    this.socket.send(lines.join('\r\n'), from.port, from.address);
  }

  stop() {
    return this.socket ? within(new Promise((resolve) => this.socket.close(resolve)), 'a carrier to close') : null;
  }
}

module.exports = { Carrier, answerSdp, read };
