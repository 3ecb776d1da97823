'use strict';
// What is given up of webhooks is kept: listed, sent again and thrown away, by REST and by
// the offhook command.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const test = require('../lib/test');
const { Stage, application, conference } = require('../lib/stage');
const { keyPair, token } = require('../lib/jwt');
const { folder, program } = require('../lib/place');
const { until } = require('../lib/wait');

const root = '/v1/webhooks/dead';
const stranger = { id: '11111111-2222-4333-8444-555555555555', keys: keyPair() };
const stage = new Stage({
  config: { webhook: { allow: ['127.0.0.0/8'], give_up: 1 } },
  applications: () => {
    const pem = path.join(folder(), 'stranger.pub');
    fs.writeFileSync(pem, stranger.keys.publicKey);
    return [{ id: stranger.id, name: 'stranger', public_key: pem }];
  },
});
const { app, phone } = stage;

async function must(method, at, status, more) {
  const reply = await stage.ask(method, at, more);
  assert.strictEqual(reply.status, status, `${method} ${at}: ${reply.text}`);
  return reply.body;
}

const list = async (query = '', name = root) => (await must('GET', `${name}?page_size=100${query}`, 200))._embedded.webhooks;

// So many that fit the query are dead.
async function dead(count, query = '') {
  let rows;
  await until(async () => {
    rows = await list(query);
    return rows.length >= count;
  }, () => `${count} dead letters; there are ${JSON.stringify(rows)}`);
  assert.strictEqual(rows.length, count);
  return rows;
}

async function clear() {
  for (const { id } of await list()) await must('DELETE', `${root}/${id}`, 204);
}

// The offhook command: { code, out, err }.
function offhook(on, ...args) {
  const key = path.join(folder(), 'private.key');
  fs.writeFileSync(key, on.keys.privateKey);
  return new Promise((resolve) => {
    execFile(program('offhook'), ['webhook', ...args], { timeout: 20000,
      env: { ...process.env, OFFHOOK_URL: on.daemon.base, OFFHOOK_APP: application, OFFHOOK_KEY: key } },
    (error, out, err) => resolve({ code: error ? error.code : 0, out, err }));
  });
}

// A call whose `answered` event the application refuses until it is given up.
async function refusedCall(line = 'a') {
  app.on('answer', conference('somewhere'));
  app.on('event', (r) => (r.fields.status === 'answered' ? 500 : 204));
  await stage.dial(line);
  const uuid = await stage.leg();
  await phone.hangup(line);
  await app.event({ uuid, status: 'completed' });
  return uuid;
}

// Webhooks to a place that must not be asked are given up at once.
async function forbidden(name) {
  const url = `http://10.255.255.1/${name}`;
  const { id } = await must('POST', '/v1/conversations', 201, { body: { name, callback: { url, event_mask: 'conversation:created' } } });
  await dead(1, `&lane=${id}`);
  return id;
}

test('an event that is refused for too long is kept, and arrives when it is sent again', async () => {
  await stage.fresh();
  const uuid = await refusedCall();
  assert.deepStrictEqual([...new Set(app.statuses(uuid))], ['started', 'ringing', 'answered', 'completed']);
  const [row] = await dead(1);
  const sent = app.requests.filter((r) => r.kind === 'event' && r.fields.status === 'answered');
  assert.strictEqual(row.lane, uuid);
  assert.strictEqual(row.url, app.url('event'));
  assert.strictEqual(row.method, 'POST');
  assert.strictEqual(row.attempts, sent.length);
  assert.match(row.reason, /HTTP 500/);
  assert.deepStrictEqual(row.fields, sent[0].fields);
  assert.ok(Date.parse(row.given_up) >= Date.parse(row.created) + 1000);
  assert.strictEqual(row._links.self.href, `${stage.daemon.base}${root}/${row.id}`);
  assert.deepStrictEqual(await must('GET', `${root}/${row.id}`, 200), row);

  app.reset();
  assert.deepStrictEqual(await must('POST', `${root}/${row.id}/replay`, 202), {});
  await app.event({ uuid, status: 'answered' });
  assert.strictEqual(app.requests[0].text, sent[0].text);
  assert.deepStrictEqual(await list(), []);
  await must('POST', `${root}/${row.id}/replay`, 404);
  await must('GET', `${root}/${row.id}`, 404);
  await must('DELETE', `${root}/${row.id}`, 404);
  const metrics = await stage.daemon.metrics();
  assert.strictEqual(metrics.offhook_webhooks_given_up_total, 1);
  assert.strictEqual(metrics.offhook_webhooks_replayed_total, 1);
});

