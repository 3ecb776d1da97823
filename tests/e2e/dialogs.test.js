'use strict';
// Dialogs as telephone exchanges have them: session timers, holds of every kind, redirections, and
// calls that take another's place.

const assert = require('node:assert');
const test = require('../lib/test');
const { Sipp } = require('../lib/sipp');
const { SipPeer } = require('../lib/sip-peer');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { freePort } = require('../lib/place');
const { until } = require('../lib/wait');

let pbx; // the port of a trunk that redirects
const stage = new Stage({
  trunks: async () => {
    pbx = await freePort();
    return [{ name: 'pbx', proxy: `sip:127.0.0.1:${pbx}`, prefixes: ['1777'], redirect: 'follow' }];
  },
  trunk: { refer: 'accept', redirect: 'follow', session_timer: 1800, rel100: 'supported' },
});
const { phone, app } = stage;

async function peers(count, run) {
  await stage.fresh();
  const all = await Promise.all(Array.from({ length: count }, (_, i) => new SipPeer({ user: `1555010005${i}`, tone: 900 + 400 * i }).start()));
  try {
    await run(...all);
  } finally {
    await Promise.all(all.map((peer) => peer.stop()));
  }
}

async function sipp(name) {
  await stage.fresh();
  app.on('answer', conference('timers'));
  const peer = await new Sipp(name, { target: `127.0.0.1:${stage.daemon.udp}`, user: number }).start();
  try {
    await peer.done();
    await app.event({ status: 'completed' });
  } finally {
    await peer.stop();
  }
}

test('a caller asks for a session timer, and refreshes', () => sipp('caller-asks-for-a-session-timer'));
test('a session timer that is too short is asked for again', () => sipp('caller-asks-for-too-short-a-session-timer'));

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const answers = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };
const holds = async (room) => (await stage.ask('GET', `/beta/conversations/${room}/events`)).body
  .filter((e) => e.type === 'media:hold').map((e) => e.body.state);

// Is it so now, in what is said, sent and heard?
async function check(peer, direction) {
  const before = { heard: peer.heard, told: peer.responses.length };
  const response = await peer.ask('INVITE', { body: peer.sdp(direction) });
  assert.strictEqual(response.status, 200);
  assert.match(response.text, new RegExp(`^a=${answers[direction]}\\r$`, 'm'), `the answer to ${direction}`);
  await phone.hears('a', /send/.test(direction) ? [peer.tone] : []);
  const receives = /recv/.test(direction);
  if (receives) {
    await until(() => peer.heard > before.heard + 5, `packets for a peer that is ${direction}`);
  } else {
    const start = peer.heard;
    await phone.hears('a', /send/.test(direction) ? [peer.tone] : []); // half a second of its sound
    assert.ok(peer.heard - start <= 1, `${peer.heard - start} packets for a peer that is ${direction}`);
  }
}

test('each of four directions after each of four: said, sent and heard', { timeout: 120000 }, () => peers(1, async (peer) => {
  app.on('answer', conference('holds'));
  await stage.dial('a');
  assert.strictEqual((await peer.call(number, stage.daemon.udp)).status, 200);
  await phone.hears('a', [peer.tone]);
  let held = false;
  const expected = [];
  for (const old of directions) {
    for (const next of directions) {
      for (const direction of [old, next]) {
        await check(peer, direction);
        const now = !/recv/.test(direction);
        if (now !== held) expected.push(now ? 'began' : 'ended');
        held = now;
      }
    }
  }
  await peer.ask('BYE');
  const { conversation_uuid: room } = await app.event({ from: peer.user, status: 'completed' });
  assert.deepStrictEqual(await holds(room), expected, 'media:hold');
  await phone.hangup('a');
}));

test('hold in the old way, with the address 0.0.0.0', () => peers(1, async (peer) => {
  app.on('answer', conference('old'));
  await stage.dial('a');
  await peer.call(number, stage.daemon.udp);
  await phone.hears('a', [peer.tone]);
  assert.match((await peer.ask('INVITE', { body: peer.sdp('sendrecv', '0.0.0.0') })).text, /^a=recvonly\r$/m);
  await check(peer, 'sendrecv');
  await peer.ask('BYE');
  await phone.hangup('a');
}));

test('a refresh with the same session gets the same answer, version and all', () => peers(1, async (peer) => {
  app.on('answer', conference('same'));
  const sdp = (text) => text.slice(text.indexOf('\r\n\r\n'));
  const first = await peer.call(number, stage.daemon.udp);
  peer.version -= 1;
  const second = await peer.ask('INVITE', { body: peer.sdp() });
  assert.strictEqual(sdp(second.text), sdp(first.text));
  peer.version += 1;
  const third = await peer.ask('INVITE', { body: peer.sdp() });
  assert.strictEqual(sdp(third.text), sdp(first.text), 'nothing of ours has changed');
  await peer.ask('BYE');
}));

test('REFER with Replaces joins the others of two calls', () => peers(2, async (first, second) => {
  const third = '15550100004';
  await phone.accept({ policy: 'answer', tone: 1100 }, third);
  app.on('answer', connect());
  await first.call(number, stage.daemon.udp);
  const { line: one } = await phone.incoming(callee);
  app.on('answer', connect(third));
  await second.call(number, stage.daemon.udp);
  const { line: other } = await phone.incoming(third);
  await phone.hears(one, [first.tone]);
  await phone.hears(other, [second.tone]);
  const to = `Refer-To: <sip:${third}@127.0.0.1?Replaces=${encodeURIComponent(second.replaces())}>`;
  assert.strictEqual((await first.ask('REFER', { headers: [to] })).status, 202);
  await first.request('NOTIFY', (text) => text.includes('SIP/2.0 200 OK'));
  await first.request('BYE');
  await second.request('BYE');
  await phone.hears(one, [1100]);
  await phone.hears(other, [700]);
  await phone.hangup(one);
  await phone.over(other);
}));

