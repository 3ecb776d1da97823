'use strict';
// Trunks: where a call is tried and where not any more, what carriers are told of who calls, what they
// may tell us, how many calls they get, whether they are there, and what the doctor says.

const assert = require('node:assert');
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const test = require('../lib/test');
const { Carrier } = require('../lib/carrier');
const { NameServer } = require('../lib/name-server');
const { RawSip, audio } = require('../lib/raw-sip');
const { Sipp } = require('../lib/sipp');
const { Stage, application, callee, number } = require('../lib/stage');
const { ask } = require('../lib/rest');
const { ended, owned, until } = require('../lib/wait');
const { program } = require('../lib/place');

const secret = { api_key: 'abcd1234', api_secret: 'S3cret' };
const basic = { headers: { authorization: `Basic ${Buffer.from(`${secret.api_key}:${secret.api_secret}`).toString('base64')}` } };
const talking = [{ action: 'conversation', name: 'room' }];

// A house with these trunks (a function of the carriers), for one test.
async function house(t, carriers, trunks, { sip = {}, keep = {} } = {}) {
  const all = {};
  for (const [name, script] of Object.entries(carriers)) all[name] = await new Carrier(script).start();
  const stage = new Stage({
    config: {
      ...keep, http: secret, sip: typeof sip === 'function' ? sip(all) : sip,
      trunks: trunks(all).map((trunk) => ({ allow: [], ...trunk })),
    },
  });
  t.after(async () => {
    await stage.end();
    await Promise.all(Object.values(all).map((carrier) => carrier.stop()));
  });
  await stage.ready();
  return { stage, daemon: stage.daemon, app: stage.app, ...all };
}

// A call made by REST; its uuid.
async function call(stage, { to = callee, from = number, endpoint = { type: 'phone', number: to } } = {}) {
  const answer = await stage.ask('POST', '/v1/calls', {
    body: { to: [endpoint], ...(from ? { from: { type: 'phone', number: from } } : { random_from_number: false, from: { type: 'phone', number: '999' } }), ncco: talking },
  });
  assert.strictEqual(answer.status, 201, answer.text);
  return answer.body.uuid;
}

const hangup = (stage, uuid) => stage.put(uuid, 'hangup');
const over = (app, uuid, status) => app.event({ uuid, status });
const trunkOf = async (daemon, name) => (await ask(daemon.base, 'GET', `/v1/trunks/${name}`, basic)).body;

async function offhook(daemon, ...args) {
  const child = owned(spawn(program('offhook'), [...args, '--url', daemon.base], {
    env: { ...process.env, OFFHOOK_API_KEY: secret.api_key, OFFHOOK_API_SECRET: secret.api_secret },
  }));
  let out = '';
  child.stdout.on('data', (bytes) => { out += bytes; });
  child.stderr.on('data', (bytes) => { out += bytes; });
  const { code } = await ended(child);
  return { out, code };
}

for (const status of [408, 500, 502, 503, 504]) {
  test(`after ${status} the next proxy is tried`, async (t) => {
    const { stage, app, one, two } = await house(t, { one: { invite: status }, two: {} },
      ({ one: a, two: b }) => [{ name: 'carrier', proxies: [a.proxy, b.proxy] }]);
    const uuid = await call(stage);
    await over(app, uuid, 'answered');
    assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 1]);
    await hangup(stage, uuid);
    await over(app, uuid, 'completed');
  });
}

test('SIPp as two carriers: 503 of one, then the other; busy is the end', async (t) => {
  const full = await new Sipp('carrier-is-full').start();
  const busy = await new Sipp('callee-is-busy').start();
  t.after(() => Promise.all([full.stop(), busy.stop()]));
  const { stage, app, spare } = await house(t, { spare: {} }, (c) => [
    { name: 'full', proxy: `sip:${full.sip}` }, { name: 'busy', proxies: [`sip:${busy.sip}`, c.spare.proxy] }]);
  await over(app, await call(stage), 'busy');
  await full.done();
  await busy.done();
  assert.strictEqual(spare.got('INVITE').length, 0);
});

