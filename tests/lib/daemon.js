'use strict';
// daemon.js: an offhookd of the test's own, on free loopback ports, with a store to throw away.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { ask } = require('./rest');
const { ended, lines, over, owned, slow, until } = require('./wait');
const { folder, program, source } = require('./place');

// A JavaScript value in libconfig's writing.
function libconfig(value, indent = '') {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const [open, close] = value.some((v) => typeof v === 'object') ? ['(', ')'] : ['[', ']'];
    return `${open} ${value.map((v) => libconfig(v, deeper)).join(', ')} ${close}`;
  }
  if (value !== null && typeof value === 'object') return `{\n${settings(value, deeper)}${indent}}`;
  return JSON.stringify(value);
}

function settings(group, indent = '') {
  return Object.entries(group).map(([key, value]) => `${indent}${key} = ${libconfig(value, indent)};\n`).join('');
}

class Daemon {
  // config: as in offhook.conf(5); what is missing gets values fit for a test.
  constructor(config = {}) {
    this.folder = folder();
    this.file = path.join(this.folder, 'offhook.conf');
    this.log = [];
    this.config = {
      ...config,
      sip: { listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], drain_seconds: 1, ...config.sip },
      rtp: { address: '127.0.0.1', ports: [10000, 29999], workers: 1, ...config.rtp },
      http: { listen: '127.0.0.1:0', ...config.http },
      store: { url: `sqlite:${path.join(this.folder, 'offhook.db')}`, ...config.store },
      media: { sounds: path.join(source, 'sounds'), recordings: path.join(this.folder, 'recordings'), ...config.media },
      webhook: { allow: ['127.0.0.0/8'], ...config.webhook },
      limits: { calls_per_second_per_source: 0, ...config.limits },
      log: { level: 'debug', ...config.log },
    };
  }

  // Starts it, or starts it again on the same store, and waits until it serves.
  async start() {
    fs.writeFileSync(this.file, this.text || settings(this.config));
    this.ready = null;
    this.child = owned(spawn(program('offhookd'), ['-c', this.file], { stdio: ['ignore', 'ignore', 'pipe'] }), () => `the daemon's log:\n${this.tail(40)}`);
    lines(this.child.stderr, (line) => {
      this.log.push(line);
      if (!this.ready) this.ready = /ready sip=(\S+) http=(\S+)/.exec(line);
    });
    await until(() => this.ready || over(this.child), () => `offhookd to be ready\n${this.tail()}`, 20000);
    assert.ok(this.ready, `offhookd ended at once: ${this.child.failed || ""}\n${this.tail()}`);
    const port = (transport) => Number((new RegExp(`${transport}:[^,]*:(\\d+)`).exec(this.ready[1]) || [])[1]);
    this.udp = port('udp');
    this.tcp = port('tcp');
    this.tls = port('tls');
    this.base = `http://127.0.0.1:${/:(\d+)\/?$/.exec(this.ready[2])[1]}`;
    return this;
  }

  // The SIP address of a called number.
  uri(number, transport = 'udp') {
    return transport === 'udp'
      ? `sip:${number}@127.0.0.1:${this.udp}` : `sip:${number}@127.0.0.1:${this[transport]};transport=${transport}`;
  }

  get running() {
    return this.child !== undefined && !over(this.child);
  }

  tail(count = 60) {
    return this.log.slice(-count).join('\n');
  }

  // /metrics as { "name": value } and { "name{labels}": value }.
  async metrics() {
    const { status, text } = await ask(this.base, 'GET', '/metrics');
    assert.strictEqual(status, 200);
    return Object.fromEntries(text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
      const cut = line.lastIndexOf(' ');
      return [line.slice(0, cut), Number(line.slice(cut + 1))];
    }));
  }

  // Waits until no call is left: no leg, dialog, port, nor (unless told
  // otherwise) a webhook to deliver.
  async idle({ webhooks = true, timeout = 20000 } = {}) {
    let held;
    await until(async () => {
      assert.ok(this.running, `offhookd is gone (${this.child.exitCode}, ${this.child.signalCode}):\n${this.tail()}`);
      const all = await this.metrics();
      held = Object.entries(all).filter(([name, value]) => value > 0 && this.isGauge(name, webhooks));
      return held.length === 0;
    }, () => `an idle daemon; it holds ${JSON.stringify(held)}`, timeout);
  }

  isGauge(name, webhooks) {
    const gauges = ['offhook_legs', 'offhook_dialogs', 'offhook_media_ports'];
    return gauges.includes(name) || (webhooks && name === 'offhook_webhooks_waiting');
  }

  // Power cut: no warning, no tidying.
  async kill() {
    this.child.kill('SIGKILL');
    await ended(this.child);
  }

  // An orderly end, which must leave with 0 and with nothing for the sanitizers to tell.
  // patience: [ms] until it is told a second time.
  async stop({ patience = 3000 } = {}) {
    assert.ok(this.running, `offhookd is gone (${this.child.exitCode}, ${this.child.signalCode}):\n${this.tail()}`);
    this.child.kill('SIGTERM');
    const second = setTimeout(() => this.child.kill('SIGTERM'), patience * slow);
    const last = setTimeout(() => this.child.kill('SIGABRT'), 20000 * slow);
    const how = await ended(this.child);
    clearTimeout(second);
    clearTimeout(last);
    assert.deepStrictEqual(how, { code: 0, signal: null }, `offhookd did not end well:\n${this.tail()}`);
    const faults = this.log.filter((line) => /Sanitizer|runtime error:|Assertion/.test(line));
    assert.deepStrictEqual(faults, []);
  }
}

module.exports = { Daemon, settings };
