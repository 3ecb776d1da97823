'use strict';
// Sound under SRTP with keys in SDP: baresip, whose SRTP is another one than ours, as caller and as
// callee; a trunk where it is optional, one where it is required; what is told when sound is in
// clear, or comes under a key that nobody told; and that no key is in the log.

const assert = require('node:assert');
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const test = require('../lib/test');
const { Baresip } = require('../lib/baresip');
const { RawSip, audio } = require('../lib/raw-sip');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { until, within } = require('../lib/wait');

const loud = 2000;
const strict = '15559900001'; // reached by the trunk that insists
const stage = new Stage({
  config: ({ phone }) => ({
    trunks: [
      { name: 'carrier', proxy: `sip:${phone.sip};transport=udp`, allow: ['127.0.0.0/8'], srtp: 'optional' },
      { name: 'strict', proxy: `sip:${phone.sip};transport=udp`, allow: ['127.0.0.2'], prefixes: ['155599'], srtp: 'required' }],
  }),
});
const { phone, app } = stage;

const hears = (peer, hz) => until(() => peer.heard(hz) > loud, () => `${peer.user} to hear ${hz} Hz; it hears ${peer.heard(hz)}`);
const savp = (port, keys) => audio(port, '0').replace('RTP/AVP', 'RTP/SAVP') + keys.map((key) => `a=crypto:${key}\r\n`).join('');
const key = (size) => crypto.randomBytes(size).toString('base64');
const suiteOf = () => stage.daemon.log.map((line) => /srtp id=\S+ suite=(\S+)/.exec(line)).filter(Boolean).map((m) => m[1]);

// A caller of bytes: what it is answered with, and what it offered.
async function offer(sdp, run) {
  const raw = await new RawSip().start();
  const callId = crypto.randomUUID();
  try {
    await raw.send(raw.request('INVITE', number, stage.daemon.udp, { body: sdp, callId }), stage.daemon.udp);
    const answer = await raw.answer(callId);
    const to = /^To: (.*)$/m.exec(answer)[1].trim();
    const next = (method, cseq) => raw.request(method, number, stage.daemon.udp, {
      callId, headers: { To: to, CSeq: `${cseq} ${method}`, From: /^From: (.*)$/m.exec(answer)[1].trim() } });
    await raw.send(next('ACK', 1), stage.daemon.udp);
    await run(answer, raw);
    if (/^SIP\/2.0 200/.test(answer)) {
      await raw.send(next('BYE', 2), stage.daemon.udp);
      await until(() => raw.got.find((text) => /CSeq: 2 BYE/.test(text)), () => `the 200 of the BYE: ${JSON.stringify(raw.got)}`);
    }
  } finally {
    await raw.stop();
  }
}

for (const [encryption, what] of [['srtp-mand', 'RTP/SAVP'], ['srtp', 'RTP/AVP with a=crypto']]) {
  test(`baresip calls under ${what}, and both hear each other`, async () => {
    await stage.fresh();
    const bare = await new Baresip({ user: '15550100021', tone: 1200, encryption }).start();
    try {
      app.on('answer', conference('secret'));
      bare.dial(stage.daemon.uri(number));
      await bare.wait('CALL_ESTABLISHED');
      await stage.dial('a');
      await phone.hears('a', [1200]);
      await hears(bare, 500);
      assert.ok(suiteOf().length > 0, stage.daemon.tail());
      await phone.hangup('a');
      bare.hangup();
      await app.event({ direction: 'inbound', from: '15550100021', status: 'completed' });
    } finally {
      await bare.stop();
    }
  });
}

test('baresip is called with ;media=srtp, which it does not see, and both hear each other', async () => {
  await stage.fresh();
  const bare = await new Baresip({ user: 'desk', tone: 1200, auto: true, encryption: 'srtp-mand' }).start();
  try {
    app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'sip', uri: `sip:desk@127.0.0.1:${bare.port};media=srtp` }] }]);
    await stage.dial('a');
    await bare.wait('CALL_ESTABLISHED');
    await phone.hears('a', [1200]);
    await hears(bare, 500);
    await phone.hangup('a');
    await bare.wait('CALL_CLOSED');
  } finally {
    await bare.stop();
  }
});

// The phone of the kit takes RTP/AVP only.
test(';media=srtp is never called in clear', async () => {
  await stage.fresh();
  app.on('answer', [{ action: 'connect', from: number, eventType: 'synchronous', endpoint: [{ type: 'sip', uri: `sip:desk@${phone.sip};media=srtp` }] }]);
  await stage.phone.call('a', stage.daemon.uri(number));
  await app.event({ direction: 'outbound', status: 'failed' });
  assert.deepStrictEqual(phone.events.filter((e) => e.event === 'answered' && e.line !== 'a'), []);
  assert.strictEqual(phone.events.filter((e) => e.event === 'incoming').length, 1, 'it is called once');
  await phone.over('a');
});

test('a trunk that requires it is never called in clear', async () => {
  await stage.fresh();
  app.on('answer', connect(strict));
  await stage.phone.call('a', stage.daemon.uri(number));
  await app.event({ direction: 'outbound', status: 'failed' });
  assert.deepStrictEqual(phone.events.filter((e) => e.event === 'answered' && e.line !== 'a'), []);
  assert.strictEqual(phone.events.filter((e) => e.event === 'incoming').length, 1, 'it is called once');
  await phone.over('a');
});