for (const [status, told] of [[486, 'busy'], [600, 'busy'], [603, 'rejected'], [404, 'failed'], [[180, 503], 'failed']]) {
  test(`after ${status} nobody else is rung`, async (t) => {
    const { stage, app, one, two } = await house(t, { one: { invite: status }, two: {} },
      ({ one: a, two: b }) => [{ name: 'carrier', proxies: [a.proxy, b.proxy] }, { name: 'spare', proxy: b.proxy }]);
    const uuid = await call(stage);
    await over(app, uuid, told);
    assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 0]);
  });
}

test('a trunk with a longer prefix goes first, another one with the same is next, the rest is not asked', async (t) => {
  const { stage, app, any, uk, spare } = await house(t, { any: {}, uk: { invite: 503 }, spare: { invite: 488 } }, (c) => [
    { name: 'any', proxy: c.any.proxy }, { name: 'uk', proxy: c.uk.proxy, prefixes: ['44'] },
    { name: 'spare', proxy: c.spare.proxy, prefixes: ['44', '1'], codecs: ['PCMA'], from_domain: 'spare.example' }]);
  const uuid = await call(stage, { to: '442012345678' });
  await over(app, uuid, 'failed');
  assert.deepStrictEqual([any, uk, spare].map((c) => c.got('INVITE').length), [0, 1, 1]);
  const [first, second] = [uk.got('INVITE')[0], spare.got('INVITE')[0]];
  assert.match(first.body, /^m=audio \d+ RTP\/AVP 0 /m, 'each trunk is offered its own codecs');
  assert.match(second.body, /^m=audio \d+ RTP\/AVP 8 101/m);
  assert.match(second.header('from'), /@spare\.example>/);
});

test('failover_on decides, and a proxy where nobody listens is passed over', async (t) => {
  const { stage, app, one, two } = await house(t, { one: { invite: 404 }, two: {} }, ({ one: a, two: b }) => [
    { name: 'carrier', proxies: ['sip:127.0.0.1:9', a.proxy, b.proxy], failover_on: [404] }]);
  const uuid = await call(stage);
  await over(app, uuid, 'answered');
  assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 1]);
  await hangup(stage, uuid);
  await over(app, uuid, 'completed');
});

test('a carrier is told who calls the way it wants it', async (t) => {
  const { stage, app, plain, asserted, hidden } = await house(t, { plain: { invite: 486 }, asserted: { invite: 486 }, hidden: { invite: 486 } }, (c) => [
    { name: 'plain', proxy: c.plain.proxy, prefixes: ['1'], outbound: ['1* -> +1*'], caller: ['1* -> 001*'] },
    { name: 'asserted', proxy: c.asserted.proxy, prefixes: ['2'], username: 'account', password: 'x', from_domain: 'carrier.example', identity: ['pai', 'ppi', 'rpid'], caller: ['* -> +*'], outbound: ['2* -> 00#*'] },
    { name: 'hidden', proxy: c.hidden.proxy, prefixes: ['3'], identity: ['from', 'pai'], privacy: 'always', from_domain: 'carrier.example' }]);

  await over(app, await call(stage), 'busy');
  const [first] = plain.got('INVITE');
  assert.strictEqual(first.uri, `sip:+${callee}@127.0.0.1:${plain.port}`);
  assert.match(first.header('from'), new RegExp(`^<sip:00${number}@`));
  for (const name of ['P-Asserted-Identity', 'Privacy', 'Diversion', 'Remote-Party-ID']) assert.strictEqual(first.header(name), undefined);

  await over(app, await call(stage, { to: '2555010' }), 'busy');
  const [second] = asserted.got('INVITE');
  assert.strictEqual(second.uri, `sip:00%23555010@127.0.0.1:${asserted.port}`);
  assert.match(second.header('from'), /^<sip:account@carrier\.example>/);
  assert.strictEqual(second.header('P-Asserted-Identity'), `<sip:+${number}@carrier.example>`);
  assert.strictEqual(second.header('P-Preferred-Identity'), `<sip:+${number}@carrier.example>`);
  assert.strictEqual(second.header('Remote-Party-ID'), `<sip:+${number}@carrier.example>;party=calling;screen=yes;privacy=off`);

  await over(app, await call(stage, { to: '3555010' }), 'busy');
  const [third] = hidden.got('INVITE');
  assert.match(third.header('from'), /^"Anonymous" <sip:anonymous@anonymous\.invalid>/);
  assert.strictEqual(third.header('P-Asserted-Identity'), `<sip:${number}@carrier.example>`);
  assert.strictEqual(third.header('Privacy'), 'id');
});

