'use strict';
// SIP over TLS: two bridges with SRTP between them, baresip as caller and as callee, whose
// certificate is believed and whose is not, certificates of clients, and new ones without a restart.

const assert = require('node:assert');
const fs = require('node:fs');
const tls = require('node:tls');
const { spawnSync } = require('node:child_process');
const test = require('../lib/test');
const { Authority } = require('../lib/certificates');
const { Baresip } = require('../lib/baresip');
const { Daemon, settings } = require('../lib/daemon');
const { Stage, application, callee, conference, number } = require('../lib/stage');
const { folder, program } = require('../lib/place');
const { until, within } = require('../lib/wait');

const loud = 2000;
const authority = new Authority();
const stranger = new Authority('somebody else');
const own = authority.issue();
const listen = ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'tls:127.0.0.1:0'];
const sip = (files, more = {}) => ({ listen, tls: { certificate: files.certificate, key: files.key, ca: authority.ca, ...more } });

// Carriers, by the digits behind 1555: each is a bridge of its own, which rings the phone.
const carriers = {
  good: { prefix: '155591', files: own },
  named: { prefix: '155592', files: authority.issue(['DNS:localhost']), host: 'localhost' },
  wrong: { prefix: '155593', files: authority.issue(['DNS:elsewhere.example']) },
  foreign: { prefix: '155594', files: stranger.issue() },
  sips: { prefix: '155596', files: own, scheme: 'sips' },
  needing: { prefix: '155595', files: own, clients: 'needed' },
};

async function startCarrier(carrier, phone) {
  carrier.daemon = await new Daemon({
    sip: sip(carrier.files, carrier.clients ? { client_certificates: carrier.clients } : {}),
    applications: [{
      id: application, name: 'carrier', numbers: [`${carrier.prefix}*`],
      voice: { ncco: JSON.stringify([{ action: 'connect', endpoint: [{ type: 'phone', number: callee }] }]) } }],
    trunks: [
      { name: 'peer', proxy: 'sip:127.0.0.1:9', prefixes: [], allow: ['127.0.0.0/8'], srtp: 'required' },
      { name: 'phone', proxy: `sip:${phone.sip};transport=udp`, prefixes: [''] }],
  }).start();
}

const stage = new Stage({
  before: async ({ phone }) => {
    for (const carrier of Object.values(carriers)) await startCarrier(carrier, phone);
  },
  config: ({ phone }) => ({
    sip: sip(own),
    trunks: [
      { name: 'carrier', proxy: `sip:${phone.sip};transport=udp`, allow: ['127.0.0.0/8'], srtp: 'optional' },
      ...Object.entries(carriers).map(([name, { prefix, host = '127.0.0.1', scheme = 'sip', daemon }]) => ({
        name, proxy: scheme === 'sips' ? `sips:${host}:${daemon.tls}` : `sip:${host}:${daemon.tls};transport=tls`, prefixes: [prefix], srtp: 'required' }))],
  }),
});
const { phone, app } = stage;
const numberOf = (name) => `${carriers[name].prefix}00001`;
const ring = (name) => app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'phone', number: numberOf(name) }] }]);
const hears = (peer, hz) => until(() => peer.heard(hz) > loud, () => `${peer.user} to hear ${hz} Hz; it hears ${peer.heard(hz)}`);

for (const [name, what] of [['good', 'its address is in the certificate'], ['named', 'its name is'], ['sips', 'it is called by sips:'], ['needing', 'it asks for ours']]) {
  test(`a carrier is called over TLS and SRTP, and both hear each other: ${what}`, async () => {
    await stage.fresh();
    ring(name);
    await phone.call('a', stage.daemon.uri(number));
    const { line } = await phone.incoming(callee);
    await phone.up('a');
    await phone.hears(line, [500]);
    await phone.hears('a', [700]);
    assert.ok(carriers[name].daemon.log.some((text) => /srtp id=\S+ suite=AEAD_AES_128_GCM/.test(text)), carriers[name].daemon.tail());
    await phone.hangup('a');
    await phone.over(line);
    await carriers[name].daemon.idle();
  });
}

