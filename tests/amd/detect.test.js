'use strict';
// Machine detection on the corpus of synthetic calls: people, machines and beeps are told
// apart as well as doc/performance.md says, less a margin for another espeak-ng. The sounds
// are made when they are not there yet or older than what makes them.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('../lib/test');

const build = process.env.OFFHOOK_BUILD;
const folder = path.join(build, 'tests/amd/sounds');
const script = path.join(__dirname, 'corpus');
const CASES = 280;

function isFresh() {
  const index = path.join(folder, 'index.tsv');
  const made = fs.existsSync(index) ? fs.statSync(index).mtimeMs : 0;
  const sources = ['corpus', 'cases.js', 'random.js', 'render.js', 'texts.js'];
  return sources.every((name) => fs.statSync(path.join(__dirname, name)).mtimeMs < made);
}

// { 'tuning human': { precision, recall }, … }
function measure() {
  const figures = {};
  const text = execFileSync(path.join(build, 'tests/amd/measure'), [folder], { encoding: 'utf8' });
  for (const line of text.trim().split('\n')) {
    const [, name, precision, recall] = line.match(/^(.*?): precision ([\d.]+) .*, recall ([\d.]+) /);
    figures[name] = { precision: Number(precision), recall: Number(recall) };
  }
  return figures;
}

test('the manifest says what the corpus consists of', () => {
  const manifest = fs.readFileSync(path.join(__dirname, 'manifest.tsv'), 'utf8');
  assert.equal(execFileSync(script, ['--manifest'], { encoding: 'utf8', maxBuffer: 1 << 24 }), manifest);
  const rows = manifest.trim().split('\n').map((row) => row.split('\t'));
  assert.equal(rows.length, CASES);
  assert.equal(new Set(rows.map(([name]) => name)).size, CASES);
  assert.equal(rows.filter(([, half]) => half === 'tuning').length, CASES / 2);
});

test('people, machines and beeps are told apart in both halves', { timeout: 600000 }, (t) => {
  if (!isFresh()) execFileSync(script, [folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  const figures = measure();
  for (const half of ['tuning', 'held-out']) {
    for (const [what, least] of [['human', 0.9], ['machine', 0.9], ['beep', 0.85]]) {
      const { precision, recall } = figures[`${half} ${what}`];
      t.diagnostic(`${half} ${what}: precision ${precision}, recall ${recall}`);
      assert.ok(precision >= least, `${half} ${what}: precision ${precision}`);
      assert.ok(recall >= least, `${half} ${what}: recall ${recall}`);
    }
  }
});