test('a caller without a number, and one who is passed on', async (t) => {
  const { stage, daemon, app, plain } = await house(t, { plain: { invite: 486 } }, (c) => [
    { name: 'plain', proxy: c.plain.proxy, allow: ['127.0.0.1'], diversion: true, caller: ['* -> +*'], outbound_proxy: [`${c.plain.proxy};lr`, 'sip:edge.example;lr'] }]);
  await over(app, await call(stage, { from: null }), 'busy');
  const [first] = plain.got('INVITE');
  assert.match(first.header('from'), /anonymous\.invalid/);
  assert.strictEqual(first.header('Privacy'), 'id');
  assert.strictEqual(first.fields.route.join(', '), `<${plain.proxy};lr>, <sip:edge.example;lr>`);
  plain.reset();

  app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'phone', number: '15550100009' }] }]);
  const raw = await new RawSip().start();
  await raw.send(raw.request('INVITE', number, daemon.udp, { body: audio(9) }), daemon.udp);
  const passed = await plain.wait('INVITE');
  assert.match(passed.header('Diversion'), new RegExp(`^<sip:\\+${number}@[^>]+>;reason=unconditional$`));
  await app.event({ direction: 'inbound', status: 'completed' });
  await raw.stop();
});

// The `from` and `to` of the answer webhook of a call with these fields.
async function heard({ daemon, app }, to, headers) {
  const raw = await new RawSip().start();
  app.reset();
  await raw.send(raw.request('INVITE', to, daemon.udp, { body: audio(9), headers }), daemon.udp);
  const { fields } = await app.wait((r) => r.kind === 'answer', 'the answer webhook');
  await app.event({ status: 'completed', direction: 'inbound' });
  await raw.stop();
  return [fields.from, fields.to, ...(fields.SipHeader_Diversion ? [fields.SipHeader_Diversion] : [])];
}

test('who a carrier says is calling is believed where it is trusted', async (t) => {
  const place = await house(t, { one: {} }, ({ one }) => [
    { name: 'carrier', proxy: one.proxy, allow: ['127.0.0.1'], trust: true, inbound: ['00* -> *', '+* -> *', '0* -> 49*'] }]);
  const national = number.slice(0, 1) === '1' ? `001${number.slice(1)}` : number;
  assert.deepStrictEqual(await heard(place, national, { From: '"x" <sip:account@a.example>;tag=1', 'P-Asserted-Identity': '"A <sip:1@x>" <sip:030123@a.example>' }), ['4930123', number]);
  assert.deepStrictEqual(await heard(place, `+${number}`, { 'P-Asserted-Identity': '<tel:+15550100077;cpc=ordinary>' }), ['15550100077', number]);
  assert.deepStrictEqual(await heard(place, number, { 'Remote-Party-ID': '<sip:+15550100078@a.example>;party=calling;privacy=off' }), ['15550100078', number]);
  assert.deepStrictEqual(await heard(place, number, { 'P-Asserted-Identity': '<sip:+15550100079@a.example>', Privacy: 'id' }), ['Unknown', number]);
  assert.deepStrictEqual(await heard(place, number, { Diversion: '"Desk" <sip:030123@a.example>;reason=user-busy, <sip:1@b>' }), ['15550100001', number, '4930123']);
});

test('and not where it is not', async (t) => {
  const place = await house(t, { one: {} }, ({ one }) => [{ name: 'carrier', proxy: one.proxy, allow: ['127.0.0.1'] }]);
  assert.deepStrictEqual(await heard(place, number, { 'P-Asserted-Identity': '<sip:+15550100079@a.example>', Privacy: 'id', Diversion: '<sip:1@a.example>' }), ['15550100001', number]);
});

