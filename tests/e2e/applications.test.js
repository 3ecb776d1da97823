'use strict';
// /v2/applications and numbers, by REST and by the offhook command; and `offhook tail`.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execFile, spawn } = require('node:child_process');
const test = require('../lib/test');
const { Stage, application: configured, callee, caller, connect, number } = require('../lib/stage');
const { keyPair, token } = require('../lib/jwt');
const { ask } = require('../lib/rest');
const { folder, program } = require('../lib/place');
const { ended, lines, owned, until } = require('../lib/wait');

const secret = { api_key: 'abcd1234', api_secret: 'S3cret:with:colons' };
const stage = new Stage({ config: { http: { listen: '127.0.0.1:0', ...secret } } });
const { app, phone } = stage;
const basic = (key = secret.api_key, word = secret.api_secret) => (
  { authorization: `Basic ${Buffer.from(`${key}:${word}`).toString('base64')}` });
const api = (method, at, body, headers = basic()) => ask(stage.daemon.base, method, at, { body, headers: {
  ...(body ? { 'content-type': 'application/json' } : {}), ...headers } });
const apps = '/v2/applications';

const voice = (answer = app.url('answer'), event = app.url('event')) => ({ voice: { webhooks: {
  answer_url: { address: answer, http_method: 'get', connect_timeout: 700 },
  event_url: { address: event } } } });

async function made(body = {}) {
  const reply = await api('POST', apps, { name: 'shop', ...body });
  assert.strictEqual(reply.status, 201, reply.text);
  return reply.body;
}

// The offhook command: { code, out, err }.
const offhook = (...args) => new Promise((resolve) => {
  execFile(program('offhook'), [...args, '--url', stage.daemon.base], {
    timeout: 20000, env: { ...process.env, OFFHOOK_API_KEY: secret.api_key, OFFHOOK_API_SECRET: secret.api_secret } },
  (error, out, err) => resolve({ code: error ? error.code : 0, out, err }));
});

test('an application is made with a pair of keys, which open the door at once', async () => {
  await stage.fresh();
  const one = await made({ capabilities: voice() });
  assert.match(one.keys.private_key, /^-----BEGIN PRIVATE KEY-----/);
  assert.match(one.keys.public_key, /^-----BEGIN PUBLIC KEY-----/);
  assert.deepStrictEqual(one.capabilities.voice.webhooks.answer_url,
    { address: app.url('answer'), http_method: 'GET', connection_timeout: 700 });
  const bearer = token(one.id, one.keys.private_key);
  const list = await ask(stage.daemon.base, 'GET', '/v1/calls', { token: bearer });
  assert.strictEqual(list.status, 200, list.text);
  assert.strictEqual(list.body.count, 0);
  const read = await api('GET', `${apps}/${one.id}`);
  assert.strictEqual(read.status, 200);
  assert.strictEqual(read.body.keys.private_key, undefined);
  assert.strictEqual(read.body._links.self.href, `${stage.daemon.base}${apps}/${one.id}`);
  // another key closes the door for the old one
  const other = keyPair();
  const changed = await api('PUT', `${apps}/${one.id}`, { name: 'shop 2', keys: { public_key: other.publicKey } });
  assert.strictEqual(changed.status, 200, changed.text);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', '/v1/calls', { token: bearer })).status, 401);
  const fresh = token(one.id, other.privateKey);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', '/v1/calls', { token: fresh })).status, 200);
  // and deletion closes it for good
  assert.strictEqual((await api('DELETE', `${apps}/${one.id}`)).status, 204);
  assert.strictEqual((await api('DELETE', `${apps}/${one.id}`)).status, 404);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', '/v1/calls', { token: fresh })).status, 401);
});

