'use strict';
// sdk.js: what the scenarios of the SDKs share.

const assert = require('node:assert');

// An SDK's object whose method calls are noted in `calls` by name. What a method calls of
// its own object is not noted.
function counted(target, calls) {
  return new Proxy(target, {
    get(object, name) {
      const value = object[name];
      if (typeof value !== 'function') return value;
      return (...args) => {
        calls.push(String(name));
        return value.apply(object, args);
      };
    },
  });
}

async function collect(generator) {
  const all = [];
  for await (const one of generator) all.push(one);
  return all;
}

// The error that a promise must come to.
async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return assert.fail(`it should have been refused; it gave ${JSON.stringify(value)}`);
}

// Calls make(i) for 0 … count - 1, some at a time, and resolves with the results in order.
async function many(count, make, width = 8) {
  const all = new Array(count);
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) {
      const i = next++;
      all[i] = await make(i);
    }
  }));
  return all;
}

// These, each once, in this order.
function same(found, wanted, what) {
  assert.strictEqual(found.length, wanted.length, `${what}: ${found.length} of ${wanted.length}`);
  assert.deepStrictEqual(found, wanted, what);
}

module.exports = { collect, counted, failure, many, same };
