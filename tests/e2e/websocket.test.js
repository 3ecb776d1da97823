'use strict';
// A WebSocket server as a party of a call: what it is told, hears and says, and how it leaves.

const assert = require('node:assert');
const test = require('../lib/test');
const { Bot } = require('../lib/bot');
const { People } = require('../lib/people');
const { Stage, callee, conference, number } = require('../lib/stage');
const { serve } = require('../lib/heard');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;
const bot = new Bot();
const people = new People(stage);
let started;

const connect = (endpoint, more = {}) => ({ action: 'connect', from: number, endpoint: [endpoint], ...more });

async function fresh(more) {
  started = started || bot.start();
  await started;
  await stage.fresh();
  bot.reset(more);
}

// A caller who is connected with the bot.
async function begin(rate = 16000, endpoint = {}, more = {}) {
  await fresh();
  app.on('answer', [connect(bot.endpoint(rate, endpoint), more)]);
  await stage.dial('a');
  return bot.connection();
}

const leg = () => app.event({ status: 'answered', direction: 'outbound' });

for (const rate of [8000, 16000, 24000]) {
  test(`tones both ways at ${rate} Hz, in frames of 20 ms; hanging up closes with 1000`, async () => {
    const up = await begin(rate);
    assert.strictEqual(up.first, 'text');
    assert.deepStrictEqual(up.messages[0], { event: 'websocket:connected', 'content-type': `audio/l16;rate=${rate}` });
    await up.hears(500);
    assert.deepStrictEqual([...up.sizes], [rate / 25]);
    up.tone(800, 3000);
    await phone.hears('a', [800]);
    const { uuid } = await leg();
    await phone.hangup('a');
    assert.strictEqual(await up.closed(), 1000);
    const told = await app.event({ uuid, status: 'completed' });
    assert.strictEqual(told.to, bot.endpoint(rate).uri);
    assert.deepStrictEqual(app.statuses(uuid), ['started', 'answered', 'completed']);
  });
}

test('headers stand in the first message and in webhooks; authorization and path in the request', async () => {
  const headers = { customer: 'x1', nested: { a: [1] } };
  const up = await begin(16000, { headers, authorization: { type: 'custom', value: 'Token abc' } });
  assert.deepStrictEqual(Object.entries(up.messages[0]),
    [['event', 'websocket:connected'], ['content-type', 'audio/l16;rate=16000'], ...Object.entries(headers)]);
  const [request] = bot.upgrades;
  assert.strictEqual(request.url, '/bot?a=1');
  assert.strictEqual(request.headers.authorization, 'Token abc');
  assert.strictEqual(request.headers['sec-websocket-extensions'], undefined);
  assert.deepStrictEqual((await leg()).headers, headers);
  await phone.hangup('a');
});

test('mute and earmuff by REST', async () => {
  const up = await begin();
  const { uuid } = await leg();
  up.tone(800, 3000);
  await phone.hears('a', [800]);
  await stage.put(uuid, 'mute');
  await phone.hears('a', []);
  await stage.put(uuid, 'unmute');
  await phone.hears('a', [800]);
  await up.hears(500);
  await stage.put(uuid, 'earmuff');
  await up.quiet(500);
  await stage.put(uuid, 'unearmuff');
  await up.hears(500);
  await phone.hangup('a');
});

test('clear drops what waits, with its marks; notify tells when the sound before it was played', async () => {
  const up = await begin();
  up.tone(800, 2000);
  up.say({ action: 'notify', payload: { id: 'never' } });
  await phone.hears('a', [800]);
  up.say({ action: 'clear' });
  await up.told('websocket:cleared');
  await phone.hears('a', []);
  up.tone(900, 60);
  up.say({ action: 'notify', payload: { id: 'b', more: [1] } });
  const { frames } = up;
  const mark = await up.told('websocket:notify');
  assert.deepStrictEqual(mark, { event: 'websocket:notify', payload: { id: 'b', more: [1] } });
  assert.ok(up.frames - frames >= 50, `a mark behind 60 frames came after ${up.frames - frames}`);
  up.say('no JSON');
  up.say({ action: 'dance' });
  up.tone(1000, 500);
  await phone.hears('a', [1000]);
  await phone.hangup('a');
});

