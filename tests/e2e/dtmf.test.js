'use strict';
// Keys: heard through a bad network, as tones and by INFO, and sent in each way a trunk can
// have; with the project's phone, SIPp and baresip.

const assert = require('node:assert');
const test = require('../lib/test');
const { Baresip } = require('../lib/baresip');
const { Phone } = require('../lib/phone');
const { Sipp } = require('../lib/sipp');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { freePort } = require('../lib/place');
const { until } = require('../lib/wait');

const far = new Phone('--address', '127.0.0.2'); // comes by the trunk whose keys are tones
const byInfo = '15551000001';
const byTones = '15552000001';
const byEvents = '15555000001';
const toBaresip = '15553000001';
const toSipp = '15554000001';
const bare = new Baresip({ user: toBaresip, tone: 1200, auto: true });
let sippPort;

const stage = new Stage({ config: { get trunks() {
  const proxy = (at) => `sip:${at};transport=udp`;
  return [
    { name: 'carrier', proxy: proxy(stage.phone.sip), allow: ['127.0.0.0/8'] },
    { name: 'info', proxy: proxy(stage.phone.sip), prefixes: ['15551'], dtmf: 'info' },
    { name: 'tones', proxy: proxy(stage.phone.sip), prefixes: ['15552'], dtmf: 'inband', allow: ['127.0.0.2'] },
    { name: 'events', proxy: proxy(stage.phone.sip), prefixes: ['15555'], dtmf: 'rfc4733' },
    { name: 'baresip', proxy: proxy(`127.0.0.1:${bare.port}`), prefixes: ['15553'], dtmf: 'info' },
    { name: 'sipp', proxy: proxy(`127.0.0.1:${sippPort}`), prefixes: ['15554'], dtmf: 'info' }];
} } });
const { phone, app } = stage;

// The peers are there before the daemon that is told where they are.
const peers = (async () => {
  sippPort = await freePort();
  await bare.start();
  await far.start();
})();
peers.catch(() => {});

async function fresh() {
  await peers;
  await stage.fresh();
}

// The keys that were told of a conversation, each as its digit.
async function told(con) {
  const keys = [];
  for (let start = 1; ;) {
    const { status, body, text } = await stage.ask('GET', `/beta/conversations/${con}/events?start_id=${start}`);
    assert.strictEqual(status, 200, text);
    keys.push(...body.filter((e) => e.type === 'audio:dtmf' && e.body.method === 'in').map((e) => e.body.digit));
    if (!body.length) return keys.join('');
    start = body[body.length - 1].id + 1;
  }
}

async function tells(con, digits, timeout) {
  let now = '';
  await until(async () => (now = await told(con)).length >= digits.length, () => `the keys ${digits}; told were ${now}`, timeout);
  assert.strictEqual(await told(con), digits);
}

// A phone in a conversation of its own; gives the conversation's id.
async function enter(name, more = {}) {
  app.on('answer', conference(name));
  await stage.dial('a', more);
  return (await stage.ask('GET', `/v1/calls/${await stage.leg()}`)).body.conversation_uuid;
}

// Calls in, is connected to `to`, and gives the uuid of the outbound leg.
async function reach(to) {
  app.on('answer', connect(to));
  await stage.dial('a');
  return (await app.event({ direction: 'outbound', status: 'answered' })).uuid;
}

async function send(uuid, digits, status = 200) {
  const answer = await stage.ask('PUT', `/v1/calls/${uuid}/dtmf`, { body: { digits } });
  assert.strictEqual(answer.status, status, answer.text);
  return answer;
}

function randomDigits(count, seed) {
  let digits = '';
  for (let n = seed; digits.length < count;) {
    n = (n * 1664525 + 1013904223) % 4294967296;
    const digit = '0123456789*#ABCD'[Math.floor(n / 256) % 16];
    digits += n % 5 && digits ? digit : digits.slice(-1) || digit; // many twice in a row
  }
  return digits;
}

