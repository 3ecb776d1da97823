'use strict';
// The test phone against itself: what the end-to-end tests rely on, with no daemon between.

const assert = require('node:assert');
const path = require('node:path');
const test = require('../lib/test');
const { Phone } = require('../lib/phone');
const { folder } = require('../lib/place');
const { amplitude, readWav, sine, writeWav } = require('../lib/sound');
const { until } = require('../lib/wait');

for (const transport of ['udp', 'tcp']) {
  const a = new Phone('--transport', transport);
  const b = new Phone('--transport', transport);
  const uri = (user) => `sip:${user}@${b.sip}${transport === 'tcp' ? ';transport=tcp' : ''}`;
  const callTo = async (line, user, more) => {
    await a.call(line, uri(user), more);
    return line;
  };
  const ended = async (line) => (await a.over(line)).status;

  test.before(async () => {
    await a.start();
    await b.start();
  });
  test.after(async () => {
    await a.stop();
    await b.stop();
  });

  test(`${transport}: each hears the other, and both know of the end`, async () => {
    await b.accept({ policy: 'answer', delay: 100, tone: 1000 });
    await callTo('x', '1001', { headers: { 'X-Test': 'one two' } });
    const incoming = await b.incoming('1001');
    assert.strictEqual(incoming.from, '15550100001');
    assert.strictEqual(incoming.headers['X-Test'], 'one two');
    assert.strictEqual((await a.event('x', 'progress')).status, 180);
    assert.strictEqual((await a.event('x', 'answered')).codec, 'PCMU');
    await b.up(incoming.line);
    await a.hears('x', [1000]);
    await b.hears(incoming.line, [500]);
    await a.hangup('x');
    assert.strictEqual((await a.over('x')).remote, false);
    assert.strictEqual((await b.over(incoming.line)).remote, true);
    const stats = await b.stats(incoming.line);
    assert.strictEqual(stats.sources, 1);
    assert.strictEqual(stats.duplicate, 0);
  });

  test(`${transport}: a file is sent, and what is heard becomes one`, async () => {
    const at = folder();
    const sent = path.join(at, 'sent.wav');
    const heard = path.join(at, 'heard.wav');
    writeWav(sent, sine(800, 0.5, 6000, 16000), 16000);
    await b.accept({ policy: 'answer', tone: 0 });
    await callTo('f', '1003', { tone: 0 });
    const { line } = await b.incoming('1003');
    await a.up('f');
    await b.up(line);
    await until(async () => (await b.stats(line)).received > 2, 'packets');
    await b.trace(line);
    await a.play('f', sent);
    await a.played('f');
    const { received } = await b.stats(line);
    await until(async () => (await b.stats(line)).received > received + 5, 'the rest');
    await b.tracedTo(line, heard);
    const { rate, samples } = readWav(heard);
    assert.strictEqual(rate, 8000);
    // of ten samples of a period two are nought
    const loud = samples.reduce((n, s) => n + (Math.abs(s) > 100), 0);
    assert.ok(Math.abs(loud - 3200) < 160, `${loud} samples are loud`);
    const from = samples.findIndex((s) => Math.abs(s) > 100);
    assert.ok(Math.abs(amplitude(samples.subarray(from, from + 4000), 800) - 6000) < 300);
    await a.hangup('f');
    await b.over(line);
  });

  test(`${transport}: digits, a trace, hold and a new port`, async () => {
    await b.accept({ policy: 'answer', tone: 1000 });
    await callTo('y', '1002');
    const { line } = await b.incoming('1002');
    await a.up('y');
    await a.send('dtmf', { line: 'y', digits: '1#D' });
    await until(() => b.events.filter((e) => e.event === 'digit' && e.line === line).length === 3, 'three digits');
    const digits = b.events.filter((e) => e.event === 'digit' && e.line === line);
    assert.deepStrictEqual(digits.map((e) => [e.digit, e.duration]), [['1', 160], ['#', 160], ['D', 160]]);

    await a.hears('y', [1000]);
    const { received } = await a.stats('y');
    await a.trace('y');
    await until(async () => (await a.stats('y')).received > received + 3, 'a few packets');
    await b.send('tone', { line, hz: 700 });
    await a.hears('y', [700]);
    const packets = await a.traced('y', [1000, 700]);
    assert.ok(packets.length >= 10);
    assert.ok(packets[0].amplitudes[0] > 7800 && packets[0].amplitudes[1] < 100);
    assert.ok(packets.at(-1).amplitudes[1] > 7800 && packets.at(-1).amplitudes[0] < 100);
    // a sine of 1000 Hz and amplitude 8000 climbs 6283 a sample at most: no click on the way
    assert.ok(Math.max(...packets.map((p) => p.step)) < 6500);

    await a.send('hold', { line: 'y', on: true });
    const held = await b.event(line, 'held');
    assert.deepStrictEqual([held.send, held.receive], [false, true]);
    await until(async () => (await a.send('heard', { line: 'y' })).packets === 0, 'nothing on hold');
    await b.hears(line, []);
    assert.ok((await b.send('heard', { line })).packets >= 9, 'silence is sent, too');
    await a.send('hold', { line: 'y', on: false });
    await a.hears('y', [700]);
    await b.hears(line, [500]);
    await a.send('reinvite', { line: 'y', new_port: true });
    await a.hears('y', [700]);
    await b.hears(line, [500]);
    await b.hangup(line);
    assert.strictEqual((await a.over('y')).remote, true);
  });

  test(`${transport}: refusals have their status`, async () => {
    await b.accept({ policy: 'busy' });
    assert.strictEqual(await ended(await callTo('busy', '1')), 486);
    await b.accept({ policy: 'decline' });
    assert.strictEqual(await ended(await callTo('decline', '1')), 603);
    await b.accept({ policy: 'decline', status: 404 }, '404');
    assert.strictEqual(await ended(await callTo('404', '404')), 404);
    await b.accept({ policy: 'answer', codecs: ['PCMA'] });
    assert.strictEqual(await ended(await callTo('488', '1', { codecs: ['PCMU'] })), 488);
  });

  test(`${transport}: a call is cancelled while it rings`, async () => {
    await b.accept({ policy: 'ring' });
    await callTo('z', '1003');
    const { line } = await b.incoming('1003');
    await a.event('z', 'progress');
    await a.hangup('z');
    assert.strictEqual(await ended('z'), 487);
    await b.over(line);
  });

  test(`${transport}: early media, then an answer by command`, async () => {
    await b.accept({ policy: 'early', tone: 900 });
    await callTo('early', '1004');
    const { line } = await b.incoming('1004');
    const progress = await a.event('early', 'progress');
    assert.deepStrictEqual([progress.status, progress.early], [183, true]);
    await a.hears('early', [900]);
    await b.send('answer', { line });
    await a.up('early');
    await b.hears(line, [500]);
    await a.hangup('early');
    await b.over(line);
  });

  test(`${transport}: a late offer is answered in the ACK`, async () => {
    await b.accept({ policy: 'answer', tone: 1200, codecs: ['PCMA'] });
    await callTo('late', '1005', { late_offer: true });
    const { line } = await b.incoming('1005');
    assert.strictEqual((await a.event('late', 'answered')).codec, 'PCMA');
    await a.hears('late', [1200]);
    await b.hears(line, [500]);
    await a.hangup('late');
    await b.over(line);
  });

  test(`${transport}: a command that cannot be done says why`, async () => {
    await assert.rejects(a.send('hangup', { line: 'nobody' }), /no such line/);
    await assert.rejects(a.send('fly'), /no such command/);
    await assert.rejects(a.send('call', { line: 'bad', uri: 'nonsense' }));
    await assert.rejects(a.send('accept', { policy: 'answer', codecs: ['G723'] }), /codecs/);
  });
}
