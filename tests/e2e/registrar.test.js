'use strict';
// Phones of users: they register with a password, are rung by `connect` to the user, and call as
// the user, whatever they say.

const assert = require('node:assert');
const test = require('../lib/test');
const { Baresip } = require('../lib/baresip');
const { DeskPhone } = require('../lib/desk-phone');
const { Sipp } = require('../lib/sipp');
const { Stage, callee, connect, number } = require('../lib/stage');
const { until } = require('../lib/wait');

const domain = 'phones.test';
const stage = new Stage({ config: { sip: { listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], drain_seconds: 1, domain, registrar: true, registrar_allow: ['127.0.0.0/8'] } } });
const { phone, app } = stage;
const ring = (user, more = {}) => [{ action: 'connect', endpoint: [{ type: 'app', user }], ...more }];

let made = 0;
// A user with a phone; resolves with its id and what a phone of it needs to know.
async function user(name = `user${++made}`, { password = 'secret', login = name } = {}) {
  const { status, body: json, text } = await stage.ask('POST', '/v1/users', { body: { name, channels: { sip: [{ uri: `sip:${name}@${domain}`, username: login, password }] } } });
  assert.strictEqual(status, 201, text);
  return { id: json.id, user: name, password, login };
}

const phones = [];
async function desk(of, more) {
  const one = await new DeskPhone(stage.daemon, { ...of, ...more }).start();
  phones.push(one);
  return one;
}

// What is registered, as REST tells it.
async function registrations() {
  const { status, body: json } = await stage.ask('GET', '/v1/registrations');
  assert.strictEqual(status, 200);
  return json._embedded.registrations;
}

const scene = (name, body) => test(name, async () => {
  await stage.fresh();
  try {
    await body();
  } finally {
    await Promise.all(phones.splice(0).map((one) => one.stop()));
  }
});

scene('a phone registers with its password, and nobody does without', async () => {
  const alice = await user();
  const one = await desk(alice);
  const asked = await one.register({ proving: false });
  assert.strictEqual(asked.status, 401);
  assert.match(asked.all('WWW-Authenticate').join('\n'), /^Digest [^\n]*algorithm=MD5[^\n]*$/, 'one challenge, that every phone understands');
  const { status, all } = await one.register();
  assert.strictEqual(status, 200);
  assert.match(all('Contact').join(', '), new RegExp(`<${one.contact}>;expires=600`));
  const wrong = await desk({ ...alice, password: 'guess' });
  assert.strictEqual((await wrong.register()).status, 401);
  const nobody = await desk({ user: 'nobody', password: 'guess' });
  assert.strictEqual((await nobody.register()).status, 401);
});

scene('nobody registers for another user, or at another domain', async () => {
  const [alice, bob] = [await user(), await user()];
  const one = await desk(alice);
  assert.strictEqual((await one.register({ to: bob.user })).status, 403);
  assert.strictEqual((await one.register({ to: 'nobody' })).status, 403);
  assert.strictEqual((await one.register({ domain: 'elsewhere.test' })).status, 403);
  assert.deepStrictEqual((await registrations()).filter((r) => r.user.name === bob.user), []);
});

scene('the time is kept in bounds, contacts are listed, taken back one by one and all at once', async () => {
  const one = await desk(await user());
  const short = await one.register({ expires: 5 });
  assert.strictEqual(short.status, 423);
  assert.strictEqual(short.get('Min-Expires'), '60');
  assert.match((await one.register({ expires: 86400 })).get('Contact'), /;expires=3600/);
  const two = await one.register({ contact: [`<${one.contact}>;q=0.5`, `<sip:second@${one.address}>;expires=100`] });
  assert.strictEqual(two.all('Contact').join(', ').match(/expires=/g).length, 2);
  const asked = await one.register({ contact: null });
  assert.strictEqual(asked.status, 200);
  assert.match(asked.all('Contact').join(', '), /q=0\.500/);
  const less = await one.register({ contact: `<${one.contact}>`, expires: 0 });
  assert.match(less.all('Contact').join(', '), /second@/);
  assert.doesNotMatch(less.all('Contact').join(', '), /q=0\.500/);
  const mixed = await one.register({ contact: ['*', `<${one.contact}>`], expires: 0 });
  assert.strictEqual(mixed.status, 400);
  assert.strictEqual((await one.register({ contact: '*', expires: 60 })).status, 400);
  const none = await one.register({ contact: '*', expires: 0 });
  assert.strictEqual(none.status, 200);
  assert.strictEqual(none.get('Contact'), undefined);
});