test('a call to a linked number is the application\'s; unlinked it is the file\'s again', async () => {
  await stage.fresh();
  const one = await made({ capabilities: voice() });
  const link = (app_id) => ask(stage.daemon.base, 'POST', `/number/update?api_key=${secret.api_key}&api_secret=${encodeURIComponent(secret.api_secret)}`, {
    raw: new URLSearchParams({ country: 'US', msisdn: number, app_id }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const linked = await link(one.id);
  assert.deepStrictEqual([linked.status, linked.body], [200, { 'error-code': '200', 'error-code-label': 'success' }]);
  app.on('answer', connect());
  await stage.dial('a');
  const leg = await stage.leg();
  const bearer = token(one.id, one.keys.private_key);
  assert.strictEqual((await ask(stage.daemon.base, 'GET', `/v1/calls/${leg}`, { token: bearer })).status, 200);
  assert.strictEqual((await stage.ask('GET', `/v1/calls/${leg}`)).status, 404, 'of another application');
  // it survives a restart of the daemon, with its number
  await phone.hangup('a');
  await stage.daemon.idle();
  await stage.daemon.stop();
  await stage.daemon.start();
  const numbers = await api('GET', '/account/numbers?pattern=15550100002');
  assert.deepStrictEqual(numbers.body.numbers.map((n) => [n.msisdn, n.app_id]), [[number, one.id]]);
  // the application goes, and hangs up what it has
  await stage.dial('b');
  assert.strictEqual((await api('DELETE', `${apps}/${one.id}`)).status, 204);
  await phone.over('b');
  const after = await api('GET', '/account/numbers?pattern=15550100002');
  assert.strictEqual(after.body.numbers[0].app_id, undefined);
  await link('');
  await stage.daemon.idle();
});

test('what is in the file is shown, and cannot be changed', async () => {
  await stage.fresh();
  const read = await api('GET', `${apps}/${configured}`);
  assert.strictEqual(read.status, 200, read.text);
  assert.strictEqual(read.body.name, 'test');
  assert.strictEqual((await api('PUT', `${apps}/${configured}`, { name: 'x' })).status, 403);
  assert.strictEqual((await api('DELETE', `${apps}/${configured}`)).status, 403);
});

test('lists have pages', async () => {
  await stage.fresh();
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push((await made({ keys: { public_key: keyPair().publicKey } })).id);
  const seen = [];
  let next = `${apps}?page_size=2`;
  while (next) {
    const { status, body } = await api('GET', next);
    assert.strictEqual(status, 200);
    assert.ok(body._embedded.applications.length <= 2);
    seen.push(...body._embedded.applications.map((a) => a.id));
    next = body._links.next && new URL(body._links.next.href).pathname + new URL(body._links.next.href).search;
  }
  assert.deepStrictEqual([...new Set(seen)], seen, 'none comes twice');
  for (const id of ids) {
    assert.ok(seen.includes(id));
    await api('DELETE', `${apps}/${id}`);
  }
});

test('bad input is named, bad secrets are refused', async () => {
  await stage.fresh();
  const faults = async (body) => {
    const reply = await api('POST', apps, body);
    assert.strictEqual(reply.status, 400, reply.text);
    return reply.body.invalid_parameters.map((p) => p.name);
  };
  assert.deepStrictEqual(await faults({}), ['name']);
  assert.deepStrictEqual(await faults({ name: 'x', keys: { public_key: 'no key' } }), ['keys.public_key']);
  assert.deepStrictEqual(await faults({ name: 'x', capabilities: voice('ftp://x') }), ['capabilities.voice.webhooks.answer_url.address']);
  assert.deepStrictEqual(await faults({ name: 'x', capabilities: { voice: { leg_persistence_time: 32 } } }),
    ['capabilities.voice.leg_persistence_time']);
  for (const headers of [{}, basic('abcd1234', 'wrong'), basic('', ''), { authorization: 'Basic !!' }, { authorization: `Bearer ${stage.token()}` }]) {
    const reply = await api('GET', apps, undefined, headers);
    assert.strictEqual(reply.status, 401, reply.text);
    assert.match(reply.headers['www-authenticate'], /^Basic/);
  }
});

test('offhook app and offhook number do the same from a shell', async () => {
  await stage.fresh();
  const file = path.join(folder(), 'new.key');
  const create = await offhook('app', 'create', '--name', 'by hand', '--answer-url', app.url('answer'), '--save-key', file);
  assert.strictEqual(create.code, 0, create.err);
  assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600);
  const id = /^[0-9a-f-]{36}/.exec(create.out)[0];
  const link = await offhook('number', 'link', '+15550100077', id);
  assert.strictEqual(link.code, 0, link.err);
  assert.match((await offhook('number', 'list')).out, new RegExp(`15550100077 +${id}`));
  const update = await offhook('app', 'update', id, '--name', 'renamed');
  assert.strictEqual(update.code, 0, update.err);
  assert.match((await offhook('app', 'list')).out, new RegExp(`${id}  renamed\n +answer_url  ${app.url('answer')}`));
  const calls = await offhook('call', 'list', '--app', id, '--key', file);
  assert.strictEqual(calls.code, 0, calls.err);
  assert.strictEqual((await offhook('number', 'unlink', '15550100077')).code, 0);
  assert.strictEqual((await offhook('app', 'delete', id)).code, 0);
  const gone = await offhook('app', 'show', id);
  assert.strictEqual(gone.code, 1);
  assert.match(gone.err, /404/);
  assert.strictEqual((await offhook('app', 'create')).code, 2);
});

test('offhook tail prints events as they happen, and takes a broken stream up again', async () => {
  await stage.fresh();
  const key = path.join(folder(), 'private.key');
  fs.writeFileSync(key, stage.keys.privateKey, { mode: 0o600 });
  const printed = [];
  const tail = owned(spawn(program('offhook'), ['tail', '--json', '--url', stage.daemon.base, '--app', configured, '--key', key],
    { stdio: ['ignore', 'pipe', 'inherit'] }));
  lines(tail.stdout, (line) => printed.push(JSON.parse(line)));
  // it prints what comes from now on: which is, when the first of many events is printed
  const room = (await stage.ask('POST', '/v1/conversations', { body: {} })).body.id;
  const user = (await stage.ask('POST', '/v1/users', { body: {} })).body.id;
  const member = (await stage.ask('POST', `/v1/conversations/${room}/members`, { body: { state: 'joined', user: { id: user }, channel: { type: 'app' } } })).body.id;
  await until(async () => {
    await stage.ask('POST', `/v1/conversations/${room}/events`, { body: { type: 'custom:tick', from: member } });
    return printed.length > 0;
  }, 'a first event');
  const call = async (line) => {
    app.reset();
    app.on('answer', connect());
    await stage.dial(line);
    const { conversation_uuid: id } = app.requests.find((r) => r.kind === 'answer').fields;
    const of = () => printed.filter((e) => e.conversation_id === id);
    await until(() => of().length >= 8, () => `the events of a call; there came ${of().map((e) => `${e.id} ${e.type}`)}`);
    assert.deepStrictEqual(of().slice(0, 8).map((e) => e.id), [1, 2, 3, 4, 5, 6, 7, 8]);
    await phone.hangup(line);
  };
  await call('a');
  await stage.daemon.idle();
  const { port } = new URL(stage.daemon.base);
  await stage.daemon.kill();
  stage.daemon.config.http.listen = `127.0.0.1:${port}`;
  await stage.daemon.start();
  await call('b');
  tail.kill();
  await ended(tail);
  const seen = printed.map((e) => `${e.conversation_id}/${e.id}`);
  assert.deepStrictEqual([...new Set(seen)], seen, 'none comes twice');
  await stage.ask('DELETE', `/v1/conversations/${room}`);
  await stage.ask('DELETE', `/v1/users/${user}`);
});

stage.finish();
