'use strict';
// Bad input of every kind: told clearly, nothing stopped, nothing leaked. One good call is
// up all the while and must not notice.

const assert = require('node:assert');
const crypto = require('node:crypto');
const test = require('../lib/test');
const { RawSip, audio, overTcp } = require('../lib/raw-sip');
const { Stage, application, caller, conference, connect, number } = require('../lib/stage');
const { claims, sign, token, keyPair } = require('../lib/jwt');
const { freePort } = require('../lib/place');
const { ask } = require('../lib/rest');
const { until } = require('../lib/wait');

const foreign = { id: '3f0e1f3c-7a53-4a0e-8bfb-5a4fbd1f3a11', keys: keyPair() };
const stage = new Stage({
  config: { webhook: { allow: ['127.0.0.0/8'], answer_timeout: 700, connect_timeout: 500 } },
  applications: () => [{ id: foreign.id, name: 'foreign', public_key: foreign.keys.publicKey, numbers: ['15550300001'] }],
});
const { phone, app } = stage;
let raw;
let steady;

const flow = (script) => app.on('answer', (r) => (r.fields.from === '15550100099' ? conference('steady') : script instanceof Function ? script(r) : script));

// A test with one good call up in the background, which goes on undisturbed, and with
// nothing more held afterwards than that call.
function bad(name, run) {
  test(name, async () => {
    if (!steady) {
      await stage.fresh();
      raw = await new RawSip().start();
      flow([]);
      await stage.dial('steady', { from: '15550100099', tone: 1900 });
      await stage.dial('steady too', { from: '15550100099', tone: 2100 });
      await phone.hears('steady', [2100]);
      steady = await held();
    }
    app.requests.length = 0;
    await run();
    await until(async () => JSON.stringify(await held()) === JSON.stringify(steady), async () => `${JSON.stringify(steady)} to be held; it is ${JSON.stringify(await held())}`);
    await phone.hears('steady', [2100]);
    await phone.hears('steady too', [1900]);
  });
}

const held = async () => {
  const all = await stage.daemon.metrics();
  return Object.fromEntries(Object.entries(all).filter(([name]) => stage.daemon.isGauge(name, true)));
};

let calls = 0;
// Rings once more, by a line of its own.
async function ring() {
  const line = `bad ${++calls}`;
  await phone.call(line, stage.daemon.uri(number));
  return line;
}

const error = (pattern) => app.wait((r) => r.kind === 'event' && r.fields && r.fields.reason && pattern.test(r.fields.reason), `an error event like ${pattern}`);

// The call is refused or ended, an error event says why.
async function dropped(script, pattern) {
  flow(script);
  const line = await ring();
  const { fields } = await error(pattern);
  assert.match(fields.conversation_uuid, /^CON-/);
  assert.ok(fields.timestamp);
  const end = await phone.over(line);
  assert.ok(end.status >= 400 || end.remote, JSON.stringify(end));
  await app.event({ status: 'completed' });
  return fields;
}

bad('an NCCO with an unknown action: an error event names it, the call is ended', () =>
  dropped([{ action: 'dance' }], /dance/));
bad('an NCCO with a wrong type', () => dropped([{ action: 'connect', timeout: 'soon', endpoint: [{ type: 'phone', number: '15550100003' }] }], /timeout/));
bad('an NCCO without a required option', () => dropped([{ action: 'conversation' }], /name/));
bad('an NCCO with a bad endpoint', () => dropped([{ action: 'connect', endpoint: [{ type: 'phone', number: 'nobody' }] }], /number/));
bad('an NCCO whose second action is bad does not start the first', () => dropped([...conference('x'), { action: 7 }], /action/));
bad('an NCCO that is an object', () => dropped({ body: { action: 'talk' } }, /array/));
bad('an answer that is HTML', () => dropped({ body: '<html>hello</html>', type: 'text/html' }, /JSON/));
bad('an answer that is nothing', () => dropped({ body: '' }, /JSON|empty/));
bad('an answer of ten megabytes', () => dropped(() => ({ body: `["${'x'.repeat(10 << 20)}"]` }), /./));
bad('an answer nested a hundred thousand deep', () => dropped(() => ({ body: '['.repeat(100000) + ']'.repeat(100000) }), /./));
bad('an answer of 404', () => dropped(404, /404/));
bad('an answer of 500', () => dropped(500, /500/));
bad('an answer URL that breaks the connection', () => dropped({ destroy: true }, /./));
bad('an answer URL that is too slow', () => dropped({ body: [], delay: 3000 }, /time/i));
bad('an empty NCCO ends the call without an error', async () => {
  flow([]);
  const line = await ring();
  await phone.over(line);
  await app.event({ status: 'completed' });
  assert.ok(!app.events.some((e) => e.reason));
});