scene('an older REGISTER of the same phone changes nothing', async () => {
  const one = await desk(await user());
  assert.strictEqual((await one.register()).status, 200);
  let number = 0;
  const late = await one.register({ expires: 0, next: () => ++number });
  assert.strictEqual(late.status, 500);
  assert.match((await one.register({ contact: null })).get('Contact'), /expires=/);
});

scene('a bad REGISTER is refused, and the next one taken', async () => {
  const one = await desk(await user());
  for (const contact of ['<tel:+15550100001>', '<sip:>', `<${one.contact}${'x'.repeat(300)}>`, '<mailto:a@b>']) {
    const { status } = await one.register({ contact });
    assert.strictEqual(status, 400, contact);
  }
  const nasty = ['<sip:a@b;=;;>', 'sip:a@[::1', '<sip:%00@x>', '"\\"<sip:a@b>', `<sip:a@${'b'.repeat(5000)}>`, '<sip:a@b?Replaces=x>', '<sip:a@b>;q=-1', '<sip:a@b>;q=nan',
    '<sip:a@b>;expires=abc', '<sip:a@b>;expires=99999999999999999999', '<sip:;@b>', '<sip:a@b:99999>', '<sip:a@b;transport=sctp>', '<sips:a@b>', '<sip:@>', '*;q=1', ',', '<>',
    `<sip:a@b>;+sip.instance="${'x'.repeat(300)}"`, '<sip:a@b>;q=1;q=0;expires=1;expires=70'];
  for (const contact of nasty) {
    const { status } = await one.register({ contact });
    assert.ok([200, 400, 423].includes(status), `${status}: ${contact}`);
  }
  await one.register({ contact: '*', expires: 0 });
  const many = Array.from({ length: 20 }, (_, i) => `<sip:p${i}@${one.address}>`);
  assert.strictEqual((await one.register({ contact: many })).status, 400);
  assert.strictEqual((await one.register()).status, 200);
});

scene('both phones of a user ring, the first that answers has the call, the other hears of it', async () => {
  const alice = await user();
  const [one, two] = [await desk(alice), await desk(alice, { transport: 'tcp' })];
  await one.register();
  await two.register();
  app.on('answer', ring(alice.user));
  await phone.call('a', stage.daemon.uri(number));
  const invite = await one.wait('INVITE');
  assert.match(invite.body, /m=audio \d+ RTP\/AVP/);
  await two.wait('INVITE');
  two.answer();
  const cancel = await one.wait('CANCEL');
  assert.match(cancel.get('Reason'), /^SIP\s*;cause=200\s*;text="Call completed elsewhere"$/);
  await two.wait('ACK');
  await phone.up('a');
  await app.event({ direction: 'outbound', status: 'answered', to: alice.user });
  await phone.hangup('a');
  await two.wait('BYE');
});

scene('a phone that is busy leaves the other one ringing; one that declines ends it for all', async () => {
  const alice = await user();
  const [one, two] = [await desk(alice), await desk(alice)];
  await one.register();
  await two.register();
  app.on('answer', ring(alice.user));
  one.answering = 486;
  await phone.call('a', stage.daemon.uri(number));
  await two.wait('INVITE');
  await one.wait('ACK');
  two.answer();
  await phone.up('a');
  await phone.hangup('a');
  await two.wait('BYE');
  await stage.daemon.idle();
  app.reset();
  app.on('answer', ring(alice.user));
  one.answering = 603;
  await phone.call('b', stage.daemon.uri(number));
  await two.wait('CANCEL');
  await app.event({ direction: 'outbound', status: 'rejected' });
});

scene('a caller who gives up takes the call back from all phones', async () => {
  const alice = await user();
  const [one, two] = [await desk(alice), await desk(alice)];
  await one.register();
  await two.register();
  app.on('answer', ring(alice.user));
  await phone.call('a', stage.daemon.uri(number));
  await one.wait('INVITE');
  await two.wait('INVITE');
  await phone.hangup('a');
  await one.wait('CANCEL');
  await two.wait('CANCEL');
  await app.event({ direction: 'outbound', status: 'cancelled' });
});

scene('a user without a phone is unavailable; nobody answering is a timeout', async () => {
  const alice = await user();
  app.on('answer', ring(alice.user));
  await phone.call('a', stage.daemon.uri(number));
  const event = await app.event({ direction: 'outbound', status: 'unanswered' });
  assert.strictEqual(event.to, alice.user);
  const one = await desk(alice);
  await one.register();
  app.reset();
  app.on('answer', ring(alice.user, { timeout: 1 }));
  await phone.call('b', stage.daemon.uri(number));
  await one.wait('CANCEL');
  await app.event({ direction: 'outbound', status: 'timeout' });
});

