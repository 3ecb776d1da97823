'use strict';
// The configuration file: what is wrong is said with file and line, what is missing has a
// default, and a reload touches no call.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');
const { spawnSync } = require('node:child_process');
const { Stage, conference, number } = require('../lib/stage');
const { settings } = require('../lib/daemon');
const { folder, program, source } = require('../lib/place');
const { until } = require('../lib/wait');

const file = path.join(folder(), 'offhook.conf');

// What `offhookd -t` says of a text.
function checked(text) {
  fs.writeFileSync(file, text);
  const { status, stderr, stdout } = spawnSync(program('offhookd'), ['-t', '-c', file], { encoding: 'utf8', timeout: 20000 });
  return { status, said: stderr + stdout };
}

function refused(text, line, ...words) {
  const { status, said } = checked(text);
  assert.strictEqual(status, 1, said);
  assert.ok(said.includes(`${file}:${line}: `), `${file}:${line}: expected in: ${said}`);
  for (const word of words) assert.ok(said.includes(word), `"${word}" expected in: ${said}`);
}

test('an empty file is good', () => assert.strictEqual(checked('').status, 0));
test('an unknown key is named with its line', () => refused('sip: {\n  listen = [ "udp:127.0.0.1:5060" ];\n  lissten = 1;\n};\n', 3, 'lissten'));
test('an unknown group is named', () => refused('\n\nmagic: { };\n', 3, 'magic'));
test('a wrong type is named', () => refused('rtp: {\n  silence_timeout = "long";\n};\n', 2, 'silence_timeout'));
test('a value out of range is named', () => refused('http: {\n  listen = "127.0.0.1:99999";\n};\n', 2, 'listen'));
test('a range of ports upside down is refused', () => refused('rtp: {\n  ports = [ 20000, 10000 ];\n};\n', 2, 'ports'));
test('an unknown codec is refused, and all that are known are named', () => refused('rtp: {\n  codecs = [ "PCMU", "MP3" ];\n};\n', 2,
  'MP3', 'PCMU', 'PCMA', 'G722', 'G729', 'GSM', 'speex', 'L16/8000', 'opus/16000'));
test('a codec at a rate that it has not is refused', () => refused('rtp: {\n  codecs = [ "L16/44100" ];\n};\n', 2, 'L16/44100'));
test('a codec twice is refused', () => refused('rtp: {\n  codecs = [ "opus",\n "opus/8000" ];\n};\n', 3, 'opus and opus/8000'));
test('whose order counts is theirs or ours', () => refused('rtp: {\n  prefer = "cheapest";\n};\n', 2, 'theirs or ours'));
test('a trunk has codecs and a ptime that are some', () => {
  const trunk = (more) => `trunks = ( {\n  name = "t"; proxy = "sip:127.0.0.1";\n  ${more}\n} );\n`;
  refused(trunk('codecs = [ "G723" ];'), 3, 'G723');
  refused(trunk('ptime = 25;'), 3, 'ptime', '10 to 60');
  assert.strictEqual(checked(trunk('codecs = [ "G729", "L16/8000", "opus/16000" ]; ptime = 30;')).status, 0);
});
test('a network that is none is refused', () => refused('webhook: {\n  allow = [ "everywhere" ];\n};\n', 2, 'everywhere'));
test('an application id that is no uuid is refused', () => refused('applications = ( {\n  id = "me";\n} );\n', 2, 'me'));
test('a syntax error is told with its line', () => {
  const { status, said } = checked('sip: {\n  listen = [ ;\n};\n');
  assert.strictEqual(status, 1);
  assert.match(said, /offhook\.conf:2: /);
});
test('a file that is not there is told', () => {
  const { status, stderr } = spawnSync(program('offhookd'), ['-t', '-c', '/nowhere/offhook.conf'], { encoding: 'utf8', timeout: 20000 });
  assert.strictEqual(status, 1);
  assert.match(stderr, /\/nowhere\/offhook\.conf/);
});
// What `offhookd -n` says of an NCCO.
function judged(ncco) {
  const { status, stderr } = spawnSync(program('offhookd'), ['-n', '-'], {
    input: typeof ncco === 'string' ? ncco : JSON.stringify(ncco), encoding: 'utf8', timeout: 20000 });
  return { status, said: stderr.trim() };
}

