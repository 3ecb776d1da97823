'use strict';
// render.js: a case as sound: 8 kHz, as it comes out of G.711. Speech by espeak-ng, its rate
// and the telephone's band by sox, everything else is arithmetic.

const { execFile } = require('node:child_process');
const { Random } = require('./random.js');

const RATE = 8000;
const samplesOf = (ms) => Math.round((ms * RATE) / 1000);
// Root mean square of a level [dBm0]: 0 dBm0 is a sine 3.17 dB below full scale.
const rmsOf = (dbm0) => (32124 / Math.SQRT2) * 10 ** ((dbm0 - 3.17) / 20);

function run(command, words, input) {
  return new Promise((resolve, reject) => {
    const child = execFile(command, words, { encoding: 'buffer', maxBuffer: 1 << 26 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout));
    child.stdin.on('error', () => {}); // it says itself why it ended
    child.stdin.end(input);
  });
}

function fromBytes(bytes) {
  return Float64Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2));
}

const RAW = ['-t', 'raw', '-r', '8000', '-e', 'signed', '-b', '16', '-c', '1'];

const spoken = new Map();

// The same words by the same voice are made once.
function speech(part) {
  const key = [part.language, part.variant, part.speed, part.pitch, part.text].join('|');
  if (!spoken.has(key)) spoken.set(key, speak(part));
  return spoken.get(key);
}

async function speak(part) {
  const voice = `${part.language}+${part.variant}`;
  const words = ['-v', voice, '-s', `${part.speed}`, '-p', `${part.pitch}`, '--stdout', part.text];
  const wav = await run('espeak-ng', words, '');
  const band = ['rate', '8000', 'highpass', '300', 'lowpass', '3400'];
  return trim(fromBytes(await run('sox', ['-D', '-V1', '--ignore-length', '-t', 'wav', '-', ...RAW, '-', ...band], wav)));
}

// Without the silence before and after.
function trim(samples) {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  let from = 0;
  let to = samples.length;
  while (from < to && Math.abs(samples[from]) < peak / 100) from++;
  while (to > from && Math.abs(samples[to - 1]) < peak / 100) to--;
  return samples.slice(from, to);
}

// "a [300] b": pieces of speech with pauses of so many ms.
async function say(part, level) {
  const pieces = [];
  for (const piece of part.say.split(/\s*(\[\d+\])\s*/).filter(Boolean)) {
    const pause = piece.match(/^\[(\d+)\]$/);
    pieces.push(pause ? new Float64Array(samplesOf(Number(pause[1]))) : await speech({ ...part, text: piece }));
  }
  return loud(join(pieces), level);
}

// At a level, which is that of its loud parts only.
function loud(samples, level) {
  const frames = [];
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    let squares = 0;
    for (let i = 0; i < 160; i++) squares += samples[at + i] ** 2;
    frames.push(squares / 160);
  }
  const most = Math.max(...frames);
  const heard = frames.filter((power) => power > most / 1000);
  const rms = Math.sqrt(heard.reduce((sum, power) => sum + power, 0) / heard.length);
  return samples.map((sample) => (sample * rmsOf(level)) / rms);
}