test('a trunk where it is optional is called in clear when it will have nothing else, and that is told', async () => {
  await stage.fresh();
  const counted = await stage.daemon.metrics();
  app.on('answer', connect());
  await stage.phone.call('a', stage.daemon.uri(number));
  await phone.incoming(callee); // which it refuses
  const { line } = await phone.incoming(callee);
  await phone.up('a');
  await phone.hears(line, [500]);
  await phone.hears('a', [700]);
  const out = await app.event({ direction: 'outbound', status: 'answered' });
  await until(() => stage.daemon.log.some((text) => /warning leg: media problem id=\S+ unprotected/.test(text) && text.includes(out.uuid)), () => stage.daemon.tail());
  const now = await stage.daemon.metrics();
  const name = 'offhook_media_problems_total{problem="unprotected"}';
  assert.ok(now[name] > counted[name], `${now[name]}`);
  await phone.hangup('a');
  await app.event({ direction: 'outbound', status: 'completed' });
});

const suites = [
  ['AES_CM_128_HMAC_SHA1_80', 30], ['AES_CM_128_HMAC_SHA1_32', 30], ['AEAD_AES_128_GCM', 28],
  ['AES_256_CM_HMAC_SHA1_80', 46], ['AEAD_AES_256_GCM', 44]];
for (const [suite, size] of suites) {
  test(`an offer of ${suite} is answered with it and a key of our own`, async () => {
    await stage.fresh();
    app.on('answer', conference('answered'));
    const theirs = key(size);
    await offer(savp(40000, [`7 ${suite} inline:${theirs}|2^31`]), (answer) => {
      assert.match(answer, /^SIP\/2.0 200/);
      assert.match(answer, /m=audio \d+ RTP\/SAVP 0\r/);
      const lines = answer.match(/a=crypto:.*/g);
      assert.strictEqual(lines.length, 1, answer);
      const [, tag, name, ours] = /^a=crypto:(\d+) (\S+) inline:(\S+)\r?$/.exec(lines[0]);
      assert.deepStrictEqual([tag, name], ['7', suite]);
      assert.strictEqual(Buffer.from(ours, 'base64').length, size);
      assert.notStrictEqual(ours, theirs);
    });
  });
}

test('of several suites AES-GCM is taken; one that we do not have is refused by its name', async () => {
  await stage.fresh();
  app.on('answer', conference('answered'));
  await offer(savp(40000, [`1 AES_CM_128_HMAC_SHA1_80 inline:${key(30)}`, `2 AEAD_AES_128_GCM inline:${key(28)}`]), (answer) => {
    assert.match(answer, /a=crypto:2 AEAD_AES_128_GCM inline:/);
  });
  await offer(savp(40000, [`1 F8_128_HMAC_SHA1_80 inline:${key(30)}`]), (answer) => {
    assert.match(answer, /^SIP\/2.0 488/);
    assert.match(answer, /Warning: 305 .*without a usable a=crypto, supported RTP\/AVP RTP\/SAVP AEAD_AES_128_GCM/);
  });
});

// Two keys of two calls have nothing in common.
test('each call has keys of its own', async () => {
  await stage.fresh();
  app.on('answer', conference('answered'));
  const keys = [];
  for (let i = 0; i < 3; i++) {
    await offer(savp(40000, [`1 AEAD_AES_128_GCM inline:${key(28)}`]), (answer) => keys.push(/inline:(\S+)/.exec(answer)[1]));
  }
  assert.strictEqual(new Set(keys).size, 3);
});

test('sound under a key that nobody told is not heard, and why is told', { timeout: 60000 }, async () => {
  await stage.fresh();
  app.on('answer', conference('secret'));
  await stage.dial('a');
  const socket = dgram.createSocket('udp4');
  await within(new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve)), 'a UDP socket');
  let timer;
  try {
    await offer(savp(socket.address().port, [`1 AES_CM_128_HMAC_SHA1_80 inline:${key(30)}`]), async (answer) => {
      assert.match(answer, /^SIP\/2.0 200/);
      const port = Number(/m=audio (\d+)/.exec(answer)[1]);
      let at = 0;
      timer = setInterval(() => {
        const packet = crypto.randomBytes(182);
        packet.writeUInt16BE(0x8000, 0);
        packet.writeUInt16BE(++at & 0xffff, 2);
        packet.writeUInt32BE(at * 160, 4);
        packet.writeUInt32BE(77, 8);
        socket.send(packet, port, '127.0.0.1');
      }, 20);
      await until(() => stage.daemon.log.some((line) => /media problem id=\S+ srtp_failure: Packets of 127\.0\.0\.1:\d+ do not authenticate/.test(line)), () => stage.daemon.tail(), 20000);
      await phone.hears('a', []);
    });
  } finally {
    clearInterval(timer);
    socket.close();
  }
  await phone.hangup('a');
});

// Neither ours nor theirs, at the most talkative level.
test('no key is in the log', () => {
  assert.ok(suiteOf().length > 5);
  assert.deepStrictEqual(stage.daemon.log.filter((line) => /inline:/.test(line)), []);
});

stage.finish();
