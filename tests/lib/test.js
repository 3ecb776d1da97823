'use strict';
// test.js: node:test's test(), of which each has an end. One that goes on for too long fails
// by name, with what it waited for and the logs of what it had started; all that is under
// way is then given up, and what follows in the file fails at once. A file whose tests are
// over ends, also when one of them left something open.

const test = require('node:test');
const { giveUp, slow, underWay } = require('./wait');

const LIMIT = 120000 * slow; // [ms] of one test
const FILE = 780000; // [ms] of all: before the harness, which tells no name, ends it
const LEFT_OPEN = 5000 * slow; // [ms] after the last test

const begun = Date.now();
const ours = [process.stdout, process.stderr] && process.getActiveResourcesInfo(); // with these two
let open = 0; // tests that are not over
let hung; // the name of the one that was

// Runs it; limit: [ms], instead of what any test has.
async function limited(name, run, t, limit = Math.min(LIMIT, begun + FILE - Date.now())) {
  if (hung) throw new Error(`not run: "${hung}" before it did not end`);
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(async () => {
      hung = name;
      const error = new Error(`"${name}" did not end within ${limit} ms\n${await underWay()}`);
      reject(error);
      giveUp(error);
    }, Math.max(limit, 0));
  });
  try {
    return await Promise.race([run(t), late]);
  } finally {
    clearTimeout(timer);
  }
}

// What keeps the process. A timer may, until the file has had its time.
function leftOpen() {
  const left = process.getActiveResourcesInfo().filter((what) => what !== 'Timeout' || Date.now() > begun + FILE);
  for (const what of ours) if (left.includes(what)) left.splice(left.indexOf(what), 1);
  return left;
}

function look() {
  const left = leftOpen();
  if (open > 0) return;
  if (!hung && left.length === 0) {
    setTimeout(look, LEFT_OPEN).unref();
    return;
  }
  if (!hung) console.log(`Bail out! the tests are over, the process is not: ${left.join(' ')}`);
  process.exit(1);
}

function closed() {
  if (--open === 0) setTimeout(look, hung ? 1000 : LEFT_OPEN).unref();
}

// As node:test's; options may have a limit [ms], for what takes longer than any test should.
function bounded(name, ...more) {
  const run = more.pop();
  const { limit, ...options } = more[0] || {};
  if (options.skip) return test(name, options, run);
  open++;
  return test(name, options, async (t) => {
    try {
      return await limited(name, run, t, limit);
    } finally {
      closed();
    }
  });
}

const hook = (when) => (run) => test[when]((t) => limited(`${when} the tests`, run, t));

module.exports = Object.assign(bounded, { before: hook('before'), after: hook('after') });
