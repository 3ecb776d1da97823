'use strict';
// phone.js: the project's own SIP phone (tests/kit/offhook-phone), steered by JSON lines.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { ended, lines, over, owned, until, within } = require('./wait');
const { program } = require('./place');

class Phone {
  constructor(...args) {
    this.args = args;
    this.prefix = []; // of its command line: where it is to run
    this.events = [];
    this.replies = new Map();
    this.last = 0;
    this.stderr = [];
    this.background = () => ''; // what else to tell when a call fails
  }

  async start() {
    const [command, ...args] = [...this.prefix, program('tests/kit/offhook-phone'), ...this.args];
    this.child = owned(spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] }),
      () => `it told ${JSON.stringify(this.events.slice(-8))}`);
    lines(this.child.stderr, (line) => this.stderr.push(line));
    this.child.stdin.on('error', () => {});
    lines(this.child.stdout, (line) => this.take(JSON.parse(line)));
    this.child.once('exit', () => {
      for (const reply of this.replies.values()) reply({ event: 'error', reason: `the phone ended: ${this.stderr.join('\n')}` });
    });
    const ready = await until(() => this.events.find((e) => e.event === 'ready') || over(this.child), 'the phone to be ready');
    assert.ok(ready.sip, `the phone ended: ${this.stderr.join('\n')}`);
    this.sip = ready.sip;
    return this;
  }

  take(event) {
    const waiting = event.id !== undefined && this.replies.get(event.id);
    if (!waiting) return void this.events.push({ ...event, at: Date.now() });
    this.replies.delete(event.id);
    return void waiting(event);
  }

  // Sends a command and resolves with its reply; an error reply is an error.
  async send(command, more = {}) {
    const id = String(++this.last);
    assert.ok(!over(this.child), `${command} to a phone that ended: ${this.stderr.join('\n')}`);
    const reply = new Promise((resolve) => this.replies.set(id, resolve));
    this.child.stdin.write(`${JSON.stringify({ command, id, ...more })}\n`);
    const answer = await within(reply, () => `the phone's reply to ${command} ${JSON.stringify(more)}`);
    assert.notStrictEqual(answer.event, 'error', `${command} ${JSON.stringify(more)}: ${answer.reason}`);
    return answer;
  }

  // What to do with calls to `user`, or to anyone. One that is answered rings a moment first.
  accept(policy, user) {
    const delay = policy.policy === 'answer' ? { delay: 60 } : {};
    return this.send('accept', { ...delay, ...policy, ...(user ? { user } : {}) });
  }

  async call(line, uri, more = {}) {
    await this.send('call', { line, uri, from: '15550100001', tone: 500, ...more });
    return line;
  }

  // The first event that fits, waiting for it to come.
  wait(fits, what, timeout) {
    return until(() => this.events.find(fits), () => `${what}; the phone told ${JSON.stringify(this.events.slice(-12))}`, timeout);
  }

  incoming(to) {
    return this.wait((e) => e.event === 'incoming' && e.to === to && !e.taken, `a call to ${to}`).then((e) => {
      e.taken = true;
      return e;
    });
  }

  event(line, name, timeout) {
    return this.wait((e) => e.line === line && e.event === name, `${name} on ${line}`, timeout);
  }

  async up(line) {
    const event = await this.wait((e) => e.line === line && (e.event === 'answered' || e.event === 'ended'), `${line} to be answered`);
    assert.strictEqual(event.event, 'answered', `${line} ended: ${JSON.stringify(event)}${this.background()}`);
  }

  over(line, timeout) {
    return this.event(line, 'ended', timeout);
  }

  hangup(line) {
    return this.send('hangup', { line });
  }

  // Ends every line that a test left up, whatever became of the test.
  async clear() {
    const over = new Set(this.events.filter((e) => e.event === 'ended').map((e) => e.line));
    const open = new Set(this.events.filter((e) => e.line && !over.has(e.line)).map((e) => e.line));
    for (const line of open) await this.hangup(line).catch(() => this.send('reject', { line })).catch(() => {});
  }

  // The tones heard now, as frequencies in order; weaker than `least` is not heard.
  async heard(line, { window = 200, least = 400 } = {}) {
    const { tones } = await this.send('heard', { line, window });
    return tones.filter((t) => t.amplitude >= least).map((t) => t.hz).sort((a, b) => a - b);
  }

  // Waits until exactly these tones are heard.
  async hears(line, wanted, timeout) {
    const want = JSON.stringify([...wanted].sort((a, b) => a - b));
    let now;
    await until(async () => {
      now = JSON.stringify(await this.heard(line));
      return now === want;
    }, () => `${line} to hear ${want}; it hears ${now}`, timeout);
  }

  trace(line) {
    return this.send('trace', { line, on: true });
  }

  async traced(line, hz = []) {
    return (await this.send('trace', { line, on: false, hz })).packets;
  }

  // What is heard until the trace ends goes to a WAV file; resolves with its packets.
  async tracedTo(line, file) {
    return (await this.send('trace', { line, on: false, file })).packets;
  }

  // Sends what is in a sound file, once.
  play(line, file) {
    return this.send('play', { line, file });
  }

  async played(line) {
    await until(async () => !(await this.send('playing', { line })).on, `${line} to have sent its file`, 60000);
  }

  stats(line) {
    return this.send('stats', { line });
  }

  async stop() {
    if (!this.child || over(this.child)) return;
    this.child.stdin.end();
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await ended(this.child);
    clearTimeout(late);
  }
}

module.exports = { Phone };
