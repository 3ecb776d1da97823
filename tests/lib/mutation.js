'use strict';
// mutation.js: a daemon under mutated SIP, by UDP, by TCP with broken framing, and from strangers, while
// calls are up that must not notice.

const assert = require('node:assert');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const { Daemon } = require('./daemon');
const { Dice } = require('./rogue');
const { Mutant, sdp } = require('./mutant');
const { Phone } = require('./phone');
const { until, within } = require('./wait');

const echo = '15550190001';
const batch = 200; // datagrams between two questions whether the daemon is there

async function socketAt(host, on) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', on);
  socket.on('error', () => {});
  await within(new Promise((resolve) => socket.bind(0, host, resolve)), `a socket at ${host}`);
  return socket;
}

class Mutation {
  // datagrams: how many; streams: connections; calls: mutated INVITEs may be answered, which takes half a
  // minute to be over.
  constructor({ seed = 1, datagrams = 200000, streams = 2000, calls = true } = {}) {
    Object.assign(this, { seed, datagrams, streams, calls });
    this.dice = new Dice(seed);
    this.phone = new Phone();
    this.answered = 0;
    this.toStrangers = 0;
  }

  async start() {
    this.daemon = new Daemon({
      test: { echo: [echo] },
      limits: { calls_per_second_per_source: 0, legs: 300 },
      log: { level: 'warning' },
      trunks: [{ name: 'carrier', proxy: 'sip:127.0.0.1:9', allow: ['127.0.0.1/32'] }],
    });
    await this.daemon.start();
    await this.phone.start();
    for (const line of ['a', 'b']) {
      await this.phone.call(line, this.daemon.uri(echo), { tone: line === 'a' ? 500 : 900 });
      await this.phone.up(line);
    }
    this.socket = await socketAt('127.0.0.1', (bytes) => this.take(bytes.toString('latin1')));
    this.stranger = await socketAt('127.0.0.77', () => this.toStrangers++);
    this.at = { host: '127.0.0.1', port: this.socket.address().port };
    this.mutant = new Mutant(this.dice, this.at, this.daemon.udp, this.calls ? [echo, '15550100404'] : ['15550100404']);
    this.guess = new Mutant(this.dice, { host: '127.0.0.77', port: this.stranger.address().port }, this.daemon.udp, [echo]);
    this.pings = new Set();
    await this.dial();
    return this;
  }

  send(text) {
    this.socket.send(text, this.daemon.udp, '127.0.0.1');
  }

  head(method, callId, tag, cseq, to = '') {
    const me = `${this.at.host}:${this.at.port}`;
    return [`${method} sip:${echo}@127.0.0.1:${this.daemon.udp} SIP/2.0`, `Via: SIP/2.0/UDP ${me};branch=z9hG4bK${method}${cseq}${callId};rport`, 'Max-Forwards: 70', `From: <sip:15550100001@${me}>;tag=${tag}`,
      `To: <sip:${echo}@127.0.0.1>${to}`, `Call-ID: ${callId}`, `CSeq: ${cseq} ${method}`, `Contact: <sip:m@${me}>`];
  }

  // A good call of our own, in which mutants are sent as well.
  async dial() {
    const callId = `standing-${this.dice.id()}`;
    const body = sdp(this.at.host);
    this.send([...this.head('INVITE', callId, 'm', 1), 'Content-Type: application/sdp', `Content-Length: ${body.length}`, '', body].join('\r\n'));
    await until(() => this.standing && this.standing.callId === callId, 'our own call to be answered');
    this.mutant.calls = [this.standing];
  }