test('a full trunk is passed over; when all are, the call fails and nobody was asked', async (t) => {
  const { stage, daemon, app, one, two } = await house(t, { one: {}, two: {} }, (c) => [
    { name: 'first', proxy: c.one.proxy, capacity: 1 }, { name: 'second', proxy: c.two.proxy, capacity: 1 }]);
  const calls = [await call(stage), await call(stage)];
  for (const uuid of calls) await over(app, uuid, 'answered');
  assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 1]);
  const third = await call(stage);
  assert.strictEqual((await over(app, third, 'failed')).direction, 'outbound');
  assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 1]);
  const { calls: held, counts } = await trunkOf(daemon, 'first');
  assert.deepStrictEqual([held, counts.over_capacity, counts.answered], [1, 2, 1]);
  const metrics = await daemon.metrics();
  assert.strictEqual(metrics['offhook_trunk_calls{trunk="first"}'], 1);
  assert.strictEqual(metrics['offhook_trunk_calls_over_capacity_total{trunk="second"}'], 1);
  await hangup(stage, calls[0]);
  await over(app, calls[0], 'completed');
  const again = await call(stage);
  await over(app, again, 'answered');
  assert.strictEqual(one.got('INVITE').length, 2);
  for (const uuid of [calls[1], again]) await hangup(stage, uuid);
  for (const uuid of [calls[1], again]) await over(app, uuid, 'completed');
  await until(async () => (await trunkOf(daemon, 'first')).calls === 0, 'the calls to be given back');
});

test('503 with Retry-After: left alone while there is another one', async (t) => {
  const { stage, daemon, app, one, two } = await house(t, { one: { invite: { status: 503, headers: { 'Retry-After': '300' } } }, two: { invite: 486 } }, (c) => [
    { name: 'first', proxy: c.one.proxy }, { name: 'second', proxy: c.two.proxy }]);
  await over(app, await call(stage), 'busy');
  await over(app, await call(stage), 'busy');
  assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 2]);
  const trunk = await trunkOf(daemon, 'first');
  assert.strictEqual(trunk.state, 'down');
  assert.ok(trunk.proxies[0].targets[0].shut_seconds > 200);
});

test('OPTIONS find a proxy down and up again; a reload forgets neither that nor the calls', async (t) => {
  const { stage, daemon, app, one, two } = await house(t, { one: { options: 0, invite: 486 }, two: { invite: 486 } }, (c) => [
    { name: 'first', proxy: c.one.proxy, ping: 1, ping_timeout: 200, ping_fail: 2, ping_recover: 2 }, { name: 'second', proxy: c.two.proxy, ping: 1 }]);
  const state = (word) => until(async () => (await trunkOf(daemon, 'first')).state === word, `the trunk to be ${word}`);
  await state('down');
  assert.ok(one.got('OPTIONS').length >= 2);
  await over(app, await call(stage), 'busy');
  assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [0, 1]);
  daemon.child.kill('SIGHUP');
  await until(() => daemon.log.some((line) => line.includes('reloaded')), 'the reload');
  assert.strictEqual((await trunkOf(daemon, 'first')).state, 'down');
  one.options = 200;
  await state('up');
  await over(app, await call(stage), 'busy');
  assert.strictEqual(one.got('INVITE').length, 1);
  assert.strictEqual((await trunkOf(daemon, 'second')).counts.failed, 1, 'counted over the reload');
});

