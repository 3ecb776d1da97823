'use strict';
// example.js: a program of doc/examples as it stands, as a child process, with an application of
// its own whose webhooks it serves.

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { keyPair } = require('./jwt');
const { folder, freePort, source } = require('./place');
const { lines, over, owned, until, ended } = require('./wait');

class Example {
  // number: that rings at it.
  constructor(name, { id, number }) {
    Object.assign(this, { name, id, number, said: [], keys: keyPair() });
  }

  // What the daemon's configuration says of it; before the daemon starts.
  async application() {
    this.port = await freePort();
    const pem = path.join(folder(), `${this.name}.pub`);
    fs.writeFileSync(pem, this.keys.publicKey);
    return { id: this.id, name: this.name, public_key: pem, numbers: [this.number],
      voice: { answer_url: `http://127.0.0.1:${this.port}/answer`, event_url: `http://127.0.0.1:${this.port}/event` } };
  }

  // As its README says: by its environment, in a folder beside the packages it needs.
  async start(environment = {}) {
    const home = folder();
    fs.cpSync(path.join(source, 'doc/examples'), home, { recursive: true });
    fs.symlinkSync(path.join(source, 'tests/node_modules'), path.join(home, 'node_modules'));
    this.child = owned(spawn(process.execPath, [path.join(home, `${this.name}.js`)], {
      env: { ...process.env, PORT: String(this.port), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'] }));
    lines(this.child.stdout, (line) => this.said.push(line));
    lines(this.child.stderr, (line) => this.said.push(line));
    await until(() => this.said.some((l) => l.startsWith('serving at')) || over(this.child), () => `${this.name} to serve; it said ${this.told()}`);
    return this;
  }

  told() {
    return this.said.slice(-20).join('\n');
  }

  // The first line that fits.
  says(pattern, timeout) {
    return until(() => this.said.find((l) => pattern.test(l)), () => `${this.name} to say ${pattern}; it said ${this.told()}`, timeout);
  }

  async stop() {
    if (!this.child || over(this.child)) return;
    this.child.kill();
    await ended(this.child);
  }
}

module.exports = { Example };