test('an NCCO is checked on the command line', () => {
  assert.deepStrictEqual(judged([{ action: 'talk', text: 'Hello' }, { action: 'wait', timeout: '2' }]), { status: 0, said: '' });
  assert.deepStrictEqual(judged([{ action: 'wait' }, { action: 'talk', text: 'Hello', level: 2 }]),
    { status: 1, said: 'standard input: action 2 (talk): "level" must be from -1 to 1' });
  assert.match(judged('[{"action":"talk",}]').said, /^standard input:1:\d+: /);
  assert.strictEqual(judged({ action: 'talk' }).status, 1);
  const missing = spawnSync(program('offhookd'), ['-n', '/nowhere.json'], { encoding: 'utf8', timeout: 20000 });
  assert.deepStrictEqual([missing.status, missing.stderr], [1, '/nowhere.json: No such file or directory\n']);
});

test('doc/ncco.md is what the daemon prints of its table', () => {
  const { stdout } = spawnSync(program('offhookd'), ['-N'], { encoding: 'utf8', timeout: 20000 });
  assert.strictEqual(fs.readFileSync(path.join(source, 'doc/ncco.md'), 'utf8'), stdout, 'make it again: offhookd -N > doc/ncco.md');
});

test('a wrong option is wrong usage', () => {
  assert.strictEqual(spawnSync(program('offhookd'), ['--dance'], { encoding: 'utf8', timeout: 20000 }).status, 2);
  assert.strictEqual(spawnSync(program('offhook'), ['dance'], { encoding: 'utf8', timeout: 20000 }).status, 2);
});
test('-V tells the version', () => {
  const { status, stdout } = spawnSync(program('offhookd'), ['-V'], { encoding: 'utf8', timeout: 20000 });
  assert.strictEqual(status, 0);
  assert.match(stdout, /^offhookd? \d+\.\d+\.\d+/);
});
test('@include works', () => {
  const part = path.join(path.dirname(file), 'part.conf');
  fs.writeFileSync(part, 'log: { level = "debug"; };\n');
  assert.strictEqual(checked(`@include "${part}"\n`).status, 0);
  fs.writeFileSync(part, 'log: { level = "loud"; };\n');
  const { status, said } = checked(`@include "${part}"\n`);
  assert.strictEqual(status, 1);
  assert.ok(said.includes('part.conf:1: '), said);
});

const stage = new Stage();
const { phone, app } = stage;

test('SIGHUP takes a new number up, and touches no call', async () => {
  await stage.fresh();
  app.on('answer', conference('kept'));
  await stage.dial('a', { tone: 500 });
  await stage.dial('b', { tone: 700, from: '15550100017' });
  await phone.hears('a', [700]);
  stage.daemon.config.applications[0].numbers.push('15550400001');
  fs.writeFileSync(stage.daemon.file, settings(stage.daemon.config));
  stage.daemon.child.kill('SIGHUP');
  let tries = 0;
  await until(async () => {
    const line = `c${tries++}`;
    await phone.call(line, stage.daemon.uri('15550400001'), { from: '15550100018', tone: 900 });
    const event = await phone.wait((e) => e.line === line && ['answered', 'ended'].includes(e.event), 'an answer');
    return event.event === 'answered';
  }, 'the new number to be served');
  await phone.hears('a', [700, 900]);
  for (const { line } of phone.events.filter((e) => e.event === 'answered')) await phone.hangup(line);
});

test('a reload with a faulty file is told and changes nothing', async () => {
  await stage.fresh();
  fs.writeFileSync(stage.daemon.file, 'nonsense = ;\n');
  stage.daemon.child.kill('SIGHUP');
  await until(() => stage.daemon.log.some((line) => /offhook\.conf:1: /.test(line)), 'the fault in the log');
  app.on('answer', conference('still'));
  await stage.dial('a');
  await phone.hangup('a');
});

stage.finish();