bad('SDP without audio is refused', async () => {
  const sdp = ['v=0', 'o=raw 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=video 4000 RTP/AVP 96', 'a=rtpmap:96 VP8/90000', ''].join('\r\n');
  await raw.send(raw.request('INVITE', number, stage.daemon.udp, { body: sdp, callId: 'video' }), stage.daemon.udp);
  assert.match(await raw.answer('video'), /^SIP\/2\.0 488 /);
});
bad('SDP that is none is refused', async () => {
  for (const [i, sdp] of ['hello', 'v=0\r\n', 'v=0\r\nm=audio 99999999 RTP/AVP 0\r\n', `v=0\r\n${'a=x\r\n'.repeat(9000)}`].entries()) {
    const callId = `broken-${i}`;
    await raw.send(raw.request('INVITE', number, stage.daemon.udp, { body: sdp, callId }), stage.daemon.udp);
    assert.match(await raw.answer(callId), /^SIP\/2\.0 4(00|88|13) /);
  }
});
bad('a body that is not SDP is refused', async () => {
  await raw.send(raw.request('INVITE', number, stage.daemon.udp, { body: '{}', callId: 'json', headers: { 'Content-Type': 'application/json' } }), stage.daemon.udp);
  const answer = await raw.answer('json');
  assert.match(answer, /^SIP\/2\.0 415 /);
  assert.match(answer, /^Accept: application\/sdp/m);
});

// Each of them, once answered 200 and never acknowledged, kills a careless NUA application.
const deadly = {
  'a Contact of *': { Contact: '*' },
  'a Contact without a scheme': { Contact: '<foo>' },
  'a Contact of a telephone': { Contact: '<tel:1>' },
  'a Contact of a web page': { Contact: '<http://x/>' },
  'a Record-Route without a scheme': { 'Record-Route': '<foo>' },
};
for (const [name, headers] of Object.entries(deadly)) {
  bad(`INVITE with ${name} is 400 at once`, async () => {
    flow(conference('deadly'));
    const callId = crypto.randomUUID();
    await raw.send(raw.request('INVITE', number, stage.daemon.udp, { body: audio(), headers, callId }), stage.daemon.udp);
    assert.match(await raw.answer(callId), /^SIP\/2\.0 400 /);
    assert.ok(!app.requests.some((r) => r.kind === 'answer'));
  });
}

bad('noise, halves of messages and huge datagrams are outlived', async () => {
  flow([]);
  const invite = raw.request('INVITE', number, stage.daemon.udp, { body: audio() });
  for (let i = 0; i < 200; i++) await raw.send(crypto.randomBytes(1 + (i * 7)), stage.daemon.udp);
  for (let cut = 1; cut < invite.length; cut += 23) await raw.send(invite.slice(0, cut), stage.daemon.udp);
  await raw.send(Buffer.alloc(60000, 'A'), stage.daemon.udp);
  await raw.send(raw.request('OPTIONS', number, stage.daemon.udp, { headers: { Subject: 'x'.repeat(50000) } }), stage.daemon.udp);
  await overTcp(stage.daemon.tcp, Buffer.alloc(2 << 20, 'B'));
  await overTcp(stage.daemon.tcp, `${invite.slice(0, 300)}`);
  await raw.send(raw.request('OPTIONS', number, stage.daemon.udp, { callId: 'after the noise' }), stage.daemon.udp);
  assert.match(await raw.answer('after the noise'), /^SIP\/2\.0 200 /);
  // halves that happened to be whole enough to ring must end by themselves
  for (const text of raw.got) assert.match(text, /^(SIP\/2\.0 \d{3} |[A-Z]+ sip:)/);
});