scene('a phone behind a NAT is called where it registered from, by its connection or port', async () => {
  const alice = await user();
  for (const transport of ['udp', 'tcp']) {
    const one = await desk(alice, { transport, behind: '192.0.2.77:5060' });
    const { get } = await one.register();
    assert.match(get('Contact'), /192\.0\.2\.77/, 'its own contact is told to it');
    assert.match(get('Contact'), transport === 'udp' ? /;expires=60$/ : /;expires=150$/, 'it is back before the NAT has forgotten it');
    app.reset();
    app.on('answer', ring(alice.user));
    await phone.call(transport, stage.daemon.uri(number));
    const invite = await one.wait('INVITE');
    assert.ok(invite.start.startsWith(`INVITE sip:${alice.user}@127.0.0.1:${one.port}`), invite.start);
    one.respond(invite, 486);
    await app.event({ direction: 'outbound', status: 'busy' });
    await one.register({ contact: '*', expires: 0 });
    await stage.daemon.idle();
  }
});

scene('nobody makes us call a third party by registering its address', async () => {
  const alice = await user();
  const victim = await desk({ user: 'victim', password: '' });
  const one = await desk(alice);
  await one.register({ contact: `<sip:15550100099@127.0.0.2:${victim.port};maddr=127.0.0.1;transport=udp>` });
  app.on('answer', ring(alice.user));
  await phone.call('a', stage.daemon.uri(number));
  const invite = await one.wait('INVITE');
  assert.ok(invite.start.startsWith(`INVITE sip:15550100099@127.0.0.1:${one.port}`), invite.start);
  assert.doesNotMatch(invite.start, /maddr/);
  one.respond(invite, 486);
  await app.event({ direction: 'outbound', status: 'busy' });
  assert.deepStrictEqual(victim.got, []);
});

scene('a proxy in the path is on the way back', async () => {
  const alice = await user();
  const one = await desk(alice, { behind: '192.0.2.77:5060' });
  const path = `<sip:127.0.0.1:${one.port};lr>`;
  const { status, get } = await one.register({ headers: { Path: path, Require: 'path', Supported: 'path' } });
  assert.strictEqual(status, 200);
  assert.strictEqual(get('Path'), path);
  app.on('answer', ring(alice.user));
  await phone.call('a', stage.daemon.uri(number));
  const invite = await one.wait('INVITE');
  assert.ok(invite.start.startsWith(`INVITE sip:${alice.user}@192.0.2.77:5060`), invite.start);
  assert.strictEqual(invite.get('Route'), path);
  one.respond(invite, 486);
  await app.event({ direction: 'outbound', status: 'busy' });
});

scene('a user is reached at its SIP address, of its own application only', async () => {
  const alice = await user();
  const one = await desk(alice);
  await one.register();
  app.on('answer', [{ action: 'connect', endpoint: [{ type: 'sip', uri: `sip:${alice.user}@${domain}` }] }]);
  await phone.call('a', stage.daemon.uri(number));
  const invite = await one.wait('INVITE');
  one.respond(invite, 486);
  await app.event({ direction: 'outbound', status: 'busy' });
  app.reset();
  app.on('answer', [{ action: 'connect', endpoint: [{ type: 'sip', uri: `sip:nobody@${domain}` }] }]);
  await phone.call('b', stage.daemon.uri(number));
  const failed = await app.event({ direction: 'outbound', status: 'failed' });
  assert.strictEqual(failed.to, `sip:nobody@${domain}`);
});

scene('what a phone dials is asked of its application, and it is its user whatever it says', async () => {
  const [alice, bob] = [await user(), await user()];
  const one = await desk(alice);
  await one.register();
  app.on('answer', [{ action: 'talk', text: 'hello' }]);
  const answered = one.call('4711', { from: bob.user, headers: { 'P-Asserted-Identity': `<sip:${bob.user}@${domain}>`, 'Remote-Party-ID': `<sip:${bob.user}@${domain}>` } });
  const { fields } = await app.wait((r) => r.kind === 'answer', 'the answer webhook');
  assert.strictEqual(fields.from_user, alice.user);
  assert.strictEqual(fields.from, undefined);
  assert.strictEqual(fields.to, '4711');
  const { status, get } = await answered;
  assert.strictEqual(status, 200);
  const { body: json } = await stage.ask('GET', `/v1/conversations/${fields.conversation_uuid}/members`);
  assert.deepStrictEqual(json._embedded.members.map((m) => m._embedded.user.id), [alice.id]);
  const uri = `sip:4711@${domain}`;
  const dialog = { 'Call-ID': get('Call-ID'), From: get('From'), To: get('To') };
  one.send(one.request('ACK', uri, { ...dialog, CSeq: `${one.cseq} ACK` }));
  await app.event({ direction: 'inbound', status: 'completed' });
});

