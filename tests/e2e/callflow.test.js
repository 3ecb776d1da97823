'use strict';
// What can happen to a call on its way, seen from both ends and from the application.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Phone } = require('../lib/phone');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { ask } = require('../lib/rest');
const { RawSip, audio } = require('../lib/raw-sip');
const { pause, until } = require('../lib/wait');
const { folder } = require('../lib/place');
const { sine, writeWav } = require('../lib/sound');

const stage = new Stage();
const { phone, app } = stage;

// Rings the application, which connects the call to the callee.
async function forward(policy, { call = {}, action = {} } = {}) {
  await stage.fresh();
  await phone.accept(policy);
  app.on('answer', connect(callee, action));
  await phone.call('a', stage.daemon.uri(number), call);
}

// The outbound leg ends with that status and detail, and the caller with that SIP status.
async function outcome(status, detail, sip) {
  const event = await app.event({ direction: 'outbound', status });
  assert.strictEqual(event.detail, detail);
  assert.strictEqual((await phone.over('a')).status, sip);
  const inbound = await app.event({ direction: 'inbound', status: 'completed' });
  assert.strictEqual(inbound.duration, '0');
  assert.strictEqual(inbound.start_time, undefined);
  assert.deepStrictEqual(app.statuses(inbound.uuid), ['started', 'ringing', 'completed']);
}

test('the callee is busy: busy, and the caller hears 486', async () => {
  await forward({ policy: 'busy' });
  await outcome('busy', undefined, 486);
});

test('the callee declines: rejected, declined, and the caller hears 603', async () => {
  await forward({ policy: 'decline' });
  await outcome('rejected', 'declined', 603);
});

for (const [sip, status, detail, relayed] of [
  [404, 'failed', 'cannot_route', 404], [403, 'rejected', 'restricted', 403], [480, 'unanswered', 'unavailable', 480],
  [484, 'rejected', 'invalid_number', 484], [500, 'failed', 'internal_error', 503], [600, 'busy', undefined, 600]]) {
  test(`the callee answers ${sip}: ${status}${detail ? `, ${detail}` : ''}`, async () => {
    await forward({ policy: 'busy', status: sip });
    await outcome(status, detail, relayed);
  });
}

test('the callee rings for longer than the connect allows: timeout, and it is cancelled', async () => {
  await forward({ policy: 'ring' }, { action: { timeout: 1 } });
  const { line } = await phone.incoming(callee);
  assert.strictEqual((await phone.over(line)).status, 487);
  await outcome('timeout', undefined, 480);
});

test('the limit of a connect ends the call when it is reached', async () => {
  await forward({ policy: 'answer', tone: 700 }, { action: { limit: 1 } });
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  assert.strictEqual((await phone.over(line)).remote, true);
  assert.strictEqual((await phone.over('a')).remote, true);
  assert.match((await app.event({ direction: 'outbound', status: 'completed' })).duration, /^[12]$/);
});

test('the callee gives no answer at all: timeout when the connect allows no more', async () => {
  await forward({ policy: 'ignore' }, { action: { timeout: 1 } });
  await outcome('timeout', undefined, 480);
});

test('the caller gives up while the callee rings: CANCEL is passed on, cancelled', async () => {
  await forward({ policy: 'ring' });
  const { line } = await phone.incoming(callee);
  await app.event({ direction: 'outbound', status: 'ringing' });
  await phone.hangup('a');
  assert.strictEqual((await phone.over('a')).status, 487);
  assert.strictEqual((await phone.over(line)).status, 487);
  await app.event({ direction: 'outbound', status: 'cancelled' });
  await app.event({ direction: 'inbound', status: 'completed' });
});

