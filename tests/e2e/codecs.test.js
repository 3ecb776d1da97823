'use strict';
// Every codec with every other, in packets of every length; who chooses; codecs that change in a
// call; and what browsers, old phones and baresip offer.

const assert = require('node:assert');
const dgram = require('node:dgram');
const test = require('../lib/test');
const { Baresip } = require('../lib/baresip');
const { Phone } = require('../lib/phone');
const { RawSip } = require('../lib/raw-sip');
const { Sipp } = require('../lib/sipp');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { until } = require('../lib/wait');

const all = ['PCMU', 'PCMA', 'G722', 'G729', 'GSM', 'speex', 'speex/8000', 'L16', 'L16/8000', 'L16/48000', 'opus'];
const wide = ['G722', 'L16', 'L16/48000', 'opus', 'opus/16000'];
const far = new Phone('--address', '127.0.0.2'); // comes by the trunk with codecs of its own
const raw = new RawSip();
const toOwn = '15551000001';
const toRaw = '15552000001';

const stage = new Stage({ config: { rtp: { codecs: all }, get trunks() {
  const proxy = (at) => `sip:${at};transport=udp`;
  return [
    { name: 'carrier', proxy: proxy(stage.phone.sip), allow: ['127.0.0.0/8'] },
    { name: 'own', proxy: proxy(stage.phone.sip), prefixes: ['15551'], allow: ['127.0.0.2'], codecs: ['G729', 'PCMA'], ptime: 30 },
    { name: 'raw', proxy: proxy(`127.0.0.1:${raw.port}`), prefixes: ['15552'], codecs: ['PCMU', 'opus'] }];
} } });
const { phone, app } = stage;

const peers = Promise.all([far.start(), raw.start()]);
peers.catch(() => {});

async function fresh() {
  await peers;
  await far.clear();
  await stage.fresh();
  far.events.length = 0;
}

// The strongest tone that a line hears, if it is loud enough.
async function strongest(line, of = phone) {
  const { tones } = await of.send('heard', { line, window: 200 });
  const most = tones.reduce((a, b) => (b.amplitude > a.amplitude ? b : a), { hz: 0, amplitude: 0 });
  return most.amplitude > 1500 ? most.hz : 0;
}

async function hears(line, hz, of = phone) {
  let now;
  await until(async () => {
    now = await strongest(line, of);
    return now === hz;
  }, () => `${line} to hear ${hz} Hz; it hears ${now} most\nthe daemon's log:\n${stage.daemon.tail(25)}`);
}

// A call between two phones; resolves with the callee's line.
async function between(mine, theirs, { call = {}, accept = {}, tones = [500, 700] } = {}) {
  await fresh();
  app.on('answer', connect());
  await phone.accept({ policy: 'answer', tone: tones[1], codecs: theirs, ...accept });
  await stage.dial('a', { codecs: mine, tone: tones[0], ...call });
  const { line } = await phone.incoming(callee);
  await phone.up(line);
  return line;
}

const codecOf = async (line) => (await phone.event(line, 'answered')).codec;
const name = (codec) => codec.replace(/\/.*/, '');

for (const [i, mine] of all.entries()) {
  for (const theirs of all.slice(i)) {
    test(`${mine} and ${theirs} hear each other`, async () => {
      const line = await between([mine], [theirs]);
      assert.strictEqual(await codecOf('a'), name(mine));
      assert.strictEqual(await codecOf(line), name(theirs));
      await hears(line, 500);
      await hears('a', 700);
      await phone.hangup('a');
      await phone.over(line);
    });
  }
}

test('what is above 4 kHz goes from each wide codec to each other', async () => {
  for (const [i, mine] of wide.entries()) {
    const line = await between([mine], [wide[(i + 1) % wide.length]], { tones: [5000, 6000] });
    await hears(line, 5000);
    await hears('a', 6000);
    await phone.hangup('a');
  }
});

// What a line gets: how long most packets are, by their timestamps. (Time that the daemon was
// not let run is skipped in one step.)
async function length(line, clock) {
  await until(async () => (await phone.stats(line)).received > 10, 'packets');
  await phone.trace(line);
  const before = (await phone.stats(line)).received;
  await until(async () => (await phone.stats(line)).received > before + 10, 'more packets');
  const list = await phone.traced(line);
  const steps = list.slice(1).map((p, i) => (p.ts - list[i].ts) / (p.seq - list[i].seq) / (clock / 1000)).sort((x, y) => x - y);
  return steps[Math.floor(steps.length / 2)];
}

for (const ptime of [10, 20, 30, 40, 60]) {
  for (const [codec, clock] of [['PCMU', 8000], ['G722', 8000], ['G729', 8000], ['L16', 16000]]) {
    if (codec === 'L16' && ptime === 60) continue; // would not fit a packet: below
    test(`${codec} in packets of ${ptime} ms`, async () => {
      const line = await between([codec], ['PCMA'], { call: { ptime } });
      await hears(line, 500);
      await hears('a', 700);
      assert.strictEqual(await length('a', clock), ptime);
      assert.strictEqual((await phone.event('a', 'answered')).ptime, ptime); // the answer asks for the same
      await phone.hangup('a');
    });
  }
}