test('it registers, proves itself, stays registered over a reload and takes it back at the end', async (t) => {
  const account = { user: 'account', password: 'secret', realm: 'carrier.example' };
  const { stage, daemon, app, one } = await house(t, { one: { account, invite: 486 } }, (c) => [
    { name: 'carrier', proxy: c.one.proxy, username: 'account', password: 'secret', register: true, expires: 60, allow_proxies: true }]);
  const registered = () => until(async () => (await trunkOf(daemon, 'carrier')).registration.state === 'registered', 'the registration');
  await registered();
  const [, proven] = one.got('REGISTER');
  assert.match(proven.header('to'), /<sip:account@127\.0\.0\.1/);
  assert.match(proven.header('contact'), /<sip:account@/);
  await over(app, await call(stage), 'busy');
  assert.strictEqual(one.got('INVITE').length, 2, 'asked for the password, then proven');
  const before = one.got('REGISTER').length;
  daemon.child.kill('SIGHUP');
  await until(() => daemon.log.some((line) => line.includes('reloaded')), 'the reload');
  await registered();
  assert.strictEqual(one.got('REGISTER').length, before);
  assert.strictEqual((await daemon.metrics())['offhook_trunk_registered{trunk="carrier"}'], 1);
  // a call to the name we registered as is for the number in To
  const raw = await new RawSip().start();
  await raw.send(raw.request('INVITE', 'account', daemon.udp, { body: audio(9), headers: { To: `<sip:+${number}@carrier.example>` } }), daemon.udp);
  assert.strictEqual((await app.wait((r) => r.kind === 'answer', 'the answer webhook')).fields.to, number);
  await app.event({ status: 'completed', direction: 'inbound' });
  await raw.stop();
  daemon.child.kill('SIGTERM');
  await until(() => one.got('REGISTER').some((r) => /expires[=:] *0/i.test(r.text)), 'the registration to be taken back');
  await ended(daemon.child);
  await daemon.start();
});

test('names: SRV by priority, refreshed, and the last good answer when the server is silent', async (t) => {
  const names = await new NameServer().start();
  t.after(() => names.stop());
  const place = await house(t, { one: { invite: 503 }, two: { invite: 486 }, three: { invite: 486 } }, () => [
    { name: 'carrier', proxy: 'sip:carrier.example' }], {
    sip: (c) => {
      names.records = {
        'NAPTR carrier.example': [[10, 10, 'SIP+D2U', '_sip._udp.carrier.example']],
        'SRV _sip._udp.carrier.example': [[20, 0, c.two.port, 'b.example'], [10, 5, c.one.port, 'a.example']],
        'A a.example': ['127.0.0.1'], 'A b.example': ['127.0.0.1'],
      };
      return { dns: [names.place] };
    },
  });
  const { stage, daemon, app, one, two, three } = place;
  const targets = async () => (await trunkOf(daemon, 'carrier')).proxies[0].targets.map((x) => x.uri);
  const known = (count) => until(async () => (await targets()).filter((uri) => uri.includes('127.0.0.1')).length === count, () => `${count} targets`);
  await known(2);
  assert.deepStrictEqual(await targets(), [`sip:127.0.0.1:${one.port};transport=udp`, `sip:127.0.0.1:${two.port};transport=udp`]);
  await over(app, await call(stage), 'busy');
  assert.deepStrictEqual([one, two].map((c) => c.got('INVITE').length), [1, 1]);
  const [invite] = one.got('INVITE');
  assert.strictEqual(invite.uri, `sip:${callee}@carrier.example`);
  assert.strictEqual(invite.header('route'), undefined);

  names.records['SRV _sip._udp.carrier.example'] = [[1, 0, three.port, 'a.example']];
  await known(1);
  names.silent = true;
  await until(async () => /SRV|addresses/.test((await trunkOf(daemon, 'carrier')).proxies[0].dns.error || ''), 'the silence to be noticed', 30000);
  await over(app, await call(stage), 'busy');
  assert.strictEqual(three.got('INVITE').length, 1);
});

test('calls to a number go on to SIP URIs, each for its time', async (t) => {
  const other = '15550100009';
  const { daemon, app, one, two, three } = await house(t, { one: { invite: 180 }, two: { invite: [180, 503] }, three: { invite: 486 } }, (c) => [
    { name: 'carrier', proxy: c.one.proxy, allow: ['127.0.0.1'] }]);
  const uri = (carrier, more = '') => `sip:desk@127.0.0.1:${carrier.port}${more}`;
  daemon.config.applications = [{
    id: application, name: 'test', voice: { event_url: app.url('event') }, numbers: [number, other],
    forward: [`${other} -> ${uri(one, ';timeout=2000')}, ${uri(two)}, ${uri(three)}`, `${number} -> ${uri(one, ';timeout=2000')}`],
  }];
  await daemon.stop();
  await daemon.start();
  const raw = await new RawSip().start();
  const invite = raw.request('INVITE', other, daemon.udp, { body: audio(9) });
  await raw.send(invite, daemon.udp);
  await app.event({ direction: 'outbound', status: 'busy' });
  assert.deepStrictEqual([one, two, three].map((c) => c.got('INVITE').length), [1, 1, 1]);
  assert.strictEqual(one.got('CANCEL').length, 1);
  assert.strictEqual(one.got('INVITE')[0].uri, uri(one));
  assert.match(three.got('INVITE')[0].header('from'), /<sip:15550100001@/, 'who calls is told as he is');
  await raw.stop();

  const again = await new RawSip().start();
  const lone = again.request('INVITE', number, daemon.udp, { body: audio(9) });
  await again.send(lone, daemon.udp);
  await app.event({ direction: 'outbound', status: 'timeout' });
  await again.stop();
});

