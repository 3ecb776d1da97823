'use strict';
// rogue.js: a SIP peer without manners, by seed. As a caller it cancels, forgets, repeats and
// vanishes; as a callee (a trunk's proxy) it answers too late, twice, with garbage, or not at
// all. It keeps just enough state to be wrong at the worst moment. tidy() makes it polite.

const crypto = require('node:crypto');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const { audio } = require('./raw-sip');
const { within } = require('./wait');

// Numbers by seed (mulberry32), so that a run can be had again.
class Dice {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  number() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n) {
    return Math.floor(this.number() * n);
  }

  chance(p) {
    return this.number() < p;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  bytes(size) {
    return Buffer.from(Array.from({ length: size }, () => this.below(256)));
  }

  id() {
    return this.bytes(12).toString('hex');
  }
}

const garbage = ['', 'v=0', 'hello', 'v=0\r\nm=audio 99999999 RTP/AVP 0\r\n', `v=0\r\n${'a=x\r\n'.repeat(300)}`,
  audio(9, '18'), audio(9, '').replace('RTP/AVP ', 'RTP/AVP'), audio(0), audio(9).replace('127.0.0.1', 'nowhere.invalid'),
  audio(9).replace('c=IN IP4 127.0.0.1', 'c=IN IP6 ::1'), audio(9).replace('RTP/AVP', 'RTP/SAVP')];

function parse(text) {
  const cut = text.indexOf('\r\n\r\n');
  const [first, ...lines] = (cut < 0 ? text : text.slice(0, cut)).split('\r\n');
  const message = { first, vias: [], headers: {}, body: cut < 0 ? '' : text.slice(cut + 4), status: 0 };
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).toLowerCase();
    const value = line.slice(at + 1).trim();
    if (name === 'via') message.vias.push(value);
    else message.headers[name] = value;
  }
  const status = /^SIP\/2\.0 (\d{3})/.exec(first);
  if (status) message.status = Number(status[1]);
  message.method = status ? message.headers.cseq.split(' ')[1] : first.split(' ')[0];
  return message;
}

const mediaPort = (sdp) => Number((/^m=audio (\d+)/m.exec(sdp) || [])[1] || 0);
const inAngles = (value) => (/<([^>]+)>/.exec(value || '') || [])[1];

class Rogue {
  constructor(seed, { stubborn = false } = {}) {
    this.dice = new Dice(seed);
    this.calls = new Map(); // by Call-ID
    this.timers = new Set();
    this.polite = false;
    this.stubborn = stubborn;
    this.counts = {};
  }

  async start(daemonPort) {
    this.daemonPort = daemonPort;
    this.socket = await this.bound((bytes) => this.take(bytes));
    this.media = await this.bound(() => {});
    this.port = this.socket.address().port;
    this.sound = setInterval(() => this.speak(), 100);
    return this;
  }

