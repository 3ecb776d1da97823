'use strict';
// table.js: what a bench found: one JSON line a measurement at once, and in the end a table with
// its goals, and what was wrong. Being slow is not wrong.

const os = require('node:os');

const rows = [];
const wrong = [];

function tell(bench, figures) {
  process.stdout.write(`${JSON.stringify({ bench, ...figures })}\n`);
}

function row(what, measured, goal = '') {
  rows.push([what, measured, goal]);
}

function expect(holds, what) {
  if (!holds) wrong.push(what);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const range = (values, digits) => (values.length < 2 ? '' : ` (${Math.min(...values).toFixed(digits)} - ${Math.max(...values).toFixed(digits)})`);
const spread = (values, digits, unit = '') => `${median(values).toFixed(digits)}${unit}${range(values, digits)}`;

// True: nothing was wrong.
function print() {
  const width = (column) => Math.max(...rows.map((cells) => cells[column].length));
  const [first, second] = [width(0), width(1)];
  process.stdout.write(`\n${os.cpus().length} x ${os.cpus()[0].model}, Linux ${os.release()}, load average ${os.loadavg()[0].toFixed(1)}\n`);
  for (const [what, measured, goal] of rows) {
    process.stdout.write(`${what.padEnd(first)}  ${measured.padEnd(second)}  ${goal}`.trimEnd().concat('\n'));
  }
  for (const what of wrong) process.stdout.write(`wrong: ${what}\n`);
  return wrong.length === 0;
}

module.exports = { expect, median, print, row, spread, tell };
