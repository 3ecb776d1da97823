'use strict';
// What tests/lib promises: nothing waits without an end, and what hangs is told by name.

const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { spawn } = require('node:child_process');
const test = require('../lib/test');
const { folder } = require('../lib/place');
const { ask } = require('../lib/rest');
const { Phone } = require('../lib/phone');
const { ended, over, owned, until, within } = require('../lib/wait');

const never = new Promise(() => {});

// Runs a test file of this text; gives what it said and how it ended.
async function run(text) {
  const file = path.join(folder(), 'some.test.js');
  const lib = (name) => JSON.stringify(path.join(__dirname, '../lib', name));
  fs.writeFileSync(file, `const test = require(${lib('test')}); const wait = require(${lib('wait')});\n${text}`);
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const child = owned(spawn(process.execPath, ['--test-reporter=tap', file], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  let said = '';
  child.stdout.on('data', (data) => { said += data; });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const { code } = await ended(child);
  await within(closed, 'the output of a test');
  return { code, said };
}

test('a test that hangs fails by name, with what it waited for, and so does what follows', async () => {
  const { code, said } = await run(`
    const { spawn } = require('node:child_process');
    test('fine', () => {});
    test('stuck', { limit: 300 }, async () => {
      wait.owned(spawn('sleep', ['1000']), () => 'the log of the sleeper');
      wait.until(() => false, 'a bus', 100000).catch(() => {});
      await new Promise(() => {});
    });
    test('next', () => {});
  `);
  assert.strictEqual(code, 1);
  assert.match(said, /^ok 1 - fine$/m);
  assert.match(said, /^not ok 2 - stuck$/m);
  assert.match(said, /waiting for \d+ ms: a bus/);
  assert.match(said, /sleep \(\d+\): the log of the sleeper/);
  assert.match(said, /^not ok 3 - next$/m);
  assert.match(said, /not run: "stuck" before it did not end/);
});

test('a test that fails takes nothing with it', async () => {
  const { code, said } = await run(`
    test('bad', async () => { await wait.until(() => false, 'a bus', 50); });
    test('next', () => {});
  `);
  assert.strictEqual(code, 1);
  assert.match(said, /^not ok 1 - bad$/m);
  assert.match(said, /waited \d+ ms for a bus/);
  assert.match(said, /^ok 2 - next$/m);
  assert.match(said, /^1\.\.2$/m);
});

test('a file that left something open ends all the same, and says so', async () => {
  const { code, said } = await run("test('fine', () => { require('node:net').createServer().listen(0, '127.0.0.1'); });");
  assert.strictEqual(code, 1);
  assert.match(said, /^ok 1 - fine$/m);
  assert.match(said, /^Bail out! .*TCPServerWrap/m);
});

test('waits say what they waited for', async () => {
  await assert.rejects(within(never, 'a train', 20), /waited \d+ ms for a train/);
  await assert.rejects(within(never, async () => `train ${1 + 1}`, 20), /for train 2/);
  await assert.rejects(until(() => 0, () => 'a bus', 20), /waited \d+ ms for a bus/);
  await assert.rejects(within(Promise.reject(new Error('it broke')), 'a train'), /it broke/);
  assert.strictEqual(await within(Promise.resolve(3), 'a train'), 3);
});

test('a server that never answers is no reason to wait for ever', async () => {
  const sockets = [];
  const server = net.createServer((socket) => sockets.push(socket.on('error', () => {}).resume()));
  await within(new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); }), 'a server');
  try {
    await assert.rejects(ask(`http://127.0.0.1:${server.address().port}`, 'GET', '/silence', { timeout: 100 }), /waited \d+ ms for the answer to GET \S+\/silence/);
    await until(() => sockets.length === 1 && (sockets[0].readableEnded || sockets[0].destroyed), 'the connection to be closed');
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

test('a child that does not end is killed', async () => {
  const child = owned(spawn('sleep', ['1000']), () => 'zzz');
  await assert.rejects(ended(child, 50), /waited \d+ ms for sleep \(\d+\) to end; zzz/);
  await until(() => over(child), 'it to be over');
});

test('a phone that is gone takes no command', async () => {
  const phone = new Phone();
  await phone.start();
  phone.child.kill('SIGKILL');
  await ended(phone.child);
  await assert.rejects(phone.accept({ policy: 'ring' }), /accept to a phone that ended/);
});
