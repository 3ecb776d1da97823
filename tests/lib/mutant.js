'use strict';
// mutant.js: SIP made worse, by seed: bytes, lines, numbers and lengths of good messages, of those of
// RFC 4475, and of what belongs to a call that is up.

const fs = require('node:fs');
const path = require('node:path');
const { source } = require('./place');

const folder = path.join(source, 'tests/fixtures/rfc4475');
const torture = fs.readdirSync(folder).filter((f) => f.endsWith('.dat')).map((f) => fs.readFileSync(path.join(folder, f)));

const methods = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE', 'REGISTER', 'PRACK', 'REFER', 'NOTIFY', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH'];
const sdp = (at) => ['v=0', `o=- 1 1 IN IP4 ${at}`, 's=-', `c=IN IP4 ${at}`, 't=0 0', 'm=audio 9 RTP/AVP 0 8 101', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv', ''].join('\r\n');

// What breaks careless parsers, put in the place of a word, a number or a value.
const words = ['', ' ', '\t', '\0', '%00', '%', '%zz', '"', '\\', '<', '>', '<>', ';', ';;;;', ',', ',,', '?', '&', '=', '@', ':', '::', '[', '[::1', '[]', '/', '*', '\r', '\n', '\r\n\r\n',
  '-1', '0', '65536', '2147483648', '4294967295', '4294967296', '18446744073709551616', '1e99', '99999999999999999999999999', '0x10', '%n%s%d', 'a'.repeat(300), 'sip:', 'sips:x', 'tel:1', 'sip:@',
  'sip:a@b:0', 'sip:a@b:99999', 'sip:a@[::1]', 'sip:127.0.0.1;maddr=255.255.255.255', 'sip:a@b?Route=%3Csip:x%3E', 'SIP/2.0', 'SIP/9.9', 'z9hG4bK', 'rport', 'rport=0', 'received=0.0.0.0', 'tag=', 'lr',
  '\ud83d\ude00', '\u00ff\u00fe', 'Q.850;cause=99999', '1 INVITE', 'application/sdp', 'multipart/mixed;boundary=x', '100rel', 'timer', 'replaces'];
const fields = ['Require: x', 'Proxy-Require: y', 'Content-Encoding: gzip', 'Content-Length: 0', 'Content-Length: 999999', 'Content-Length: -1', 'l: 5', 'Route: <sip:127.0.0.1;lr>', 'Record-Route: <tel:1>', 'Contact: *',
  'Contact: <foo>', 'Max-Forwards: 0', 'Session-Expires: 1', 'Session-Expires: 90;refresher=uac', 'Min-SE: 0', 'RAck: 1 1 INVITE', 'RSeq: 0', 'Replaces: x;to-tag=a;from-tag=b', 'Refer-To: <sip:x?Replaces=y>', 'Event: refer',
  'Authorization: Digest username="', 'Authorization: Digest nonce="x", response="y", uri="z", realm="r", username="u"', 'Expires: 99999999999', 'Accept: ', 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKextra', 'To: <sip:x@y>', 'i: x',
  'Subject: \u00e9\u0000', 'Date: never', 'Timestamp: 1.2.3', 'Retry-After: -5', 'Reason: SIP;cause=x', 'User-to-User: \u0001', 'X-Long: ' + 'x'.repeat(3000), ': x', ' folded', '\tfolded too', 'NoColon'];

class Mutant {
  // at: { host, port } of ours; to: the port of the daemon; numbers: what is called.
  constructor(dice, at, to, numbers) {
    Object.assign(this, { dice, at, to, numbers, calls: [] });
    this.count = 0;
  }

  // A good request, outside a dialog or in one of the calls that are up: { callId, from, to, cseq }.
  request() {
    const { dice, at } = this;
    const call = this.calls.length && dice.chance(0.3) ? dice.pick(this.calls) : undefined;
    const method = dice.pick(methods);
    const user = dice.pick(this.numbers);
    const id = `${++this.count}-${dice.id()}`;
    const body = dice.chance(0.5) ? sdp(at.host) : '';
    const me = `${at.host}:${at.port}`;
    const lines = [`${method} sip:${user}@127.0.0.1:${this.to} SIP/2.0`, `Via: SIP/2.0/UDP ${me};branch=z9hG4bK${id};rport`, 'Max-Forwards: 70',
      `From: <sip:15550100001@${me}>;tag=${call ? call.from : id}`, `To: <sip:${user}@127.0.0.1:${this.to}>${call ? `;tag=${call.to}` : ''}`, `Call-ID: ${call ? call.callId : id}`,
      `CSeq: ${call ? call.cseq + this.count : 1} ${method}`, `Contact: <sip:15550100001@${me}>`, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${body.length}`, '', body];
    return Buffer.from(lines.join('\r\n'));
  }

  response() {
    const { dice, at } = this;
    const call = this.calls.length && dice.chance(0.5) ? dice.pick(this.calls) : { callId: dice.id(), from: 'a', to: 'b', cseq: 1 };
    const status = dice.pick([100, 180, 183, 200, 200, 202, 302, 401, 407, 422, 487, 491, 500, 503, 603, 699, 700, 0, 99999]);
    return Buffer.from([`SIP/2.0 ${status} Whatever`, `Via: SIP/2.0/UDP 127.0.0.1:${this.to};branch=z9hG4bK${dice.id()}`, `From: <sip:a@127.0.0.1>;tag=${call.to}`, `To: <sip:b@127.0.0.1>;tag=${call.from}`,
      `Call-ID: ${call.callId}`, `CSeq: ${call.cseq} ${dice.pick(methods)}`, `Contact: <sip:x@${at.host}:${at.port}>`, 'Content-Length: 0', '', ''].join('\r\n'));
  }

  start() {
    const { dice } = this;
    const kind = dice.number();
    return kind < 0.6 ? this.request() : kind < 0.75 ? this.response() : dice.pick(torture);
  }

  flip(bytes) {
    const { dice } = this;
    const copy = Buffer.from(bytes);
    for (let i = dice.below(8); i >= 0 && copy.length; i--) copy[dice.below(copy.length)] = dice.chance(0.5) ? dice.below(256) : dice.pick([...':;<>@,"\r\n 0=%\\\0']).charCodeAt(0);
    return copy;
  }

  splice(bytes) {
    const { dice } = this;
    const from = dice.below(bytes.length + 1);
    const size = dice.below(Math.min(200, bytes.length - from) + 1);
    const how = dice.below(4);
    const piece = bytes.subarray(from, from + size);
    if (how === 0) return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + size)]);
    if (how === 1) return Buffer.concat([bytes.subarray(0, from), ...Array(1 + dice.below(20)).fill(piece), bytes.subarray(from)]);
    if (how === 2) return bytes.subarray(0, from);
    const other = this.start();
    return Buffer.concat([bytes.subarray(0, from), other.subarray(dice.below(other.length))]);
  }

  // One line in the place of another, doubled, gone, at another place, with another value.
  lines(bytes) {
    const { dice } = this;
    const lines = bytes.toString('latin1').split('\r\n');
    const at = dice.below(lines.length);
    const how = dice.below(6);
    if (how === 0) lines.splice(at, 1);
    else if (how === 1) lines.splice(at, 0, ...Array(1 + dice.below(3)).fill(lines[at]));
    else if (how === 2) lines.splice(dice.below(lines.length), 0, lines.splice(at, 1)[0]);
    else if (how === 3) lines.splice(1 + dice.below(lines.length), 0, dice.pick(fields));
    else if (how === 4) lines[at] = lines[at].replace(/: .*/, `: ${dice.pick(words)}`);
    else lines[at] = lines[at].replace(/^[^:]*/, dice.pick(['v', 'f', 't', 'i', 'm', 'c', 'l', 'Via', 'TO', 'from', 'CSeq', 'X', '']));
    return Buffer.from(lines.join(dice.chance(0.05) ? '\n' : '\r\n'), 'latin1');
  }

  word(bytes) {
    const { dice } = this;
    const parts = bytes.toString('latin1').split(/([\s:;=<>@,."/]+)/);
    parts[dice.below(parts.length)] = dice.pick(words);
    return Buffer.from(parts.join(''), dice.chance(0.5) ? 'latin1' : 'utf8');
  }

  next() {
    const { dice } = this;
    let bytes = this.start();
    for (let i = dice.below(4); i >= 0; i--) bytes = this[dice.pick(['flip', 'splice', 'lines', 'lines', 'word', 'word'])](bytes);
    return bytes.subarray(0, 65000);
  }
}

module.exports = { Mutant, sdp };
