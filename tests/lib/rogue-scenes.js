'use strict';
// rogue-scenes.js: short plays in which two clients want different things of one object at the
// same moment. Each takes the run (rogue-api.js), which judges every reply.

const assert = require('node:assert');
const net = require('node:net');
const { EventStream } = require('./event-stream');
const { callee, number } = require('./stage');
const { pause, within } = require('./wait');

const both = (...acts) => Promise.all(acts.map((act) => act()));
const from = { type: 'phone', number };

// A scene goes on only while what it needs was made: another client may have deleted it.
const made = (reply) => (reply.status >= 200 && reply.status < 300 ? reply.body : undefined);

async function room(run, app) {
  const conversation = made(await run.send('POST', '/v1/conversations', { body: { name: run.dice.id() }, app }));
  const user = made(await run.send('POST', '/v1/users', { body: { name: run.dice.id() }, app }));
  return conversation && user && { conversation, user, members: `/v1/conversations/${conversation.id}/members` };
}

const join = (run, { members, user }, more = {}, app = undefined) => run.send('POST', members,
  { body: { state: 'joined', user: { id: user.id }, channel: { type: 'app' }, ...more }, app });

const dial = (run, at, app, to = run.maker.number()) => join(run, at, { state: 'invited', channel: { type: 'phone', from, to: { type: 'phone', number: to } } }, app);

async function joins(run) {
  const at = await room(run);
  if (!at) return;
  const replies = await both(() => join(run, at), () => join(run, at));
  if (run.down) return;
  const said = () => `two joins: ${replies.map((r) => r.text)}`;
  assert.ok(replies.some((r) => r.status === 201 || r.status === 404), said()); // 404: a third client deletes
  const { status, body } = await run.send('GET', at.members);
  const joined = status === 200 ? body._embedded.members.filter((m) => m.state === 'JOINED' && m._embedded.user.id === at.user.id) : [];
  assert.ok(joined.length <= 1, `${said()} ${JSON.stringify(joined)}`);
}

async function leaves(run) {
  const at = await room(run);
  const member = at && made(await join(run, at));
  if (!member) return;
  const leave = run.dice.pick([() => run.send('DELETE', `${at.members}/${member.id}`), () => run.send('PATCH', `${at.members}/${member.id}`, { body: { state: 'left' } })]);
  await both(leave, leave, () => run.send('GET', at.members));
}

async function deleteAndJoin(run) {
  const at = await room(run);
  if (!at) return;
  await both(...run.dice.pick([
    [() => run.send('DELETE', `/v1/conversations/${at.conversation.id}`), () => join(run, at)],
    [() => run.send('DELETE', `/v1/users/${at.user.id}`), () => join(run, at)],
    [() => join(run, at), () => run.send('DELETE', `/v1/users/${at.user.id}`), () => run.send('DELETE', `/v1/conversations/${at.conversation.id}`)],
  ]));
}

// A member is dialled, and at any moment of it something goes.
async function dialAndEnd(run) {
  const { dice } = run;
  const at = await room(run);
  const member = at && made(await dial(run, at));
  if (!member) return;
  const { body } = await run.send('GET', `${at.members}/${member.id}`);
  const leg = body?.channel?.id || 'none';
  await pause(dice.below(dice.pick([1, 60, 600])));
  const acts = [
    () => run.send('DELETE', `/v1/conversations/${at.conversation.id}`), () => run.send('DELETE', `/v1/users/${at.user.id}`), () => run.send('DELETE', `${at.members}/${member.id}`),
    () => run.send('PATCH', `${at.members}/${member.id}`, { body: { state: 'left' } }), () => run.send('PUT', `/v1/legs/${leg}`, { body: { action: 'hangup' } }),
    () => run.send('PUT', `/v1/calls/${leg}`, { body: { action: 'hangup' } }), () => run.send('DELETE', `/v1/legs/${leg}`), () => run.clear(),
    () => run.send('PATCH', `${at.members}/${member.id}`, { body: { state: 'joined' } }), () => run.send('PUT', `/v1/legs/${leg}`, { body: { action: 'mute' } }),
    () => join(run, at, { channel: { type: 'phone', id: leg } }),
  ];
  await both(dice.pick(acts), dice.pick(acts), dice.pick(acts));
  if (dice.chance(0.5)) await run.send('DELETE', `/v1/conversations/${at.conversation.id}`);
}