test('a transferor who hangs up at once leaves the transfer to go on', () => peers(1, async (peer) => {
  const third = '15550100004';
  await phone.accept({ policy: 'answer', tone: 1100, delay: 500 }, third);
  app.on('answer', connect());
  await peer.call(number, stage.daemon.udp);
  const { line: one } = await phone.incoming(callee);
  await phone.hears(one, [peer.tone]);
  assert.strictEqual((await peer.ask('REFER', { headers: [`Refer-To: <tel:+${third}>`] })).status, 202);
  assert.strictEqual((await peer.ask('BYE')).status, 200);
  const { line: other } = await phone.incoming(third);
  await phone.hears(one, [1100]);
  await phone.hears(other, [700]);
  await phone.hangup(one);
  await phone.over(other);
}));

test('who may not be called is not, by a transfer either', () => peers(1, async (peer) => {
  app.on('answer', conference('nobody'));
  await peer.call(number, stage.daemon.udp);
  for (const [to, status] of [['sip:rich@192.0.2.1', 403], ['sip:someone@[2001:db8::1]', 403], ['http://127.0.0.1/', 400]]) {
    assert.strictEqual((await peer.ask('REFER', { headers: [`Refer-To: <${to}>`] })).status, status, to);
  }
  await peer.ask('BYE');
}));

test('an INVITE with Replaces takes the place of a leg, which goes on', () => peers(2, async (first, second) => {
  app.on('answer', connect());
  await first.call(number, stage.daemon.udp);
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [first.tone]);
  const { uuid } = await app.event({ direction: 'inbound', status: 'answered' });
  const headers = [`Replaces: ${first.replaces()}`, 'Require: replaces'];
  assert.strictEqual((await second.call(number, stage.daemon.udp, { headers })).status, 200);
  await first.request('BYE');
  await phone.hears(line, [second.tone]);
  const { heard } = second;
  await until(() => second.heard > heard + 5, 'sound for who came');
  assert.deepStrictEqual(app.statuses(uuid), ['started', 'ringing', 'answered']);
  await second.ask('BYE');
  await phone.over(line);
  await app.event({ uuid, status: 'completed' });
}));

test('an INVITE that replaces a call that is none gets 481', () => peers(1, async (peer) => {
  assert.strictEqual((await peer.call(number, stage.daemon.udp, { headers: ['Replaces: x;to-tag=y;from-tag=z'] })).status, 481);
}));

test('REST sends the far party elsewhere by REFER, and lets it go when it is there', () => peers(1, async (peer) => {
  app.on('answer', conference('sent'));
  await stage.dial('a');
  await peer.call(number, stage.daemon.udp);
  await phone.hears('a', [peer.tone]);
  const { uuid } = await app.event({ from: peer.user, status: 'answered' });
  const refused = await stage.ask('PUT', `/v1/calls/${uuid}`, { body: { action: 'refer', to: 'http://x/' } });
  assert.strictEqual(refused.status, 400);
  await stage.put(uuid, 'refer', { to: 'sip:15550100077@192.0.2.1' });
  const { text } = await peer.request('REFER');
  assert.match(text, /^Refer-To: <sip:15550100077@192\.0\.2\.1>\r$/m);
  const told = (state, body) => peer.ask('NOTIFY', { headers: ['Event: refer', `Subscription-State: ${state}`, 'Content-Type: message/sipfrag'], body });
  assert.strictEqual((await told('active;expires=60', 'SIP/2.0 180 Ringing\r\n')).status, 200);
  assert.strictEqual((await told('terminated;reason=noresource', 'SIP/2.0 200 OK\r\n')).status, 200);
  await peer.request('BYE');
  const { conversation_uuid: room } = await app.event({ uuid, status: 'completed' });
  const { body } = await stage.ask('GET', `/beta/conversations/${room}/events`);
  assert.deepStrictEqual(body.filter((e) => e.type === 'leg:refer').map((e) => [e.body.state, e.body.sip_code]), [['started', 180], ['completed', 200]]);
  await phone.hangup('a');
}));

// Calls the trunk, which redirects to these.
async function redirected(likely, other, run) {
  await stage.fresh();
  const peer = await new Sipp('callee-redirects-by-choice', { port: pbx, keys: { likely, other } }).start();
  try {
    app.on('answer', connect('17770100003'));
    await phone.call('a', stage.daemon.uri(number));
    await run();
    await peer.done();
  } finally {
    await peer.stop();
  }
}

test('a redirection is followed to the likelier Contact that is the trunk\'s own', async () => {
  await stage.ready();
  await redirected('sip:17770100009@192.0.2.1:5060', `sip:17770100004@${phone.sip}`, async () => {
    await phone.up('a');
    await phone.incoming('17770100004');
    await phone.hears('a', [700]);
    await phone.hangup('a');
    await app.event({ direction: 'outbound', status: 'completed' });
  });
});

for (const [why, uri] of [['host', 'sip:17770100003@192.0.2.1'], ['number', 'sip:19000100003@127.0.0.1:9'], ['scheme', 'tel:+17770100003']]) {
  test(`a redirection to another ${why} is not followed`, async () => {
    await redirected(uri, uri, async () => {
      assert.strictEqual((await phone.over('a')).status, 480);
      const { sip_code: code } = await app.event({ direction: 'outbound', status: 'failed' });
      assert.ok(code === undefined || code === 302);
    });
  });
}

stage.finish();