for (const [name, why] of [['wrong', /hostname mismatch/i], ['foreign', /unable to get local issuer|self.signed/i]]) {
  test(`a carrier that cannot prove who it is is not called: ${name}`, async () => {
    await stage.fresh();
    ring(name);
    await phone.call('a', stage.daemon.uri(number));
    await app.event({ direction: 'outbound', status: 'failed' });
    await phone.over('a');
    const told = () => stage.daemon.log.find((text) => /warning ua: TLS to 127\.0\.0\.1:\d+ refused/.test(text) && why.test(text));
    await until(told, () => stage.daemon.tail());
    assert.deepStrictEqual(phone.events.filter((e) => e.event === 'incoming'), []);
  });
}

test('baresip calls over TLS under SRTP, and both hear each other', async () => {
  await stage.fresh();
  const bare = await new Baresip({ user: '15550100021', tone: 1200, encryption: 'srtp-mand',
    more: [`sip_certificate ${own.both}`, `sip_cafile ${authority.ca}`] }).start();
  try {
    app.on('answer', conference('secret'));
    bare.dial(stage.daemon.uri(number, 'tls'));
    await bare.wait('CALL_ESTABLISHED');
    await stage.dial('a');
    await phone.hears('a', [1200]);
    await hears(bare, 500);
    await phone.hangup('a');
    bare.hangup();
    await app.event({ direction: 'inbound', from: '15550100021', status: 'completed' });
  } finally {
    await bare.stop();
  }
});

test('baresip is called over TLS under SRTP, and hangs up', async () => {
  await stage.fresh();
  const bare = await new Baresip({ user: 'desk', tone: 1200, auto: true, encryption: 'srtp-mand',
    more: [`sip_certificate ${own.both}`, `sip_cafile ${authority.ca}`] }).start();
  try {
    app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'sip', uri: `sip:desk@127.0.0.1:${bare.port + 1};transport=tls;media=srtp` }] }]);
    await stage.dial('a');
    await bare.wait('CALL_ESTABLISHED');
    await phone.hears('a', [1200]);
    await hears(bare, 500);
    bare.hangup();
    await app.event({ direction: 'outbound', status: 'completed' });
    await phone.over('a');
  } finally {
    await bare.stop();
  }
});

// The certificate that the daemon shows, or why there is none to see.
function connect(port, options = {}) {
  return within(new Promise((resolve) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ca: fs.readFileSync(authority.ca), ...options });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    let shown;
    socket.on('secureConnect', () => {
      shown = { fingerprint: socket.getPeerX509Certificate().fingerprint256, protocol: socket.getProtocol() };
      // of TLS 1.3 a refusal of ours comes only now, with the first bytes
      socket.write('OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n'
        + 'From: <sip:a@b>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: options\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n');
    });
    socket.on('data', (bytes) => end({ ...shown, answer: bytes.toString('latin1').split('\r\n')[0] }));
    socket.on('error', (error) => end({ error: error.code || error.message }));
    socket.on('close', () => end({ error: 'closed' }));
  }), 'the end of a connection');
}

test('TLS 1.2 and 1.3 are spoken, older ones are not', async () => {
  await stage.fresh();
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const seen = await connect(stage.daemon.tls, { minVersion: version, maxVersion: version });
    assert.strictEqual(seen.protocol, version, JSON.stringify(seen));
    assert.strictEqual(seen.answer, 'SIP/2.0 200 OK');
  }
  const old = await connect(stage.daemon.tls, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
  assert.match(old.error, /PROTOCOL_VERSION|ECONNRESET|closed/, JSON.stringify(old));
});

