'use strict';
// `offhook demo --once`, as a new user sees it.

const assert = require('node:assert');
const test = require('../lib/test');
const { spawn } = require('node:child_process');
const { ended, lines, owned, slow } = require('../lib/wait');
const { program } = require('../lib/place');

test('the demo plays the reference call and ends with 0', async () => {
  const said = [];
  const child = owned(spawn(program('offhook'), ['demo', '--once'], { stdio: ['ignore', 'pipe', 'pipe'] }));
  lines(child.stdout, (line) => said.push(line));
  lines(child.stderr, (line) => said.push(line));
  const late = setTimeout(() => child.kill('SIGKILL'), 60000 * slow);
  const how = await ended(child);
  clearTimeout(late);
  const text = said.join('\n');
  assert.deepStrictEqual(how, { code: 0, signal: null }, text);
  for (const word of ['started', 'ringing', 'answered', 'completed', 'mute', 'earmuff', 'Hz']) assert.match(text, new RegExp(word), text);
});

test('without a terminal it does not stay', async () => {
  const child = owned(spawn(program('offhook'), ['demo'], { stdio: ['ignore', 'ignore', 'ignore'] }));
  const late = setTimeout(() => child.kill('SIGKILL'), 60000 * slow);
  assert.deepStrictEqual(await ended(child), { code: 0, signal: null });
  clearTimeout(late);
});
