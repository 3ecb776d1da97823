'use strict';
// raw-sip.js: SIP as bytes, for what no proper phone would send.

const crypto = require('node:crypto');
const dgram = require('node:dgram');
const net = require('node:net');
const { until, within } = require('./wait');

const audio = (port = 9, formats = '0 101') => [
  'v=0', 'o=raw 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
  `m=audio ${port} RTP/AVP ${formats}`, 'a=rtpmap:101 telephone-event/8000', ''].join('\r\n');

class RawSip {
  async start() {
    this.socket = dgram.createSocket('udp4');
    this.got = [];
    this.socket.on('message', (bytes) => this.got.push(bytes.toString('latin1')));
    await within(new Promise((resolve) => this.socket.bind(0, '127.0.0.1', resolve)), 'a UDP socket');
    this.port = this.socket.address().port;
    return this;
  }

  send(bytes, port) {
    return within(new Promise((resolve, reject) => {
      this.socket.send(bytes, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    }), `a datagram to be sent to port ${port}`);
  }

  // A request as text. What is given replaces a header field, or adds one; null leaves it out.
  request(method, number, daemonPort, { headers = {}, body = '', callId = crypto.randomUUID() } = {}) {
    const all = {
      Via: `SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${crypto.randomUUID()};rport`,
      'Max-Forwards': '70',
      From: `<sip:15550100001@127.0.0.1:${this.port}>;tag=${crypto.randomUUID()}`,
      To: `<sip:${number}@127.0.0.1:${daemonPort}>`,
      'Call-ID': callId,
      CSeq: `1 ${method}`,
      Contact: `<sip:15550100001@127.0.0.1:${this.port}>`,
      ...(body ? { 'Content-Type': 'application/sdp' } : {}),
      ...headers,
    };
    const fields = Object.entries(all).filter(([, v]) => v !== null).map(([k, v]) => `${k}: ${v}`);
    return [`${method} sip:${number}@127.0.0.1:${daemonPort} SIP/2.0`, ...fields,
      `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
  }

  // The first final answer to the call; provisional ones are passed over.
  answer(callId, timeout) {
    const final = (text) => /^SIP\/2\.0 [2-6]/.test(text) && text.includes(callId);
    return until(() => this.got.find(final), () => `an answer; there came ${JSON.stringify(this.got)}`, timeout);
  }

  stop() {
    return within(new Promise((resolve) => this.socket.close(resolve)), 'a UDP socket to close');
  }
}

// Sends bytes by TCP, and resolves with what came back until `quiet` ms passed or it closed.
function overTcp(port, bytes, quiet = 300) {
  return within(new Promise((resolve) => {
    const got = [];
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(Buffer.concat(got).toString('latin1'));
    };
    socket.setTimeout(quiet, end);
    socket.on('data', (chunk) => got.push(chunk));
    socket.on('error', end);
    socket.on('close', end);
  }), `${quiet} ms of silence, or the end, of the connection to port ${port}`);
}

module.exports = { RawSip, audio, overTcp };
