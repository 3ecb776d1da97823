'use strict';
// Who may ask: RS256 tokens of an application, their times, their acl, their user; each
// thing that is refused is refused here.

const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Stage, application } = require('../lib/stage');
const { b64, claims, keyPair, sign, token } = require('../lib/jwt');
const { ask } = require('../lib/rest');
const { folder } = require('../lib/place');

const other = '0c7f0f6a-3a3c-4b2e-8f0e-2f3f0d9c1a11';
const otherKeys = keyPair();
const stage = new Stage({ applications: () => {
  const pem = path.join(folder(), 'other.pub');
  fs.writeFileSync(pem, otherKeys.publicKey);
  return [{ id: other, name: 'other', public_key: pem }];
} });
const now = () => Math.floor(Date.now() / 1000);
const get = (bearer, at = '/v1/conversations') => ask(stage.daemon.base, 'GET', at, { token: bearer });
const mine = (more, alg, header) => sign(claims(application, more), stage.keys.privateKey, alg, header);
const sdkPaths = Object.fromEntries(['users', 'conversations', 'sessions', 'devices', 'image', 'media', 'applications', 'push', 'knocking', 'legs']
  .map((noun) => [`/*/${noun}/**`, {}]));

async function refused(bearer, status, code, what) {
  const v1 = await get(bearer);
  assert.strictEqual(v1.status, status, `${what}: ${v1.text}`);
  assert.strictEqual(v1.body.code, code, what);
  assert.match(v1.body.instance, /^[0-9a-f]{32}$/);
  const beta = await get(bearer, '/beta/conversations');
  assert.deepStrictEqual([beta.status, beta.body.code], [status, code], `${what}, beta`);
  const voice = await get(bearer, '/v1/calls');
  assert.strictEqual(voice.status, status, `${what}, voice`);
  assert.ok(voice.body.title, what);
  if (status === 401) assert.match(voice.headers['www-authenticate'], /^Bearer/);
}

test('good tokens: short, with times, with a numeric text, used again', async () => {
  await stage.fresh();
  for (const more of [{}, { exp: now() + 60 }, { exp: String(now() + 60) }, { nbf: now() - 5 }, { iat: now() + 30 }, { subject: 'x' }]) {
    const bearer = mine(more);
    assert.strictEqual((await get(bearer)).status, 200, JSON.stringify(more));
    assert.strictEqual((await get(bearer)).status, 200, 'again');
  }
  assert.strictEqual((await get(token(other, otherKeys.privateKey))).status, 200);
});

test('tokens that are no tokens', async () => {
  await stage.fresh();
  const good = mine();
  const [head, body, signature] = good.split('.');
  for (const [what, bearer] of Object.entries({
    'no token': undefined, 'a word': 'x', 'two parts': `${head}.${body}`, 'four parts': `${good}.${signature}`,
    'no signature': `${head}.${body}.`, 'another body': `${head}.${b64(claims(application, { jti: 'x' }))}.${signature}`,
    'half a signature': good.slice(0, -20), 'a body that is no JSON': `${head}.${b64('{')}.${signature}`,
    'very long': `${head}.${'A'.repeat(20000)}.${signature}`,
  })) await refused(bearer, 401, 'system:error:invalid-token', what);
  const basic = await ask(stage.daemon.base, 'GET', '/v1/conversations', { headers: { authorization: 'Basic YWJjOmRlZg==' } });
  assert.strictEqual(basic.status, 401);
});

test('alg none, and HS256 with the public key as its secret', async () => {
  await stage.fresh();
  await refused(mine({}, 'none'), 401, 'system:error:invalid-token', 'none');
  await refused(`${mine({}, 'none')}${b64('x')}`, 401, 'system:error:invalid-token', 'none with a signature');
  for (const secret of [stage.keys.publicKey, stage.keys.publicKey.trim(),
    crypto.createPublicKey(stage.keys.publicKey).export({ type: 'spki', format: 'der' })])
    await refused(sign(claims(application), secret, 'HS256'), 401, 'system:error:invalid-token', 'HS256');
  const signed = mine();
  for (const alg of ['None', 'rs256', 'RS512', 'PS256', ''])
    await refused(`${b64({ alg, typ: 'JWT' })}.${signed.split('.').slice(1).join('.')}`, 401, 'system:error:invalid-token', alg);
});

test('expired, too long, too short, of the future', async () => {
  await stage.fresh();
  await refused(mine({ iat: now() - 100, exp: now() - 1 }), 401, 'system:error:expired-token', 'expired');
  await refused(mine({ iat: now() - 1000 }), 401, 'system:error:expired-token', 'no exp: 15 minutes');
  await refused(mine({ iat: now() + 300 }), 401, 'system:error:invalid-token', 'iat of the future');
  await refused(mine({ nbf: now() + 300 }), 401, 'system:error:invalid-token', 'nbf of the future');
  await refused(mine({ exp: now() + 2 * 86400 }), 401, 'system:error:invalid-token', 'longer than a day');
  for (const wrong of [{ iat: undefined }, { iat: 'soon' }, { jti: undefined }, { exp: 'later' }, { exp: {} }, { application_id: 'x' }, { application_id: undefined }])
    await refused(mine(wrong), 401, 'system:error:invalid-token', JSON.stringify(wrong));
});

