'use strict';
// Networks that hide who is in them: peers behind a NAT, and a daemon behind one. Sound must go both
// ways, and every request find its way back.

const { NetSpace, cable, enter, here, hide } = require('../lib/net-space');

enter();

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const test = require('../lib/test');
const { Phone } = require('../lib/phone');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { lines, owned, until } = require('../lib/wait');

// us 198.51.100.1 ── 198.51.100.2 router 10.20.0.1 ── 10.20.0.2 a phone that knows its own address only.
// What is sent to 10.20.0.0 from here is lost.
const us = '198.51.100.1';
const door = '198.51.100.2';
const home = '10.20.0.2';
const sipPort = 5080; // of the door, led to the phone

class Behind extends Stage {
  constructor(config = {}) {
    super({ config: { sip: { listen: [`udp:${us}:0`, `tcp:${us}:0`] }, rtp: { address: us }, ...config } });
    this.router = new NetSpace();
    this.house = new NetSpace();
    this.hidden = new Phone('--address', home, '--port', String(sipPort));
    this.phone = new Phone('--address', us);
  }

  async start() {
    await this.router.start();
    await this.house.start();
    cable(here, ['out', `${us}/24`], this.router, ['outer', `${door}/24`]);
    cable(this.router, ['inner', '10.20.0.1/24'], this.house, ['in', `${home}/24`]);
    this.house.ip('route add default via 10.20.0.1');
    here.ip(`route add default via ${door}`);
    hide(this.router, 'outer', '10.0.0.0/8');
    for (const kind of ['udp', 'tcp']) this.router.run(`iptables -t nat -A PREROUTING -i outer -p ${kind} --dport ${sipPort} -j DNAT --to-destination ${home}:${sipPort}`);
    this.hidden.prefix = this.house.prefix;
    await this.hidden.start();
    await this.phone.start();
    this.phone.start = async () => this.phone;
    this.config.trunks = [{ name: 'hidden', prefixes: ['15550100004'], proxy: `sip:${door}:${sipPort}`, allow: [`${door}/32`] },
      { name: 'carrier', proxy: `sip:${this.phone.sip}`, allow: [`${us}/32`] }];
    await super.start();
    this.hidden.background = this.phone.background;
  }

  async fresh() {
    await super.fresh();
    await this.hidden.clear();
    await this.daemon.idle();
    this.hidden.events.length = 0;
    await this.hidden.accept({ policy: 'answer', tone: 1100 });
    return this;
  }

  uri(to, transport = 'udp') {
    return `sip:${to}@${us}:${transport === 'tcp' ? `${this.daemon.tcp};transport=tcp` : this.daemon.udp}`;
  }

  async end() {
    await super.end();
    await this.hidden.stop();
    this.router.stop();
    this.house.stop();
  }
}

const stage = new Behind();
const { phone, hidden, app } = stage;

// Rings from behind the NAT; the callee is a phone that everybody can reach.
async function ring(more = {}) {
  await stage.fresh();
  app.on('answer', connect(callee));
  await hidden.call('a', stage.uri(number), { tone: 500, ...more });
  await hidden.up('a');
  const { line } = await phone.incoming(callee);
  return line;
}

async function both(line, tone = 500) {
  await phone.hears(line, [tone]);
  await hidden.hears('a', [700]);
}

test('a caller behind a NAT hears and is heard, and learns that the other one hung up', async () => {
  const line = await ring();
  await both(line);
  await phone.hangup(line);
  assert.strictEqual((await hidden.over('a')).remote, true);
  await app.event({ direction: 'inbound', status: 'completed' });
});

test('it holds and retrieves, and our BYE finds its way', async () => {
  const line = await ring();
  await both(line);
  await hidden.send('hold', { line: 'a', on: true });
  await phone.hears(line, []);
  await hidden.send('hold', { line: 'a', on: false });
  await both(line);
  const { uuid } = await app.event({ direction: 'inbound', status: 'answered' });
  await stage.put(uuid, 'hangup'); // a BYE of the daemon's
  assert.strictEqual((await hidden.over('a')).remote, true);
});

