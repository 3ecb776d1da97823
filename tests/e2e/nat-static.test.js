'use strict';
// A daemon behind a static NAT, as in most clouds: it is bound to a private address, and tells the public one.

const { NetSpace, cable, enter, here, lead } = require('../lib/net-space');

enter();

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const test = require('../lib/test');
const { Phone } = require('../lib/phone');
const { Stage, callee, connect, number } = require('../lib/stage');
const { lines, owned, until } = require('../lib/wait');

// us 10.30.0.2 ── 10.30.0.1 router 203.0.113.1 ── 203.0.113.9 everybody else
const us = '10.30.0.2';
const known = '203.0.113.1';
const world = '203.0.113.9';

class Cloud extends Stage {
  constructor() {
    const at = { advertise: known };
    super({ config: { sip: { listen: [`udp:${us}:5060`, `tcp:${us}:5060`], ...at }, rtp: { address: us, ...at } } });
    this.router = new NetSpace();
    this.outside = new NetSpace();
    this.phone = new Phone('--address', world);
  }

  async start() {
    await this.router.start();
    await this.outside.start();
    cable(here, ['net', `${us}/24`], this.router, ['inner', '10.30.0.1/24']);
    cable(this.router, ['outer', `${known}/24`], this.outside, ['net', `${world}/24`]);
    here.ip('route add default via 10.30.0.1');
    lead(this.router, 'outer', known, us);
    this.phone.prefix = this.outside.prefix;
    await this.phone.start();
    this.phone.start = async () => this.phone;
    this.config.trunks = [{ name: 'carrier', proxy: `sip:${this.phone.sip}`, allow: [`${world}/32`] }];
    await super.start();
  }

  uri(to) {
    return `sip:${to}@${known}:5060`;
  }

  async end() {
    await super.end();
    this.router.stop();
    this.outside.stop();
  }
}

const stage = new Cloud();
const { phone, app } = stage;

test('a call through it is heard both ways, and either side ends it', async () => {
  for (const last of ['caller', 'callee']) {
    await stage.fresh();
    app.on('answer', connect(callee));
    await phone.call('a', stage.uri(number), { tone: 500 });
    await phone.up('a');
    const { line } = await phone.incoming(callee);
    await phone.hears('a', [700]);
    await phone.hears(line, [500]);
    await phone.hangup(last === 'caller' ? 'a' : line);
    assert.strictEqual((await phone.over(last === 'caller' ? line : 'a')).remote, true);
    await app.event({ direction: 'outbound', status: 'completed' });
  }
});

test('a re-INVITE finds its way, and what the daemon begins as well', async () => {
  await stage.fresh();
  app.on('answer', connect(callee));
  await phone.call('a', stage.uri(number), { tone: 500 });
  await phone.up('a');
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [500]);
  await phone.send('reinvite', { line: 'a', new_port: true });
  await phone.send('tone', { line: 'a', hz: 900 });
  await phone.hears(line, [900]);
  await phone.hears('a', [700]);
  const { uuid } = await app.event({ direction: 'inbound', status: 'answered' });
  await stage.put(uuid, 'hangup');
  for (const one of ['a', line]) assert.strictEqual((await phone.over(one)).remote, true);
});

// Calls, is busy for whom it is connected to (itself), and writes down what it gets.
const witness = () => `
  const socket = require('node:dgram').createSocket('udp4');
  const send = (lines) => socket.send([...lines, '', ''].join('\\r\\n'), 5060, '${known}');
  const sdp = ['v=0', 'o=w 1 1 IN IP4 ${world}', 's=-', 'c=IN IP4 ${world}', 't=0 0', 'm=audio 9 RTP/AVP 0', ''].join('\\r\\n');
  const head = (method) => [method + ' sip:${number}@${known} SIP/2.0', 'Via: SIP/2.0/UDP ${world}:5099;branch=z9hG4bKw', 'Max-Forwards: 70', 'From: <sip:15550100001@${world}>;tag=w'];
  const rest = (method) => ['Call-ID: witness', 'CSeq: 1 ' + method, 'Contact: <sip:w@${world}:5099>'];
  socket.on('message', (bytes) => {
    const text = String(bytes);
    console.log(JSON.stringify(text));
    const field = (name) => new RegExp('^' + name + ':.*$', 'mi').exec(text)[0];
    if (text.startsWith('INVITE')) send(['SIP/2.0 486 Busy Here', field('Via'), field('From'), field('To') + ';tag=busy', field('Call-ID'), field('CSeq'), 'Content-Length: 0']);
    if (/^SIP\\/2.0 [2-6]/.test(text)) send([...head('ACK'), field('To'), ...rest('ACK'), 'Content-Length: 0']);
  });
  socket.bind(5099, '${world}', () => socket.send([...head('INVITE'), 'To: <sip:${number}@${known}>', ...rest('INVITE'), 'Content-Type: application/sdp', 'Content-Length: ' + sdp.length, '', sdp].join('\\r\\n'), 5060, '${known}'));`;

test('nobody outside is told the private address', async () => {
  await stage.fresh();
  app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'sip', uri: `sip:w@${world}:5099` }] }]);
  const [command, ...args] = [...stage.outside.prefix, process.execPath, '-e', witness()];
  const said = [];
  const child = owned(spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] }), () => said.join('\n'));
  lines(child.stdout, (line) => said.push(JSON.parse(line)));
  try {
    const ours = await until(() => said.find((text) => text.startsWith('INVITE')), 'an INVITE of the daemon');
    await until(() => said.find((text) => /^SIP\/2\.0 486/.test(text)), () => `the end; there came ${said.join('\n')}`);
    assert.match(ours, new RegExp(`^c=IN IP4 ${known}\\r$`, 'm'));
    assert.match(ours, new RegExp(`^Contact: .*${known}`, 'm'));
    assert.match(ours, new RegExp(`^Via: .*${known}`, 'm'));
    for (const text of said) assert.ok(!text.includes(us), text);
  } finally {
    child.kill('SIGKILL');
  }
});

stage.finish();
