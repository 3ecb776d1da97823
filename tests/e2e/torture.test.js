'use strict';
// The 49 messages of RFC 4475 over the wire, by UDP and by TCP: each is answered, or dropped, as its
// section says. Two calls are up all the while.

const assert = require('node:assert');
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, conference } = require('../lib/stage');
const { source } = require('../lib/place');
const { until, within } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;
const folder = path.join(source, 'tests/fixtures/rfc4475');
const unserved = [401, 403, 404, 405, 501]; // a REGISTER, by the rules of who registers

// By section: the final statuses that are right. none: it must be dropped. tcp: where a stream differs.
const expected = {
  // 3.1.1: valid
  wsinv: [481], // its To has a tag of no dialog here
  esc01: [404], escnull: unserved, esc02: [501, 405], lwsdisp: [200], longreq: [404], dblreq: unserved, semiuri: [200], transports: [200], mpart01: [405, 501],
  // quotes a NUL, where the text of a header ends for every parser in C
  intmeth: 'none',
  unreason: 'none', noreason: 'none',
  // 3.1.2: invalid. What the section lets one repair may be served.
  badinv01: [400], ncl: [400], scalar02: [400], quotbal: [400], ltgtruri: [400], lwsruri: [400], lwsstart: [400, 404], trws: [400, 200], escruri: [400, 404], baddate: [400, 404],
  regbadct: [400], badaspec: [400, 200], baddn: { udp: [400], tcp: 'none' /* no end of headers */ }, clerr: { udp: [400], tcp: 'none' /* the rest may come */ },
  badvers: [505], mismatch01: [400], mismatch02: [400, 501], scalarlg: 'none', bigcode: 'none',
  // 3.2 and 3.3: transactions, application
  badbranch: [200, 400], insuf: [400], unkscm: [416], novelsc: [416], unksm2: [400, 416, ...unserved], bext01: [420], invut: [415], regaut01: unserved, multi01: [400],
  mcl01: [400], bcast: 'none', zeromf: [483, 200], cparam01: [200, ...unserved], cparam02: [200, ...unserved], regescrt: [200, 400, ...unserved], sdp01: [406],
  // 3.4: an old peer. A stream needs a Content-Length.
  inv2543: { udp: [404], tcp: [400] },
};
const fields = { bext01: /^Unsupported: .*nothingSupportsThis/mi, invut: /^Accept: .*application\/sdp/mi, sdp01: /^Accept: .*application\/sdp/mi };

// An address of its own on loopback, so that the ports its Vias name are free: answers go there.
class Far {
  async start() {
    this.host = `127.${64 + crypto.randomInt(64)}.${crypto.randomInt(256)}.${1 + crypto.randomInt(254)}`;
    this.got = [];
    this.sockets = [];
    for (const port of [5060, 5050, 5070]) { // the ports that Vias name
      const socket = dgram.createSocket('udp4');
      socket.on('message', (bytes) => this.got.push(bytes.toString('latin1')));
      await within(new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.bind(port, this.host, resolve);
      }), `port ${port} of ${this.host}`);
      this.sockets.push(socket);
    }
    return this;
  }

  udp(bytes) {
    return within(new Promise((resolve) => this.sockets[0].send(bytes, stage.daemon.udp, '127.0.0.1', resolve)), 'a datagram to be sent');
  }

  async tcp(bytes) {
    this.connection = net.connect({ port: stage.daemon.tcp, host: '127.0.0.1', localAddress: this.host });
    this.connection.on('data', (chunk) => this.got.push(chunk.toString('latin1')));
    this.connection.on('error', () => {});
    await within(new Promise((resolve) => this.connection.write(bytes, resolve)), 'bytes to be sent');
  }

  // The final answers to a Call-ID so far; by TCP several may be in one chunk.
  finals(callId) {
    const texts = this.got.join('\r\n').split(/(?=^SIP\/2\.0 \d{3} )/m);
    return texts.filter((text) => /^SIP\/2\.0 [2-6]/.test(text) && text.includes(callId));
  }

  hangUp() {
    if (this.connection) this.connection.destroy();
  }

  stop() {
    this.hangUp();
    for (const socket of this.sockets) socket.close();
  }
}

const callIdOf = (text) => (/^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)/mi.exec(text) || [])[1] || 'no Call-ID';
const ping = (by, callId) => [
  `OPTIONS sip:${callId}@127.0.0.1 SIP/2.0`, `Via: SIP/2.0/${by} after.example.com;branch=z9hG4bK${callId}`, 'Max-Forwards: 70', `From: <sip:a@127.0.0.1>;tag=${callId}`,
  'To: <sip:b@127.0.0.1>', `Call-ID: ${callId}`, 'CSeq: 1 OPTIONS', 'Content-Length: 0', '', ''].join('\r\n');

async function torture(far, name, by) {
  const bytes = fs.readFileSync(path.join(folder, `${name}.dat`));
  const callId = callIdOf(bytes.toString('latin1'));
  const wanted = Array.isArray(expected[name]) || expected[name] === 'none' ? expected[name] : expected[name][by];
  far.got.length = 0;
  await far[by](bytes);
  if (wanted !== 'none') {
    await until(() => far.finals(callId).length || (callId === 'no Call-ID' && far.finals('').length), () => `an answer to ${name} by ${by}; there came ${JSON.stringify(far.got)}`);
    const [answer] = far.finals(callId === 'no Call-ID' ? '' : callId);
    assert.ok(wanted.includes(Number(answer.slice(8, 11))), `${name} by ${by}: ${answer}`);
    if (fields[name]) assert.match(answer, fields[name], name);
  }
  // what it leads to, if it leads to anything, has come before the answer to what follows it
  const after = `after-${name}-${by}-${crypto.randomUUID()}`;
  await far.udp(ping('UDP', after));
  await until(() => far.finals(after).length, () => `the daemon to answer after ${name} by ${by}`);
  if (wanted === 'none') assert.deepStrictEqual(far.finals(callId), [], `${name} by ${by}`);
  const asked = far.got.filter((text) => !text.startsWith('SIP/2.0'));
  assert.deepStrictEqual(asked, [], `${name} by ${by} made us ask`);
  far.hangUp();
}

for (const by of ['udp', 'tcp']) {
  test(`each torture message of RFC 4475 is answered or dropped as it should be, by ${by.toUpperCase()}`, async () => {
    await stage.fresh();
    const names = fs.readdirSync(folder).filter((f) => f.endsWith('.dat')).map((f) => f.replace('.dat', ''));
    assert.deepStrictEqual(names.sort(), Object.keys(expected).sort());
    app.on('answer', conference('steady'));
    await stage.dial('a', { tone: 1900 });
    await stage.dial('b', { tone: 2100 });
    await phone.hears('a', [2100]);
    const far = await new Far().start();
    try {
      for (const name of names) await torture(far, name, by);
    } finally {
      far.stop();
    }
    await phone.hears('a', [2100]);
    await phone.hears('b', [1900]);
    for (const line of ['a', 'b']) await phone.hangup(line);
  });
}

stage.finish();
