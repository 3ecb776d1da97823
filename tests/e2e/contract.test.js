'use strict';
// Every operation of fixtures/routes.csv is called with good and with bad input, and every
// reply is judged: by the daemon's own /openapi.json, by the published definitions in
// fixtures/contract where they describe it, and by the status in the table.

const assert = require('node:assert');
const http = require('node:http');
const test = require('../lib/test');
const { Contract } = require('../lib/contract');
const { OpenApi } = require('../lib/openapi');
const { operations } = require('../lib/operations');
const { malformed, named, refusals } = require('../lib/refusals');
const { leftOut, own, plain, served, twins } = require('../lib/routes');
const { World } = require('../lib/world');
const { ask } = require('../lib/rest');

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const world = new World(agent);
const done = { operations: new Set(), replies: 0, published: 0 };
const known = new Map([...served, ...twins, ...own].map((route) => [route.listed, route]));
let api;
let contract;

// One request to an operation, as `made` has it but for the changes.
function call(route, made, change = {}) {
  const { params = {}, query, body, form, headers, type, raw, alone } = { ...made, ...change };
  const at = route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]));
  const sent = raw || (form && new URLSearchParams(form).toString());
  const media = type || (form && 'application/x-www-form-urlencoded');
  const credentials = made.token ? { authorization: `Bearer ${world.token(made.token)}` } : world.credentials(route.auth);
  return ask(world.stage.daemon.base, route.method, query ? `${at}?${new URLSearchParams(query)}` : at, {
    agent: alone ? false : agent, body, ...(sent === undefined ? {} : { raw: sent }),
    headers: { ...(headers || credentials), ...(media ? { 'content-type': media } : {}) },
  });
}

// Fails unless the reply is one that all the documents allow.
function judge(route, what, reply) {
  done.replies++;
  api.check(route.listed, what, reply);
  if (contract.check(route.listed, what, reply)) done.published++;
  if (reply.status === 204) return assert.strictEqual(reply.text, '', what);
  if (reply.status < 400) return undefined;
  assert.match(reply.headers['content-type'], /^application\/json(;|$)/, what);
  return assert.strictEqual(malformed(route.family, reply.body), '', `${what}: ${reply.text}`);
}

// Whether the field is among the names, or something in it: "to[0].type" is in "to".
const names = (all, field) => all.some((name) => name === field || name.startsWith(`${field}.`) || name.startsWith(`${field}[`));

// What a refused request must have left as it was. A conversation with sound goes on by itself.
async function snapshot({ params = {} }) {
  const { conversation_id: conversation, user_id: user } = params;
  if (conversation && conversation !== world.shared.phone?.conversation.id) return world.must('GET', `/v1/conversations/${conversation}`);
  return user ? world.must('GET', `/v1/users/${user}`) : null;
}

// What must be done, and is answered with the status of the table.
async function good(route, made, change) {
  const reply = await call(route, made, change);
  const what = `${route.name} ${JSON.stringify(made.body) || ''}`;
  assert.strictEqual(reply.status, route.status, `${what}: ${reply.text.slice(0, 600)}`);
  judge(route, what, reply);
}

async function walk(route) {
  assert.ok(contract, 'nothing to judge by: see the first test');
  assert.ok(operations[route.key], `nothing is known of ${route.key}: tests/lib/operations.js`);
  assert.ok(api.operations.has(route.listed), `${route.name} is not in /openapi.json`);
  const made = await operations[route.key].make(world, route);
  const before = await snapshot(made);
  for (const [how, change, status, field] of refusals(world, route, made)) {
    const what = `${route.name} with ${how}`;
    const reply = await call(route, made, change);
    assert.strictEqual(reply.status, status, `${what}: ${reply.text.slice(0, 400)}`);
    if (field) assert.ok(names(named(route.family, reply.body), field), `${what}: ${field} is not named in ${reply.text}`);
    judge(route, what, reply);
  }
  assert.deepStrictEqual(await snapshot(made), before, `${route.name}: what was refused has changed something`);
  const lenient = made.body && ['voice', 'application'].includes(route.family) ? { body: { ...made.body, surprise: 1 } } : {};
  await good(route, made, lenient);
  for (const make of operations[route.key].also || []) await good(route, await make(world, route));
  done.operations.add(route.listed);
}

test('/openapi.json is an OpenAPI 3.1 document', async () => {
  await world.ready();
  const reply = await ask(world.stage.daemon.base, 'GET', '/openapi.json');
  assert.strictEqual(reply.status, 200);
  api = new OpenApi(reply.body);
  contract = new Contract();
  assert.deepStrictEqual(api.faults(), []);
});

test('/openapi.json lists what the table of routes lists, and nothing else', () => {
  const listed = [...api.operations.keys()];
  assert.deepStrictEqual({
    'not served': served.filter((r) => !api.operations.has(r.listed)).map((r) => r.name),
    'not in the table': listed.filter((name) => !known.has(name)),
    'left out': listed.filter((name) => leftOut(name.split(' ')[1])),
  }, { 'not served': [], 'not in the table': [], 'left out': [] });
});

const listed = new Set(served.map((r) => r.listed));
for (const route of [...served, ...own, ...twins.filter((r) => !listed.has(r.listed))]) {
  test(route.name, () => walk(route));
}

test('other methods are refused on every path', async () => {
  for (const [at, item] of Object.entries(api.document.paths)) {
    const route = [...known.values()].find((r) => plain(r.path) === plain(at));
    assert.ok(route, `nothing is known of ${at}`);
    const target = at.replace(/\{[^}]*\}/g, 'x');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'].filter((m) => !item[m.toLowerCase()])) {
      if ((route.family === 'none' || /\/files\//.test(at)) && method === 'HEAD') continue; // a GET without its body
      const reply = await world.ask(method, target, { headers: world.credentials(route.auth) });
      assert.strictEqual(reply.status, 405, `${method} ${at}: ${reply.text}`);
      if (method !== 'HEAD') assert.strictEqual(malformed(route.family, reply.body), '', `${method} ${at}: ${reply.text}`);
    }
  }
});

test('what is at no path is 404 in the family of its version', async () => {
  for (const [at, family] of [['/beta/nothing', 'beta'], ['/v0.1/nothing', 'beta'], ['/v0.2/nothing', 'beta'], ['/v0.3/users/x/nothing', 'v1'],
    ['/v1/conversations/x/nothing', 'v1'], ['/v1/calls/x/nothing', 'voice'], ['/v2/applications/x/nothing', 'application'],
    ['/v2/calls', 'application'], ['/v1/conversations/x/rtc', 'v1'], ['/beta/legs/x/asr', 'beta']]) {
    const reply = await world.ask('GET', at, { headers: world.credentials('jwt') });
    assert.strictEqual(reply.status, 404, `${at}: ${reply.text}`);
    assert.strictEqual(malformed(family, reply.body), '', `${at}: ${reply.text}`);
  }
});

test('all operations were judged', (t) => {
  t.diagnostic(`${done.operations.size} operations, ${done.replies} replies judged, ${done.published} of them by published definitions too`);
  assert.deepStrictEqual([...api.operations.keys()].filter((name) => !done.operations.has(name)), []);
  assert.deepStrictEqual(contract.unused(), [], 'faults of the published definitions that no reply met');
  agent.destroy();
});

test('nothing is left behind: no leg, no port, an orderly end', () => world.stage.end());