test('keys of the caller and of REST are told', async () => {
  const up = await begin();
  await phone.send('dtmf', { line: 'a', digits: '5#' });
  const first = await up.told('websocket:dtmf');
  assert.strictEqual(first.digit, '5');
  assert.ok(first.duration > 0);
  assert.strictEqual((await up.told('websocket:dtmf', 2)).digit, '#');
  const { uuid } = await leg();
  const answer = await stage.ask('PUT', `/v1/calls/${uuid}/dtmf`, { body: { digits: '7' } });
  assert.strictEqual(answer.status, 200, answer.text);
  assert.strictEqual((await up.told('websocket:dtmf', 3)).digit, '7');
  await phone.hangup('a');
});

test('the server closes: disconnected, whose reply may be an NCCO', async () => {
  const up = await begin();
  const { uuid } = await leg();
  app.on('event', (r) => (r.fields.status === 'disconnected' ? [connect({ type: 'phone', number: callee })] : 204));
  up.ws.close(1000);
  const told = await app.event({ uuid, status: 'disconnected' });
  assert.strictEqual(told.direction, undefined);
  assert.strictEqual(told.to, bot.endpoint(16000).uri);
  assert.strictEqual(await up.closed(), 1000);
  await phone.hears('a', [700]);
  assert.deepStrictEqual(app.statuses(uuid), ['started', 'answered', 'disconnected']);
  await phone.hangup('a');
});