test('300 keys of 50 ms, 50 ms apart, come whole through loss, copies and disorder', async () => {
  await fresh();
  const con = await enter('many');
  const digits = randomDigits(300, 4733);
  await phone.send('spoil', { line: 'a', lost: 50, doubled: 50, overtaken: 50, seed: 2833 });
  await phone.send('dtmf', { line: 'a', digits, on: 50, off: 50 });
  await tells(con, digits, 60000);
  await phone.hangup('a');
});

test('a peer without telephone-event presses keys as tones, and is sent tones', async () => {
  await fresh();
  const con = await enter('tones', { events: false, tone: 0 });
  await phone.send('dtmf', { line: 'a', digits: '0123456789*#ABCD11', on: 60, off: 60, way: 'tones' });
  await tells(con, '0123456789*#ABCD11');
  await sendTones(await stage.leg(), '159p*0#D', phone, 'a');
  await phone.hangup('a');
});

// The keys in a trace, by the strongest low and high tone of each packet.
function keysIn(packets) {
  let keys = '';
  let last = '';
  for (const { amplitudes } of packets) {
    const strongest = (from) => amplitudes.slice(from, from + 4).reduce((best, a, i, all) => (a > all[best] ? i : best), 0);
    const [low, high] = [strongest(0), strongest(4)];
    const key = amplitudes[low] > 3000 && amplitudes[4 + high] > 3000 ? '123A456B789C*0#D'[low * 4 + high] : '';
    if (key !== last) keys += key;
    last = key;
  }
  return keys;
}

// Sends digits to a leg and has a line trace what comes of them: these keys as tones, 100 ms long
// and 80 apart, and nothing as an event.
async function sendTones(uuid, digits, who, line) {
  const frames = digits.length * 9 + digits.split('p').length * 25;
  await who.trace(line);
  await send(uuid, digits);
  const { received } = await who.stats(line);
  await until(async () => (await who.stats(line)).received > received + frames, `${frames} packets`);
  const packets = await who.traced(line, [697, 770, 852, 941, 1209, 1336, 1477, 1633]);
  assert.strictEqual(keysIn(packets), digits.replace('p', ''));
  assert.deepStrictEqual([...new Set(packets.map((p) => p.pt))], [0]);
}

test('a gateway that sends each key in both ways has it told once', async () => {
  await fresh();
  const con = await enter('both', { tone: 0 });
  await phone.send('dtmf', { line: 'a', digits: '112233*#00', on: 60, off: 80, way: 'both' });
  await phone.send('dtmf', { line: 'a', digits: '9' });
  await tells(con, '112233*#009');
  await phone.hangup('a');
});

test('keys come by INFO; what is none is refused', async () => {
  await fresh();
  const con = await enter('info');
  const inform = async (type, body) => {
    const before = phone.events.length;
    await phone.send('info', { line: 'a', type, body });
    return (await phone.wait((e) => e.event === 'informed' && phone.events.indexOf(e) >= before, 'an answer')).status;
  };
  assert.strictEqual(await inform('application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n'), 200);
  assert.strictEqual(await inform('application/dtmf-relay', 'Signal= 10\r\nDuration= 80\r\n'), 200);
  assert.strictEqual(await inform('application/dtmf', 'b'), 200);
  assert.strictEqual(await inform('application/sdp', 'v=0'), 415);
  assert.strictEqual(await inform('application/dtmf', '55'), 400);
  await phone.send('dtmf', { line: 'a', digits: '7' });
  await tells(con, '5*B7');
  await phone.hangup('a');
});

test('digits go by INFO over a trunk that says so, in order, with pauses', async () => {
  await fresh();
  const uuid = await reach(byInfo);
  const { line } = await phone.incoming(byInfo);
  await send(uuid, '12pA#');
  await send(uuid, '*');
  const infos = () => phone.events.filter((e) => e.event === 'info' && e.line === line);
  await until(() => infos().length >= 5, () => `five INFOs; there were ${JSON.stringify(infos())}`);
  assert.deepStrictEqual(infos().map((e) => [e.type, e.body]),
    ['1', '2', 'A', '#', '*'].map((d) => ['application/dtmf-relay', `Signal=${d}\r\nDuration=160\r\n`]));
  assert.deepStrictEqual(phone.events.filter((e) => e.event === 'digit'), []);
  await phone.hangup('a');
});