test('one that is refused again is dead again, under another number', async () => {
  await stage.fresh();
  await refusedCall();
  const [row] = await dead(1);
  app.on('event', 500);
  await must('POST', `${root}/${row.id}/replay`, 202);
  const [again] = await (async () => {
    await until(async () => (await list()).some((r) => r.id !== row.id), 'it to be given up again');
    return list();
  })();
  assert.ok(again.id > row.id);
  assert.deepStrictEqual({ ...again, id: 0, created: 0, given_up: 0, attempts: 0, _links: 0 }, { ...row, id: 0, created: 0, given_up: 0, attempts: 0, _links: 0 });
  await clear();
});

test('pages, filters and their links', async () => {
  await stage.fresh();
  const before = new Date(Date.now() - 1000).toISOString();
  const lanes = [];
  for (let i = 0; i < 5; i++) lanes.push(await forbidden(`page-${i}`));
  const all = await dead(5);
  assert.deepStrictEqual(all.map((r) => r.lane), lanes);
  assert.ok(all.every((r) => /not allowed/.test(r.reason)), JSON.stringify(all));
  assert.deepStrictEqual((await list('&order=desc')).map((r) => r.lane), [...lanes].reverse());
  const found = [];
  let page = await must('GET', `${root}?page_size=2`, 200);
  for (;;) {
    found.push(...page._embedded.webhooks);
    if (!page._links.next) break;
    const at = new URL(page._links.next.href);
    page = await must('GET', at.pathname + at.search, 200);
  }
  assert.deepStrictEqual(found, all);
  const back = new URL(page._links.prev.href);
  page = await must('GET', back.pathname + back.search, 200);
  assert.deepStrictEqual(page._embedded.webhooks, all.slice(2, 4));
  assert.deepStrictEqual((await list(`&lane=${lanes[3]}`)).map((r) => r.lane), [lanes[3]]);
  assert.deepStrictEqual((await list(`&url=${encodeURIComponent('http://10.255.255.1/page-4')}`)).map((r) => r.lane), [lanes[4]]);
  assert.strictEqual((await list(`&url=${encodeURIComponent('http://10.255.255.1/')}`)).length, 5);
  assert.deepStrictEqual(await list(`&url=${encodeURIComponent('255.255.1/')}`), []);
  assert.strictEqual((await list(`&after=${encodeURIComponent(before)}`)).length, 5);
  assert.deepStrictEqual(await list(`&after=${encodeURIComponent(new Date(Date.now() + 60000).toISOString())}`), []);
  for (const bad of ['after=yesterday', 'cursor=nonsense!', 'page_size=0']) await must('GET', `${root}?${bad}`, 400);
  await clear();
});

test('they are the business of administrators of their application', async () => {
  await stage.fresh();
  const lane = await forbidden('private');
  const [{ id }] = await dead(1);
  const foreign = { token: token(stranger.id, stranger.keys.privateKey) };
  const user = { token: stage.token({ sub: 'alice', acl: { paths: { '/**': {} } } }) };
  assert.deepStrictEqual((await must('GET', root, 200, foreign))._embedded.webhooks, []);
  for (const [method, at] of [['GET', ''], ['DELETE', ''], ['POST', '/replay']]) {
    await must(method, `${root}/${id}${at}`, 404, foreign);
    await must(method, `${root}/${id}${at}`, 403, user);
  }
  await must('GET', root, 403, user);
  await must('POST', '/v1/webhooks/give-up', 403, { ...user, body: {} });
  assert.deepStrictEqual((await list()).map((r) => r.lane), [lane]);
  await clear();
});

test('they outlive a power cut', async () => {
  await stage.fresh();
  await forbidden('kept');
  const rows = await dead(1);
  await stage.daemon.kill();
  await stage.daemon.start();
  assert.deepStrictEqual((await list()).map(({ _links, ...row }) => row), rows.map(({ _links, ...row }) => row));
  await clear();
});

