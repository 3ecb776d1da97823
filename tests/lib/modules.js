'use strict';
// modules.js: npm packages, which only some tests need. Where they are missing such a test
// fails with the way out, instead of with a stack of the loader.

const missing = (name) => new Error(
  `the npm package ${name} is not there: run ./bootstrap check, or npm ci in tests/`);

const absent = (error) => ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error.code);

// A CommonJS package, or a file of one.
function need(name) {
  try {
    return require(name);
  } catch (error) {
    throw absent(error) ? missing(name) : error;
  }
}

// A package as an ES module.
async function needModule(name) {
  try {
    return await import(name);
  } catch (error) {
    throw absent(error) ? missing(name) : error;
  }
}

module.exports = { need, needModule };
