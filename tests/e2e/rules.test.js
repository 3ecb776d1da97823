'use strict';
// Rules of the NCCO that hold for every action, as they are heard: what REST does to a call while
// an action runs, which replies are a flow, and how clients write numbers and URLs.

const assert = require('node:assert');
const test = require('../lib/test');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { serve } = require('../lib/heard');
const { until } = require('../lib/wait');

const stage = new Stage();
const { phone, app } = stage;

const tone = (hz, seconds = 30, more = {}) => ({ action: 'stream', streamUrl: [serve(app, `t${hz}`, [hz, seconds, 4000])], ...more });
const wait = (timeout) => ({ action: 'wait', timeout });
const press = (digits) => phone.send('dtmf', { line: 'a', digits });
const kinds = (kind) => app.requests.filter((r) => r.kind === kind);
const digits = (line) => phone.events.filter((e) => e.line === line && e.event === 'digit').map((e) => e.digit).join('');

async function steer(uuid, what, body, method = 'PUT') {
  const { status, text } = await stage.ask(method, `/v1/calls/${uuid}/${what}`, body ? { body } : {});
  assert.strictEqual(status, 200, `${method} ${what}: ${text}`);
}

// Everything that REST can do to a call, without an end to its flow.
async function everything(uuid, hears) {
  for (const action of ['mute', 'earmuff', 'unearmuff', 'unmute']) await stage.put(uuid, action);
  await steer(uuid, 'dtmf', { digits: '7' });
  await until(() => digits('a') === '7', () => `the key; there came "${digits('a')}"`);
  await steer(uuid, 'stream', { stream_url: [serve(app, 'rest', [1300, 30, 4000])], loop: 1 });
  await phone.hears('a', [1300, ...hears]);
  await steer(uuid, 'stream', null, 'DELETE');
  await steer(uuid, 'talk', { text: 'Hello', loop: '0', level: '-1' });
  await steer(uuid, 'talk', null, 'DELETE');
}

// The caller's flow: a moment of sound, so that it is answered; the action; and what comes next.
const sounds = [
  ['talk', () => [{ action: 'talk', text: 'One, two, three, four, five, six, seven, eight.', loop: 0 }, wait(4)]],
  ['stream', () => [tone(700, 2, { loop: 0 }), wait(4)]],
  ['record', () => [{ action: 'record', endOnKey: 5, eventUrl: app.url('recorded') }], () => press('5')],
  ['input', () => [{ action: 'input', type: ['dtmf'], dtmf: { timeOut: 10, maxDigits: 1 }, eventUrl: app.url('input') }], () => press('5')],
  ['input, asynchronous', () => [{ action: 'input', mode: 'asynchronous', eventUrl: app.url('input') }, wait(4)]],
  ['wait', () => [wait(4)]],
  ['connect that rings', () => connect(), async () => phone.send('reject', { line: (await phone.incoming(callee)).line, status: 486 }), 'ring'],
  ['connect that was answered', () => connect(), async () => phone.hangup((await phone.incoming(callee)).line), 'answer'],
];

for (const [what, actions, end, policy] of sounds) {
  test(`REST steers a call during ${what}, and its flow goes on`, async () => {
    await stage.fresh();
    await phone.accept({ policy: policy || 'answer', tone: 1100 });
    app.on('recorded', 204).on('input', 204);
    app.on('answer', [tone(500, 0.2), ...actions(), tone(900)]);
    await stage.dial('a', { tone: 0 });
    const uuid = await stage.leg();
    const hears = policy === 'answer' ? [1100] : [];
    if (hears.length) await phone.hears('a', hears);
    await everything(uuid, hears);
    if (end) await end();
    await phone.hears('a', [900]);
    await phone.hangup('a');
  });
}

test('REST steers a call in a conversation, which goes on', async () => {
  await stage.fresh();
  app.on('answer', conference('steered'));
  await stage.dial('a', { tone: 0 });
  await stage.dial('b', { tone: 1100, from: '15550100017' });
  await phone.hears('a', [1100]);
  await everything(await stage.leg(), [1100]);
  await phone.hears('a', [1100]);
  for (const line of ['a', 'b']) await phone.hangup(line);
});