test('offhook webhook lists, shows, replays and drops', async () => {
  await stage.fresh();
  const uuid = await refusedCall();
  const [{ id }] = await dead(1);
  let told = await offhook(stage, 'list');
  assert.strictEqual(told.code, 0, told.err);
  assert.match(told.out, new RegExp(`^ *${id} .* answered .*/event .*HTTP 500\n$`));
  told = await offhook(stage, 'show', String(id));
  assert.strictEqual(told.code, 0, told.err);
  for (const part of [`lane ${uuid}`, 'POST http', '"status": "answered"']) assert.ok(told.out.includes(part), told.out);
  told = await offhook(stage, 'list', '--json');
  assert.strictEqual(JSON.parse(told.out)._embedded.webhooks[0].id, id);

  app.reset();
  told = await offhook(stage, 'replay', String(id));
  assert.strictEqual(told.code, 0, told.err);
  await app.event({ uuid, status: 'answered' });
  told = await offhook(stage, 'replay', String(id));
  assert.strictEqual(told.code, 1);
  assert.match(told.err, /does not exist/);

  const lanes = [await forbidden('one'), await forbidden('two'), await forbidden('three')];
  told = await offhook(stage, 'drop', '--lane', lanes[1]);
  assert.strictEqual(told.out, '1 dropped\n', told.err);
  assert.deepStrictEqual((await list()).map((r) => r.lane), [lanes[0], lanes[2]]);
  told = await offhook(stage, 'replay', '--all');
  assert.strictEqual(told.out, '2 replayed\n', told.err);
  await until(async () => (await list()).every((r) => r.id > id) && (await list()).length === 2, 'both to be dead again');
  told = await offhook(stage, 'drop', '--all');
  assert.strictEqual(told.out, '2 dropped\n', told.err);
  told = await offhook(stage, 'list');
  assert.strictEqual(told.out, '');
  for (const wrong of [['drop'], ['replay', 'x'], ['show', '--all'], ['replay', '1', '--all'], ['give-up'], ['list', '1'], ['dance']]) {
    assert.strictEqual((await offhook(stage, ...wrong)).code, 2, wrong.join(' '));
  }
});

test('what waits is given up on request, and what stands behind it is told', async () => {
  const patient = new Stage();
  try {
    await patient.fresh();
    patient.app.on('answer', conference('stuck'));
    patient.app.on('event', (r) => (r.fields.status === 'ringing' ? 500 : 204));
    await patient.dial('a');
    const uuid = await patient.leg();
    await patient.app.event({ uuid, status: 'ringing' });
    await patient.phone.hangup('a');
    await patient.daemon.idle({ webhooks: false });
    assert.deepStrictEqual([...new Set(patient.app.statuses(uuid))], ['started', 'ringing']);
    const waiting = async () => (await patient.daemon.metrics()).offhook_webhooks_waiting;
    const held = await waiting();
    assert.ok(held >= 3, `${held}`);
    let told = await offhook(patient, 'give-up', '--lane', 'another');
    assert.strictEqual(told.out, '0 given up\n', told.err);
    // one whose try is under way is given up when that fails
    patient.app.on('event', 500);
    await until(async () => {
      told = await offhook(patient, 'give-up', '--to', patient.app.url('event'));
      assert.strictEqual(told.code, 0, told.err);
      return await waiting() === 0;
    }, () => `nothing to wait; ${JSON.stringify(told)}`);
    const rows = (await patient.ask('GET', `${root}?lane=${uuid}`)).body._embedded.webhooks;
    assert.strictEqual(rows.length, held);
    assert.deepStrictEqual(rows.map((r) => r.fields.status).filter((s) => s), ['ringing', 'answered', 'completed']);
    assert.ok(rows.every((r) => /on request/.test(r.reason)), JSON.stringify(rows));
    patient.app.on('event', 204);
    told = await offhook(patient, 'replay', '--all');
    assert.strictEqual(told.out, `${held} replayed\n`, told.err);
    await patient.app.wait((r) => r.kind === 'event' && r.fields.status === 'completed', 'the end');
    await patient.daemon.idle();
    assert.deepStrictEqual(patient.app.statuses(uuid).slice(-3), ['ringing', 'answered', 'completed']);
  } finally {
    await patient.end();
  }
});

stage.finish();