// An application with its own key goes, while it dials and is dialled.
async function applicationGoes(run) {
  const { dice } = run;
  const app = made(await run.send('POST', '/v2/applications', { body: { name: dice.id(), capabilities: { voice: { webhooks: { answer_url: { address: run.app.url('answer') }, event_url: { address: run.app.url('event') } } },
    rtc: { webhooks: { event_url: { address: run.app.url('rtc') } } } } } }));
  if (!app) return;
  const mine = `1555050${dice.below(1000)}`;
  await run.send('POST', '/number/update', { raw: `country=US&msisdn=${mine}&app_id=${app.id}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const gone = { app: app.id, judged: true };
  const at = await room(run, app.id);
  if (!at) return;
  run.ring(mine);
  await both(() => dial(run, at, app.id), () => run.send('POST', '/v1/calls', { ...gone, body: { to: [{ type: 'phone', number: run.maker.number() }], from, ncco: run.maker.ncco() } }));
  const stream = new EventStream(run.daemon.base, { token: () => run.bearer(app.id) });
  run.streams.add(stream);
  await stream.open().catch(() => {});
  await pause(dice.below(dice.pick([1, 100, 500])));
  await both(() => run.send('DELETE', `/v2/applications/${app.id}`), () => join(run, at, {}, app.id), () => run.send('GET', '/v1/events', gone), () => run.send('DELETE', `/v1/conversations/${at.conversation.id}`, gone));
  await run.send('DELETE', `/v2/applications/${app.id}`);
  if (stream.request) stream.cut();
  run.streams.delete(stream);
}

// A call is steered by two at once, and ends.
async function steer(run) {
  const { dice } = run;
  const call = made(await run.send('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: run.maker.number() }], from, ncco: run.maker.ncco(), ringing_timer: 5 } }));
  if (!call) return;
  const at = `/v1/calls/${call.uuid}`;
  const leg = `/v1/legs/${call.uuid}`;
  const put = (action, more = {}) => () => run.send('PUT', at, { body: { action, ...more } });
  const sound = run.maker.named.stream_url;
  const acts = [put('mute'), put('unmute'), put('earmuff'), put('unearmuff'), put('hangup'), put('transfer', { destination: { type: 'ncco', ncco: run.maker.ncco() } }),
    put('transfer', { destination: { type: 'ncco', url: [run.app.url('answer')] } }), () => run.send('PUT', `${at}/stream`, { body: { stream_url: sound(), loop: 0 } }), () => run.send('DELETE', `${at}/stream`),
    () => run.send('PUT', `${at}/talk`, { body: { text: 'hello', loop: 0 } }), () => run.send('DELETE', `${at}/talk`), () => run.send('PUT', `${at}/dtmf`, { body: { digits: '12' } }),
    () => run.send('POST', `${leg}/recording`, { body: { format: dice.pick(['wav', 'mp3']), destination_url: [run.app.url('told')] } }), () => run.send('DELETE', `${leg}/recording`),
    () => run.send('PUT', `${at}/input/dtmf`, { body: { event_url: [run.app.url('told')] } }), () => run.send('DELETE', `${at}/input/dtmf`), () => run.clear(), () => run.send('GET', at)];
  for (let rounds = 1 + dice.below(4); rounds > 0; rounds--) {
    await pause(dice.below(dice.pick([1, 100, 400])));
    await both(dice.pick(acts), dice.pick(acts), dice.pick(acts));
  }
  await both(put('hangup'), put('hangup'), dice.pick(acts));
}

// A conversation with sound is recorded, played to and stopped, by two.
async function media(run) {
  const { dice } = run;
  const at = await room(run);
  const member = at && made(await dial(run, at, undefined, callee));
  if (!member) return;
  await pause(dice.below(400));
  const here = `/v1/conversations/${at.conversation.id}`;
  const record = (action) => () => run.send('PUT', `${here}/record`, { body: { action, event_url: [run.app.url('told')], format: 'wav', ...(dice.chance(0.5) ? { split: 'conversation' } : {}) } });
  const event = (type, body = {}) => () => run.send('POST', `${here}/events`, { body: { type, from: member.id, to: member.id, body } });
  const sound = run.maker.named.stream_url;
  const acts = [record('start'), record('stop'), record('stop'), () => run.send('PUT', `${here}/stream`, { body: { stream_url: sound(), loop: 0 } }), () => run.send('DELETE', `${here}/stream`),
    () => run.send('PUT', `${here}/talk`, { body: { text: 'hello', loop: 2 } }), () => run.send('DELETE', `${here}/talk`), event('audio:play', { stream_url: sound() }), event('audio:play:stop'),
    event('audio:say', { text: 'hello' }), event('audio:say:stop'), event('audio:record', { format: 'wav' }), event('audio:record:stop'), event('audio:mute:on'), event('audio:mute:off'), event('audio:ringing:start'),
    event('audio:ringing:stop'), event('audio:dtmf', { digit: '1' })];
  for (let rounds = 1 + dice.below(4); rounds > 0; rounds--) await both(dice.pick(acts), dice.pick(acts), dice.pick(acts));
  await both(dice.pick(acts), () => run.send('DELETE', here), dice.pick(acts));
}

// The same POST twice at once with one key: done once, told once, or told to wait.
async function twins(run) {
  const at = await room(run);
  if (!at) return;
  const { dice } = run;
  const headers = { 'idempotency-key': dice.id() };
  const [path, body] = dice.pick([['/v1/users', { name: dice.id() }], ['/v1/conversations', { name: dice.id() }], [at.members, { state: 'joined', user: { id: at.user.id }, channel: { type: 'app' } }],
    ['/v1/calls', { to: [{ type: 'phone', number: callee }], from, ncco: [] }]]);
  const replies = await both(() => run.send('POST', path, { body, headers }), () => run.send('POST', path, { body, headers }));
  if (run.down) return;
  const good = replies.filter((r) => r.status === 201);
  assert.ok(good.length === 0 || good.every((r) => r.text === good[0].text), `twins: ${replies.map((r) => r.text)}`);
  assert.ok(replies.every((r) => [good.length ? 201 : r.status, 409, 503].includes(r.status)), `twins: ${replies.map((r) => `${r.status} ${r.text}`)}`);
}

// A stream of events opens, and breaks at any moment.
async function streams(run) {
  const stream = new EventStream(run.daemon.base, { token: () => run.bearer(), after: run.dice.pick([undefined, 'now', run.log.last]) });
  run.streams.add(stream);
  await stream.open().catch(() => {});
  if (run.dice.chance(0.3) && stream.response) stream.pause();
  await pause(run.dice.below(300));
  if (stream.request) stream.cut();
  run.streams.delete(stream);
}

// Someone calls, and hangs up at any moment.
async function caller(run) {
  const line = await run.ring(run.dice.pick([number, number, run.knocked, '1999']));
  await pause(run.dice.below(run.dice.pick([1, 200, 1500])));
  await run.phone.hangup(line).catch(() => {});
}

// Someone knocks: is let in, refused, and gives up, all at once.
async function knocker(run) {
  const { dice, watcher: app } = run;
  const at = await room(run, app);
  const since = run.app.requests.length;
  const line = await run.ring(run.knocked);
  if (!at) return;
  let knock;
  for (let tries = 0; tries < 40 && !knock && !run.down; tries++) {
    knock = run.app.requests.slice(since).find((r) => r.kind === 'rtc' && r.fields && r.fields.type === 'app:knocking');
    if (!knock) await pause(10);
  }
  if (!knock) return void run.phone.hangup(line).catch(() => {});
  const id = knock.fields.from.replace('knocker:', '');
  const { channel } = knock.fields.body;
  const accept = () => join(run, at, { knocking_id: id, channel: { type: 'phone', id: channel.id, from: channel.from, to: channel.to }, media: { audio: true } }, app);
  const acts = [accept, accept, () => run.send('DELETE', `/v1/knocking/${id}`, { app }), () => run.phone.hangup(line).catch(() => {}), () => run.send('DELETE', `/v1/conversations/${at.conversation.id}`, { app }),
    () => run.send('DELETE', `/v1/users/${at.user.id}`, { app }), () => run.send('PUT', `/v1/calls/${channel.id}`, { body: { action: 'hangup' }, app })];
  await both(dice.pick(acts), dice.pick(acts), dice.pick(acts));
  await pause(dice.below(200));
  await run.phone.hangup(line).catch(() => {});
}

// A call that stays up a while, for others to act on; the oldest ends.
async function stand(run) {
  const call = made(await run.send('POST', '/v1/calls', { body: { to: [{ type: 'phone', number: callee }], from, ncco: [{ action: 'conversation', name: `room ${run.dice.below(4)}` }] } }));
  if (!call) return;
  for (let tries = 0; tries < 50 && !run.down; tries++) {
    const { body } = await run.send('GET', `/v1/calls/${call.uuid}`);
    if (body.status === 'answered') break;
    await pause(20);
  }
  run.pool.standing.push(call.uuid);
  if (run.pool.standing.length > 3) await run.send('PUT', `/v1/calls/${run.pool.standing.shift()}`, { body: { action: 'hangup' } });
}

// A user's client looks at itself, in any version, while it is thrown out.
async function me(run) {
  const at = await room(run);
  const member = at && made(await join(run, at));
  if (!member) return;
  const headers = { authorization: `Bearer ${run.bearer(undefined, { sub: at.user.name, acl: { paths: { '/**': {} } } })}` };
  const version = run.dice.pick(['beta', 'v0.1', 'v0.3', 'v1']);
  const look = () => run.send('GET', `/${version}/conversations/${at.conversation.id}/members/me`, { headers });
  const say = () => run.send('POST', `/${version}/conversations/${at.conversation.id}/events`, { headers, body: { type: 'text', from: member.id, body: { text: 'x' } } });
  await both(look, say);
  await both(look, say, () => run.send('DELETE', `${at.members}/${member.id}`, { headers }));
}

// A client that pipelines, talks rubbish, or is gone before its reply is made.
async function rude(run) {
  const { dice } = run;
  const token = `Host: x\r\nAuthorization: Bearer ${run.bearer()}\r\n`;
  const post = (at, body) => `POST ${at} HTTP/1.1\r\n${token}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const get = (at) => `GET ${at} HTTP/1.1\r\n${token}\r\n`;
  const make = () => post('/v1/conversations', JSON.stringify({ name: dice.id() }));
  const call = () => post('/v1/calls', JSON.stringify({ to: [{ type: 'phone', number: run.maker.number() }], from, ncco: run.maker.ncco() }));
  const room = () => `/v1/conversations/${run.pool.id('conversation')}`;
  const text = dice.pick([() => make().repeat(4), () => call(), () => get(room()).repeat(6), () => get('/v1/events?page_size=1000').repeat(3), () => make() + dice.bytes(60).toString('latin1'),
    () => call().slice(0, 200 + dice.below(600)), () => `${get('/v1/users')}DELETE ${room()} HTTP/1.1\r\n${token}\r\n`, () => `GET /v1/events HTTP/1.1\r\nAccept: text/event-stream\r\n${token}\r\n${make()}`,
    () => `POST /v1/users HTTP/1.1\r\n${token}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${dice.pick(['2\r\n{}\r\n0\r\n\r\n', 'zz\r\n', 'ffffffffffffffff\r\n{', '1\r\n{\r\n'])}`,
    () => `POST /v1/users HTTP/1.1\r\n${token}Content-Length: ${dice.pick(['-1', '5, 5', '99999999999999999999', '2\r\nContent-Length: 9', '2\r\nTransfer-Encoding: chunked'])}\r\n\r\n{}`,
    () => `${dice.pick(['GET', 'get', 'G\u0000T', 'PRI', 'X'.repeat(500)])} ${dice.pick(['/v1/users', '*', 'http://x/v1/users', '', '/ /', '\\'])} HTTP/${dice.pick(['1.1', '1.0', '0.9', '2.0', '9'])}\r\n${token}\r\n`])();
  await within(new Promise((resolve) => {
    const socket = net.connect(Number(new URL(run.daemon.base).port), '127.0.0.1', () => {
      socket.write(text, 'latin1');
      setTimeout(() => (dice.chance(0.5) ? socket.resetAndDestroy() : socket.end()), dice.below(dice.pick([1, 20, 200])));
    });
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('error', () => {}).on('data', () => {}).on('close', resolve);
  }), 'the connection of a rude client to end');
}

// The configuration is read again, now and then without the application that is knocked at.
async function reload(run) {
  run.reload(run.dice.chance(0.5) ? 1 : undefined);
  await pause(run.dice.below(300));
  run.reload();
}

// Pages are read while what is on them goes.
async function pages(run) {
  const at = run.dice.pick(['/v1/conversations', '/v1/users', '/v0.2/users', '/v1/events', '/v0.3/conversations']);
  let next = `${at}?page_size=${1 + run.dice.below(9)}&order=${run.dice.pick(['asc', 'desc'])}`;
  for (let count = 0; next && count < 8; count++) {
    const { body, status } = await run.send('GET', next);
    if (status !== 200) return;
    next = body._links.next && body._links.next.href.replace(run.daemon.base, '');
    if (run.dice.chance(0.2)) await run.send('DELETE', `/v1/users/${run.pool.id('user')}`);
  }
}

const scenes = [joins, leaves, deleteAndJoin, dialAndEnd, dialAndEnd, dialAndEnd, applicationGoes, steer, steer, media, media, twins, streams, caller, caller, knocker, pages, stand, stand, me, rude, rude, reload];

module.exports = { scenes };
