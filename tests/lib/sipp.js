'use strict';
// sipp.js: runs a SIPp scenario of tests/sipp.

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { ended, lines, over, owned, slow, until } = require('./wait');
const { folder, freePort, source } = require('./place');

const scenario = (name) => path.join(source, 'tests/sipp', `${name}.xml`);

class Sipp {
  // name: of the scenario; target: "127.0.0.1:5060" for a caller, nothing for a callee; port: its own.
  constructor(name, { target, user, transport = 'u1', calls = 1, rate = 10, keys = {}, timeout = 30, port, more = [] } = {}) {
    Object.assign(this, { name, target, user, transport, calls, rate, keys, timeout, port, more });
    this.output = [];
    this.folder = folder();
  }

  // A port that was free a moment ago may be somebody's by the time SIPp takes it: then once more.
  async start() {
    const fixed = this.port;
    for (let tries = 1; ; tries++) {
      [this.port, this.control] = [fixed || await freePort(), await freePort()];
      this.begin();
      await until(() => over(this.child) || this.listens(), 'sipp to have its ports');
      if (tries === 3 || this.child.exitCode !== 254 || !this.said().includes('already in use')) return this;
      fs.rmSync(this.errors, { force: true });
    }
  }

  begin() {
    this.errors = path.join(this.folder, 'errors.log');
    this.messages = path.join(this.folder, 'messages.log');
    const args = ['-sf', scenario(this.name), '-i', '127.0.0.1', '-p', String(this.port), '-mi', '127.0.0.1',
      '-m', String(this.calls), '-r', String(this.rate), '-t', this.transport, '-nostdin', '-cp', String(this.control),
      '-timeout', `${this.timeout * slow}s`, '-timeout_error', '-trace_err', '-error_file', this.errors,
      '-trace_msg', '-message_file', this.messages, ...(this.user ? ['-s', this.user] : []),
      ...Object.entries(this.keys).flatMap(([key, value]) => ['-key', key, String(value)]),
      ...this.more, ...(this.target ? [this.target] : [])];
    this.sounds();
    this.child = owned(spawn('sipp', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TERM: 'dumb' } }), () => this.said());
    lines(this.child.stdout, (line) => this.output.push(line));
    lines(this.child.stderr, (line) => this.output.push(line));
  }

  // What scenarios send, where SIPp looks for it.
  sounds() {
    const at = path.join(this.folder, 'tone.ul');
    if (!fs.existsSync(at)) fs.symlinkSync(path.join(source, 'tests/sipp/tone.ul'), at);
  }

  // Read, and not tried: who tries a port takes it from SIPp for that moment.
  listens() {
    const taken = (kind, port) => fs.readFileSync(`/proc/net/${kind}`, 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000`);
    return taken('udp', this.control) && (this.target || taken(this.transport === 't1' ? 'tcp' : 'udp', this.port));
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