test('the doctor says what is wrong, and which setting to change', async (t) => {
  const theirs = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n';
  const answers = { 404: 404, 403: 403, 488: { status: 488, body: theirs, headers: { 'Warning': '305 carrier "no codec"' } } };
  const { stage, daemon, app } = await house(t, {
    one: { invite: (r) => answers[/sip:(\d+)@/.exec(r.uri)[1].slice(-3)] }, shut: { options: 503 }, deaf: { options: 0 },
  }, (c) => [
    { name: 'carrier', proxy: c.one.proxy, prefixes: ['1'], codecs: ['PCMU', 'PCMA'] }, { name: 'shut', proxy: c.shut.proxy, prefixes: [] },
    { name: 'deaf', proxies: [c.deaf.proxy, 'sip:127.0.0.1:9'], prefixes: [], ping_timeout: 300 }]);
  for (const [to, status] of [['1555404', 'failed'], ['1555403', 'rejected'], ['1555488', 'failed']]) await over(app, await call(stage, { to }), status);

  const check = async (name) => {
    const answer = await ask(daemon.base, 'POST', `/v1/trunks/${name}/check`, basic);
    assert.strictEqual(answer.status, 200, answer.text);
    return answer.body;
  };
  const find = ({ findings }, pattern) => {
    const found = findings.find((f) => pattern.test(f.text));
    assert.ok(found, `${pattern} in ${JSON.stringify(findings, null, 1)}`);
    return found;
  };
  const carrier = await check('carrier');
  assert.strictEqual(carrier.ok, true);
  assert.strictEqual(find(carrier, /answers OPTIONS with 200/).level, 'ok');
  assert.strictEqual(find(carrier, /1555404@.* 404 .*does not know the number/).setting, 'outbound');
  assert.match(find(carrier, /1555403@.* 403 .*forbids/).setting, /from_user, identity/);
  assert.match(find(carrier, /1555488@.* 488 .*\(no codec\).*We offered PCMU PCMA; it can do G729\./).setting, /codecs/);
  const shut = await check('shut');
  assert.strictEqual(shut.ok, false);
  assert.match(find(shut, /OPTIONS with 503/).setting, /capacity/);
  const deaf = await check('deaf');
  assert.strictEqual(deaf.ok, false);
  assert.match(find(deaf, /Nothing came back/).setting, /proxy/);
  assert.match(find(deaf, /nothing listens/).setting, /proxy/);

  assert.strictEqual((await ask(daemon.base, 'GET', '/v1/trunks/none', basic)).status, 404);
  assert.strictEqual((await ask(daemon.base, 'GET', '/v1/trunks', { token: stage.token() })).status, 401);
  const fine = await offhook(daemon, 'trunk', 'check', 'carrier');
  assert.strictEqual(fine.code, 0, fine.out);
  assert.match(fine.out, /does not know the number.*\n +look at: outbound/);
  const ill = await offhook(daemon, 'trunk', 'check', 'shut', '--json');
  assert.strictEqual(ill.code, 1, ill.out);
  assert.strictEqual(JSON.parse(ill.out).ok, false);
  const list = await offhook(daemon, 'trunk', 'list');
  assert.strictEqual(list.code, 0, list.out);
  assert.match(list.out, /^carrier +up +0 calls +registration none/m);
  assert.strictEqual((await offhook(daemon, 'trunk', 'check', 'none')).code, 1);
});