for (const [codec, asked, sent, clock] of [['GSM', 30, 20, 8000], ['GSM', 60, 60, 8000], ['opus', 60, 60, 48000],
  ['opus', 10, 10, 48000], ['speex', 40, 40, 16000], ['L16', 60, 40, 16000], ['L16/48000', 20, 10, 48000]]) {
  test(`${codec} in packets of ${sent} ms when ${asked} are asked for`, async () => {
    const line = await between([codec], ['PCMU'], { call: { ptime: asked } });
    await hears(line, 500);
    await hears('a', 700);
    assert.strictEqual(await length('a', clock), sent);
    await phone.hangup('a');
  });
}

async function change(line, codec, more = {}) {
  await phone.send('reinvite', { line, codecs: [codec], ...more });
  await until(async () => (await phone.stats(line)).codec === codec, `${line} to speak ${codec}`);
}

test('a call changes its codec, and changes it again, and is heard all along', async () => {
  const line = await between(['PCMU'], ['PCMA']);
  await hears(line, 500);
  for (const codec of ['G722', 'opus', 'G729', 'L16', 'PCMA', 'opus', 'PCMU']) {
    await change('a', codec);
    await hears('a', 700);
    await hears(line, 500);
  }
  await change(line, 'speex', { new_port: true });
  await hears('a', 700);
  await hears(line, 500);
  await phone.hangup('a');
});

test('a re-INVITE with nothing in common is refused, and the call goes on', async () => {
  await fresh();
  app.on('answer', conference('stays'));
  await far.call('f', stage.daemon.uri(number), { codecs: ['PCMA'] });
  await far.up('f');
  await stage.dial('a');
  await hears('f', 500, far);
  await far.send('reinvite', { line: 'f', codecs: ['opus'] });
  await until(() => stage.daemon.log.some((l) => l.includes('offered opus, supported G729 PCMA')), 'the refusal in the log');
  await hears('f', 500, far);
  await hears('a', 500, phone);
  await phone.hangup('a');
});

test('keys of both clocks of Opus are told and sent', async () => {
  await fresh();
  app.on('answer', [{ action: 'input', type: ['dtmf'], dtmf: { maxDigits: 4 }, eventUrl: [app.url('input')] },
    ...conference('keys')]);
  app.on('input', conference('keys'));
  await stage.dial('a', { codecs: ['opus'] });
  await phone.send('dtmf', { line: 'a', digits: '159#', on: 100, off: 60 });
  const { fields } = await app.wait((r) => r.kind === 'input', 'the keys');
  assert.deepStrictEqual(fields.dtmf, { digits: '159#', timed_out: false });
  const uuid = await stage.leg();
  assert.strictEqual((await stage.ask('PUT', `/v1/calls/${uuid}/dtmf`, { body: { digits: '7*' } })).status, 200);
  const told = await until(() => {
    const keys = phone.events.filter((e) => e.event === 'digit' && e.line === 'a');
    return keys.length === 2 && keys;
  }, 'two keys');
  assert.deepStrictEqual(told.map(({ digit, duration }) => [digit, duration]), [['7', 100], ['*', 100]]);
  await phone.hangup('a');
});

test('a trunk has codecs and packets of its own, for callers and callees', async () => {
  await fresh();
  app.on('answer', connect(toOwn));
  await phone.accept({ policy: 'answer', tone: 700, codecs: ['PCMU', 'PCMA', 'opus'] });
  await far.call('f', stage.daemon.uri(number), { codecs: ['opus', 'PCMU', 'PCMA', 'G729'] });
  await far.up('f');
  const { line } = await phone.incoming(toOwn);
  const mine = await far.event('f', 'answered');
  const theirs = await phone.event(line, 'answered');
  assert.deepStrictEqual([mine.codec, mine.ptime], ['PCMA', 30]); // first of the caller's that the trunk has
  assert.deepStrictEqual([theirs.codec, theirs.ptime], ['PCMA', 30]);
  await hears(line, 500);
  await hears('f', 700, far);
  await far.hangup('f');
});

test('a caller with nothing that its trunk has gets 488', async () => {
  await fresh();
  app.on('answer', conference('none'));
  await far.call('f', stage.daemon.uri(number), { codecs: ['PCMU', 'opus'] });
  assert.strictEqual((await far.over('f')).status, 488);
});

test('a callee with nothing in common: the call fails, and says why', async () => {
  await fresh();
  app.on('answer', connect(toOwn));
  await phone.accept({ policy: 'answer', tone: 700, codecs: ['GSM'] });
  await phone.call('a', stage.daemon.uri(number));
  assert.strictEqual((await app.event({ direction: 'outbound', status: 'failed' })).to, toOwn);
  await phone.clear();
});