const unauthorised = () => {
  const now = Math.floor(Date.now() / 1000);
  const { privateKey, publicKey } = stage.keys;
  return {
    'no token': undefined,
    'a token that is none': 'abc',
    'three empty parts': '..',
    'a token of noise': `${'!'.repeat(20)}.${'?'.repeat(20)}.x`,
    'a signature cut off': stage.token().split('.').slice(0, 2).join('.'),
    'a wrong signature': `${stage.token().slice(0, -8)}AAAAAAAA`,
    'a foreign key': token(application, keyPair().privateKey),
    'alg none': sign(claims(application), null, 'none'),
    'HS256 with the public key for a secret': sign(claims(application), publicKey, 'HS256'),
    'an expired one': token(application, privateKey, { iat: now - 7200, exp: now - 3600 }),
    'one older than a quarter of an hour, without exp': token(application, privateKey, { iat: now - 1000 }),
    'one issued in the future': token(application, privateKey, { iat: now + 600 }),
    'one not valid yet': token(application, privateKey, { nbf: now + 600 }),
    'one that lives longer than a day': token(application, privateKey, { exp: now + 90000 }),
    'one without iat': token(application, privateKey, { iat: undefined }),
    'one without jti': token(application, privateKey, { jti: undefined }),
    'one without an application': token(undefined, privateKey),
    'an unknown application': token(crypto.randomUUID(), privateKey),
    'an application that is no text': token(17, privateKey),
    'claims that are an array': sign([1], privateKey),
    'a token of a megabyte': token(application, privateKey, { more: 'x'.repeat(20000) }).repeat(2),
  };
};
bad('bad tokens of every kind are 401, with a JSON body of the family', async () => {
  for (const [name, bearer] of Object.entries(unauthorised())) {
    for (const at of ['/v1/calls', '/beta/conversations/CON-00000000-0000-4000-8000-000000000000']) {
      const { status, body, text } = await ask(stage.daemon.base, 'GET', at, { token: bearer });
      assert.ok(status === 401 || (status === 431 && name.includes('megabyte')), `${name} on ${at}: ${status} ${text}`);
      if (status === 401 && at.startsWith('/v1')) assert.strictEqual(body.title, 'Unauthorized', text);
      if (status === 401 && at.startsWith('/beta')) assert.match(body.code, /^system:error:(invalid|expired)-token$/, text);
    }
  }
  const basic = await ask(stage.daemon.base, 'GET', '/v1/calls', { headers: { authorization: 'Basic YTpi' } });
  assert.strictEqual(basic.status, 401);
});
bad('good tokens of unusual form are taken', async () => {
  const now = Math.floor(Date.now() / 1000);
  for (const more of [{ exp: String(now + 600) }, { exp: now + 86000 }, { nbf: now - 5 }, { subject: 'anything' }, {}]) {
    assert.strictEqual((await stage.ask('GET', '/v1/calls', { token: stage.token(more) })).status, 200, JSON.stringify(more));
  }
  const limited = { sub: 'alice', acl: { paths: { '/*/conversations/**': {} } } };
  assert.strictEqual((await stage.ask('GET', '/v1/calls', { token: stage.token(limited) })).status, 403);
});
bad('another application sees 404 where there is a call', async () => {
  const other = token(foreign.id, foreign.keys.privateKey);
  flow(conference('private'));
  const line = await ring();
  await phone.up(line);
  const { uuid } = await app.event({ status: 'answered' });
  const call = await stage.ask('GET', `/v1/calls/${uuid}`);
  assert.strictEqual(call.status, 200);
  const con = call.body.conversation_uuid;
  assert.strictEqual((await stage.ask('GET', `/beta/conversations/${con}`)).status, 200);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', `/v1/calls/${uuid}`, { token: other })).status, 404);
  assert.strictEqual((await ask(stage.daemon.base, 'PUT', `/v1/calls/${uuid}`, { token: other, body: { action: 'hangup' } })).status, 404);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', `/beta/conversations/${con}`, { token: other })).status, 404);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', `/beta/conversations/${con}/events`, { token: other })).status, 404);
  await phone.hangup(line);
});

