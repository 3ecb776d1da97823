'use strict';
// sip-peer.js: a SIP phone of which the test says each message: one dialog over UDP, with sound of its
// own (PCMU), for holds, transfers and what else no other phone here does.

const crypto = require('node:crypto');
const dgram = require('node:dgram');
const { until, within } = require('./wait');

const bind = (socket) => within(new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve)), 'a UDP socket');
const field = (text, name) => (new RegExp(`^${name}: *(.*)\\r$`, 'mi').exec(text) || [])[1];

function ulaw(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const size = Math.min(Math.abs(sample), 32635) + 132;
  const exponent = Math.floor(Math.log2(size)) - 7;
  return ~(sign | (exponent << 4) | ((size >> (exponent + 3)) & 15)) & 0xff;
}

class SipPeer {
  constructor({ user = '15550100051', tone = 900 } = {}) {
    Object.assign(this, { user, tone, requests: [], responses: [], heard: 0, version: 0, cseq: 0, tag: crypto.randomUUID() });
  }

  async start() {
    [this.sip, this.rtp] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
    this.sip.on('message', (bytes, from) => this.take(bytes.toString('latin1'), from));
    this.rtp.on('message', () => { this.heard += 1; });
    await bind(this.sip);
    await bind(this.rtp);
    this.port = this.sip.address().port;
    this.talk();
    return this;
  }

  // Its tone goes to whom SDP named last, unless it says that it does not send.
  talk() {
    let [sequence, time] = [0, 0];
    const ssrc = crypto.randomInt(2 ** 32);
    this.timer = setInterval(() => {
      time += 160;
      if (!this.remote || !this.sends) return;
      const packet = Buffer.alloc(172);
      packet[0] = 0x80;
      sequence = (sequence + 1) & 0xffff;
      packet.writeUInt16BE(sequence, 2);
      packet.writeUInt32BE(time, 4);
      packet.writeUInt32BE(ssrc, 8);
      for (let i = 0; i < 160; i++) packet[12 + i] = ulaw(8000 * Math.sin((2 * Math.PI * this.tone * (time + i)) / 8000));
      this.rtp.send(packet, this.remote, '127.0.0.1');
    }, 20);
  }

  sdp(direction = 'sendrecv', host = '127.0.0.1') {
    this.version += 1;
    this.sends = /send/.test(direction);
    return ['v=0', `o=peer 1 ${this.version} IN IP4 127.0.0.1`, 's=-', `c=IN IP4 ${host}`, 't=0 0',
      `m=audio ${this.rtp.address().port} RTP/AVP 0`, `a=${direction}`, ''].join('\r\n');
  }

  write(lines, body = '') {
    const type = body && !lines.some((line) => line.startsWith('Content-Type:')) ? ['Content-Type: application/sdp'] : [];
    return Buffer.from([...lines, ...type, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
  }

  take(text, from) {
    const status = /^SIP\/2\.0 (\d+)/.exec(text);
    const port = /^m=audio (\d+)/m.exec(text);
    if (port) this.remote = Number(port[1]);
    if (status) this.responses.push({ status: Number(status[1]), text, cseq: field(text, 'CSeq') });
    else this.requested(text, from);
  }

  // Requests are answered 200, an INVITE as `invited` has it; repeated ones are kept once.
  requested(text, from) {
    const method = text.split(' ')[0];
    const again = this.requests.some((r) => field(r.text, 'Via') === field(text, 'Via') && r.method === method);
    if (!again) this.requests.push({ method, text });
    if (method === 'ACK') return;
    if (method === 'INVITE') Object.assign(this, { server: from.port, callId: field(text, 'Call-ID'), theirs: field(text, 'From'), own: `${field(text, 'To').replace(/;tag=.*/, '')};tag=${this.tag}` });
    const to = field(text, 'To').includes(';tag=') ? field(text, 'To') : `${field(text, 'To')};tag=${this.tag}`;
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${field(text, name)}`);
    const body = method === 'INVITE' ? this.sdp() : '';
    this.sip.send(this.write(['SIP/2.0 200 OK', ...copied, `To: ${to}`, `Contact: <sip:${this.user}@127.0.0.1:${this.port}>`], body), from.port, '127.0.0.1');
  }

  send(method, { headers = [], body = '', cseq } = {}) {
    const number = cseq || (this.cseq += 1);
    this.sip.send(this.write([`${method} ${this.target} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${crypto.randomUUID()}`, 'Max-Forwards: 70',
      `From: ${this.own}`, `To: ${this.theirs}`, `Call-ID: ${this.callId}`, `CSeq: ${number} ${method}`,
      `Contact: <sip:${this.user}@127.0.0.1:${this.port}>`, ...headers], body), this.server, '127.0.0.1');
    return `${number} ${method}`;
  }

  // A request and its final response.
  async ask(method, more) {
    const cseq = this.send(method, more);
    const final = () => this.responses.find((r) => r.cseq === cseq && r.status >= 200);
    const response = await until(final, () => `an answer to ${cseq}; there came ${JSON.stringify(this.responses.slice(-3))}`);
    if (method === 'INVITE') {
      if (field(response.text, 'Contact')) this.target = /<([^>]*)>/.exec(field(response.text, 'Contact'))[1];
      this.theirs = field(response.text, 'To');
      this.send('ACK', { cseq: Number(cseq.split(' ')[0]) });
    }
    return response;
  }

  // Calls a number of the daemon's, and is answered; or what came instead.
  call(number, server, { headers = [], direction = 'sendrecv' } = {}) {
    Object.assign(this, {
      server, callId: crypto.randomUUID(), own: `<sip:${this.user}@127.0.0.1>;tag=${this.tag}`,
      theirs: `<sip:${number}@127.0.0.1>`, target: `sip:${number}@127.0.0.1:${server}` });
    return this.ask('INVITE', { headers, body: this.sdp(direction) });
  }

  // What a Replaces says that means this call, as the daemon has it.
  replaces() {
    return `${this.callId};to-tag=${/;tag=([^;]*)/.exec(this.theirs)[1]};from-tag=${this.tag}`;
  }

  request(method, fits = () => true) {
    return until(() => this.requests.find((r) => r.method === method && fits(r.text)),
      () => `a ${method}; there came ${JSON.stringify(this.requests.map((r) => r.text.slice(0, 400)).slice(-4))}`);
  }

  // A test that failed leaves no call to the next one.
  async stop() {
    clearInterval(this.timer);
    const over = [...this.responses.map((r) => r.cseq), ...this.requests.map((r) => r.method)].some((text) => text.endsWith('BYE'));
    if (this.target && !over) await this.ask('BYE');
    await Promise.all([this.sip, this.rtp].map((s) => within(new Promise((resolve) => s.close(resolve)), 'a UDP socket to close')));
  }
}

module.exports = { SipPeer };
