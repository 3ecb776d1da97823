'use strict';
// sound.js: measuring: WAV files, the strength of a tone, and traces of packets.

const fs = require('node:fs');

// Samples and rate of a 16-bit PCM WAV: `samples` of the first channel, `lines` of each. A file
// still being written, whose sizes are not filled in yet, is read as far as it goes.
function readWav(file) {
  const bytes = fs.readFileSync(file);
  if (bytes.length < 44 || bytes.toString('latin1', 0, 4) !== 'RIFF') return { rate: 0, samples: new Int16Array(0), lines: [] };
  let at = 12;
  let rate = 0;
  let channels = 1;
  while (at + 8 <= bytes.length) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ') {
      channels = bytes.readUInt16LE(at + 10);
      rate = bytes.readUInt32LE(at + 12);
    }
    if (name === 'data') {
      const end = size > 0 ? Math.min(at + 8 + size, bytes.length) : bytes.length;
      const count = Math.floor((end - at - 8) / 2 / channels);
      const line = (n) => Int16Array.from({ length: count }, (_, i) => bytes.readInt16LE(at + 8 + (i * channels + n) * 2));
      const all = Array.from({ length: channels }, (_, n) => line(n));
      return { rate, samples: all[0], lines: all };
    }
    at += 8 + size + (size % 2);
  }
  return { rate, samples: new Int16Array(0), lines: [] };
}

// The strength of a tone over all 20 ms pieces between two times [s], each: the middle one.
function level(samples, hz, rate, from, to) {
  const size = rate / 50;
  const all = [];
  for (let at = Math.round(from * rate); at + size <= Math.round(to * rate) && at + size <= samples.length; at += size)
    all.push(amplitude(samples.subarray(at, at + size), hz, rate));
  return all.sort((a, b) => a - b)[Math.floor(all.length / 2)] || 0;
}

function writeWav(file, samples, rate = 8000) {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length * 2, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length * 2, 40);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(Int16Array.from(samples).buffer)]));
}

// Samples of a sine of that amplitude.
function sine(hz, seconds, amplitude = 8000, rate = 8000) {
  return Array.from({ length: seconds * rate }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rate)));
}

// The amplitude of a tone among the samples (Goertzel).
function amplitude(samples, hz, rate = 8000) {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let one = 0;
  let two = 0;
  for (const sample of samples) {
    const next = sample + turn * one - two;
    two = one;
    one = next;
  }
  return (2 * Math.sqrt(Math.max(0, one * one + two * two - turn * one * two))) / samples.length;
}

// Gives each packet of a trace `sent`, the time (wall, ms) at which it left: the RTP clock,
// laid so that no packet arrived before it was sent. What the receiver's own delays do to
// an arrival time does not matter then.
function timed(packets) {
  const first = packets[0].ts;
  const since = (p) => (((p.ts - first) | 0) / 8);
  const start = Math.min(...packets.map((p) => p.t - since(p)));
  return packets.map((p) => ({ ...p, sent: start + since(p) }));
}

module.exports = { amplitude, level, readWav, sine, timed, writeWav };
