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

// Each tells the other by RTCP what it sent and how it hears: counts, loss, jitter and a round trip.
test('baresip and the bridge agree by RTCP on what was sent and heard', { timeout: 60000 }, async () => {
  await stage.fresh();
  const bare = await new Baresip({ user: '15550100021', tone: 1200 }).start();
  try {
    app.on('answer', connect());
    bare.dial(stage.daemon.uri(number));
    await bare.wait('CALL_ESTABLISHED');
    const { line } = await phone.incoming(callee);
    const reports = () => bare.events.filter((e) => e.type === 'CALL_RTCP').map((e) => e.rtcp_stats);
    const whole = () => reports().find((stats) => stats.rtt > 0 && stats.rx.sent > 0);
    const { tx, rx, rtt } = await until(whole, () => `reports of both sides; baresip told ${JSON.stringify(reports())}`, 40000);
    assert.ok(rx.sent > 50 && Math.abs(rx.sent - tx.sent) < rx.sent / 2, `we say we sent ${rx.sent}, it says it sent ${tx.sent}`);
    for (const { sent, lost, jit } of [tx, rx]) {
      assert.ok(lost >= 0 && lost <= sent / 20, `${lost} of ${sent} were lost`);
      assert.ok(jit < 50e3, `a jitter of ${jit} us`);
    }
    assert.ok(rtt < 1e6, `a round trip of ${rtt} us`);
    bare.hangup();
    await phone.over(line);
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
