'use strict';
// baresip.js: Debian's baresip as a softphone with a file for a microphone, which keeps what
// it hears in a file, steered over its control port (netstrings of JSON).

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { amplitude, readWav, sine, writeWav } = require('./sound');
const { ended, lines, over, owned, until } = require('./wait');
const { folder, freePort } = require('./place');

class Baresip {
  // user: of its address; tone: what it says; auto: answers by itself; codec: that it speaks, of a
  // module of that name, and rate: of its sound; account: its line of the file of accounts, for one that registers.
  // encryption: "srtp" (RTP/AVP with a=crypto) or "srtp-mand" (RTP/SAVP). more: lines of its config.
  constructor({ user, tone, auto = false, account, codec = 'PCMU', module = 'g711', rate = 8000, encryption = '', more = [] }) {
    Object.assign(this, { user, tone, auto, account, codec, module, rate, encryption, more });
    this.folder = folder();
    this.output = [];
    this.events = [];
  }

  // A port that was free a moment ago may have been taken by a neighbour: then once more with others.
  async start() {
    for (let tries = 0; !(await this.begin()); tries++) {
      if (tries === 5) throw new Error(`baresip has no ports:\n${this.output.join('\n')}`);
      this.child.kill('SIGKILL');
      await ended(this.child);
      this.output.length = 0;
    }
    this.socket = await until(() => this.connect(), () => `baresip's control port:\n${this.output.join('\n')}`);
    this.socket.on('error', () => {});
    this.read();
    return this;
  }

  // True: it is ready, and has the ports it was given.
  async begin() {
    this.port = await freePort(2); // the second one is its TLS port
    this.control = await freePort();
    const speech = path.join(this.folder, 'speech.wav');
    writeWav(speech, sine(this.tone, 60, 8000, this.rate), this.rate);
    fs.writeFileSync(path.join(this.folder, 'accounts'),
      `${this.account || `<sip:${this.user}@127.0.0.1>;regint=0`}${this.auto ? ';answermode=auto' : ''}${this.encryption ? `;mediaenc=${this.encryption}` : ''}\n`);
    fs.writeFileSync(path.join(this.folder, 'contacts'), '');
    fs.writeFileSync(path.join(this.folder, 'config'), [
      'module_path /usr/lib/baresip/modules', 'poll_method epoll',
      `sip_listen 127.0.0.1:${this.port}`, 'net_interface 127.0.0.1', 'call_max_calls 4',
      `audio_source aufile,${speech}`, 'audio_player aubridge,nul', 'audio_alert aubridge,nul',
      `ausrc_srate ${this.rate}`, `auplay_srate ${this.rate}`, 'ausrc_channels 1', 'auplay_channels 1',
      'rtp_ports 30000-32000', `module ${this.module}.so`, 'module aufile.so', 'module aubridge.so', 'module sndfile.so',
      'module_tmp uuid.so', 'module_tmp account.so', 'module_app ctrl_tcp.so', 'module_app menu.so',
      ...(this.encryption ? ['module srtp.so'] : []), ...this.more,
      `ctrl_tcp_listen 127.0.0.1:${this.control}`, `snd_path ${this.folder}`, ''].join('\n'));
    this.child = owned(spawn('baresip', ['-f', this.folder, '-v'], { stdio: ['ignore', 'pipe', 'pipe'] }), () => this.output.slice(-30).join('\n'));
    lines(this.child.stdout, (line) => this.output.push(line));
    lines(this.child.stderr, (line) => this.output.push(line));
    const told = (text) => this.output.some((line) => line.includes(text));
    await until(() => told('baresip is ready') || told('Address already in use') || over(this.child), () => `baresip to be ready:\n${this.output.join('\n')}`);
    return !told('Address already in use');
  }

  connect() {
    return new Promise((resolve) => {
      const socket = net.connect(this.control, '127.0.0.1', () => resolve(socket));
      socket.once('error', () => resolve(null));
    });
  }

  read() {
    let rest = Buffer.alloc(0);
    this.socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const colon = rest.indexOf(':');
        const size = colon > 0 ? Number(rest.toString('latin1', 0, colon)) : NaN;
        if (!(rest.length >= colon + 2 + size)) return;
        this.events.push(JSON.parse(rest.toString('utf8', colon + 1, colon + 1 + size)));
        rest = rest.subarray(colon + 2 + size);
      }
    });
  }

  command(command, params = '') {
    const text = JSON.stringify({ command, params, token: command });
    this.socket.write(`${Buffer.byteLength(text)}:${text},`);
  }

  dial(uri) {
    this.command('dial', uri);
  }

  hangup() {
    this.command('hangup');
  }

  wait(type, timeout) {
    return until(() => this.events.find((e) => e.type === type),
      () => `baresip's ${type}; it told ${JSON.stringify(this.events)}\n${this.output.slice(-30).join('\n')}`, timeout);
  }

  // The amplitude of a tone in the last half second of what it has heard so far.
  heard(hz) {
    const file = fs.readdirSync(this.folder).find((name) => name.endsWith('-dec.wav'));
    if (!file) return 0;
    const { rate, samples } = readWav(path.join(this.folder, file));
    return samples.length < rate / 2 || rate === 0 ? 0 : amplitude(samples.subarray(samples.length - rate / 2), hz, rate);
  }

  async stop() {
    if (this.socket) this.socket.destroy();
    if (!over(this.child)) this.child.kill('SIGKILL');
    await ended(this.child);
  }
}

module.exports = { Baresip };
