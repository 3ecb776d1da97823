'use strict';
// wait.js: waiting for conditions, never for a length of time, and ending what was started.

const slow = Number(process.env.OFFHOOK_SLOW || 1); // sanitizers need more time for everything

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Calls look() until it gives something truthy, and returns that. what: a text for the
// error, or a function that makes one, so that it can say what there was instead.
async function until(look, what, timeout = 15000) {
  const end = Date.now() + timeout * slow;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) {
      throw new Error(`waited ${timeout * slow} ms for ${typeof what === 'function' ? await what() : what}`);
    }
    await pause(10);
  }
}

const children = new Set();

// Remembers a child process, so that none outlives this one.
function owned(child) {
  children.add(child);
  child.on('exit', () => children.delete(child));
  child.on('error', (error) => { child.failed = error; }); // it could not be started
  return child;
}

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const over = (child) => child.exitCode !== null || child.signalCode !== null || child.failed !== undefined;

// Resolves with { code, signal } when the child has ended.
function ended(child) {
  if (over(child)) return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
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

module.exports = { ended, lines, over, owned, pause, slow, until };
