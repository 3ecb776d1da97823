'use strict';
// Strangers and scanners: not one byte comes back to them, by UDP or TCP. Who guesses passwords
// where phones may register is not answered for longer and longer; others are.

const assert = require('node:assert');
const dgram = require('node:dgram');
const fs = require('node:fs');
const { spawn, spawnSync } = require('node:child_process');
const test = require('../lib/test');
const { DeskPhone } = require('../lib/desk-phone');
const { RawSip, overTcp } = require('../lib/raw-sip');
const { Stage, caller, number } = require('../lib/stage');
const { ended, owned, until, within } = require('../lib/wait');

const domain = 'phones.test';
const near = '127.0.0.1/32'; // the trunk; elsewhere on the loopback are phones, or strangers

// config: of sip; trunk: more of the trunk.
async function on(sip, trunk, run) {
  const stage = new Stage({ config: { sip: { listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], drain_seconds: 1, ...sip } } });
  try {
    stage.config.trunks = [{ name: 'carrier', proxy: 'sip:127.0.0.1:9;transport=udp', allow: [near], ...trunk }];
    await stage.fresh();
    await run(stage);
    await stage.end();
  } finally {
    if (stage.daemon && stage.daemon.running) stage.daemon.child.kill('SIGKILL');
    await stage.phone.stop();
    await stage.app.stop().catch(() => {});
  }
}

// Passes on what comes to it as if it came from `host`, and keeps what comes back.
async function relay(port, host) {
  const [front, back] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
  const seen = { there: 0, back: [] };
  let peer;
  await within(new Promise((resolve) => front.bind(0, '127.0.0.1', resolve)), 'a UDP socket');
  await within(new Promise((resolve) => back.bind(0, host, resolve)), 'a UDP socket');
  front.on('message', (bytes, from) => {
    peer = from;
    seen.there++;
    back.send(bytes, port, '127.0.0.1');
  });
  back.on('message', (bytes) => {
    seen.back.push(bytes.toString('latin1'));
    front.send(bytes, peer.port, peer.address);
  });
  return { seen, port: front.address().port, stop: () => [front, back].forEach((socket) => socket.close()) };
}

async function scan(program, args) {
  const child = owned(spawn(program, args, { stdio: 'ignore' }), () => `${program} ${args.join(' ')}`);
  const last = setTimeout(() => child.kill('SIGKILL'), 20000);
  await ended(child);
  clearTimeout(last);
}

const scanners = (port) => [
  ['svmap', ['-b', '127.0.0.1', '-x', '127.0.0.1', '-p', String(port), '-t', '0.01', '127.0.0.1']],
  ['svmap', ['-b', '127.0.0.1', '-x', '127.0.0.1', '-p', String(port), '-t', '0.01', '-m', 'INVITE', '127.0.0.1']],
  ['svwar', ['-b', '127.0.0.1', '-x', '127.0.0.1', '-p', String(port), '-t', '0.01', '--force', '-e', '100-140', '127.0.0.1']],
  ['svwar', ['-b', '127.0.0.1', '-x', '127.0.0.1', '-p', String(port), '-t', '0.01', '--force', '-m', 'INVITE', '-e', '100-140', '127.0.0.1']],
  ['svcrack', ['-b', '127.0.0.1', '-x', '127.0.0.1', '-p', String(port), '-t', '0.01', '-u', '100', '-r', '1-40', '127.0.0.1']],
];

const sipvicious = spawnSync('svmap', ['--version']).status === 0;

for (const registrar of [false, true]) {
  test(`scanners hear nothing, ${registrar ? 'with' : 'without'} a registrar for others`, { timeout: 120000 }, async () => {
    assert.ok(sipvicious, 'sipvicious is installed');
    const sip = registrar ? { domain, registrar: true, registrar_allow: ['127.0.0.3/32'] } : {};
    await on(sip, {}, async (stage) => {
      for (const [program, args] of scanners(0)) {
        const between = await relay(stage.daemon.udp, '127.0.0.2');
        await scan(program, args.map((arg) => (arg === '0' ? String(between.port) : arg)));
        between.stop();
        assert.ok(between.seen.there > 0, `${program} has sent something`);
        assert.deepStrictEqual(between.seen.back, [], `${program} ${args.join(' ')}`);
      }
    });
  });
}

test('a stranger hears nothing by TCP either, whatever he sends', async () => {
  await on({}, { allow: ['127.0.0.9/32'] }, async (stage) => {
    const raw = await new RawSip().start();
    for (const method of ['OPTIONS', 'INVITE', 'REGISTER', 'BYE', 'CANCEL', 'SUBSCRIBE', 'MESSAGE', 'NOTIFY', 'PUBLISH', 'FOO']) {
      const text = raw.request(method, number, stage.daemon.tcp).replace(/SIP\/2\.0\/UDP/g, 'SIP/2.0/TCP');
      assert.strictEqual(await overTcp(stage.daemon.tcp, text), '', method);
      await raw.send(raw.request(method, number, stage.daemon.udp), stage.daemon.udp);
    }
    for (const bytes of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\r\n\r\n', '\0\0\0\0\r\n\r\n', 'INVITE sip:a@b SIP/3.0\r\n\r\n']) {
      assert.strictEqual((await overTcp(stage.daemon.tcp, bytes)).replace(/^\r\n$/, ''), '', JSON.stringify(bytes));
    }
    assert.deepStrictEqual(raw.got, []);
    await raw.stop();
  });
});

