'use strict';
// wait.js: waiting for conditions, never for a length of time and never without an end, and
// ending what was started.

const slow = Number(process.env.OFFHOOK_SLOW || 1); // sanitizers need more time for everything

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const waits = new Set(); // what is waited for now: { what, since, give }

const told = async (what) => (typeof what === 'function' ? what() : what);

// The promise's value, if it comes in time. what: a text for the error, or a function that
// makes one, so that it can say what there was instead.
async function within(promise, what, timeout = 20000) {
  const wait = { what, since: Date.now() };
  const late = new Promise((resolve, reject) => {
    wait.give = reject; // the test is over
    wait.timer = setTimeout(async () => {
      try {
        reject(new Error(`waited ${timeout * slow} ms for ${await told(what)}`));
      } catch (error) {
        reject(error);
      }
    }, timeout * slow);
  });
  waits.add(wait);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(wait.timer);
    waits.delete(wait);
  }
}

// Calls look() until it gives something truthy, and returns that; one look may be under way
// when the time is over, and has some more.
async function until(look, what, timeout = 15000) {
  const end = Date.now() + timeout * slow;
  let over = false;
  const search = async () => {
    for (;;) {
      const found = await look();
      if (found || over || Date.now() > end) return found;
      await pause(10);
    }
  };
  try {
    const found = await within(search(), what, timeout + 10000);
    if (!found) throw new Error(`waited ${timeout * slow} ms for ${await told(what)}`);
    return found;
  } finally {
    over = true;
  }
}

const children = new Map();

// Remembers a child process, so that none outlives this one. tell() gives what it said, for
// the error of a test that hangs.
function owned(child, tell = () => '') {
  children.set(child, tell);
  child.on('exit', () => children.delete(child));
  child.on('error', (error) => { // it could not be started
    child.failed = error;
    if (child.pid === undefined) children.delete(child);
  });
  return child;
}

// What is under way, for people: what is waited for, and what the children said.
async function underWay() {
  const now = Date.now();
  const waiting = await Promise.all([...waits].map(async ({ what, since }) => {
    const text = await told(what).catch((error) => `(${error.message})`);
    return `waiting for ${now - since} ms: ${text}`;
  }));
  const said = [...children].map(([child, tell]) => `${child.spawnfile} (${child.pid}): ${tell()}`);
  return [...waiting, ...said].join('\n');
}

function killAll() {
  for (const child of [...children.keys()]) child.kill('SIGKILL');
}

// Ends what is under way: each wait with this error, each child with SIGKILL.
function giveUp(error) {
  for (const wait of [...waits]) wait.give(error);
  killAll();
}

// Before other listeners, which may throw: when nobody reads what we write, too.
process.prependListener('exit', killAll);
const leave = () => {
  killAll();
  process.exit(1);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, leave);
for (const stream of [process.stdout, process.stderr]) stream.on('error', leave);

const over = (child) => child.exitCode !== null || child.signalCode !== null || child.failed !== undefined;

// Resolves with { code, signal } when the child has ended; too late, it is killed.
async function ended(child, timeout = 60000) {
  if (over(child)) return { code: child.exitCode, signal: child.signalCode };
  const end = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const tell = children.get(child) || (() => '');
  try {
    return await within(end, () => `${child.spawnfile} (${child.pid}) to end; ${tell()}`, timeout);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

// Calls use(line) for each line of a stream.
function lines(stream, use) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop();
    parts.forEach((line) => use(line));
  });
  stream.on('end', () => { if (rest) use(rest); });
}

module.exports = { ended, giveUp, lines, over, owned, pause, slow, underWay, until, within };