test('what a caller who was not answered cannot hear is refused, and its flow goes on', async () => {
  await stage.fresh();
  app.on('answer', [wait(3), tone(900)]);
  await phone.call('a', stage.daemon.uri(number), { tone: 0 });
  const uuid = await stage.leg();
  for (const [at, body] of [['stream', { stream_url: ['sound:beep'] }], ['talk', { text: 'x' }], ['dtmf', { digits: '1' }]]) {
    const { status, body: answer } = await stage.ask('PUT', `/v1/calls/${uuid}/${at}`, { body });
    assert.strictEqual(status, 400, at);
    assert.strictEqual(answer.title, 'Bad Request');
  }
  for (const action of ['mute', 'earmuff', 'unmute', 'unearmuff']) await stage.put(uuid, action);
  await phone.up('a');
  await phone.hears('a', [900]);
  await phone.hangup('a');
});

test('REST takes one URL without its array, too', async () => {
  await stage.fresh();
  const music = serve(app, 'rest', [1100, 30, 4000]);
  const next = [tone(900)];
  app.on('called', [tone(1300)]).on('told', 204).on('key', 204).on('next', () => next);
  const { status, body, text } = await stage.ask('POST', '/v1/calls', {
    body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, answer_url: app.url('called'), event_url: app.url('told') } });
  assert.strictEqual(status, 201, text);
  const { line } = await phone.incoming(callee);
  await phone.hears(line, [1300]);
  await steer(body.uuid, 'stream', { stream_url: music });
  await phone.hears(line, [1100]);
  const watched = await stage.ask('PUT', `/v1/calls/${body.uuid}/input/dtmf`, { body: { event_url: app.url('key') } });
  assert.ok(watched.status < 300, watched.text);
  await phone.send('dtmf', { line, digits: '4' });
  await app.wait((r) => r.kind === 'key' && r.fields.dtmf.digits === '4', 'the key');
  await stage.put(body.uuid, 'transfer', { destination: { type: 'ncco', url: app.url('next') } });
  await phone.hears(line, [900]);
  await stage.put(body.uuid, 'hangup');
  await phone.over(line);
  await until(() => kinds('told').some((r) => r.fields.status === 'completed'), 'the end');
  assert.strictEqual(app.events.length, 0, 'all is told at the URL of the call');
});

test('a call that rings: what cannot be done yet is refused, and it goes on to ring', async () => {
  await stage.fresh();
  await phone.accept({ policy: 'ring', tone: 1100 });
  const { body: { uuid } } = await stage.ask('POST', '/v1/calls', {
    body: { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number }, ncco: [tone(900)] } });
  const { line } = await phone.incoming(callee);
  const other = [tone(1300)];
  for (const [at, body] of [['/stream', { stream_url: ['sound:beep'] }], ['/talk', { text: 'x' }], ['/dtmf', { digits: '1' }],
    ['', { action: 'transfer', destination: { type: 'ncco', ncco: other } }]]) {
    const { status, text } = await stage.ask('PUT', `/v1/calls/${uuid}${at}`, { body });
    assert.strictEqual(status, 400, `${at || 'transfer'}: ${text}`);
  }
  await phone.send('answer', { line });
  await phone.hears(line, [900]);
  await phone.hangup(line);
});

test('only some replies are a flow: not those to statuses, errors, recordings and single keys', async () => {
  await stage.fresh();
  const never = [tone(1300)];
  for (const kind of ['event', 'recorded', 'key']) app.on(kind, never);
  app.on('answer', [
    { action: 'input', mode: 'asynchronous', eventUrl: [app.url('key')] },
    { action: 'record', endOnKey: '#', eventUrl: [app.url('recorded')] },
    { action: 'stream', streamUrl: [app.url('nothing')] }, ...connect(), tone(900),
  ]);
  await stage.dial('a', { tone: 0 });
  await press('1#');
  await app.wait((r) => r.kind === 'recorded', 'the recording');
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  await phone.hangup(line);
  await phone.hears('a', [900]);
  await press('2');
  await until(() => kinds('key').map((r) => r.fields.dtmf.digits).join('') === '1#2', 'the keys');
  const { uuid } = await app.event({ direction: 'outbound', status: 'completed' });
  assert.deepStrictEqual(app.statuses(uuid), ['started', 'ringing', 'answered', 'completed']);
  assert.ok(app.events.some((e) => /^stream: .*404/.test(e.reason || '')), 'the error');
  await phone.hears('a', [900]);
  await phone.hangup('a');
  await stage.daemon.idle();
  assert.strictEqual(kinds('t1300').length, 0, 'nobody asked for the sound of such a reply');
});