async function makeUser(stage, name) {
  const { status, text } = await stage.ask('POST', '/v1/users', { body: { name, channels: { sip: [{ uri: `sip:${name}@${domain}`, username: name, password: 'secret' }] } } });
  assert.strictEqual(status, 201, text);
}

const open = { domain, registrar: true, registrar_allow: ['127.0.0.0/8'] };

test('who guesses is not answered, and the user comes in from elsewhere', async () => {
  await on(open, {}, async (stage) => {
    await makeUser(stage, 'alice');
    const thief = await new DeskPhone(stage.daemon, { user: 'alice', password: 'guess', host: '127.0.0.7' }).start();
    for (let i = 0; i < 5; i++) assert.strictEqual((await thief.register()).status, 401);
    const before = thief.got.length;
    thief.send(thief.request('REGISTER', `sip:${domain}`, { From: `<sip:alice@${domain}>;tag=1`, To: `<sip:alice@${domain}>`, 'Call-ID': 'quiet', CSeq: '1 REGISTER' }));
    const home = await new DeskPhone(stage.daemon, { user: 'alice', password: 'secret', host: '127.0.0.8' }).start();
    assert.strictEqual((await home.register()).status, 200);
    assert.strictEqual(thief.got.length, before, 'not one byte');
    const all = await stage.daemon.metrics();
    assert.strictEqual(all['offhook_sip_passwords_total{result="wrong"}'], 5);
    assert.strictEqual(all.offhook_sip_sources_silenced_total, 1);
    assert.strictEqual(all.offhook_registrations, 1);
    await thief.stop();
    await home.stop();
  });
});

test('an unknown user and a wrong password look the same', async () => {
  await on(open, {}, async (stage) => {
    await makeUser(stage, 'alice');
    const shape = async (user, host) => {
      const one = await new DeskPhone(stage.daemon, { user, password: 'guess', host }).start();
      const answer = await one.register();
      await one.stop();
      const plain = (value) => value.replace(/[0-9a-f]{8,}|nonce="[^"]*"|branch=[^;]*|tag=\S*|:\d+|rport=\d+|127\.0\.0\.\d/g, '').replace(/alice|mallo/g, 'user');
      return [answer.start, ...answer.headers.filter(([name]) => !/^(CSeq|Date)$/i.test(name)).map(([name, value]) => `${name}: ${plain(value)}`)];
    };
    assert.deepStrictEqual(await shape('alice', '127.0.0.7'), await shape('mallo', '127.0.0.8'));
  });
});

test('a flood of challenges from one address is answered in part', async () => {
  await on(open, {}, async (stage) => {
    const flood = await new DeskPhone(stage.daemon, { user: 'x', password: 'x', host: '127.0.0.7' }).start();
    for (let i = 0; i < 1000; i++) {
      flood.send(flood.request('REGISTER', `sip:${domain}`, { From: `<sip:x@${domain}>;tag=${i}`, To: `<sip:x@${domain}>`, 'Call-ID': `flood-${i}`, CSeq: '1 REGISTER' }));
    }
    await makeUser(stage, 'alice');
    const home = await new DeskPhone(stage.daemon, { user: 'alice', password: 'secret', host: '127.0.0.8' }).start();
    assert.strictEqual((await home.register()).status, 200);
    assert.ok(flood.got.length > 0 && flood.got.length < 700, `${flood.got.length} of 1000 were answered`);
    await flood.stop();
    await home.stop();
  });
});

test('a trunk with a user and password takes no call without them', async () => {
  await on({}, { allow: ['127.0.0.0/8'], inbound_user: 'key', inbound_password: 'secret' }, async (stage) => {
    stage.app.on('answer', [{ action: 'talk', text: 'hello' }]);
    const one = await new DeskPhone(stage.daemon, { user: caller, login: 'key', password: 'secret', domain: '127.0.0.1' }).start();
    const { status, get } = await one.call(number);
    assert.strictEqual(status, 200);
    const { fields } = await stage.app.wait((r) => r.kind === 'answer', 'the answer webhook');
    assert.strictEqual(fields.from, caller);
    const uri = `sip:${number}@127.0.0.1`;
    one.send(one.request('ACK', uri, { 'Call-ID': get('Call-ID'), From: get('From'), To: get('To'), CSeq: `${one.cseq} ACK` }));
    await stage.app.event({ direction: 'inbound', status: 'completed' });
    const wrong = await new DeskPhone(stage.daemon, { user: caller, login: 'key', password: 'guess', domain: '127.0.0.1' }).start();
    assert.strictEqual((await wrong.call(number)).status, 401);
    assert.strictEqual(stage.app.requests.filter((r) => r.kind === 'answer').length, 1);
    await one.stop();
    await wrong.stop();
  });
});