  bound(take) {
    const socket = dgram.createSocket('udp4', take);
    return within(new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket))), 'a UDP socket');
  }

  count(what) {
    this.counts[what] = (this.counts[what] || 0) + 1;
  }

  // What was said in a call, for who looks for the cause of something.
  keep(way, text) {
    if (!process.env.OFFHOOK_TRACE) return;
    const id = (/^Call-ID: *(\S+)/im.exec(text) || [])[1];
    fs.appendFileSync(process.env.OFFHOOK_TRACE, `${new Date().toISOString()} ${id} ${(this.calls.get(id) || {}).plan} ${way} ${JSON.stringify(text)}\n`);
  }

  after(ms, run) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
  }

  send(text) {
    this.keep('>', text);
    this.socket.send(text, this.daemonPort, '127.0.0.1', () => {});
  }

  sdp() {
    return audio(this.media.address().port, this.dice.pick(['0 101', '8 101', '0 8 101', '0']));
  }

  // ---- as a caller ----

  call(to, from) {
    const { dice } = this;
    const plan = dice.pick(['plain', 'plain', 'plain', 'cancel', 'cancel', 'cancel-then-ack', 'never-ack', 'late-ack', 'bye-early',
      'bye-at-once', 'vanish', 'garbage', 'late-offer', 'no-answer-offer', 'repeat', 'duplicate', 'reinvite', 'reinvite-glare', 'refuse-bye',
      'bye-twice', 'reinvite-bye', 'update']);
    this.count(`caller ${plan}`);
    const call = {
      id: dice.id(), plan, to, from, cseq: 1, tag: dice.id(), branch: `z9hG4bK${dice.id()}`, incoming: false,
      length: dice.below(3000), remote: `<sip:${to}@127.0.0.1:${this.daemonPort}>`, target: `sip:${to}@127.0.0.1:${this.daemonPort}`, up: false,
    };
    this.calls.set(call.id, call);
    const offer = plan === 'garbage' ? dice.pick(garbage) : plan.endsWith('-offer') ? '' : this.sdp();
    const invite = this.request(call, 'INVITE', offer);
    this.send(invite);
    if (plan === 'repeat') for (let i = 0; i < 4; i++) this.after(dice.below(600), () => this.send(invite));
    if (plan === 'duplicate') this.after(dice.below(400), () => this.send(invite.replace(/branch=\S+?;/, `branch=z9hG4bK${dice.id()};`).replace(/;tag=\w+/, ';tag=other')));
    if (plan.startsWith('cancel')) this.after(dice.below(dice.pick([5, 100, 1500])), () => this.send(this.request(call, 'CANCEL')));
    if (plan === 'bye-early') this.after(dice.below(500), () => this.bye(call));
    if (plan === 'vanish') this.after(dice.below(1000), () => { call.gone = true; });
  }

  request(call, method, body = '', { cseq = call.cseq, branch = call.branch, us } = {}) {
    const own = `<sip:${call.from}@127.0.0.1:${this.port}>`;
    const fields = [
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=${branch};rport`, 'Max-Forwards: 70',
      `From: ${us || `${call.own || own};tag=${call.tag}`}`, `To: ${call.remote}`, `Call-ID: ${call.id}`, `CSeq: ${cseq} ${method}`,
      `Contact: ${own}`, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${Buffer.byteLength(body)}`];
    return [`${method} ${call.target} SIP/2.0`, ...fields, '', body].join('\r\n');
  }

  // A new request in a dialog.
  ask(call, method, body = '') {
    call.cseq++;
    call.last = { method, branch: `z9hG4bK${this.dice.id()}`, cseq: call.cseq };
    this.send(this.request(call, method, body, call.last));
  }

  bye(call) {
    if (call.over) return;
    call.over = true;
    this.ask(call, 'BYE');
  }

  take(bytes) {
    this.keep('<', bytes.toString('latin1'));
    const message = parse(bytes.toString('latin1'));
    const call = this.calls.get(message.headers['call-id']);
    if (!message.headers.cseq) return;
    if (message.status) this.response(message, call);
    else this.asked(message, call);
  }

  response(message, call) {
    if (!call || message.method !== 'INVITE' || (call.gone && !this.polite)) return;
    const cseq = Number(message.headers.cseq.split(' ')[0]);
    if (message.status < 200) return;
    const branch = /branch=([^;]+)/.exec(message.vias[0])[1];
    const remote = call.remote;
    if (message.status >= 300) {
      call.remote = message.headers.to;
      this.send(this.request(call, 'ACK', '', { cseq, branch, us: message.headers.from }));
      call.remote = remote;
      if (!call.up) call.over = true;
      return;
    }
    this.answered(message, call, cseq);
  }

  answered(message, call, cseq) {
    const first = !call.up;
    call.up = true;
    if (first) call.remote = message.headers.to;
    call.target = inAngles(message.headers.contact) || call.target;
    call.sound = mediaPort(message.body);
    const ack = () => {
      const remote = call.remote;
      call.remote = message.headers.to;
      this.send(this.request(call, 'ACK', call.plan === 'late-offer' && cseq === 1 ? this.sdp() : '',
        { cseq, branch: `z9hG4bK${this.dice.id()}`, us: message.headers.from }));
      call.remote = remote;
    };
    if (!this.polite && call.plan === 'never-ack') return;
    if (!this.polite && call.plan === 'late-ack' && first) this.after(1500, ack);
    else if (!(call.plan === 'bye-at-once' && first)) ack();
    if (!first) return;
    this.misbehave(call);
    this.after(call.plan === 'bye-at-once' ? 0 : call.length, () => {
      this.bye(call);
      if (call.plan === 'bye-twice') this.ask(call, 'BYE');
    });
  }

  misbehave(call) {
    const { dice } = this;
    if (call.plan.startsWith('reinvite')) {
      this.ask(call, 'INVITE', dice.chance(0.2) ? dice.pick(garbage) : this.sdp());
      if (call.plan === 'reinvite-glare') this.ask(call, 'INVITE', this.sdp());
      if (call.plan === 'reinvite-bye') this.bye(call);
      if (dice.chance(0.3)) this.send(this.request(call, 'CANCEL', '', call.last));
    }
    if (call.plan === 'update') this.ask(call, 'UPDATE', dice.chance(0.3) ? dice.pick(garbage) : this.sdp());
  }

  // ---- as a callee ----

  reply(message, status, { tag = 'x', body = '', more = [] } = {}) {
    const to = /;tag=/.test(message.headers.to) ? message.headers.to : `${message.headers.to};tag=${tag}`;
    const fields = [...message.vias.map((v) => `Via: ${v}`), `From: ${message.headers.from}`, `To: ${to}`, `Call-ID: ${message.headers['call-id']}`,
      `CSeq: ${message.headers.cseq}`, `Contact: <sip:callee@127.0.0.1:${this.port}>`, ...more, ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`];
    this.send([`SIP/2.0 ${status} Whatever`, ...fields, '', body].join('\r\n'));
  }

  asked(message, call) {
    if (message.method === 'INVITE' && !call && this.polite) return this.reply(message, 480);
    if (message.method === 'INVITE' && !call) return this.ring(message);
    if (message.method === 'INVITE' && !call.up && message.headers.cseq !== call.invite.headers.cseq) return this.reply(message, 480); // tried again after 401, 422 …
    if (message.method === 'INVITE' && !call.up && this.polite) return this.reply(message, 480);
    if (message.method === 'INVITE') return call.up ? this.reply(message, this.dice.pick([200, 488, 491]), { body: this.sdp() }) : undefined;
    if (message.method === 'ACK') return undefined;
    if (this.polite || !call) {
      this.reply(message, 200);
      if (message.method === 'BYE' && call) call.over = true;
      if (message.method === 'CANCEL' && call && !call.up) this.reply(call.invite, 487, { tag: call.tag });
      return undefined;
    }
    if (call.gone || (call.plan === 'refuse-bye' && message.method === 'BYE' && this.dice.chance(0.5))) return undefined;
    if (message.method === 'CANCEL') return this.cancelled(message, call);
    call.over = true;
    return this.reply(message, call.plan === 'refuse-bye' ? 481 : 200);
  }

  cancelled(message, call) {
    if (call.plan === 'ignore-cancel') return;
    this.reply(message, 200);
    if (call.plan === 'answer-the-cancel') this.accept(call);
    else if (!call.up && call.plan !== 'cancel-unfinished') this.reply(call.invite, 487, { tag: call.tag });
  }

  accept(call, body = this.sdp()) {
    if (call.over) return;
    call.up = true;
    call.remote = call.invite.headers.from;
    call.own = call.invite.headers.to;
    call.target = inAngles(call.invite.headers.contact);
    call.sound = mediaPort(call.invite.body);
    this.reply(call.invite, 200, { tag: call.tag, body });
  }

  ring(invite) {
    const { dice } = this;
    const plan = dice.pick(['answer', 'answer', 'answer', 'answer', 'busy', 'busy', 'ignore', 'ring-on', 'early', 'answer-bye', 'answer-the-cancel', 'cancel-unfinished',
      'ignore-cancel', 'garbage', 'garbage-early', 'no-body', 'fork', 'answer-twice', 'redirect', 'odd-status', 'vanish', 'bad-contact', 'refuse-bye']);
    this.count(`callee ${plan}`);
    const call = { id: invite.headers['call-id'], plan, invite, cseq: 100, tag: dice.id(), incoming: true, from: 'callee', up: false };
    this.calls.set(call.id, call);
    if (plan === 'ignore') return;
    if (dice.chance(0.7)) this.reply(invite, 100);
    if (dice.chance(0.7)) this.reply(invite, dice.pick([180, 180, 181, 183]), { tag: call.tag });
    this.after(dice.below(dice.pick([5, 300, 1500])), () => this.decide(call));
  }

  decide(call) {
    const { dice } = this;
    const { invite, plan, tag } = call;
    const bye = () => this.bye(call);
    if (call.over || call.up) return;
    if (plan === 'busy') this.reply(invite, dice.pick([486, 480, 404, 603, 500, 503, 600, 408]), { tag });
    else if (plan === 'redirect') this.reply(invite, 302, { tag });
    else if (plan === 'odd-status') this.reply(invite, dice.pick([399, 499, 699, 401, 407, 422, 491]), { tag });
    else if (plan === 'bad-contact') this.reply(invite, 200, { tag, body: this.sdp(), more: ['Contact: *', 'Record-Route: <foo>'] });
    else if (plan.endsWith('early')) this.reply(invite, 183, { tag, body: plan === 'early' ? this.sdp() : dice.pick(garbage) });
    else if (plan === 'garbage') this.accept(call, dice.pick(garbage));
    else if (plan === 'no-body') this.accept(call, '');
    else if (!['ring-on', 'answer-the-cancel', 'cancel-unfinished', 'ignore-cancel'].includes(plan)) this.accept(call);
    if (plan === 'fork') this.reply(invite, 200, { tag: 'fork', body: this.sdp() });
    if (plan === 'answer-twice') this.after(dice.below(50), () => this.accept(call));
    if (plan === 'early') this.after(dice.below(500), () => this.accept(call));
    if (plan === 'vanish') call.gone = true;
    if (plan === 'answer-bye') bye();
    else if (call.up && dice.chance(0.7)) this.after(dice.below(3000), bye);
  }

  // ---- sound and noise ----

  speak() {
    for (const call of this.calls.values()) {
      if (!call.sound || call.over || call.gone) continue;
      call.rtp = ((call.rtp || 0) + 1) & 0xffff;
      this.media.send(this.packet(call), call.sound + (this.dice.chance(0.05) ? 1 : 0), '127.0.0.1', () => {});
    }
  }

  packet(call) {
    const { dice } = this;
    const header = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    header.writeUInt16BE(call.rtp, 2);
    header.writeUInt32BE(call.rtp * 160, 4);
    if (dice.chance(0.7)) return Buffer.concat([header, Buffer.alloc(160, 0xd5)]);
    if (dice.chance(0.3)) return dice.bytes(dice.below(1600));
    header[0] = dice.pick([0x00, 0x40, 0xc0, 0x8f, 0x90, 0xa0, 0xbf]); // version, CSRC count, extension, padding
    header[1] = dice.pick([0, 8, 101, 72, 127, 200, 201, 203, 255]);
    if (dice.chance(0.5)) header.writeUInt32BE(dice.below(2 ** 32), 8);
    return Buffer.concat([header, dice.bytes(dice.pick([0, 1, 4, 160, 161, 1400]))]);
  }

  // A TCP connection cut amid a message, or with rubbish after it.
  tcp(port, to) {
    const call = { id: this.dice.id(), from: '15550100001', to, cseq: 1, tag: this.dice.id(), branch: `z9hG4bK${this.dice.id()}`,
      remote: `<sip:${to}@127.0.0.1>`, target: `sip:${to}@127.0.0.1:${port}` };
    const whole = this.dice.chance(0.4);
    // nobody would ever acknowledge the answer to a whole INVITE
    const text = this.request(call, whole && !this.stubborn ? 'OPTIONS' : 'INVITE', this.sdp()).replace('SIP/2.0/UDP', 'SIP/2.0/TCP');
    const part = whole ? `${text}${this.dice.bytes(30).toString('latin1')}` : text.slice(0, this.dice.below(text.length));
    const stay = this.dice.below(800);
    this.count('tcp cut');
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(part);
      this.after(stay, () => (this.dice.chance(0.5) ? socket.destroy() : socket.resetAndDestroy()));
    });
    socket.on('error', () => {});
    socket.on('data', () => {});
  }

  // Ends what would go on for ever, and no more.
  leave() {
    for (const call of this.calls.values()) if (call.up && !call.gone) this.bye(call);
  }

  // From now on it acknowledges, agrees to each BYE and ends what it has.
  tidy() {
    this.polite = true;
    for (const call of this.calls.values()) {
      if (call.up && !call.over) this.bye(call);
      else if (call.incoming && !call.up) this.reply(call.invite, 480, { tag: call.tag });
      else if (!call.up && !call.over) this.send(this.request(call, 'CANCEL'));
    }
  }

  // Sound to a port that is closed would keep it resting for ever.
  hush() {
    for (const call of this.calls.values()) call.sound = 0;
  }

  stop() {
    clearInterval(this.sound);
    for (const timer of this.timers) clearTimeout(timer);
    this.socket.close();
    this.media.close();
  }
}

module.exports = { Dice, Rogue };