for (const [prefer, codec] of [['theirs', 'G722'], ['ours', 'PCMA']]) {
  test(`rtp.prefer = "${prefer}": ${codec} of G722 PCMU PCMA`, async () => {
    const own = new Stage({ config: { rtp: { codecs: ['PCMA', 'PCMU', 'G722'], prefer } } });
    await own.fresh();
    try {
      own.app.on('answer', conference('chosen'));
      await own.dial('a', { codecs: ['G722', 'PCMU', 'PCMA'] });
      assert.strictEqual((await own.phone.event('a', 'answered')).codec, codec);
    } finally {
      await own.end();
    }
  });
}

for (const scenario of ['caller-offers-opus-as-a-browser', 'caller-offers-g729-first']) {
  test(`SIPp: ${scenario}`, async () => {
    await fresh();
    app.on('answer', conference('sipp'));
    const peer = await new Sipp(scenario, { target: `127.0.0.1:${stage.daemon.udp}`, user: number }).start();
    try {
      await peer.done();
      await app.event({ direction: 'inbound', status: 'completed' });
    } finally {
      await peer.stop();
    }
  });
}

// A callee of bytes that answers with payload types of its own, and its sound.
async function answerRaw(media) {
  const rtp = dgram.createSocket('udp4');
  const got = [];
  await new Promise((resolve) => rtp.bind(0, '127.0.0.1', resolve));
  rtp.on('message', (bytes) => got.push({ type: bytes[1] & 127, ts: bytes.readUInt32BE(4) }));
  raw.got.length = 0;
  await stage.phone.call('a', stage.daemon.uri(number), { tone: 500 });
  const invite = await until(() => raw.got.find((t) => t.startsWith('INVITE ')), 'an INVITE');
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((h) => {
    const line = new RegExp(`^${h}: .*`, 'mi').exec(invite)[0];
    return h === 'To' ? `${line};tag=raw` : line;
  });
  const sdp = ['v=0', 'o=raw 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...media(rtp.address().port), ''].join('\r\n');
  const reply = ['SIP/2.0 200 OK', ...copied, `Contact: <sip:raw@127.0.0.1:${raw.port}>`, 'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(sdp)}`, '', sdp].join('\r\n');
  await raw.send(reply, stage.daemon.udp);
  const port = Number(/m=audio (\d+) /.exec(invite)[1]);
  return { rtp, got, invite, port, copied };
}

test('a callee that answers with its own payload types is sent those, and heard with ours', async () => {
  await fresh();
  app.on('answer', connect(toRaw));
  const { rtp, got, invite, port } = await answerRaw((at) => [`m=audio ${at} RTP/AVP 97`, 'a=rtpmap:97 PCMU/8000']);
  assert.match(invite, /m=audio \d+ RTP\/AVP 0 96 101 97\r\n/);
  assert.match(invite, /a=rtpmap:96 opus\/48000\/2\r\n/);
  let n = 0;
  const timer = setInterval(() => { // a tone of 1000 Hz: PCMU as we call it, 0
    const wave = [0x90, 0x85, 0x80, 0x85, 0x90, 0x05, 0x00, 0x05]; // about that
    const packet = Buffer.alloc(172);
    packet.set([0x80, 0]);
    packet.writeUInt16BE(n & 0xffff, 2);
    packet.writeUInt32BE(160 * n, 4);
    packet.writeUInt32BE(0x5a5a5a5a, 8);
    for (let i = 0; i < 160; i++) packet[12 + i] = wave[i % 8];
    rtp.send(packet, port, '127.0.0.1');
    n++;
  }, 20);
  try {
    await phone.up('a');
    await until(() => got.length > 20, 'packets of the daemon');
    assert.deepStrictEqual([...new Set(got.map((p) => p.type))], [97]);
    await hears('a', 1000);
  } finally {
    clearInterval(timer);
    const bye = phone.hangup('a');
    const asked = await until(() => raw.got.find((t) => t.startsWith('BYE ')), 'a BYE');
    await raw.send(['SIP/2.0 200 OK', ...['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((h) => new RegExp(`^${h}: .*`, 'mi').exec(asked)[0]),
      'Content-Length: 0', '', ''].join('\r\n'), stage.daemon.udp);
    await bye;
    rtp.close();
  }
});

for (const [codec, module, rate] of [['G722', 'g722', 16000], ['opus', 'opus', 48000], ['GSM', 'gsm', 8000], ['L16', 'l16', 16000]]) {
  test(`baresip with ${codec} calls, and both hear each other`, async () => {
    await fresh();
    const bare = await new Baresip({ user: '15550100021', tone: 1200, module, rate }).start();
    try {
      app.on('answer', connect());
      bare.dial(stage.daemon.uri(number));
      await bare.wait('CALL_ESTABLISHED');
      const { line } = await phone.incoming(callee);
      await hears(line, 1200);
      await until(() => bare.heard(700) > 2000, () => `baresip to hear 700 Hz; it hears ${bare.heard(700)}`);
      bare.hangup();
      await phone.over(line);
    } finally {
      await bare.stop();
    }
  });
}

test('the other phones go', async () => {
  await far.stop();
  await raw.stop();
});

stage.finish();