scene('a username is one user\'s alone', async () => {
  const alice = await user();
  const { status, text } = await stage.ask('POST', '/v1/users', { body: { name: 'thief', channels: { sip: [{ uri: `sip:thief@${domain}`, username: alice.login, password: 'mine' }] } } });
  assert.strictEqual(status, 400);
  assert.match(text, /username/);
  assert.strictEqual((await (await desk(alice)).register()).status, 200);
  const away = await stage.ask('POST', '/v1/users', { body: { name: 'traveller', channels: { sip: [{ uri: 'sip:t@elsewhere.test', username: alice.login, password: 'x' }] } } });
  assert.strictEqual(away.status, 201, 'at another domain it is another username');
});

scene('a changed password is the one that counts, and a deleted user has no phones', async () => {
  const alice = await user();
  const one = await desk(alice);
  await one.register();
  const channels = { sip: [{ uri: `sip:${alice.user}@${domain}`, username: alice.user, password: 'changed' }] };
  assert.strictEqual((await stage.ask('PATCH', `/v1/users/${alice.id}`, { body: { channels } })).status, 200);
  assert.strictEqual((await one.register()).status, 401);
  one.password = 'changed';
  assert.strictEqual((await one.register()).status, 200);
  assert.strictEqual((await stage.ask('DELETE', `/v1/users/${alice.id}`)).status, 204);
  assert.strictEqual((await one.register()).status, 401);
  assert.deepStrictEqual((await registrations()).filter((r) => r.user.id === alice.id), []);
});

scene('registrations outlive the daemon, however it ends', async () => {
  const alice = await user();
  const one = await desk(alice);
  await one.register();
  await stage.ask('GET', '/v1/users'); // what was written before is durable by now
  await stage.daemon.kill();
  await stage.daemon.start();
  const [row] = (await registrations()).filter((r) => r.user.id === alice.id);
  assert.strictEqual(row.contact, one.contact);
  app.on('answer', ring(alice.user));
  await phone.call('a', stage.daemon.uri(number));
  const invite = await one.wait('INVITE');
  one.respond(invite, 486);
  await app.event({ direction: 'outbound', status: 'busy' });
});

scene('SIPp registers and takes its registration back', async () => {
  const alice = await user();
  const sipp = await new Sipp('register-is-challenged', { target: `127.0.0.1:${stage.daemon.udp}`, user: alice.user, keys: { domain },
    more: ['-au', alice.login, '-ap', alice.password] }).start();
  await sipp.done();
});

scene('baresip registers, and is rung and heard', async () => {
  const alice = await user();
  const bare = await new Baresip({ user: alice.user, tone: 1200, auto: true,
    account: `<sip:${alice.user}@${domain}>;auth_user=${alice.login};auth_pass=${alice.password};outbound="sip:127.0.0.1:${stage.daemon.udp}";regint=60` }).start();
  try {
    await until(async () => (await registrations()).some((r) => r.user.id === alice.id), 'the registration');
    app.on('answer', ring(alice.user));
    await stage.dial('a');
    await bare.wait('CALL_ESTABLISHED');
    await phone.hears('a', [1200]);
    await phone.hangup('a');
    await bare.wait('CALL_CLOSED');
  } finally {
    await bare.stop();
  }
});

scene('baresip calls with its password, and is connected', async () => {
  const alice = await user();
  const bare = await new Baresip({ user: alice.user, tone: 1200,
    account: `<sip:${alice.user}@${domain}>;auth_user=${alice.login};auth_pass=${alice.password};outbound="sip:127.0.0.1:${stage.daemon.udp}";regint=60` }).start();
  try {
    await until(async () => (await registrations()).some((r) => r.user.id === alice.id), 'the registration');
    app.on('answer', connect());
    bare.dial(`sip:4711@${domain}`);
    await bare.wait('CALL_ESTABLISHED');
    const { line } = await phone.incoming(callee);
    await phone.hears(line, [1200]);
    const { fields } = await app.wait((r) => r.kind === 'answer', 'the answer webhook');
    assert.strictEqual(fields.from_user, alice.user);
    bare.hangup();
    await phone.over(line);
  } finally {
    await bare.stop();
  }
});

stage.finish();