bad('bad requests are 4xx with JSON, never HTML', async () => {
  const to = [{ type: 'phone', number: '15550100003' }];
  const from = { type: 'phone', number };
  const ncco = conference('never');
  const some = [
    [400, 'POST', '/v1/calls', { raw: '{' }], [400, 'POST', '/v1/calls', { raw: 'null' }], [400, 'POST', '/v1/calls', { raw: '' }],
    [400, 'POST', '/v1/calls', { body: {} }], [400, 'POST', '/v1/calls', { body: { from, ncco } }],
    [400, 'POST', '/v1/calls', { body: { to: [], from, ncco } }], [400, 'POST', '/v1/calls', { body: { to: [...to, ...to], from, ncco } }],
    [400, 'POST', '/v1/calls', { body: { to, from } }], [400, 'POST', '/v1/calls', { body: { to, from, ncco, answer_url: ['http://127.0.0.1/'] } }],
    [400, 'POST', '/v1/calls', { body: { to, from, ncco: [{ action: 'dance' }] } }],
    [400, 'POST', '/v1/calls', { body: { to, from, answer_url: ['nowhere'] } }],
    [400, 'POST', '/v1/calls', { body: { to: [{ type: 'pigeon' }], from, ncco } }],
    [400, 'POST', '/v1/calls', { body: { to, from, ncco, ringing_timer: 0 } }],
    [404, 'GET', '/v1/calls/unknown', {}], [404, 'PUT', '/v1/calls/unknown', { body: { action: 'hangup' } }],
    [404, 'GET', '/nothing/here', {}], [404, 'GET', '/v1/calls/a/b/c', {}], [400, 'GET', '/v1/calls/%00', {}],
    [404, 'GET', '/beta/conversations/CON-nothing', {}], [404, 'GET', `/v1/calls/${'x'.repeat(2000)}`, {}],
    [405, 'DELETE', '/v1/calls', {}], [405, 'PATCH', '/beta/conversations/CON-nothing', {}],
  ];
  for (const [want, method, at, more] of some) {
    const { status, headers, text } = await stage.ask(method, at, more);
    assert.strictEqual(status, want, `${method} ${at} ${JSON.stringify(more)}: ${status} ${text}`);
    assert.match(headers['content-type'], /^application\/json/, `${method} ${at}`);
    assert.ok(JSON.parse(text));
  }
});
bad('a body over a mebibyte is 413, with JSON', async () => {
  const { status, headers, body } = await stage.ask('POST', '/v1/calls', { body: { to: 'x'.repeat(1200000) } });
  assert.strictEqual(status, 413);
  assert.match(headers['content-type'], /^application\/json/);
  assert.ok(body.title);
});
bad('URLs that lead back inside are not fetched for an NCCO, unless allowed', async () => {
  flow([{ action: 'stream', streamUrl: ['http://169.254.1.1/x.wav'] }]);
  const line = await ring();
  await error(/169\.254|refused|allow/);
  await phone.over(line);
});

test('the fallback URL is asked when the answer URL fails, and told why', async () => {
  const spare = new Stage({ config: { webhook: { allow: ['127.0.0.0/8'], answer_timeout: 700, connect_timeout: 500 } } });
  try {
    await spare.app.start();
    spare.voice = { answer_url: spare.app.url('answer'), fallback_answer_url: spare.app.url('fallback') };
    spare.app.start = async () => spare.app;
    for (const said of [404, 503, { destroy: true }, { body: [], delay: 3000 }]) {
      await spare.fresh();
      spare.app.on('answer', said);
      spare.app.on('fallback', connect());
      await spare.dial(`line ${JSON.stringify(said)}`);
      const [asked] = spare.app.requests.filter((r) => r.kind === 'fallback');
      assert.strictEqual(asked.fields.from, caller);
      assert.ok(asked.fields.reason);
      const original = JSON.parse(asked.fields.original_request);
      assert.deepStrictEqual(original, { url: spare.app.url('answer'), type: 'answer' });
      await phoneOff(spare);
    }
  } finally {
    await spare.end();
  }
});

async function phoneOff(on) {
  for (const { line } of on.phone.events.filter((e) => e.event === 'answered' && !/^in/.test(e.line))) await on.phone.hangup(line).catch(() => {});
  await on.app.event({ status: 'completed', direction: 'inbound' });
}

test('an answer URL that refuses the connection ends the call with an error event', async () => {
  const port = await freePort();
  const refusing = new Stage({ voice: { answer_url: `http://127.0.0.1:${port}/answer` } });
  try {
    await refusing.fresh();
    await refusing.phone.call('a', refusing.daemon.uri(number));
    const end = await refusing.phone.over('a');
    assert.ok(end.status >= 400, JSON.stringify(end));
    await refusing.app.wait((r) => r.kind === 'event' && /refused/i.test(r.fields.reason || ''), 'an error event');
  } finally {
    await refusing.end();
  }
});

test('the good call ends as if nothing had been', async () => {
  for (const line of ['steady', 'steady too']) await phone.hangup(line);
  await raw.stop();
});

stage.finish();