test('digits go as tones over a trunk that says so, though the peer takes telephone-event', async () => {
  await fresh();
  const uuid = await reach(byTones);
  const { line } = await phone.incoming(byTones);
  await phone.send('tone', { line: 'a', hz: 0 });
  await sendTones(uuid, '42#', phone, line);
  await assert.rejects(phone.send('dtmf', { line, digits: '1' }), /not supported/i); // we did not offer it
  await phone.send('dtmf', { line, digits: '6', way: 'tones' });
  const { conversation_uuid: con } = (await stage.ask('GET', `/v1/calls/${uuid}`)).body;
  await tells(con, '6');
  await phone.hangup('a');
});

test('a caller has its keys as the trunk it comes by says', async () => {
  await fresh();
  app.on('answer', conference('far'));
  await far.call('f', stage.daemon.uri(number), { tone: 0 });
  await far.up('f');
  const { conversation_uuid: con } = (await stage.ask('GET', `/v1/calls/${await stage.leg()}`)).body;
  await assert.rejects(far.send('dtmf', { line: 'f', digits: '1' }), /not supported/i);
  await far.send('dtmf', { line: 'f', digits: '90#', way: 'tones' });
  await tells(con, '90#');
  await far.hangup('f');
  await far.over('f');
});

test('a peer that takes no telephone-event is sent nothing over a trunk that knows nothing else', async () => {
  await fresh();
  await phone.accept({ policy: 'answer', tone: 700, events: false }, byEvents);
  const answer = await send(await reach(byEvents), '1', 400);
  assert.match(answer.text, /takes no telephone-events/);
  await phone.hangup('a');
});

test('SIPp sends keys by INFO as peers write them', async () => {
  await fresh();
  app.on('answer', conference('sipp'));
  const peer = await new Sipp('caller-sends-keys-by-info', { target: `127.0.0.1:${stage.daemon.udp}`, user: number }).start();
  try {
    await peer.done();
  } finally {
    await peer.stop();
  }
  const { conversation_uuid: con } = await app.event({ status: 'completed' });
  await tells(con, '12*#4D9');
});

test('SIPp is sent digits by INFO', async () => {
  await fresh();
  const peer = await new Sipp('callee-takes-keys-by-info', { port: sippPort }).start();
  try {
    const uuid = await reach(toSipp);
    await send(uuid, '42#');
    await until(() => /Signal=#[^]*SIP.2.0 200 OK/.test(peer.said()), () => `the INFO of #\n${peer.said()}`);
    await phone.hangup('a');
    await peer.done();
  } finally {
    await peer.stop();
  }
});

test('baresip sends keys as telephone-events and takes them by INFO', async () => {
  await fresh();
  const uuid = await reach(toBaresip);
  await bare.wait('CALL_ESTABLISHED');
  const { conversation_uuid: con } = (await stage.ask('GET', `/v1/calls/${uuid}`)).body;
  let sent = '';
  for (const key of ['5', '5', '#']) { // it takes the next one when the last is told
    bare.command('sndcode', key);
    await tells(con, sent += key);
  }
  await send(uuid, '19*');
  const heard = () => bare.events.filter((e) => e.type === 'CALL_DTMF_START').map((e) => e.param).join('');
  await until(() => heard().length >= 3, () => `baresip to hear 19*; it heard ${heard()}`);
  assert.strictEqual(heard(), '19*');
  await phone.hangup('a');
  await bare.wait('CALL_CLOSED');
});

test.after(async () => {
  await bare.stop().catch(() => {});
  await far.stop().catch(() => {});
});

stage.finish();