test('the callee hangs up: BYE is passed on, both legs are completed', async () => {
  await forward({ policy: 'answer', tone: 700 });
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  await phone.hangup(line);
  const end = await phone.over('a');
  assert.strictEqual(end.remote, true);
  const outbound = await app.event({ direction: 'outbound', status: 'completed' });
  const inbound = await app.event({ direction: 'inbound', status: 'completed' });
  assert.deepStrictEqual(app.statuses(outbound.uuid), ['started', 'ringing', 'answered', 'completed']);
  assert.deepStrictEqual(app.statuses(inbound.uuid), ['started', 'ringing', 'answered', 'completed']);
});

test('the first of two callees is busy, the second answers', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'busy' }, '15550100008');
  await phone.accept({ policy: 'answer', tone: 900 }, '15550100009');
  app.on('answer', [...connect('15550100008'), ...connect('15550100009')]);
  await stage.dial('a');
  await phone.hears('a', [900]);
  await phone.hangup('a');
  assert.ok(await app.event({ to: '15550100008', status: 'busy' }));
  assert.ok(await app.event({ to: '15550100009', status: 'completed' }));
});

test('two connects in a row bring three parties together', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'answer', tone: 700 }, '15550100008');
  await phone.accept({ policy: 'answer', tone: 900 }, '15550100009');
  app.on('answer', [...connect('15550100008'), ...connect('15550100009')]);
  await stage.dial('a');
  const b = (await phone.incoming('15550100008')).line;
  const c = (await phone.incoming('15550100009')).line;
  await phone.hears('a', [700, 900]);
  await phone.hears(b, [500, 900]);
  await phone.hears(c, [500, 700]);
  await phone.hangup('a');
  await phone.hears(b, [900]);
  await phone.hangup(b);
  await phone.over(c); // one alone is no call
});

test('early media of the callee is heard by the caller before the answer', async () => {
  await forward({ policy: 'early', tone: 1100 });
  await phone.wait((e) => e.line === 'a' && e.event === 'progress' && e.status === 183, '183');
  await phone.hears('a', [1100]);
  assert.ok(!phone.events.some((e) => e.line === 'a' && e.event === 'answered'));
  const { line } = await phone.incoming(callee);
  await phone.send('answer', { line });
  await phone.up('a');
  await phone.hears(line, [500]);
  await phone.hears('a', [1100]);
  await phone.hangup('a');
});

test('hold by re-INVITE stops the sound to who holds, retrieving brings it back', async () => {
  await stage.fresh();
  app.on('answer', conference('hold'));
  await stage.dial('a', { tone: 500 });
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('a', [700]);
  await phone.send('hold', { line: 'a', on: true });
  await phone.hears('a', []);
  const before = (await phone.stats('a')).received;
  await phone.hears('b', []); // this phone is silent meanwhile
  await pause(200);
  assert.strictEqual((await phone.stats('a')).received, before, 'nothing is sent to who holds');
  await phone.send('hold', { line: 'a', on: false });
  await phone.hears('a', [700]);
  await phone.hears('b', [500]);
  await phone.hangup('a');
  await phone.hangup('b');
});

test('a re-INVITE from a new address moves the sound there', async () => {
  await stage.fresh();
  app.on('answer', conference('move'));
  await stage.dial('a', { tone: 500 });
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('b', [500]);
  await phone.send('reinvite', { line: 'a', new_port: true });
  await phone.hears('b', [500]);
  await phone.hears('a', [700]);
  await phone.hangup('a');
  await phone.hangup('b');
});

test('a late offer: the daemon offers in its 200, the answer comes in the ACK', async () => {
  await forward({ policy: 'answer', tone: 700 }, { call: { late_offer: true } });
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  await phone.hears(line, [500]);
  await phone.hangup('a');
});

for (const [mine, theirs] of [['PCMU', 'PCMA'], ['PCMA', 'PCMU'], ['PCMA', 'PCMA']]) {
  test(`a caller with ${mine} and a callee with ${theirs} hear each other`, async () => {
    await forward({ policy: 'answer', tone: 700, codecs: [theirs] }, { call: { codecs: [mine] } });
    await phone.up('a');
    const { line } = await phone.incoming(callee);
    assert.strictEqual((await phone.event('a', 'answered')).codec, mine);
    await phone.hears('a', [700]);
    await phone.hears(line, [500]);
    await phone.hangup('a');
  });
}

