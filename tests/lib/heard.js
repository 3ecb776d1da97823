'use strict';
// heard.js: what a line heard, frame by frame: when a tone sounded, how loud, and whether speech
// was the one that espeak-ng says.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { amplitude, readWav, sine, writeWav } = require('./sound');
const { folder } = require('./place');

const frame = 20; // [ms] of a packet

let served = 0; // sounds are kept by their URL, so each has its own

// Serves a WAV of tones on the application's server: parts are [hz, seconds, amplitude]; hz 0 is silence.
function serve(app, name, ...parts) {
  const file = path.join(folder(), `${name}.wav`);
  writeWav(file, parts.flatMap(([hz, seconds, loud = 8000]) => sine(hz, seconds, loud)));
  const body = fs.readFileSync(file);
  app.on(name, () => ({ body, type: 'audio/wav' }));
  return app.url(`${name}/${++served}`);
}

// The samples' frames, each with its place by the RTP clock: what was lost counts as time.
function placed(packets) {
  return packets.map((p) => ({ ...p, at: ((p.ts - packets[0].ts) | 0) / 8 }));
}

// Where the i-th tone of a trace sounded: [{ from, to, amplitude }] in ms; a gap below `bridge` ms is none.
function sounding(packets, i, { least = 500, bridge = 60 } = {}) {
  const runs = [];
  for (const p of placed(packets)) {
    if (p.amplitudes[i] < least) continue;
    const last = runs[runs.length - 1];
    if (last && p.at - last.to < bridge) {
      last.to = p.at + frame;
      last.all.push(p.amplitudes[i]);
    } else {
      runs.push({ from: p.at, to: p.at + frame, all: [p.amplitudes[i]] });
    }
  }
  return runs.map(({ from, to, all }) => ({
    from, to, length: to - from, amplitude: all.sort((a, b) => a - b)[Math.floor(all.length / 2)],
  }));
}

const decibels = (a, b) => 20 * Math.log10(a / b);

// Bands of speech, on the grid of the phone.
const bands = [250, 400, 550, 700, 900, 1100, 1350, 1600, 1900, 2200, 2500, 2800];

// The same of what espeak-ng says itself: frames every 5 ms, each of 20 ms.
function spoken(text, { voice = 'gmw/en-US+f2', ssml = false } = {}) {
  const file = path.join(folder(), 'spoken.wav');
  fs.writeFileSync(file, execFileSync('espeak-ng', ['-v', voice, ...(ssml ? ['-m'] : []), '--stdout', text]));
  const { rate, samples } = readWav(file);
  const size = Math.round(rate * frame / 1000);
  const frames = [];
  for (let at = 0; at + size <= samples.length; at += size / 4) {
    const part = samples.subarray(Math.round(at), Math.round(at) + size);
    frames.push(bands.map((hz) => amplitude(part, hz, rate)));
  }
  return { frames, length: samples.length * 1000 / rate };
}

const power = (amplitudes) => amplitudes.reduce((sum, a) => sum + a * a, 0);

// First and last moment [ms] that is not silent.
function extent(frames, step) {
  const loud = frames.map(power);
  const least = Math.max(...loud) / 3000;
  const from = loud.findIndex((p) => p > least);
  let to = loud.length - 1;
  while (to > from && loud[to] <= least) to--;
  return { from: from * step, to: (to + 1) * step, length: (to + 1 - from) * step };
}

function correlation(a, b) {
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    ab += (x - ma) * (b[i] - mb);
    aa += (x - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb || 1);
}

// How alike the trace (of `bands`) and the speech are: the best correlation of the loudness of
// all bands over time, where the trace may begin anywhere up to `late` ms earlier.
function likeness(packets, speech, late) {
  const heard = packets.map((p) => p.amplitudes);
  const { from, to } = extent(speech.frames, 5);
  const count = Math.floor((to - from) / frame);
  const want = (shift) => Array.from({ length: count }, (_, i) => speech.frames[Math.round((from + shift) / 5) + i * 4] || bands.map(() => 0));
  let best = { alike: -1 };
  for (let skip = 0; skip <= late / frame && skip + count <= heard.length; skip++) {
    for (const shift of [-15, -10, -5, 0]) {
      const a = want(Math.max(shift, -from)).flat().map(Math.sqrt);
      const b = heard.slice(skip, skip + count).flat().map(Math.sqrt);
      const alike = correlation(a, b);
      if (alike > best.alike) best = { alike, skip: skip * frame };
    }
  }
  return best;
}

function near(value, wanted, by, what) {
  assert.ok(Math.abs(value - wanted) <= by, `${what}: ${value}, not ${wanted} ± ${by}`);
}

module.exports = { bands, decibels, extent, likeness, near, serve, sounding, spoken };