function join(pieces) {
  const whole = new Float64Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

// The level is that of all sines together; 3 ms to rise and to fall.
function tone(part) {
  const length = samplesOf(part.ms);
  const peak = rmsOf(part.level) * Math.SQRT2 / Math.sqrt(part.tone.length);
  return Float64Array.from({ length }, (_, i) => {
    const edge = Math.min(1, i / 24, (length - i) / 24);
    return edge * part.tone.reduce((sum, hz) => sum + peak * Math.sin((2 * Math.PI * hz * i) / RATE), 0);
  });
}

function burst(part, random) {
  return Float64Array.from({ length: samplesOf(part.burst) }, () => random.gauss() * rmsOf(-20));
}

const NOISES = {
  none: () => 0,
  white: (random) => random.gauss(),
  // Voss's sum of noises that change ever more slowly.
  pink: (random, i, memory) => {
    for (let k = 0; k < 7; k++) if (i % (1 << k) === 0) memory[k] = random.gauss();
    return memory.reduce((sum, value) => sum + value, 0) / Math.sqrt(7);
  },
  hum: (random, i) =>
    [50, 100, 150, 250].reduce((sum, hz, k) => sum + Math.sin((2 * Math.PI * hz * i) / RATE) / (k + 1), 0.1 * random.gauss()),
};

const CROWD = ['I told them we would be there by noon, and nobody seemed to mind.', 'So how was your day, did you get the tickets?',
  'The soup is quite good here, you should try it, really.', 'No, no, that was on Tuesday, when the rain had just begun.'];

// Four people far away, for as long as it takes.
async function babble(random, length) {
  const whole = new Float64Array(length);
  for (const [number, text] of CROWD.entries()) {
    const voice = await speech({ text, language: 'en-gb', variant: ['m1', 'f2', 'm4', 'f5'][number], speed: 170, pitch: 40 });
    const from = random.whole(0, voice.length - 1);
    for (let i = 0; i < length; i++) whole[i] += voice[(from + i) % voice.length];
  }
  return whole;
}

async function noise(one, length) {
  const random = new Random(`noise-${one.name}`);
  const memory = new Array(7).fill(0);
  if (one.noise === 'none') return new Float64Array(length);
  const samples = one.noise === 'babble'
    ? await babble(random, length)
    : Float64Array.from({ length }, (_, i) => NOISES[one.noise](random, i, memory));
  return loud(samples, one.noiseLevel);
}

function gsm(samples) {
  return run('sox', ['-D', '-V1', ...RAW, '-', '-t', 'gsm', '-r', '8000', '-c', '1', '-'], samples)
    .then((coded) => run('sox', ['-D', '-V1', '-t', 'gsm', '-r', '8000', '-c', '1', '-', ...RAW, '-'], coded));
}

// G.711 there and back.
function ulaw(sample) {
  const sign = sample < 0 ? -1 : 1;
  const biased = Math.min(Math.abs(sample) / 4, 8158) + 33;
  const segment = Math.max(0, Math.floor(Math.log2(biased)) - 5);
  const step = Math.floor(biased / 2 ** (segment + 1));
  return sign * 4 * ((step + 0.5) * 2 ** (segment + 1) - 33);
}

function alaw(sample) {
  const sign = sample < 0 ? -1 : 1;
  const size = Math.min(Math.abs(sample) / 16, 2047);
  const segment = Math.max(1, Math.floor(Math.log2(Math.max(size, 1))) - 4);
  return sign * 16 * (Math.floor(size / 2 ** segment) + 0.5) * 2 ** segment;
}

const clip = (sample) => Math.max(-32768, Math.min(32767, Math.round(sample)));

// Resolves to the samples, and the beep's begin and end [ms] (-1: none).
async function render(one) {
  const pieces = [];
  const random = new Random(`sound-${one.name}`);
  let beep = null;
  let at = 0;
  for (const part of one.parts) {
    const piece = part.say ? await say(part, one.level) : part.tone ? tone(part) : part.burst ? burst(part, random)
      : new Float64Array(samplesOf(part.quiet));
    if (part.beep) beep = [at, at + piece.length];
    at += piece.length;
    pieces.push(piece);
  }
  const voice = join(pieces);
  const line = await noise(one, voice.length);
  let samples = Float64Array.from(voice, (sample, i) => clip(sample + line[i]));
  if (one.gsm) {
    const coded = fromBytes(await gsm(Buffer.from(Int16Array.from(samples).buffer)));
    samples = coded.slice(0, voice.length);
  }
  const law = one.law === 'u' ? ulaw : alaw;
  return {
    samples: Int16Array.from(samples, (sample) => clip(law(sample))),
    beep: beep ? beep.map((sample) => Math.round((sample * 1000) / RATE)) : [-1, -1],
  };
}

module.exports = { render };
