'use strict';
// What happens at the edges: no port left, no leg left, no descriptor left, no room on the
// disk, too many HTTP clients. Each is refused politely, and is over when it is over.

const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const test = require('../lib/test');
const { spawnSync } = require('node:child_process');
const { EventStream } = require('../lib/event-stream');
const { freePort } = require('../lib/place');
const { ask } = require('../lib/rest');
const { Stage, conference } = require('../lib/stage');
const { slow, until, within } = require('../lib/wait');

// A stage of its own for one test, with calls that stay in a conversation.
async function on(config, run) {
  const stage = new Stage({ config });
  try {
    await stage.fresh();
    stage.app.on('answer', conference('all'));
    await run(stage);
    await stage.end();
  } finally {
    if (stage.daemon && stage.daemon.running) stage.daemon.child.kill('SIGKILL');
    await stage.phone.stop();
    await stage.app.stop().catch(() => {});
  }
}

// Rings until the daemon refuses; gives the lines that are up and how the last one ended.
async function fill(stage, most) {
  const up = [];
  for (let i = 0; i < most; i++) {
    const line = `line ${i}`;
    await stage.phone.call(line, stage.daemon.uri('15550100002'));
    const { event, status } = await stage.phone.wait((e) => e.line === line && ['answered', 'ended'].includes(e.event), `${line} to be decided`);
    if (event === 'ended') return { up, status };
    up.push(line);
  }
  throw new Error(`${most} calls were all answered`);
}

async function clear(stage, lines) {
  for (const line of lines) await stage.phone.hangup(line);
  await stage.daemon.idle();
}

test('when every RTP port is taken a call is 503, and the next after a hang-up is answered', async () => {
  const first = await freePort(8);
  await on({ rtp: { ports: [first, first + 7] } }, async (stage) => {
    const { up, status } = await fill(stage, 6);
    assert.strictEqual(status, 503);
    assert.strictEqual(up.length, 4);
    await clear(stage, up);
    await until(async () => {
      await stage.phone.call('again', stage.daemon.uri('15550100002'));
      const { event } = await stage.phone.wait((e) => e.line === 'again' && ['answered', 'ended'].includes(e.event), 'again');
      stage.phone.events = stage.phone.events.filter((e) => e.line !== 'again' || event === 'answered');
      return event === 'answered';
    }, 'a port to be free again');
    await clear(stage, ['again']);
  });
});

test('above limits.legs a call is 503, and the next after a hang-up is answered', () =>
  on({ limits: { legs: 3 } }, async (stage) => {
    const { up, status } = await fill(stage, 5);
    assert.strictEqual(status, 503);
    assert.strictEqual(up.length, 3);
    const created = await stage.ask('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: '15550100003' }], from: { type: 'phone', number: '15550100002' }, ncco: conference('all') } });
    assert.ok(created.status >= 429, `${created.status} ${created.text}`);
    await clear(stage, up);
    await stage.dial('again');
    await clear(stage, ['again']);
  }));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Lets the daemon work for `on` of every `on + off` ms until `over` is true.
async function starve(daemon, off, on, over) {
  try {
    for (let i = 0; !over(); i++) {
      assert.ok(i < 100, 'starved for long, and it did not matter');
      daemon.child.kill('SIGSTOP');
      await sleep(off);
      daemon.child.kill('SIGCONT');
      await sleep(on);
    }
  } finally {
    daemon.child.kill('SIGCONT');
  }
}

test('when control is behind for long a call is 503; after a pause of the machine none is', () =>
  on({ limits: { lag: 100 } }, async (stage) => {
    let pauses = 0;
    const paused = stage.phone.call('paused', stage.daemon.uri('15550100002'));
    await starve(stage.daemon, 1500, 0, () => pauses++ > 0);
    await paused;
    const { event: how } = await stage.phone.wait((e) => e.line === 'paused' && ['answered', 'ended'].includes(e.event), 'paused');
    assert.strictEqual(how, 'answered');
    await clear(stage, ['paused']);
    const decided = [];
    let lines = 0;
    const watch = setInterval(() => {
      const line = `late ${lines++}`;
      stage.phone.call(line, stage.daemon.uri('15550100002')).catch(() => {});
      stage.phone.wait((e) => e.line === line && ['answered', 'ended'].includes(e.event), line, 60000).then((e) => decided.push(e), () => {});
    }, 400);
    await starve(stage.daemon, 300, 20, () => decided.some((e) => e.status === 503));
    clearInterval(watch);
    await until(() => decided.length === lines, 'all to be decided');
    await stage.phone.clear();
    await stage.daemon.idle();
    await until(async () => {
      const line = `then ${lines++}`;
      await stage.phone.call(line, stage.daemon.uri('15550100002'));
      const { event } = await stage.phone.wait((e) => e.line === line && ['answered', 'ended'].includes(e.event), line);
      return event === 'answered';
    }, 'calls to be taken again');
    await stage.phone.clear();
    await stage.daemon.idle();
  }));

test('three hundred idle HTTP connections keep nobody from being served', () =>
  on({}, async (stage) => {
    const port = Number(new URL(stage.daemon.base).port);
    const idle = await Promise.all(Array.from({ length: 300 }, (_, i) => within(new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'));
      socket.once('data', () => resolve(socket));
      socket.on('error', reject);
    }), `the answer on connection ${i}`)));
    assert.strictEqual((await ask(stage.daemon.base, 'GET', '/readyz')).status, 200);
    await stage.dial('a');
    await clear(stage, ['a']);
    for (const socket of idle) socket.destroy();
  }));

