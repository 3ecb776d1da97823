'use strict';
// sipp.js: runs a SIPp scenario of tests/sipp.

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { ended, lines, over, owned, slow, until } = require('./wait');
const { folder, freePort, source, tcpFree, udpFree } = require('./place');

const scenario = (name) => path.join(source, 'tests/sipp', `${name}.xml`);

class Sipp {
  // name: of the scenario; target: "127.0.0.1:5060" for a caller, nothing for a callee.
  constructor(name, { target, user, transport = 'u1', calls = 1, rate = 10, keys = {}, timeout = 30, more = [] } = {}) {
    Object.assign(this, { name, target, user, transport, calls, rate, keys, timeout, more });
    this.output = [];
    this.folder = folder();
  }

  async start() {
    this.port = await freePort();
    const errors = path.join(this.folder, 'errors.log');
    const messages = path.join(this.folder, 'messages.log');
    const args = ['-sf', scenario(this.name), '-i', '127.0.0.1', '-p', String(this.port), '-mi', '127.0.0.1',
      '-m', String(this.calls), '-r', String(this.rate), '-t', this.transport, '-nostdin', '-cp', String(await freePort()),
      '-timeout', `${this.timeout * slow}s`, '-timeout_error', '-trace_err', '-error_file', errors,
      '-trace_msg', '-message_file', messages, ...(this.user ? ['-s', this.user] : []),
      ...Object.entries(this.keys).flatMap(([key, value]) => ['-key', key, String(value)]),
      ...this.more, ...(this.target ? [this.target] : [])];
    this.child = owned(spawn('sipp', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TERM: 'dumb' } }), () => this.said());
    lines(this.child.stdout, (line) => this.output.push(line));
    lines(this.child.stderr, (line) => this.output.push(line));
    // it is ready when its port is taken
    const free = this.transport === 't1' ? tcpFree : udpFree;
    if (!this.target) await until(async () => over(this.child) || !(await free(this.port)), 'sipp to listen');
    this.errors = errors;
    this.messages = messages;
    return this;
  }

  get sip() {
    return `127.0.0.1:${this.port}`;
  }

  said() {
    const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
    return `${read(this.errors)}\n${read(this.messages)}`.slice(-6000);
  }

  // Waits for its end; anything but success is an error that shows the messages.
  async done() {
    const { code, signal } = await ended(this.child, 1000 * this.timeout + 30000);
    if (code !== 0) throw new Error(`sipp ${this.name}: exit status ${code} ${signal || ''}\n${this.said()}`);
  }

  async stop() {
    if (!over(this.child)) this.child.kill('SIGKILL');
    await ended(this.child);
  }
}

module.exports = { Sipp, scenario };
