'use strict';
// tests/sipp as users have it: its configuration, the scenarios of the tables in its README with the
// numbers that are given there, and `load`.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { Daemon } = require('../lib/daemon');
const { Phone } = require('../lib/phone');
const { Sipp, scenario } = require('../lib/sipp');
const { freePort, source } = require('../lib/place');
const { ended, lines, owned } = require('../lib/wait');

const kit = path.join(source, 'tests/sipp');
const readme = fs.readFileSync(path.join(kit, 'README.md'), 'utf8');
const table = (heading) => readme.split(`## ${heading}`)[1].split('\n## ')[0].split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim().replace(/`/g, '')));
const slow = ['never-acks', 'callee-is-silent']; // half a minute each, SIP's own timers

const daemon = new Daemon();
const phone = new Phone();
let port;

test('the configuration of the kit is good as it is', async () => {
  port = await freePort();
  const text = fs.readFileSync(path.join(kit, 'offhook.conf'), 'utf8');
  daemon.text = `${text.replace(/:(5060|8080)"/g, ':0"').replace(':5080"', `:${port}"`)}\nmedia: { sounds = "${source}/sounds"; };\n`.replace(/^media: \{ recordings.*\n/m, '');
  await daemon.start();
  await phone.start();
});

for (const [name, number] of table('Callers').filter(([one]) => !slow.includes(one))) {
  test(`${name}, ringing ${number}`, async () => {
    const peer = await new Sipp(name, { target: `127.0.0.1:${daemon.udp}`, user: number }).start();
    try {
      await peer.done();
    } finally {
      await peer.stop();
    }
  });
}

for (const [name, status] of table('Callees').filter(([one]) => !slow.includes(one))) {
  test(`${name}: the caller gets ${status}`, async () => {
    const peer = await new Sipp(name, { port }).start();
    try {
      await phone.call(name, daemon.uri('15550100002'));
      const first = await phone.wait((e) => e.line === name && ['answered', 'ended'].includes(e.event), 'an answer or an end');
      if (status === '200') {
        assert.strictEqual(first.event, 'answered', JSON.stringify(first));
        if (name !== 'callee-hangs-up') await phone.hangup(name);
        await phone.over(name);
      } else {
        assert.strictEqual(first.status, Number(status), JSON.stringify(first));
      }
      await peer.done();
    } finally {
      await peer.stop();
    }
  });
}

test('every scenario is in a table or told of below it', () => {
  for (const file of fs.readdirSync(kit).filter((one) => one.endsWith('.xml'))) {
    const name = file.replace('.xml', '');
    assert.ok(readme.includes(`\`${name}\``), name);
    assert.ok(fs.existsSync(scenario(name)));
  }
});

test('load calls, talks and hears itself', async () => {
  const child = owned(spawn(process.execPath, [path.join(kit, 'load'), '--target', `127.0.0.1:${daemon.udp}`, '--rate', '10', '--calls', '30'], { stdio: ['ignore', 'pipe', 'pipe'] }));
  const said = [];
  for (const stream of [child.stdout, child.stderr]) lines(stream, (line) => said.push(line));
  const { code } = await ended(child);
  assert.strictEqual(code, 0, said.join('\n'));
  const told = JSON.parse(said[0]);
  assert.strictEqual(told.good, 30);
  assert.strictEqual(told.failed, 0);
  assert.ok(told.echoes >= 1 && told.unheard === 0, said[0]);
});

test('nothing is left behind', async () => {
  await phone.stop();
  await daemon.idle();
  await daemon.stop();
});