test('a call over TCP, both ways of sound, ended by the caller', async () => {
  await stage.fresh();
  const tcp = await new Phone('--transport', 'tcp').start();
  try {
    app.on('answer', connect());
    await tcp.call('t', stage.daemon.uri(number, 'tcp'));
    await tcp.up('t');
    const { line } = await phone.incoming(callee);
    await tcp.hears('t', [700]);
    await phone.hears(line, [500]);
    await tcp.hangup('t');
    await phone.over(line);
  } finally {
    await tcp.stop();
  }
});

test('a sip endpoint is dialled by its URI, with X- headers and User-to-User', async () => {
  await stage.fresh();
  app.on('answer', [{ action: 'connect', from: number, endpoint: [{
    type: 'sip', uri: `sip:desk@${phone.sip}`, headers: { Ticket: '42', 'X-Kept': 'yes' },
    standardHeaders: { 'User-to-User': '56a390f3d2b7310023a' } }] }]);
  await stage.dial('a');
  const { headers, line } = await phone.incoming('desk');
  assert.strictEqual(headers['X-Ticket'], '42');
  assert.strictEqual(headers['X-Kept'], 'yes');
  assert.strictEqual(headers['User-to-User'], '56a390f3d2b7310023a');
  await phone.hears(line, [500]);
  await phone.hangup('a');
  assert.ok(await app.event({ to: `sip:desk@${phone.sip}`, status: 'completed' }));
});

test('X- headers of the caller reach the answer webhook, those of the platform do not', async () => {
  await stage.fresh();
  app.on('answer', conference('headers'));
  await stage.dial('a', { headers: { 'X-UserId': '1938', 'X-Nexmo-Secret': 'no', 'User-to-User': 'abc' } });
  const [{ fields }] = app.requests.filter((r) => r.kind === 'answer');
  assert.strictEqual(fields['SipHeader_X-UserId'], '1938');
  assert.strictEqual(fields['SipHeader_User-to-User'], 'abc');
  assert.strictEqual(fields['SipHeader_X-Nexmo-Secret'], undefined);
  await phone.hangup('a');
});

test('digits are told as events of the conversation, once each, in order', async () => {
  await stage.fresh();
  app.on('answer', conference('digits'));
  await stage.dial('a');
  const con = (await stage.ask('GET', `/v1/calls/${await stage.leg()}`)).body.conversation_uuid;
  await phone.send('dtmf', { line: 'a', digits: '159#' });
  const digits = async () => (await stage.ask('GET', `/beta/conversations/${con}/events`)).body
    .filter((e) => e.type === 'audio:dtmf').map((e) => e.body.digit);
  await until(async () => (await digits()).length >= 4, async () => `four digits; there are ${await digits()}`);
  assert.deepStrictEqual(await digits(), ['1', '5', '9', '#']);
  await phone.hangup('a');
});

test('a stream is played to the caller, who hears it and is then hung up', async () => {
  await stage.fresh();
  const wav = path.join(folder(), 'tone.wav');
  writeWav(wav, sine(1700, 1.5), 8000);
  app.on('sound', () => ({ body: fs.readFileSync(wav), type: 'audio/wav' }));
  app.on('answer', [{ action: 'stream', streamUrl: [app.url('sound/tone.wav')] }]);
  await stage.dial('a');
  await phone.hears('a', [1700]);
  assert.strictEqual((await phone.over('a')).remote, true);
  const end = await app.event({ status: 'completed' });
  assert.strictEqual(end.duration, '2');
});

