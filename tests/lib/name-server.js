'use strict';
// name-server.js: a DNS server (RFC 1035) with the records a test gives it, by UDP on loopback.

const dgram = require('node:dgram');
const { within } = require('./wait');

const types = { A: 1, SRV: 33, NAPTR: 35, AAAA: 28 };

const name = (text) => Buffer.concat([...text.split('.').filter(Boolean).map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])), Buffer.from([0])]);
const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const short = (...values) => Buffer.concat(values.map((v) => Buffer.from([v >> 8, v & 255])));

const writers = {
  A: (address) => Buffer.from(address.split('.').map(Number)),
  SRV: ([priority, weight, port, target]) => Buffer.concat([short(priority, weight, port), name(target)]),
  NAPTR: ([order, preference, service, target]) => Buffer.concat([short(order, preference), text('s'), text(service), text(''), name(target)]),
};

class NameServer {
  // records: { 'A host.example': ['127.0.0.1'], 'SRV _sip._udp.host.example': [[10, 0, 5060, 'a.example']] }
  constructor(records = {}, ttl = 1) {
    Object.assign(this, { records, ttl, silent: false });
    this.asked = [];
  }

  async start() {
    this.socket = dgram.createSocket('udp4');
    this.socket.on('message', (bytes, from) => this.take(bytes, from));
    await within(new Promise((resolve) => this.socket.bind(0, '127.0.0.1', resolve)), 'a name server to have its port');
    this.port = this.socket.address().port;
    return this;
  }

  get place() {
    return `127.0.0.1:${this.port}`;
  }

  take(query, from) {
    const labels = [];
    let at = 12;
    for (; query[at]; at += query[at] + 1) labels.push(query.subarray(at + 1, at + 1 + query[at]).toString());
    const type = Object.keys(types).find((key) => types[key] === query.readUInt16BE(at + 1)) || '?';
    const key = `${type} ${labels.join('.').toLowerCase()}`;
    this.asked.push(key);
    if (this.silent) return;
    const found = this.records[key] || [];
    const known = Object.keys(this.records).some((one) => one.endsWith(` ${labels.join('.').toLowerCase()}`));
    const ttl = Buffer.alloc(4);
    ttl.writeUInt32BE(this.ttl);
    const answers = found.map((value) => {
      const data = writers[type](value);
      return Buffer.concat([short(0xc00c, types[type], 1), ttl, short(data.length), data]);
    });
    const head = Buffer.concat([query.subarray(0, 2), short(0x8180 | (known ? 0 : 3), 1, answers.length, 0, 0)]);
    this.socket.send(Buffer.concat([head, query.subarray(12, at + 5), ...answers]), from.port, from.address);
  }

  stop() {
    return within(new Promise((resolve) => this.socket.close(resolve)), 'a name server to close');
  }
}

module.exports = { NameServer };