test('numbers as texts, and URLs that are no arrays', async () => {
  await stage.fresh();
  for (const kind of ['recorded', 'note', 'input', 'leg']) app.on(kind, 204);
  const url = serve(app, 'plain', [1100, 0.3, 4000]);
  app.on('answer', [
    { action: 'record', timeOut: '3', channels: '2', split: 'conversation', format: 'wav', eventUrl: app.url('recorded') },
    { action: 'stream', streamUrl: url, level: '0', loop: '2' },
    { action: 'talk', text: 'x', level: '0.5', loop: '1', style: '1' },
    { action: 'notify', payload: { a: 1 }, eventUrl: app.url('note') },
    { action: 'wait', timeout: '0.2' },
    { action: 'input', type: ['dtmf'], dtmf: { timeOut: '10', maxDigits: '1' }, eventUrl: app.url('input') },
    ...connect(callee, { timeout: '20', limit: '60', eventUrl: app.url('leg') }),
    { action: 'conversation', name: 'plain', startOnEnter: false, musicOnHoldUrl: serve(app, 'music', [900, 1, 4000]) },
  ]);
  await stage.dial('a', { tone: 500 });
  await phone.hears('a', [1100]);
  await app.wait((r) => r.kind === 'note', 'the notification');
  await until(() => press('5').then(() => kinds('input').length), 'the input'); // keys before it are nobody's
  const { line } = await phone.incoming(callee);
  await phone.hears('a', [700]);
  await phone.hangup(line);
  await phone.hears('a', [900]);
  const { fields } = await app.wait((r) => r.kind === 'recorded', 'the recording');
  assert.strictEqual(fields.channels, 2);
  assert.strictEqual(kinds('input')[0].fields.dtmf.digits, '5');
  await until(() => kinds('leg').length === 4, 'the statuses');
  assert.deepStrictEqual(kinds('leg').map((r) => r.fields.status), ['started', 'ringing', 'answered', 'completed']);
  assert.ok(!app.events.some((e) => e.direction === 'outbound'), 'told at its own URL only');
  await phone.hangup('a');
});

test('a flow of nothing ends a call, as an answer and as a transfer', async () => {
  const empty = () => [];
  for (const destination of [() => ({ type: 'ncco', url: [app.url('empty')] }), () => null]) {
    await stage.fresh();
    app.on('empty', empty);
    app.on('answer', destination() ? [tone(900)] : []);
    await phone.call('a', stage.daemon.uri(number), { tone: 0 });
    if (destination()) {
      await phone.hears('a', [900]);
      await stage.put(await stage.leg(), 'transfer', { destination: destination() });
    }
    assert.strictEqual((await phone.over('a')).remote, true);
  }
});

test('an inline flow without an action, or with a bad one, is refused, and says where', async () => {
  await stage.fresh();
  app.on('answer', [tone(900)]);
  await stage.dial('a', { tone: 0 });
  const uuid = await stage.leg();
  const made = { to: [{ type: 'phone', number: callee }], from: { type: 'phone', number } };
  for (const [ncco, pattern] of [[[], /ncco/], [[{ action: 'fly' }], /fly/], [[wait(1), { action: 'talk' }], /text/], ['x', /ncco/]]) {
    const answers = [
      await stage.ask('POST', '/v1/calls', { body: { ...made, ncco } }),
      await stage.ask('PUT', `/v1/calls/${uuid}`, { body: { action: 'transfer', destination: { type: 'ncco', ncco } } }),
    ];
    for (const { status, body, text } of answers) {
      assert.strictEqual(status, 400, text);
      assert.strictEqual(body.title, 'Bad Request');
      assert.match(JSON.stringify(body.invalid_parameters), pattern);
    }
  }
  await phone.hears('a', [900]); // nothing has become of it
  await phone.hangup('a');
});

stage.finish();
