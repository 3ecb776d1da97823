'use strict';
// cases.js: the corpus as a list of cases, each a row of manifest.tsv. A case is a sequence of
// parts (silence, speech, tones) on a line with noise; all is drawn by numbers seeded with the
// case's name. Texts and voices of one half are never used in the other.

const texts = require('./texts.js');
const { Random } = require('./random.js');

const HALVES = ['tuning', 'held-out'];
const VARIANTS = {
  tuning: ['m1', 'm3', 'm7', 'f1', 'f3', 'f5', 'Andrea', 'Gene', 'Mike', 'linda', 'edward'],
  'held-out': ['m2', 'm4', 'm8', 'f2', 'f4', 'Annie', 'Lee', 'Denis', 'belinda', 'steph', 'john'],
};
const NOISES = ['none', 'white', 'pink', 'hum', 'pink', 'babble', 'none', 'white'];
const BEEPS = [425, 440, 620, 800, 850, 950, 1000, 1000, 1200, 1400, 1400, 1500, 1750, 2000];
const BEEP_MS = [180, 200, 250, 300, 400, 500, 700, 1000];

const say = (text, random, half) => ({
  say: text.text,
  language: text.language,
  variant: random.of(VARIANTS[half]),
  speed: random.whole(140, 200),
  pitch: random.whole(30, 70),
});
const quiet = (ms) => ({ quiet: ms });
// Sines sounding together, each [Hz]; level [dBm0] of the sum.
const tone = (hz, ms, level) => ({ tone: hz, ms, level });

// Cadences: [on, off, …] [ms] from E.180 Supplement 2.
const RINGS = [
  { hz: [440, 480], cadence: [2000, 4000] },
  { hz: [425], cadence: [1000, 4000] },
  { hz: [400, 450], cadence: [400, 200, 400, 2000] },
  { hz: [440], cadence: [1500, 3500] },
];
const BUSIES = [
  { hz: [480, 620], cadence: [500, 500] },
  { hz: [425], cadence: [500, 500] },
  { hz: [400], cadence: [375, 375] },
  { hz: [480, 620], cadence: [250, 250] },
  { hz: [425], cadence: [250, 250] },
  { hz: [440], cadence: [500, 500] },
];
const SITS = [
  [[985.2, 380], [1428.5, 380], [1776.7, 380]],
  [[913.8, 274], [1370.6, 274], [1776.7, 380]],
  [[950, 330], [1400, 330], [1800, 330]],
];
const DIGITS = { 1: [697, 1209], 5: [770, 1336], 9: [852, 1477], 0: [941, 1336] };

function cadence(kind, times, level) {
  const parts = [];
  for (let i = 0; i < times; i++) {
    for (let k = 0; k < kind.cadence.length; k += 2) {
      parts.push(tone(kind.hz, kind.cadence[k], level), quiet(kind.cadence[k + 1]));
    }
  }
  return parts;
}

function beep(random, hz = random.of(BEEPS)) {
  return { ...tone([hz], random.of(BEEP_MS), random.whole(-22, -8)), beep: true };
}

// A person: says something, waits, and perhaps asks again.
function person(text, random, half, number) {
  const parts = [quiet(random.whole(100, 1800)), say(text, random, half), quiet(random.whole(2000, 3500))];
  if (number % 3 === 0) parts.push({ ...parts[1] });
  parts.push(quiet(3000));
  return parts;
}

function machine(text, random, half, end) {
  return [quiet(random.whole(100, 1500)), say(text, random, half), ...end, quiet(3000)];
}

const ends = {
  none: () => [quiet(4000)],
  beep: (random) => [quiet(random.whole(150, 1400)), beep(random)],
  // what is no beep
  ring: (random, n) => [quiet(700), ...cadence(RINGS[n % RINGS.length], 2, -15)],
  busy: (random, n) => [quiet(500), ...cadence(BUSIES[n % BUSIES.length], 5, -15)],
  fax: () => [quiet(800), tone([2100], 3000, -14)],
  keys: (random) => [quiet(600), tone(DIGITS[random.of([1, 5, 9, 0])], 200, -12), quiet(900)],
};

// kind, texts, cases a text, and how a case is made.
const SPOKEN = [
  ['hello', 3, person],
  ['name', 2, person],
  ['company', 2, person],
  ['voicemail', 2, (text, random, half, n) => machine(text, random, half, ends[n % 4 === 3 ? 'none' : 'beep'](random))],
  ['curt', 2, (text, random, half) => machine(text, random, half, [quiet(random.whole(150, 700)), beep(random)])],
  ['carrier', 2, (text, random, half, n) => {
    const sit = SITS[n % SITS.length].map(([hz, ms]) => tone([hz], ms, random.whole(-20, -12)));
    const speech = say(text, random, half);
    return [quiet(random.whole(50, 500)), ...(n % 4 < 3 ? sit : []), quiet(200), speech, quiet(800), speech, quiet(2000)];
  }],
];

// A tune: one voice with overtones, or chords.
function tune(random, notes) {
  const scale = [262, 294, 330, 349, 392, 440, 494, 523, 587, 659, 784, 880];
  return Array.from({ length: notes }, () => {
    const hz = random.of(scale);
    return tone(random.of([[hz, hz * 2, hz * 3], [hz, hz * 1.25, hz * 1.5], [hz]]), random.whole(180, 700), random.whole(-22, -14));
  });
}