test('the server crashes: disconnected, and the flow goes on', async () => {
  await fresh();
  app.on('answer', [connect(bot.endpoint(8000)), connect({ type: 'phone', number: callee })]);
  // a connect behind it runs at once; so this caller is with both, then with the phone alone
  await stage.dial('a');
  const up = await bot.connection();
  const { uuid } = await app.event({ status: 'answered', direction: 'outbound', to: bot.endpoint(8000).uri });
  up.socket.destroy();
  await app.event({ uuid, status: 'disconnected' });
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('REST hangs up the bot: completed, and no disconnected', async () => {
  const up = await begin();
  const { uuid } = await leg();
  await stage.put(uuid, 'hangup');
  assert.strictEqual(await up.closed(), 1000);
  await app.event({ uuid, status: 'completed' });
  assert.deepStrictEqual(app.statuses(uuid), ['started', 'answered', 'completed']);
});

// What a caller is told whose bot cannot be had: the flow of the synchronous reply.
async function cannot(endpoint, status) {
  app.on('event', (r) => (r.fields.status === status ? [connect({ type: 'phone', number: callee })] : 204));
  app.on('answer', [connect(endpoint, { eventType: 'synchronous', timeout: 3 })]);
  await phone.call('a', stage.daemon.uri(number));
  const told = await app.event({ to: endpoint.uri, status });
  await phone.hears('a', [700]);
  await phone.hangup('a');
  return told;
}

test('a refused connection is failed, an upgrade that is not taken unanswered', async () => {
  await fresh();
  await cannot({ ...bot.endpoint(16000), uri: 'ws://127.0.0.1:1/' }, 'failed');
  await fresh({ refuse: (request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n') });
  await cannot(bot.endpoint(16000), 'unanswered');
  await fresh({ refuse: (request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n') });
  await cannot(bot.endpoint(16000), 'unanswered');
  await fresh({ refuse: (request, socket) => socket.end('SSH-2.0-nothing\r\n\r\n') });
  await cannot(bot.endpoint(16000), 'unanswered');
});

test('a server that says nothing is unanswered after the ringing time', async () => {
  await fresh({ refuse: () => {} });
  await cannot(bot.endpoint(16000), 'unanswered');
});

test('an address that is not allowed is not reached', async () => {
  await fresh();
  await cannot({ ...bot.endpoint(16000), uri: `ws://[::1]:${bot.port}/` }, 'failed');
  assert.strictEqual(bot.upgrades.length, 0);
});

test('a slow reader misses sound, and nobody else does', async () => {
  const up = await begin(24000);
  up.tone(800, 3000);
  await phone.hears('a', [800]);
  up.socket.pause();
  const { frames } = up;
  await phone.send('dtmf', { line: 'a', digits: '1' });
  await phone.hears('a', [800]);
  up.socket.resume();
  await up.told('websocket:dtmf');
  await until(() => up.frames > frames, 'sound again');
  await phone.hangup('a');
  await up.closed();
});

test('frames that break RFC 6455 end the bot alone', async () => {
  const up = await begin();
  const { uuid } = await leg();
  app.on('event', (r) => (r.fields.status === 'disconnected' ? [connect({ type: 'phone', number: callee })] : 204));
  up.socket.write(Buffer.from([0xf1, 0x01, 0x41])); // reserved bits
  await app.event({ uuid, status: 'disconnected' });
  assert.strictEqual(await up.closed(), 1002);
  await phone.hears('a', [700]);
  await phone.hangup('a');
});

test('two bots and a phone in a conversation: each hears the others', async () => {
  await fresh();
  app.on('answer', [connect(bot.endpoint(16000)), connect(bot.endpoint(24000))]);
  await stage.dial('a');
  const one = await bot.connection(0);
  const two = await bot.connection(1);
  one.tone(800, 3000);
  two.tone(1200, 3000);
  await phone.hears('a', [800, 1200]);
  await one.hears(500);
  await one.hears(1200);
  await two.hears(800);
  assert.ok(!one.hearsNow(800, 100), 'it hears itself');
  await phone.hangup('a');
  await one.quiet(500); // the two are left with each other, as phones would be
  one.ws.close(1000);
  assert.strictEqual(await two.closed(), 1000);
});

test('POST /v1/calls: the flow of a call to a bot', async () => {
  await fresh();
  const answer = await stage.ask('POST', '/v1/calls', { body: {
    to: [bot.endpoint(16000)], from: { type: 'phone', number }, ncco: [connect({ type: 'phone', number: callee })] } });
  assert.strictEqual(answer.status, 201, answer.text);
  const up = await bot.connection();
  await up.hears(700);
  up.tone(800, 2000);
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [800]);
  up.ws.close(1001);
  await app.event({ uuid: answer.body.uuid, status: 'disconnected' });
  await phone.over(line);
});

test('a member is invited with a websocket channel, and hears who is there', async () => {
  await fresh();
  const room = await people.conversation();
  app.on('answer', conference(room.name));
  await stage.dial('a');
  const to = bot.endpoint(8000, { headers: { who: 'me' } });
  const member = await people.add(room, await people.user(), 'invited', { channel: { type: 'websocket', to }, media: { audio: true } });
  const up = await bot.connection();
  assert.strictEqual(up.messages[0].who, 'me');
  await people.state(room, member, 'JOINED');
  await up.hears(500);
  const { type, ...own } = bot.endpoint(24000);
  const owner = await people.user({ channels: { [type]: [own] } });
  await people.add(room, owner, 'invited', { channel: { type }, media: { audio: true } });
  const other = await bot.connection(1);
  assert.strictEqual(other.rate, 24000);
  await other.hears(500);
  up.tone(800, 2000);
  await phone.hears('a', [800]);
  await phone.hangup('a');
  await people.clear();
  assert.strictEqual(await up.closed(), 1000);
  assert.strictEqual(await other.closed(), 1000);
});

test('a stream to the bot alone', async () => {
  const up = await begin(8000);
  const { uuid } = await leg();
  await up.hears(500);
  const played = await stage.ask('PUT', `/v1/calls/${uuid}/stream`, { body: { stream_url: [serve(app, 'told', [2000, 30, 6000])] } });
  assert.strictEqual(played.status, 200, played.text);
  await up.hears(2000);
  assert.deepStrictEqual(await phone.heard('a'), []);
  await phone.hangup('a');
});

test('the bot ends', () => bot.stop());
stage.finish();