test('who needs a certificate of its clients turns away who has none, or a stranger\'s', async () => {
  await stage.fresh();
  const port = carriers.needing.daemon.tls;
  const pair = ({ certificate, key }) => ({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
  assert.strictEqual((await connect(port, pair(authority.issue()))).answer, 'SIP/2.0 200 OK');
  for (const options of [{}, pair(stranger.issue())]) {
    const seen = await connect(port, options);
    assert.ok(seen.error && !seen.answer, JSON.stringify(seen));
  }
  await until(() => carriers.needing.daemon.log.some((line) => /TLS from 127\.0\.0\.1:\d+ refused/.test(line)), () => carriers.needing.daemon.tail());
});

test('SIGHUP takes a new certificate for new connections, and keeps the old one when that is bad', async () => {
  await stage.fresh();
  const carrier = carriers.wrong.daemon;
  const before = await connect(carrier.tls, { checkServerIdentity: () => undefined });
  const next = authority.issue();
  fs.copyFileSync(next.certificate, carriers.wrong.files.certificate);
  carrier.child.kill('SIGHUP');
  await until(() => carrier.log.some((line) => /reload refused.*sip\.tls\.key.*is not the key of sip\.tls\.certificate/.test(line)), () => carrier.tail());
  assert.strictEqual((await connect(carrier.tls, { checkServerIdentity: () => undefined })).fingerprint, before.fingerprint);
  fs.copyFileSync(next.key, carriers.wrong.files.key);
  carrier.child.kill('SIGHUP');
  await until(() => carrier.log.some((line) => /info daemon: reloaded/.test(line)), () => carrier.tail());
  assert.notStrictEqual((await connect(carrier.tls)).fingerprint, before.fingerprint);
});

// What is wrong with the files is told by -t, and keeps the daemon from starting.
test('bad files are told with their key and their name', () => {
  const old = authority.issue(['IP:127.0.0.1'], { days: -1 });
  const empty = `${folder()}/empty.pem`;
  fs.writeFileSync(empty, '');
  const cases = [
    [{ certificate: old.certificate, key: old.key }, /sip\.tls\.certificate: \S+: it has expired on /],
    [{ certificate: own.certificate, key: old.key }, /sip\.tls\.key: \S+: it is not the key of sip\.tls\.certificate/],
    [{ certificate: '/nowhere.pem', key: own.key }, /sip\.tls\.certificate: \/nowhere\.pem: No such file/],
    [{ certificate: own.certificate, key: '/nowhere.pem' }, /sip\.tls\.key: \/nowhere\.pem: No such file/],
    [{ certificate: empty, key: own.key }, /sip\.tls\.certificate: \S+: /],
    [{ certificate: own.certificate, key: empty }, /sip\.tls\.key: \S+: /],
    [{ certificate: own.certificate, key: own.key, ca: empty }, /sip\.tls\.ca: \S+: /],
    [{ certificate: own.certificate }, /tls: in sip\.listen needs sip\.tls\.certificate and sip\.tls\.key/],
    [{ certificate: own.certificate, key: own.key, client_certificates: 'needed' }, /client_certificates needs sip\.tls\.ca/],
  ];
  for (const [files, why] of cases) {
    const file = `${folder()}/offhook.conf`;
    fs.writeFileSync(file, settings({ sip: { listen: ['tls:127.0.0.1:0'], tls: files } }));
    for (const options of [['-t'], []]) {
      const { status, stderr } = spawnSync(program('offhookd'), ['-c', file, ...options], { encoding: 'utf8', timeout: 20000 });
      assert.strictEqual(status, 1, `${JSON.stringify(files)}: ${stderr}`);
      assert.match(stderr, why);
    }
  }
  const file = `${folder()}/offhook.conf`;
  fs.writeFileSync(file, settings({ trunks: [{ name: 'carrier', proxy: 'sip:127.0.0.1:5061;transport=tls' }] }));
  const { status, stderr } = spawnSync(program('offhookd'), ['-c', file, '-t'], { encoding: 'utf8' });
  assert.strictEqual(status, 1);
  assert.match(stderr, /needs a tls: address in sip\.listen/);
});

test('the carriers end well', async () => {
  for (const { daemon } of Object.values(carriers)) await daemon.stop();
});

stage.finish();