// Speech and then what is no beep.
function* decoys(half, draw) {
  for (const [n, end] of ['ring', 'busy', 'fax', 'keys', 'ring', 'busy'].entries()) {
    const number = n * 2 + HALVES.indexOf(half);
    const name = `decoy-${number}`;
    const random = new Random(name + draw);
    const text = texts.voicemail[number % texts.voicemail.length];
    yield { name, kind: 'decoy', expect: 'machine', parts: machine(text, random, half, ends[end](random, number)) };
  }
}

function* tones(half, draw) {
  const odd = HALVES.indexOf(half);
  const make = (name, kind, expect, parts) => ({ name: `${name}-${odd}`, kind, expect, parts });
  const random = new Random(`tones-${half}${draw}`);
  const hello = (n) => say(texts.hello[(n * 2 + odd) % texts.hello.length], random, half);

  yield make('ced', 'fax', 'machine', [quiet(600 + 900 * odd), tone([2100], 3300, -13), quiet(1500)]);
  yield make('ced-faint', 'fax', 'machine', [quiet(200), tone([odd ? 2108 : 2092], 2600, -28), quiet(1500)]);
  yield make('cng', 'fax', 'machine', [quiet(900), ...cadence({ hz: [odd ? 1115 : 1100], cadence: [500, 3000] }, 2, -16)]);
  yield make('modem', 'fax', 'machine', [quiet(400), tone([2225], 2000, -14), quiet(2000)]);
  for (const n of [0, 2, 4]) {
    yield make(`busy-${n}`, 'busy', 'machine', [quiet(100 + 200 * odd), ...cadence(BUSIES[n + odd], 8, -14)]);
  }
  for (const n of [0, 1, 2, 3]) {
    const rings = cadence(RINGS[n], 1 + ((n + odd) % 2), -14 - odd * 6);
    yield make(`ring-${n}`, 'ringing', 'none', [quiet(100), ...cadence(RINGS[n], 3, -14)]);
    yield make(`ring-hello-${n}`, 'ring-person', 'human', [quiet(100), ...rings, hello(n), quiet(5000)]);
    yield make(`ring-machine-${n}`, 'ring-machine', 'machine', [
      quiet(100), ...rings, say(texts.voicemail[(n * 2 + odd) % 20], random, half), quiet(600), beep(random), quiet(2000)]);
  }
  for (const n of [0, 1]) {
    const speech = say(texts.voicemail[(n * 2 + odd + 4) % 20], random, half);
    const greeting = [quiet(300), ...tune(random, 5), quiet(200), speech];
    yield make(`jingle-beep-${n}`, 'jingle', 'machine', [...greeting, quiet(500), beep(random), quiet(3000)]);
    yield make(`jingle-${n}`, 'jingle', 'machine', [...greeting, quiet(300), ...tune(random, 9), quiet(500), speech, quiet(3000)]);
  }
  for (const n of [0, 1, 2]) {
    yield make(`silence-${n}`, 'silence', 'human', [quiet(7000)]);
    // a click of the handset, a bip of a mobile phone; and then somebody
    yield make(`click-hello-${n}`, 'hello', 'human', [quiet(150), { burst: 40 + 20 * n }, quiet(500), hello(n), quiet(5000)]);
    yield make(`bip-hello-${n}`, 'hello', 'human', [quiet(150), tone([[1000], [440], [2000]][n], 120 + 60 * odd, -18), quiet(500), hello(n + 3), quiet(5000)]);
  }
}

function line(one, number, half, draw) {
  const random = new Random(`line-${one.name}${draw}`);
  const quietest = one.kind === 'silence';
  return {
    ...one,
    half,
    level: random.whole(-32, -10), // [dBm0] of speech
    noise: quietest ? ['none', 'white', 'pink'][number % 3] : NOISES[number % NOISES.length],
    noiseLevel: random.whole(-66, -38),
    law: number % 2 ? 'a' : 'u',
    gsm: number % 5 === 4,
  };
}

// Another draw: other voices, pauses, beeps and lines for the same texts.
function* all(draw = '') {
  for (const half of HALVES) {
    let number = 0;
    for (const [kind, times, make] of SPOKEN) {
      for (const text of texts[kind]) {
        if (HALVES[text.number % 2] !== half) continue;
        for (let time = 0; time < times; time++) {
          const name = `${kind}-${text.number}-${time}`;
          const expect = ['hello', 'name', 'company'].includes(kind) ? 'human' : 'machine';
          const parts = make(text, new Random(name + draw), half, number);
          yield line({ name, kind, expect, parts }, number++, half, draw);
        }
      }
    }
    for (const one of [...decoys(half, draw), ...tones(half, draw)]) {
      yield line(one, number++, half, draw);
    }
  }
}

function describe(part) {
  if (part.say) return `${part.language}+${part.variant}/${part.speed}/${part.pitch} "${part.say}"`;
  if (part.tone) return `${part.beep ? 'beep ' : ''}${part.tone.join('+')}Hz/${part.ms}ms/${part.level}dBm0`;
  return part.burst ? `click/${part.burst}ms` : `${part.quiet}ms`;
}

// A row of the manifest.
function row(one) {
  const noise = one.noise === 'none' ? 'none' : `${one.noise}${one.noiseLevel}`;
  return [one.name, one.half, one.kind, one.expect, `${one.level}dBm0`, noise, `${one.law}-law${one.gsm ? '+gsm' : ''}`,
    one.parts.map(describe).join(', ')].join('\t');
}

module.exports = { all, row };