test('its re-INVITE with another port brings two-way sound again', async () => {
  const line = await ring();
  await both(line);
  await hidden.send('reinvite', { line: 'a', new_port: true });
  await hidden.send('tone', { line: 'a', hz: 900 });
  await both(line, 900);
  await hidden.hangup('a');
  await phone.over(line);
});

test('so by TCP, where our BYE goes by the connection of the caller', async () => {
  await stage.fresh();
  const streaming = new Phone('--address', home, '--transport', 'tcp');
  streaming.prefix = stage.house.prefix;
  await streaming.start();
  try {
    app.on('answer', connect(callee));
    await streaming.call('a', stage.uri(number, 'tcp'), { tone: 500 });
    await streaming.up('a');
    const { line } = await phone.incoming(callee);
    await phone.hears(line, [500]);
    await streaming.hears('a', [700]);
    await phone.hangup(line);
    assert.strictEqual((await streaming.over('a')).remote, true);
  } finally {
    await streaming.stop();
  }
});

test('a callee behind a NAT is heard, hears, and gets what follows its 200', async () => {
  await stage.fresh();
  app.on('answer', connect('15550100004'));
  await phone.call('b', stage.uri(number), { tone: 500 });
  await phone.up('b');
  const { line } = await hidden.incoming('15550100004');
  await phone.hears('b', [1100]);
  await hidden.hears(line, [500]);
  await phone.hangup('b');
  assert.strictEqual((await hidden.over(line)).remote, true);
});

test('two behind the same NAT hear each other', async () => {
  await stage.fresh();
  app.on('answer', connect('15550100004'));
  await hidden.call('a', stage.uri(number), { tone: 500 });
  await hidden.up('a');
  const { line } = await hidden.incoming('15550100004');
  await hidden.hears('a', [1100]);
  await hidden.hears(line, [500]);
  await hidden.hangup('a');
  await hidden.over(line);
});

// An OPTIONS as a phone without RFC 3581 sends it: the private address, and no rport.
const old = (port, host) => `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (bytes) => { console.log(String(bytes).split('\\r\\n')[0]); process.exit(0); });
  socket.bind(${port}, '${home}', () => socket.send(['OPTIONS sip:x@${us} SIP/2.0', 'Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bKold', 'Max-Forwards: 70',
    'From: <sip:a@${home}>;tag=old', 'To: <sip:x@${us}>', 'Call-ID: old-' + process.pid, 'CSeq: 1 OPTIONS', 'Content-Length: 0', '', ''].join('\\r\\n'), ${'PORT'}, '${us}'));`;

test('who does not ask for rport is answered at the port it comes from', async () => {
  await stage.fresh();
  const [command, ...args] = [...stage.house.prefix, process.execPath, '-e', old(5099, home).replace('PORT', stage.daemon.udp)];
  const said = [];
  const child = owned(spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  lines(child.stdout, (line) => said.push(line));
  try {
    assert.strictEqual(await until(() => said[0], 'a response to come through the NAT'), 'SIP/2.0 200 OK');
  } finally {
    child.kill('SIGKILL');
  }
});

// The other way round: who sends sound from another port than its SDP says, from the beginning.
test('a peer without a NAT that sends from another port than SDP says is heard', async () => {
  await stage.fresh();
  app.on('answer', conference('elsewhere'));
  await phone.call('a', stage.uri(number), { tone: 500 });
  await phone.call('b', stage.uri(number), { tone: 900 });
  await phone.send('break', { line: 'a', elsewhere: true });
  await phone.up('a');
  await phone.up('b');
  await phone.hears('b', [500]);
  for (const line of ['a', 'b']) await phone.hangup(line);
});

// What a rule of the router met so far: [packets].
const met = (table, chain, target) => Number(new RegExp(`^\\s*(\\d+)\\s+\\d+\\s+${target}`, 'm').exec(stage.router.run(`iptables -t ${table} -vxnL ${chain}`))[1]);

test('the router did hide it, and what was sent to the address it names is lost', async () => {
  await stage.fresh();
  assert.ok(met('nat', 'POSTROUTING', 'MASQUERADE') > 0);
  assert.ok(met('raw', 'PREROUTING', 'DROP') > 0);
});

stage.finish();