// Leaves a daemon this many descriptors: so many numbers below its limit are free.
function leave(daemon, count) {
  const pid = String(daemon.child.pid);
  const taken = new Set(fs.readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; free < count || taken.has(limit); limit++) free += taken.has(limit) ? 0 : 1;
  const { status, stderr } = spawnSync('prlimit', ['--pid', pid, `--nofile=${limit}:4096`], { timeout: 10000 * slow });
  assert.strictEqual(status, 0, `${stderr}`);
}

test('without descriptors calls are refused, and served again when there are some', () =>
  on({}, async (stage) => {
    leave(stage.daemon, 6);
    const { up, status } = await fill(stage, 20);
    assert.strictEqual(status, 503);
    // one left: the request has it, so the call it asks for has none
    let created;
    for (let i = 0; i < 20 && (i === 0 || created.status === 201); i++) {
      leave(stage.daemon, 1);
      created = await stage.ask('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: '15550100003' }], from: { type: 'phone', number: '15550100002' }, ncco: conference('all') } });
    }
    assert.strictEqual(created.status, 503, created.text);
    leave(stage.daemon, 1000);
    await stage.phone.clear();
    await clear(stage, []);
    assert.ok(up.length > 0);
    await stage.dial('again');
    await clear(stage, ['again']);
  }));

test('without any descriptor the REST API is still heard, also beside an event stream', () =>
  on({}, async (stage) => {
    const stream = new EventStream(stage.daemon.base, { token: () => stage.token() });
    assert.strictEqual(await stream.open(), 200);
    await stage.dial('a');
    const uuid = await stage.leg();
    for (let i = 0; i < 5; i++) {
      leave(stage.daemon, 0);
      const idle = await Promise.all(Array.from({ length: 10 }, () => ask(stage.daemon.base, 'GET', '/readyz')));
      assert.deepStrictEqual(idle.map((r) => r.status), Array(10).fill(200));
    }
    const other = await stage.ask('GET', '/v1/events', { headers: { accept: 'text/event-stream' } });
    assert.strictEqual(other.status, 503, other.text);
    await stage.put(uuid, 'hangup');
    await stage.phone.over('a');
    leave(stage.daemon, 1000);
    await stage.dial('again');
    await clear(stage, ['again']);
    stream.cut();
  }));

const small = fs.mkdtempSync(path.join(os.tmpdir(), 'offhook-disk-'));
const mounted = process.getuid() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', small], { timeout: 20000 }).status === 0;
process.on('exit', () => {
  if (mounted) spawnSync('umount', ['-l', small], { timeout: 20000 });
  fs.rmSync(small, { recursive: true, force: true });
});

test('on a full disk it is not ready, refuses calls, and recovers by itself', { skip: !mounted && 'needs the right to mount' }, () =>
  on({ store: { url: `sqlite:${path.join(small, 'offhook.db')}` } }, async (stage) => {
    const ready = () => ask(stage.daemon.base, 'GET', '/readyz').then((r) => r.status);
    await stage.dial('before');
    const ballast = path.join(small, 'ballast');
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], { timeout: 20000 });
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}.`, 'bs=512'], { timeout: 20000 });
    assert.strictEqual(fs.statfsSync(small).bavail, 0);
    // writes go into what the journal has until that is full, too
    let lines = 0;
    await until(async () => {
      await stage.phone.call(`full ${++lines}`, stage.daemon.uri('15550100002'));
      return (await ready()) === 503;
    }, 'readyz to be 503');
    fs.unlinkSync(ballast);
    fs.unlinkSync(`${ballast}.`);
    await until(async () => (await ready()) === 200, 'readyz to be 200 again');
    // those that rang in between are answered or refused by now, and none is forgotten
    for (let i = 1; i <= lines; i++) {
      await stage.phone.wait((e) => e.line === `full ${i}` && ['answered', 'ended'].includes(e.event), `full ${i} to be decided`, 30000);
    }
    await stage.phone.clear();
    await stage.daemon.idle();
    await stage.dial('after');
    await clear(stage, ['after']);
  }));