test('a token that was good expires', async () => {
  await stage.fresh();
  const bearer = mine({ iat: now() - 899 });
  const first = await get(bearer);
  assert.ok([200, 401].includes(first.status));
  for (let reply = first; reply.status !== 401; reply = await get(bearer)) assert.ok(now() <= claims(application).iat + 5);
  await refused(bearer, 401, 'system:error:expired-token', 'kept tokens expire too');
});

test('the key of another application, and what is another application\'s', async () => {
  await stage.fresh();
  await refused(sign(claims(application), otherKeys.privateKey), 401, 'system:error:invalid-token', 'another key');
  await refused(token('7c9e6679-7425-40de-944b-000000000000', otherKeys.privateKey), 401, 'system:error:invalid-token', 'unknown application');
  const created = await stage.ask('POST', '/v1/conversations', { body: { name: 'private' } });
  assert.strictEqual(created.status, 201, created.text);
  const stranger = token(other, otherKeys.privateKey);
  for (const [method, at, body] of [
    ['GET', ''], ['PUT', '', { name: 'x' }], ['DELETE', ''], ['GET', '/events'], ['GET', '/members'],
    ['POST', '/events', { type: 'text', from: 'MEM-x', body: { text: 'x' } }], ['POST', '/members', { state: 'joined', user: { name: 'x' }, channel: { type: 'app' } }]]) {
    const reply = await ask(stage.daemon.base, method, `/v1/conversations/${created.body.id}${at}`, { token: stranger, body });
    assert.strictEqual(reply.status, 404, `${method} ${at}: ${reply.text}`);
  }
  assert.strictEqual((await stage.ask('GET', `/v1/conversations/${created.body.id}`)).status, 200);
  await stage.ask('DELETE', `/v1/conversations/${created.body.id}`);
});

test('an acl lets through what it lists, by path and method', async () => {
  await stage.fresh();
  const acl = (paths) => mine({ sub: 'alice', acl: { paths } });
  assert.strictEqual((await get(acl(sdkPaths))).status, 200);
  assert.strictEqual((await get(acl(sdkPaths), '/v1/users')).status, 200);
  await stage.ask('GET', '/v1/calls');
  const forbids = async (bearer, method, at, body) => {
    const reply = await ask(stage.daemon.base, method, at, { token: bearer, body });
    assert.strictEqual(reply.status, 403, `${method} ${at}: ${reply.text}`);
    return reply.body;
  };
  const reader = acl({ '/*/conversations/**': { methods: ['GET'] } });
  assert.strictEqual((await get(reader)).status, 200);
  assert.strictEqual((await forbids(reader, 'POST', '/v1/conversations', { name: 'x' })).code, 'system:error:permission');
  await forbids(reader, 'GET', '/v1/users');
  await forbids(reader, 'GET', '/v1/calls');
  await forbids(acl({}), 'GET', '/v1/conversations');
  await forbids(acl({ '/v1/users': {} }), 'GET', '/v1/conversations');
  for (const acl of ['x', [], 1, { paths: 'x' }, { paths: { '/*/conversations/**': { methods: 'GET' } } }]) {
    const reply = await get(mine({ acl }));
    assert.ok([401, 403].includes(reply.status), `${JSON.stringify(acl)}: ${reply.text}`);
  }
});

test('a client acts as its user only', async () => {
  await stage.fresh();
  const user = async (name) => (await stage.ask('POST', '/v1/users', { body: { name } })).body;
  const [alice, bob] = [await user('alice'), await user('bob')];
  const room = (await stage.ask('POST', '/v1/conversations', { body: { name: 'ours' } })).body;
  const at = `/v1/conversations/${room.id}`;
  const join = async (who) => (await stage.ask('POST', `${at}/members`, { body: { state: 'joined', user: { id: who.id }, channel: { type: 'app' } } })).body;
  const [a, b] = [await join(alice), await join(bob)];
  const client = mine({ sub: 'alice', acl: { paths: sdkPaths } });
  const as = (method, where, body) => ask(stage.daemon.base, method, `${at}${where}`, { token: client, body });
  const me = await as('GET', '/members/me');
  assert.deepStrictEqual([me.status, me.body.id], [200, a.id], me.text);
  const text = (from) => as('POST', '/events', { type: 'text', from, body: { text: 'hello' } });
  assert.strictEqual((await text(a.id)).status, 201);
  const forged = await text(b.id);
  assert.deepStrictEqual([forged.status, forged.body.code], [403, 'event:error:permission-denied'], forged.text);
  const nobody = await ask(stage.daemon.base, 'GET', `${at}/members/me`, { token: mine({ sub: 'nobody', acl: { paths: sdkPaths } }) });
  assert.ok([403, 404].includes(nobody.status), nobody.text);
  for (const member of [alice, bob]) await stage.ask('DELETE', `/v1/users/${member.id}`);
  await stage.ask('DELETE', at);
});

test('no token, key or secret is ever in the log', async () => {
  await stage.fresh();
  const bearer = mine();
  await get(bearer);
  await get(`${bearer}x`);
  const log = stage.daemon.log.join('\n');
  assert.ok(!log.includes(bearer.split('.')[2].slice(0, 40)));
  assert.ok(!/PRIVATE KEY/.test(log));
});

stage.finish();
