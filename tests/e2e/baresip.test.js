'use strict';
// A real softphone, baresip of Debian, speaking from a file and keeping what it hears: as
// a caller, as a callee, and with both at once.

const assert = require('node:assert');
const test = require('../lib/test');
const { Baresip } = require('../lib/baresip');
const { Stage, callee, conference, connect, number } = require('../lib/stage');
const { until } = require('../lib/wait');

const loud = 2000;
const faint = 300;
const stage = new Stage();
const { phone, app } = stage;

const hears = (peer, hz) => until(() => peer.heard(hz) > loud, () => `${peer.user} to hear ${hz} Hz; it hears ${peer.heard(hz)}`);

test('baresip calls, is connected to a phone, and both hear each other', async () => {
  await stage.fresh();
  const bare = await new Baresip({ user: '15550100021', tone: 1200 }).start();
  try {
    app.on('answer', connect());
    bare.dial(stage.daemon.uri(number));
    await bare.wait('CALL_ESTABLISHED');
    const { line } = await phone.incoming(callee);
    await phone.hears(line, [1200]);
    await hears(bare, 700);
    assert.ok(bare.heard(1200) < faint, 'it does not hear itself');
    bare.hangup();
    await phone.over(line);
    const end = await app.event({ direction: 'inbound', status: 'completed' });
    assert.strictEqual(end.from, '15550100021');
  } finally {
    await bare.stop();
  }
});

test('baresip is called, answers, and is muted and earmuffed by REST', async () => {
  await stage.fresh();
  const bare = await new Baresip({ user: 'desk', tone: 1200, auto: true }).start();
  try {
    app.on('answer', [{ action: 'connect', from: number, endpoint: [{ type: 'sip', uri: `sip:desk@127.0.0.1:${bare.port}` }] }]);
    await stage.dial('a');
    await bare.wait('CALL_ESTABLISHED');
    await phone.hears('a', [1200]);
    await hears(bare, 500);
    const { uuid } = await app.event({ direction: 'outbound', status: 'answered' });
    await stage.put(uuid, 'mute');
    await phone.hears('a', []);
    await stage.put(uuid, 'unmute');
    await phone.hears('a', [1200]);
    await stage.put(uuid, 'earmuff');
    await until(() => bare.heard(500) < faint, () => `silence for baresip; it hears ${bare.heard(500)}`);
    await phone.hangup('a');
    await bare.wait('CALL_CLOSED');
  } finally {
    await bare.stop();
  }
});

test('two of them and a phone meet in a conversation', async () => {
  await stage.fresh();
  const one = await new Baresip({ user: '15550100021', tone: 1200 }).start();
  const two = await new Baresip({ user: '15550100022', tone: 1600 }).start();
  try {
    app.on('answer', conference('softphones'));
    one.dial(stage.daemon.uri(number));
    two.dial(stage.daemon.uri(number, 'tcp'));
    await stage.dial('a');
    await phone.hears('a', [1200, 1600]);
    await hears(one, 1600);
    await hears(one, 500);
    await hears(two, 1200);
    await hears(two, 500);
    one.hangup();
    await phone.hears('a', [1600]);
    two.hangup();
    await phone.hears('a', []);
    await phone.hangup('a');
  } finally {
    await one.stop();
    await two.stop();
  }
});

stage.finish();