test('a stream that cannot be fetched is told as an error, and the flow goes on', async () => {
  await stage.fresh();
  app.on('answer', [{ action: 'stream', streamUrl: [app.url('nothing.wav')] }, ...conference('after')]);
  await stage.dial('a');
  await app.wait((r) => r.kind === 'event' && r.fields.reason && /stream/.test(r.fields.reason), 'an error event');
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('a', [700]);
  await phone.hangup('a');
  await phone.hangup('b');
});

test('OPTIONS is answered 200, in a dialog and outside', async () => {
  await stage.fresh();
  const raw = await new RawSip().start();
  await raw.send(raw.request('OPTIONS', number, stage.daemon.udp, { callId: 'ping' }), stage.daemon.udp);
  assert.match(await raw.answer('ping'), /^SIP\/2\.0 200 /);
  await raw.stop();
});

test('a number of nobody is 404', async () => {
  await stage.fresh();
  await phone.call('a', stage.daemon.uri('4940'));
  assert.strictEqual((await phone.over('a')).status, 404);
  assert.deepStrictEqual(app.requests, []);
});

test('a caller from a source that is not allowed gets no answer at all', async () => {
  const closed = new Stage({ config: { trunks: [{ name: 'elsewhere', proxy: 'sip:127.0.0.1:9', allow: ['192.0.2.0/24'] }] } });
  const raw = await new RawSip().start();
  try {
    const { daemon } = await closed.ready();
    await raw.send(raw.request('INVITE', number, daemon.udp, { body: audio() }), daemon.udp);
    await raw.send(raw.request('OPTIONS', number, daemon.udp), daemon.udp);
    await raw.send('nonsense', daemon.udp);
    // longer than any answer takes: three times the first retransmission would have come
    await pause(1500);
    assert.deepStrictEqual(raw.got, []);
    assert.strictEqual((await ask(daemon.base, 'GET', '/healthz')).status, 200);
  } finally {
    await raw.stop();
    await closed.end();
  }
});

test('a peer that sends no sound at all is hung up after rtp.silence_timeout', async () => {
  const strict = new Stage({ config: { rtp: { silence_timeout: 1 } } });
  const raw = await new RawSip().start();
  try {
    await strict.fresh();
    strict.app.on('answer', conference('silence'));
    await raw.send(raw.request('INVITE', number, strict.daemon.udp, { body: audio(), callId: 'mute peer' }), strict.daemon.udp);
    const ok = await raw.answer('mute peer');
    assert.match(ok, /^SIP\/2\.0 200 /);
    const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(ok)[1].trim();
    await raw.send(raw.request('ACK', number, strict.daemon.udp, {
      callId: 'mute peer', headers: { From: field('From'), To: field('To'), CSeq: '1 ACK' } }), strict.daemon.udp);
    const bye = await until(() => raw.got.find((text) => /^BYE /.test(text)), () => `a BYE; there came ${JSON.stringify(raw.got)}`);
    const copied = bye.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
    await raw.send(['SIP/2.0 200 OK', ...copied, 'Content-Length: 0', '', ''].join('\r\n'), strict.daemon.udp);
    await strict.app.event({ status: 'completed' });
  } finally {
    await raw.stop();
    await strict.end();
  }
});

test('no codec in common: 488 with a Warning that names both lists', async () => {
  await stage.fresh();
  const raw = await new RawSip().start();
  const sdp = ['v=0', 'o=raw 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
    'm=audio 4000 RTP/AVP 18 97', 'a=rtpmap:18 G729/8000', 'a=rtpmap:97 speex/16000', ''].join('\r\n');
  await raw.send(raw.request('INVITE', number, stage.daemon.udp, { body: sdp, callId: 'no-codec' }), stage.daemon.udp);
  const answer = await raw.answer('no-codec');
  assert.match(answer, /^SIP\/2\.0 488 /);
  const warning = /^Warning: 305 \S+ "(.*)"/m.exec(answer)[1];
  for (const codec of ['G729', 'speex', 'PCMU', 'PCMA']) assert.ok(warning.includes(codec), warning);
  await raw.stop();
});

stage.finish();
