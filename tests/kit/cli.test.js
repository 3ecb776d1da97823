'use strict';
// The offhook command against a server of the test's own.

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('../lib/test');
const { spawn } = require('node:child_process');
const { folder, program } = require('../lib/place');
const { keyPair } = require('../lib/jwt');
const { ended, owned } = require('../lib/wait');

const app = crypto.randomUUID();
const pair = keyPair();
const key = path.join(folder(), 'private.key');
const asked = [];
let reply = { status: 200, body: {} };
let server;

async function offhook(...args) {
  const env = { ...process.env, OFFHOOK_APP: app, OFFHOOK_KEY: key, OFFHOOK_URL: `http://127.0.0.1:${server.address().port}` };
  const child = owned(spawn(program('offhook'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { err += data; });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const { code } = await ended(child);
  await closed;
  return { code, out, err };
}

// Verifies a token and gives its claims.
function claims(token) {
  const [head, body, signature] = token.split('.');
  assert.deepStrictEqual(JSON.parse(Buffer.from(head, 'base64url')), { alg: 'RS256', typ: 'JWT' });
  assert.ok(crypto.verify('RSA-SHA256', Buffer.from(`${head}.${body}`), pair.publicKey, Buffer.from(signature, 'base64url')));
  return JSON.parse(Buffer.from(body, 'base64url'));
}

test.before(async () => {
  fs.writeFileSync(key, pair.privateKey);
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (data) => { body += data; });
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body: body && JSON.parse(body) });
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(reply.body === null ? '' : JSON.stringify(reply.body));
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
test.after(() => server.close());

test('jwt: a token with the claims asked for', async () => {
  const acl = { paths: { '/*/users/**': {} } };
  const { code, out } = await offhook('jwt', '--exp', '60', '--sub', 'alice', `--acl=${JSON.stringify(acl)}`);
  assert.strictEqual(code, 0);
  const got = claims(out.trim());
  assert.strictEqual(got.application_id, app);
  assert.strictEqual(got.exp - got.iat, 60);
  assert.strictEqual(got.sub, 'alice');
  assert.deepStrictEqual(got.acl, acl);
  assert.ok(Math.abs(got.iat - Date.now() / 1000) < 60);
  assert.match(got.jti, /^[0-9a-f-]{36}$/);
});

test('jwt: bad wishes are refused with the reason', async () => {
  const cases = [
    [['--app', 'me'], 2, /uuid/], [['--exp', '5'], 2, /seconds/], [['--exp', '1x'], 2, /seconds/], [['--acl', '{'], 2, /JSON/],
    [['--acl', '[]'], 2, /object/], [['--key', '/nowhere'], 1, /No such file/], [['--key', __filename], 1, /RSA/],
    [['--key'], 2, /value/], [['more'], 2, /more/],
  ];
  for (const [args, status, reason] of cases) {
    const { code, out, err } = await offhook('jwt', ...args);
    assert.strictEqual(code, status, `${args}: ${err}`);
    assert.match(err, reason);
    assert.strictEqual(out, '');
  }
});

test('call create posts what was asked for, with a token', async () => {
  const ncco = [{ action: 'talk', text: 'hello' }];
  reply = { status: 201, body: { uuid: 'u-1', status: 'started', direction: 'outbound', conversation_uuid: 'CON-1' } };
  const { code, out } = await offhook('call', 'create', '--to', 'sip:bob@example.com', '--from', '15550100001', '--ncco', JSON.stringify(ncco));
  const request = asked.pop();
  assert.strictEqual(code, 0);
  assert.match(out, /^u-1 /);
  assert.strictEqual(`${request.method} ${request.url}`, 'POST /v1/calls');
  assert.deepStrictEqual(request.body, { to: [{ type: 'sip', uri: 'sip:bob@example.com' }], from: { type: 'phone', number: '15550100001' }, ncco });
  assert.strictEqual(claims(request.headers.authorization.replace('Bearer ', '')).application_id, app);
});

test('the verbs of a call are its actions', async () => {
  for (const action of ['hangup', 'mute', 'unmute', 'earmuff', 'unearmuff']) {
    reply = { status: 204, body: null };
    assert.strictEqual((await offhook('call', action, 'u-1')).code, 0);
    const request = asked.pop();
    assert.strictEqual(`${request.method} ${request.url}`, 'PUT /v1/calls/u-1');
    assert.deepStrictEqual(request.body, { action });
  }
  await offhook('call', 'transfer', 'u-1', '--answer-url', 'http://a/b');
  assert.deepStrictEqual(asked.pop().body, { action: 'transfer', destination: { type: 'ncco', url: ['http://a/b'] } });
});

test('a refusal is told and is exit status 1; nonsense is 2', async () => {
  reply = { status: 404, body: { code: 'conversation:error:not-found', description: 'No such thing.' } };
  const refused = await offhook('conversation', 'show', 'CON-1');
  assert.strictEqual(refused.code, 1);
  assert.match(refused.err, /404 .*No such thing/);
  reply = { status: 400, body: { type: 400, title: 'Bad Request', invalid_parameters: [{ name: 'to', reason: 'must not be empty' }] } };
  assert.match((await offhook('call', 'show', 'u-1')).err, /to: must not be empty/);
  assert.strictEqual((await offhook('call', 'list', '--url', 'http://127.0.0.1:1')).code, 1);
  const before = asked.length;
  for (const args of [[], ['fly'], ['call'], ['call', 'fly'], ['call', 'show'], ['call', 'show', '../x'], ['call', 'create', '--to', '1'],
    ['call', 'create', '--to', '1', '--ncco', '[x'], ['conversation', 'events'], ['demo', 'more']]) {
    const { code, err } = await offhook(...args);
    assert.strictEqual(code, 2, `${args}: ${err}`);
    assert.notStrictEqual(err, '');
  }
  assert.strictEqual(asked.length, before);
});

test('the quality of a call is told in lines, and that there is none', async () => {
  const quality = { mos: 4.21, r_factor: 85.4, packets: { received: 990, lost: 10, late: 2 }, loss: 1, jitter: { now: 3.1, max: 8.2 }, round_trip: 20,
    bridge_delay: { p50: 11.2, p99: 21 } };
  reply = { status: 200, body: { uuid: 'u-1', status: 'answered', quality, problem: { name: 'silence', since: '2026-11-21T20:00:00.000Z' } } };
  const { code, out } = await offhook('call', 'quality', 'u-1');
  assert.strictEqual(code, 0);
  assert.strictEqual(asked.at(-1).url, '/v1/calls/u-1/quality');
  for (const line of [/^problem +silence since 2026/m, /^mos +4\.21 \(R 85\.4\)$/m, /^packets +990, lost 10 \(1\.00 %\), late 2$/m,
    /^jitter +3\.1 ms, at most 8\.2 ms$/m, /^through the bridge +11\.2 ms, p99 21\.0 ms$/m]) assert.match(out, line);
  reply.body = { uuid: 'u-1', status: 'busy', quality: null };
  assert.match((await offhook('call', 'quality', 'u-1')).out, /^sound +none$/m);
  assert.strictEqual((await offhook('call', 'quality')).code, 2);
});

test('lists and objects are printed for people, or as they came', async () => {
  const call = { uuid: 'u-1', status: 'completed', direction: 'outbound', from: { type: 'phone', number: '1' }, to: { type: 'sip', uri: 'sip:x@y' } };
  reply = { status: 200, body: { _embedded: { calls: [call] } } };
  assert.match((await offhook('call', 'list')).out, /^u-1 .*outbound .*completed .*1 → sip:x@y$/m);
  assert.deepStrictEqual(JSON.parse((await offhook('call', 'list', '--json')).out), reply.body);
  reply = { status: 200, body: [{ id: 1, type: 'member:joined', from: 'MEM-1', timestamp: '2024-03-05T10:26:19.207Z' }] };
  assert.match((await offhook('conversation', 'events', 'CON-1')).out, /1 .*member:joined .*MEM-1/);
  assert.strictEqual(asked.pop().url, '/beta/conversations/CON-1/events');
  assert.match((await offhook('--help')).out, /offhook demo/);
});