  take(text) {
    if (/^SIP\/2\.0 200 /.test(text)) {
      const callId = (/^Call-ID: (\S+)/mi.exec(text) || [])[1] || '';
      if (this.pings.delete(callId)) return;
      const [, cseq, method] = /^CSeq: (\d+) (\S+)/mi.exec(text) || [];
      const to = (/^To:.*;tag=([^\s;>]+)/mi.exec(text) || [])[1];
      if (method !== 'INVITE' || !to) return;
      const from = (/^From:.*;tag=([^\s;>]+)/mi.exec(text) || [])[1] || '';
      this.send([...this.head('ACK', callId, from, cseq, `;tag=${to}`), 'Content-Length: 0', '', ''].join('\r\n'));
      if (callId.startsWith('standing-')) this.standing = { callId, from, to, cseq: Number(cseq) };
      else this.send([...this.head('BYE', callId, from, Number(cseq) + 1, `;tag=${to}`), 'Content-Length: 0', '', ''].join('\r\n'));
      this.answered++;
    } else if (/^(BYE|INVITE|OPTIONS|INFO|UPDATE) /.test(text)) {
      const copied = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq|v|f|t|i):/i.test(line));
      this.send(['SIP/2.0 481 Gone', ...copied, 'Content-Length: 0', '', ''].join('\r\n'));
    }
  }

  // Is it there? Also keeps us from sending faster than it reads.
  async ping() {
    const callId = `ping-${this.dice.id()}`;
    this.pings.add(callId);
    const end = Date.now() + 10000;
    for (let wait = 0; this.pings.has(callId); wait++) { // a datagram may be lost
      if (wait % 50 === 0) this.send([...this.head('OPTIONS', callId, `p${wait}`, 1 + wait), 'Content-Length: 0', '', ''].join('\r\n'));
      assert.ok(this.daemon.running, `offhookd is gone (${this.daemon.child.exitCode}, ${this.daemon.child.signalCode})\n${this.daemon.tail()}`);
      assert.ok(Date.now() < end, `offhookd does not answer\n${this.daemon.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, wait ? 5 : 0));
    }
  }

  async flood(count) {
    for (let i = 0; i < count; i++) {
      // a stranger knows no call; who does is told from a peer's other address by nothing
      if (this.dice.chance(0.1)) this.stranger.send(this.guess.next(), this.daemon.udp, '127.0.0.1');
      else this.socket.send(this.mutant.next(), this.daemon.udp, '127.0.0.1');
      if (i % batch === batch - 1) await this.ping();
    }
    await this.ping();
  }

  // One connection with broken framing.
  stream() {
    const { dice, mutant } = this;
    const socket = net.connect(this.daemon.tcp, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('data', () => {});
    const how = dice.below(8);
    const whole = () => Buffer.concat(Array.from({ length: 1 + dice.below(5) }, () => (dice.chance(0.5) ? mutant.next() : mutant.request())));
    const wrong = () => Buffer.from(mutant.request().toString('latin1').replace(/Content-Length: \d+/, `Content-Length: ${dice.pick([0, 1, 5, 100, 70000, 2 ** 31, 2 ** 32, -1, '', 'x', '1, 2'])}`), 'latin1');
    const send = (bytes) => { if (!socket.destroyed) socket.write(bytes); };
    if (how === 0) { // split at any byte
      const bytes = whole();
      for (let at = 0; at < bytes.length;) {
        const size = 1 + dice.below(dice.pick([3, 50, 500]));
        send(bytes.subarray(at, at + size));
        at += size;
      }
    } else if (how === 1) send(whole());
    else if (how === 2) send(Buffer.concat([wrong(), wrong(), mutant.request()]));
    else if (how === 3) send(mutant.request().subarray(0, 1 + dice.below(300))); // half-open
    else if (how === 4) send(Buffer.from(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nX: ${'x'.repeat(dice.pick([1000, 70000, 1 << 20]))}\r\n`));
    else if (how === 5) send(Buffer.from(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n${`X: ${dice.id()}\r\n`.repeat(dice.pick([10, 1000, 20000]))}\r\n`));
    else if (how === 6) send(Buffer.concat([Buffer.from('\r\n\r\n'.repeat(dice.below(2000))), mutant.request()]));
    else send(dice.bytes(1 + dice.below(4000)));
    if (dice.chance(0.5)) socket.end();
    return socket;
  }

  async connect(count) {
    const open = new Set();
    for (let i = 0; i < count; i++) {
      open.add(this.stream());
      if (open.size >= 40) {
        for (const socket of [...open].slice(0, 20)) {
          socket.destroy();
          open.delete(socket);
        }
        await this.ping();
      }
    }
    await this.ping();
    for (const socket of open) socket.destroy();
  }

  // The open files of the daemon; streams: with its TCP connections.
  descriptors(streams = true) {
    const { pid } = this.daemon.child;
    const tcp = new Set(fs.readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`));
    const links = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return ''; // closed just now
      }
    });
    return links.filter((to) => to && (streams || !tcp.has(to))).length;
  }

  // Waits until no more of them are open than there were. A connection whose peer has closed only its own
  // side goes after three silent minutes.
  async closed(before, streams, timeout) {
    await until(() => this.descriptors(streams) <= before, () => `${before} descriptors; there are ${this.descriptors(streams)}`, timeout);
  }

  // [MiB] that are in memory.
  memory() {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.daemon.child.pid}/status`, 'utf8'))[1]) / 1024;
  }

  // Nothing but the calls that should be up.
  async settled() {
    let held;
    await until(async () => {
      held = await this.daemon.metrics();
      const { offhook_legs: legs, offhook_dialogs: dialogs, offhook_media_ports: ports } = held; // a mutant may have ended our own
      return (legs === 2 || legs === 3) && ports === legs && dialogs === legs;
    }, () => `two or three calls to be left; held are ${JSON.stringify(Object.entries(held).filter(([name, value]) => value && /legs|ports|dialogs/.test(name)))}`, 60000);
  }

  async unharmed() {
    await this.phone.hears('a', [500]);
    await this.phone.hears('b', [900]);
    assert.strictEqual(this.toStrangers, 0, 'a stranger got an answer');
  }

  async stop() {
    for (const line of ['a', 'b']) await this.phone.hangup(line).catch(() => {});
    await this.phone.stop();
    if (this.standing) this.send([...this.head('BYE', this.standing.callId, 'm', 999999, `;tag=${this.standing.to}`), 'Content-Length: 0', '', ''].join('\r\n'));
    try {
      await this.daemon.idle({ timeout: 60000 });
      await this.daemon.stop();
    } finally {
      if (this.daemon.running) this.daemon.child.kill('SIGKILL');
      this.socket.close();
      this.stranger.close();
    }
  }
}

module.exports = { Mutation };
