'use strict';
// IPv4 and IPv6 at once: an offer is answered in its own family (RFC 6157), and calls of one family
// are bridged with calls of the other.

const assert = require('node:assert');
const dgram = require('node:dgram');
const test = require('../lib/test');
const { Phone } = require('../lib/phone');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { until, within } = require('../lib/wait');

const both = ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'udp:[::1]:0', 'tcp:[::1]:0'];
const trunks = (stage) => [{ name: 'carrier', proxy: `sip:${stage.phone.sip}`, allow: ['127.0.0.0/8', '::1'] }];

class Dual extends Stage {
  constructor(rtp) {
    super({ config: { sip: { listen: both }, rtp } });
    this.six = new Phone('--address', '::1');
  }

  async start() {
    await this.six.start();
    await this.phone.start();
    this.phone.start = async () => this.phone;
    this.config.trunks = trunks(this);
    await super.start();
    const at = (transport) => Number(new RegExp(`${transport}:\\[::1\\]:(\\d+)`).exec(this.daemon.ready[1])[1]);
    this.port6 = at('udp');
    this.six.background = this.phone.background;
  }

  async fresh() {
    await super.fresh();
    await this.six.clear();
    await this.daemon.idle();
    this.six.events.length = 0;
    await this.six.accept({ policy: 'answer', tone: 1100 });
    return this;
  }

  uri6(to) {
    return `sip:${to}@[::1]:${this.port6}`;
  }

  async end() {
    await super.end();
    await this.six.stop();
  }
}

const stage = new Dual({ address6: '::1' });
const { phone, six, app } = stage;

// What a caller is answered: a raw INVITE, by UDP of one family with an offer of a family.
async function answered(on, signalling, sdp) {
  const v6 = signalling === 6;
  const socket = dgram.createSocket(v6 ? 'udp6' : 'udp4');
  const got = [];
  socket.on('message', (bytes) => got.push(bytes.toString('latin1')));
  await within(new Promise((resolve) => socket.bind(0, v6 ? '::1' : '127.0.0.1', resolve)), 'a socket');
  const [host, us, port] = v6 ? ['[::1]', '::1', on.port6] : ['127.0.0.1', '127.0.0.1', on.daemon.udp];
  const me = `${host}:${socket.address().port}`;
  const id = `${signalling}-${Math.random()}`;
  const request = (method, to, branch, body) => [`${method} sip:${number}@${host}:${port} SIP/2.0`, `Via: SIP/2.0/UDP ${me};branch=z9hG4bK${branch}`, 'Max-Forwards: 70',
    `From: <sip:15550100001@${me}>;tag=${id}`, `To: <sip:${number}@${host}>${to}`, `Call-ID: ${id}`, `CSeq: ${method === 'BYE' ? 2 : 1} ${method}`, `Contact: <sip:a@${me}>`,
    ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`, '', body].join('\r\n');
  const send = (text) => socket.send(text, port, us);
  try {
    send(request('INVITE', '', `i${id}`, sdp || ''));
    const final = await until(() => got.find((text) => /^SIP\/2\.0 [2-6]/.test(text)), () => `an answer; there came ${JSON.stringify(got)}`);
    const to = `;tag=${/^To:.*;tag=(\S+)/mi.exec(final)[1]}`;
    const ok = final.startsWith('SIP/2.0 200');
    send(request('ACK', to, ok ? `a${id}` : `i${id}`, ok && !sdp ? offer(6) : ''));
    if (ok) {
      got.length = 0;
      send(request('BYE', to, `b${id}`, ''));
      await until(() => got.find((text) => /^SIP\/2\.0 200/.test(text) && /BYE/.test(text)), 'the end');
    }
    return final;
  } finally {
    socket.close();
  }
}

const offer = (family) => {
  const at = family === 6 ? 'IN IP6 ::1' : 'IN IP4 127.0.0.1';
  return ['v=0', `o=raw 1 1 ${at}`, 's=-', `c=${at}`, 't=0 0', 'm=audio 9 RTP/AVP 0', ''].join('\r\n');
};

for (const [signalling, family] of [[4, 4], [6, 6], [4, 6], [6, 4]]) {
  test(`an offer of IPv${family} in an INVITE by IPv${signalling} is answered with IPv${family}`, async () => {
    await stage.fresh();
    app.on('answer', conference('families'));
    const final = await answered(stage, signalling, offer(family));
    assert.match(final, /^SIP\/2\.0 200 /);
    assert.match(final, family === 6 ? /^c=IN IP6 ::1\r$/m : /^c=IN IP4 127\.0\.0\.1\r$/m);
    assert.match(final, signalling === 6 ? /^Contact: .*@?\[::1\]:\d+/mi : /^Contact: .*127\.0\.0\.1:\d+/mi);
  });
}

test('who makes no offer is offered the family it signals by', async () => {
  await stage.fresh();
  app.on('answer', conference('families'));
  assert.match(await answered(stage, 6, ''), /^c=IN IP6 ::1\r$/m);
});

test('a caller by IPv6 and a callee by IPv4 hear each other', async () => {
  await stage.fresh();
  app.on('answer', connect(callee));
  await six.call('a', stage.uri6(number), { tone: 500 });
  await six.up('a');
  const { line } = await phone.incoming(callee);
  await six.hears('a', [700]);
  await phone.hears(line, [500]);
  await six.send('hold', { line: 'a', on: true });
  await phone.hears(line, []);
  await six.send('hold', { line: 'a', on: false });
  await phone.hears(line, [500]);
  await six.hangup('a');
  await phone.over(line);
});

test('a caller by IPv4 and a callee by IPv6 hear each other; so do two by IPv6', async () => {
  await stage.fresh();
  app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'sip', uri: `sip:callee@${six.sip}` }] }]);
  await stage.dial('a', { tone: 500 });
  const { line } = await six.incoming('callee');
  await phone.hears('a', [1100]);
  await six.hears(line, [500]);
  await six.call('b', stage.uri6(number), { tone: 1300 });
  await six.up('b');
  const second = await six.incoming('callee');
  await six.hears('b', [1100]);
  await six.hears(second.line, [1300]);
  await phone.hangup('a');
  await six.hangup('b');
  await six.over(line);
  await six.over(second.line);
});

test('without rtp.address6 an offer of IPv6 is refused, and the refusal says why', async () => {
  const four = new Dual({});
  try {
    await four.fresh();
    four.app.on('answer', conference('families'));
    const final = await answered(four, 6, offer(6));
    assert.match(final, /^SIP\/2\.0 488 /);
    assert.match(final, /^Warning: .*offered IPv6, supported IPv4/mi);
    assert.match(await answered(four, 6, offer(4)), /^SIP\/2\.0 200 /);
  } finally {
    await four.end();
  }
});

stage.finish();
