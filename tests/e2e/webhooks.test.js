'use strict';
// Telling the application, also when it does not listen.

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const test = require('../lib/test');
const { Stage, application, callee, conference, connect, number } = require('../lib/stage');
const { AppServer } = require('../lib/app-server');
const { settings } = require('../lib/daemon');
const { ask } = require('../lib/rest');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;

// A stage of its own for one test. options: as Stage's, or made once its application server has a port.
async function on(options, run) {
  const own = new Stage();
  await own.app.start();
  const { start } = own;
  own.start = async () => { // the port is known before the configuration is written
    own.app.start = async () => own.app;
    await start.call(own);
  };
  const { config = {}, voice = {}, first = {} } = typeof options === 'function' ? options(own.app) : options;
  Object.assign(own, { config, voice });
  try {
    await own.ready();
    if (Object.keys(first).length) {
      await own.daemon.stop();
      Object.assign(own.daemon.config.applications[0], first);
      await own.daemon.start();
    }
    await own.fresh();
    await run(own, own.app, own.phone);
  } finally {
    await own.end();
  }
}

const of = (to, kind) => to.requests.filter((r) => r.kind === kind);

// The claims of a signed webhook; an error if it is not signed with this secret.
function claims(request, secret) {
  const [, head, body, signature] = /^Bearer ([^.]+)\.([^.]+)\.([^.]+)$/.exec(request.headers.authorization);
  const parse = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  assert.deepStrictEqual(parse(head), { alg: 'HS256', typ: 'JWT' });
  assert.strictEqual(signature, crypto.createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url'));
  return parse(body);
}

function checkSigned(request, secret) {
  const { iat, jti, payload_hash: hash, ...rest } = claims(request, secret);
  assert.ok(Math.abs(iat - Date.now() / 1000) < 300, `iat ${iat}`);
  assert.match(jti, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.deepStrictEqual(rest, { iss: 'Vonage', api_key: 'abcd1234', application_id: application });
  const expected = request.method === 'GET' ? undefined : crypto.createHash('sha256').update(request.text).digest('hex');
  assert.strictEqual(hash, expected, `${request.method} ${request.path}`);
  return jti;
}

test('a dead application server blocks neither a call that is up nor its end', async () => {
  await stage.fresh();
  app.on('answer', conference('alone'));
  await stage.dial('a', { tone: 500 });
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('a', [700]);
  const leg = await stage.leg();
  const { port } = app;
  await app.stop();
  await stage.put(leg, 'mute');
  await phone.hears('b', []);
  await stage.put(leg, 'unmute');
  await phone.hears('b', [500]);
  await phone.hangup('a');
  await phone.over('a');
  await phone.hears('b', []);
  const call = await stage.ask('GET', `/v1/calls/${leg}`);
  assert.strictEqual(call.body.status, 'completed');
  stage.app = new AppServer();
  await stage.app.start(port);
  const end = await stage.app.event({ uuid: leg, status: 'completed' }, 40000);
  assert.strictEqual(end.status, 'completed');
  await phone.hangup('b');
  await stage.daemon.idle({ timeout: 60000 });
});

test('an event that is refused is sent again, the same, and nothing of its leg before it', async () => {
  const { app: now } = await stage.fresh();
  let refusals = 2;
  now.on('answer', connect());
  now.on('event', (r) => (r.fields.status === 'answered' && r.fields.direction === 'inbound' && refusals-- > 0 ? 500 : 204));
  await stage.dial('a');
  await phone.hangup('a');
  const end = await now.event({ status: 'completed', direction: 'inbound' }, 40000);
  const bodies = now.requests.filter((r) => r.kind === 'event' && r.fields.uuid === end.uuid).map((r) => [r.fields.status, r.text]);
  assert.deepStrictEqual(bodies.map(([s]) => s), ['started', 'ringing', 'answered', 'answered', 'answered', 'completed']);
  assert.strictEqual(new Set(bodies.filter(([s]) => s === 'answered').map(([, text]) => text)).size, 1);
});

test('a slow receiver of one leg does not hold up another leg', async () => {
  const { app: now } = await stage.fresh();
  now.on('answer', conference('slow'));
  now.on('event', (r) => (r.fields.from === '15550100017' && r.fields.status === 'started' ? { status: 204, delay: 3000 } : 204));
  await stage.dial('slow', { from: '15550100017', tone: 700 });
  await stage.dial('quick');
  await phone.hangup('quick');
  await now.event({ from: '15550100001', status: 'completed' });
  assert.deepStrictEqual(now.events.filter((e) => e.from === '15550100017').map((e) => e.status), ['started']);
  await phone.hangup('slow');
  const end = await now.event({ from: '15550100017', status: 'completed' });
  assert.deepStrictEqual(now.statuses(end.uuid), ['started', 'ringing', 'answered', 'completed']);
});

test('the order of each leg holds over many calls at once', async () => {
  const { app: now } = await stage.fresh();
  now.on('answer', conference('crowd'));
  const lines = Array.from({ length: 40 }, (_, i) => `crowd ${i}`);
  await Promise.all(lines.map((line, i) => phone.call(line, stage.daemon.uri(number), { from: `155501700${String(i).padStart(2, '0')}` })));
  for (const line of lines) await phone.up(line);
  await Promise.all(lines.map((line) => phone.hangup(line)));
  await stage.daemon.idle();
  const legs = new Set(now.events.map((e) => e.uuid));
  assert.strictEqual(legs.size, 40);
  for (const leg of legs) assert.deepStrictEqual(now.statuses(leg), ['started', 'ringing', 'answered', 'completed']);
});

test('events by GET carry the same fields in the query', async () => {
  const get = new Stage({ voice: { event_method: 'GET' } });
  try {
    await get.fresh();
    get.app.on('answer', connect());
    await get.dial('a');
    await get.phone.hangup('a');
    const inbound = await get.app.event({ status: 'completed', direction: 'inbound' });
    assert.ok(get.app.requests.filter((r) => r.kind === 'event').every((r) => r.method === 'GET' && r.text === ''));
    assert.match(inbound.duration, /^\d+$/);
    assert.strictEqual(inbound.to, number);
  } finally {
    await get.end();
  }
});

test('a static NCCO serves a number without an answer URL', async () => {
  const ncco = JSON.stringify([{ action: 'connect', from: number, endpoint: [{ type: 'phone', number: callee }] }]);
  const fixed = new Stage({ voice: { answer_url: '', ncco } });
  try {
    await fixed.fresh();
    await fixed.dial('a');
    await fixed.phone.hears('a', [700]);
    assert.ok(!fixed.app.requests.some((r) => r.kind === 'answer'));
    await fixed.phone.hangup('a');
    await fixed.app.event({ status: 'completed', direction: 'outbound' });
  } finally {
    await fixed.end();
  }
});

test('by GET, what is nested is JSON: answer, fallback, input, rtc', async () => {
  await on((to) => ({ voice: { event_method: 'GET', fallback_answer_url: to.url('fallback') },
    first: { rtc: { event_url: to.url('rtc'), event_method: 'GET' } } }), async (own, to, line) => {
    to.on('rtc', 204).on('answer', 500).on('fallback', conference('keys'));
    await own.dial('a', { headers: { 'X-Ticket': 'a b&c' } });
    const [answer] = of(to, 'answer');
    assert.strictEqual(answer.method, 'GET');
    assert.deepStrictEqual(answer.query.map(([name]) => name), ['to', 'from', 'conversation_uuid', 'uuid', 'SipHeader_X-Ticket']);
    const [fallback] = of(to, 'fallback');
    assert.strictEqual(fallback.method, 'GET');
    const { reason, original_request: original, ...rest } = fallback.fields;
    assert.strictEqual(reason, 'HTTP 500');
    assert.deepStrictEqual(JSON.parse(original), { url: to.url('answer'), type: 'answer' });
    assert.deepStrictEqual(rest, answer.fields);
    const { uuid } = answer.fields;
    assert.strictEqual((await own.ask('PUT', `/v1/calls/${uuid}/input/dtmf`, { body: { event_url: [to.url('keys')], event_method: 'GET' } })).status, 204);
    to.on('keys', 204);
    await line.send('dtmf', { line: 'a', digits: '5' });
    const key = await to.wait((r) => r.kind === 'keys', 'a key');
    assert.strictEqual(key.method, 'GET');
    assert.deepStrictEqual(JSON.parse(key.fields.dtmf), { digits: '5', timed_out: false });
    await line.hangup('a');
    await to.event({ uuid, status: 'completed' });
    const answered = of(to, 'event').find((r) => r.fields.status === 'answered');
    assert.strictEqual(answered.fields.rate, 'null');
    assert.deepStrictEqual(JSON.parse(answered.fields.headers), { 'X-Ticket': 'a b&c' });
    const joined = await to.wait((r) => r.kind === 'rtc' && r.fields.type === 'member:joined', 'member:joined');
    assert.strictEqual(joined.method, 'GET');
    assert.ok(JSON.parse(joined.fields.body).user.id, joined.fields.body);
    assert.ok(JSON.parse(joined.fields._embedded).from_member.id);
  });
});

test('every kind of webhook is signed, with the secret of its application', async () => {
  await on((to) => ({
    config: { http: { api_key: 'abcd1234', api_secret: 'x', signature_secret: 'the secret of the daemon' } },
    voice: { signed: true, answer_method: 'POST', fallback_answer_url: to.url('fallback') },
    first: { signature_secret: 'the secret of the application', rtc: { event_url: to.url('rtc'), signed: true } },
  }), async (own, to, line) => {
    to.on('rtc', 204).on('answer', 500).on('fallback', conference('signed'));
    await own.dial('a');
    await line.hangup('a');
    await to.event({ status: 'completed' });
    await to.wait((r) => r.kind === 'rtc', 'an rtc event');
    await own.daemon.idle();
    const kinds = new Set(to.requests.map((r) => r.kind));
    assert.deepStrictEqual([...kinds].sort(), ['answer', 'event', 'fallback', 'rtc']);
    const ids = to.requests.map((r) => checkSigned(r, 'the secret of the application'));
    assert.strictEqual(new Set(ids).size, ids.length);
    assert.deepStrictEqual(own.daemon.log.filter((l) => /the secret of|Bearer ey/.test(l)), []);
  });
});

test('the secret of the daemon is that of applications without one; others are not signed', async () => {
  await on({ config: { http: { api_key: 'abcd1234', api_secret: 'x', signature_secret: 'common' } }, voice: { signed: true } }, async (own, to, line) => {
    to.on('answer', conference('signed'));
    await own.dial('a');
    await line.hangup('a');
    await to.event({ status: 'completed' });
    for (const request of to.requests) checkSigned(request, 'common');

    own.daemon.config.applications[0].signature_secret = 'after a reload';
    fs.writeFileSync(own.daemon.file, settings(own.daemon.config));
    own.daemon.child.kill('SIGHUP');
    await until(() => own.daemon.log.some((l) => /reloaded/.test(l)), () => `the reload\n${own.daemon.tail()}`);
    to.reset();
    to.on('answer', conference('signed'));
    await own.dial('b');
    await line.hangup('b');
    await to.event({ status: 'completed' });
    for (const request of to.requests) checkSigned(request, 'after a reload');
  });
  await on({ config: { http: { signature_secret: 'common' } } }, async (own, to, line) => {
    to.on('answer', conference('plain'));
    await own.dial('a');
    await line.hangup('a');
    await to.event({ status: 'completed' });
    assert.deepStrictEqual(to.requests.filter((r) => r.headers.authorization), []);
  });
});

test('an application has timeouts and methods of its own, in the file and by the API', async () => {
  const config = { http: { api_key: 'abcd1234', api_secret: 'x' } };
  const slow = { status: 200, body: [], delay: 8000 };
  await on((to) => ({ config, voice: { answer_timeout: 1000, fallback_answer_url: to.url('fallback'), fallback_answer_method: 'POST' } }), async (own, to, line) => {
    const headers = { authorization: `Basic ${Buffer.from('abcd1234:x').toString('base64')}` };
    to.on('answer', () => slow).on('fallback', conference('slow'));
    await own.dial('a'); // and not after twice the 5 s that others may take, and 8 s of the server
    assert.strictEqual(of(to, 'answer').length, 2);
    const [{ method, fields }] = of(to, 'fallback');
    assert.strictEqual(method, 'POST');
    assert.strictEqual(fields.reason, 'No reply in time.');
    assert.deepStrictEqual(fields.original_request, { url: to.url('answer'), type: 'answer' });
    await line.hangup('a');
    await own.daemon.idle();

    const hook = (name, more) => ({ address: to.url(name), http_method: 'POST', ...more });
    const made = await ask(own.daemon.base, 'POST', '/v2/applications', { headers, body: { name: 'api', capabilities: { voice: { webhooks: {
      answer_url: hook('answer', { socket_timeout: 1000, connection_timeout: 300 }), fallback_answer_url: hook('fallback'), event_url: hook('event') } } } } });
    assert.strictEqual(made.status, 201, made.text);
    const linked = await ask(own.daemon.base, 'POST', '/number/update', { headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      raw: `country=US&msisdn=15550109999&app_id=${made.body.id}` });
    assert.strictEqual(linked.status, 200, linked.text);
    to.reset();
    to.on('answer', () => slow).on('fallback', conference('slow'));
    await own.dial('b', { to: '15550109999' });
    assert.deepStrictEqual(of(to, 'answer').map((r) => r.method), ['POST', 'POST']);
    assert.deepStrictEqual(of(to, 'fallback').map((r) => r.method), ['POST']);
    await line.hangup('b');
    await to.event({ status: 'completed' });
  });
});

test('an answer by POST says where we are and what calls; one by GET when it is wanted', async () => {
  for (const [voice, webhook, more] of [[{ answer_method: 'POST' }, {}, true], [{}, {}, false], [{}, { extended: true }, true]]) {
    const config = { http: { public_url: 'https://bridge.example' }, webhook: { allow: ['127.0.0.0/8'], ...webhook } };
    await on({ config, voice }, async (own, to, line) => {
      to.on('answer', conference('where'));
      await own.dial('a');
      const [{ fields }] = of(to, 'answer');
      assert.deepStrictEqual(Object.keys(fields), ['to', 'from', 'conversation_uuid', 'uuid', ...(more ? ['region_url', 'endpoint_type'] : [])]);
      if (more) assert.deepStrictEqual([fields.region_url, fields.endpoint_type], ['https://bridge.example', 'phone']);
      await line.hangup('a');
      await to.event({ status: 'completed' });
    });
  }
});

test('the application hears of a call before it is asked about it, also when it is called', async () => {
  const { app: now } = await stage.fresh();
  now.on('answer', conference('ordered'));
  const made = await stage.ask('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, answer_url: [now.url('answer')] } });
  assert.strictEqual(made.status, 201, made.text);
  await now.wait((r) => r.kind === 'answer', 'the question');
  const before = now.requests.slice(0, now.requests.findIndex((r) => r.kind === 'answer')).map((r) => r.fields.status);
  assert.deepStrictEqual(before, ['started', 'ringing', 'answered']);
  await stage.put(made.body.uuid, 'hangup');
  await now.event({ uuid: made.body.uuid, status: 'completed' });
});

test('a tariff prices calls, told and listed; the longest prefix of the far number counts', async () => {
  const tariff = [{ prefix: '1555', rate: '0.00450000', network: '23409' }, { prefix: callee, rate: '1.2', network: 'GB-FIXED', direction: 'outbound' }];
  await on({ config: { tariff } }, async (own, to, line) => {
    to.on('answer', connect());
    await own.dial('a');
    await line.hears('a', [700]);
    await line.hangup('a');
    const ends = {};
    for (const direction of ['inbound', 'outbound']) ends[direction] = await to.event({ direction, status: 'completed' });
    for (const [end, rate, network] of [[ends.inbound, 450000n, '23409'], [ends.outbound, 120000000n, 'GB-FIXED']]) {
      const price = (rate * BigInt(end.duration) + 30n) / 60n;
      const text = (amount) => `${amount / 100000000n}.${String(amount % 100000000n).padStart(8, '0')}`;
      assert.deepStrictEqual([end.rate, end.price, end.network], [text(rate), text(price), network]);
      assert.ok(Number(end.duration) >= 1);
      const { body } = await own.ask('GET', `/v1/calls/${end.uuid}`);
      assert.deepStrictEqual([body.rate, body.price, body.network], [end.rate, end.price, end.network]);
    }
  });
});

test('a User-to-User of up to 256 characters reaches the application, a longer one does not', async () => {
  for (const size of [256, 257]) {
    const { app: now } = await stage.fresh();
    now.on('answer', conference('uui'));
    await stage.dial('a', { headers: { 'User-to-User': 'u'.repeat(size) } });
    const [{ fields }] = of(now, 'answer');
    assert.strictEqual((fields['SipHeader_User-to-User'] || '').length, size > 256 ? 0 : size);
    await phone.hangup('a');
    await now.event({ status: 'completed' });
  }
});

test('custom headers are echoed in statuses; extras come only when they are wanted', async () => {
  const headers = { 'X-UserId': '1938', 'X-Nexmo-Secret': 'no', 'User-to-User': 'abc' };
  for (const extended of [false, true]) {
    await on({ config: { webhook: { allow: ['127.0.0.0/8'], extended } } }, async (own, to, line) => {
      to.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'sip', uri: `sip:desk@${line.sip}`, headers: { ticket: '42' } }] }]);
      await own.dial('a', { headers });
      await line.hears('a', [700]);
      await line.hangup('a');
      const inbound = await to.event({ direction: 'inbound', status: 'completed' });
      const outbound = await to.event({ direction: 'outbound', status: 'completed' });
      await own.daemon.idle();
      for (const event of to.events.filter((e) => e.status)) {
        assert.deepStrictEqual(event.headers, event.direction === 'inbound' ? { 'X-UserId': '1938' } : { ticket: '42' }, JSON.stringify(event));
      }
      const extras = ({ disconnected_by: by, sip_code: code }) => [by, code];
      assert.deepStrictEqual(extras(inbound), extended ? ['user', 200] : [undefined, undefined]);
      assert.deepStrictEqual(extras(outbound), extended ? ['platform', 200] : [undefined, undefined]);

      to.reset();
      await line.accept({ policy: 'busy' });
      to.on('answer', connect());
      await line.call('b', own.daemon.uri(number));
      const busy = await to.event({ direction: 'outbound', status: 'busy' });
      assert.strictEqual(busy.sip_code, extended ? 486 : undefined);
      assert.deepStrictEqual(busy.headers, extended ? {} : undefined);
      await until(async () => to.statuses((await to.event({ direction: 'inbound', status: 'completed' })).uuid).length, 'the end');
    });
  }
});

stage.finish();
