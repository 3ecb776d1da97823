'use strict';
// stage.js: the processes of a bench: a daemon of its own, the floor, the load. Each is
// bounded in time and ended by its own id.

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');

const source = path.resolve(__dirname, '..');
const build = process.env.OFFHOOK_BUILD || path.join(source, 'build');
const program = (name) => path.join(build, name);

const running = new Set();
const folders = new Set();

function start(name, args, stdio) {
  const child = spawn(program(name), args, { stdio });
  running.add(child);
  child.ended = new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', (error) => resolve({ code: 2, error: error.message }));
  }).then((how) => {
    running.delete(child);
    return how;
  });
  return child;
}

// Whatever happens, nothing of ours is left behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});
for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.on(signal, () => process.exit(status));
}

// Resolves with the match of the first line of stderr that fits; the rest is kept in child.log.
function waitFor(child, pattern, seconds) {
  child.log = [];
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${path.basename(child.spawnfile)}: ${why}\n${child.log.slice(-20).join('\n')}`));
    const timer = setTimeout(() => fail(`not ready in ${seconds} s`), seconds * 1000);
    let rest = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (data) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        child.log.push(line);
        if (child.log.length > 200) child.log.shift();
        const match = pattern.exec(line);
        if (match) resolve(match);
      }
    });
    child.ended.then(({ code, error }) => fail(error || `ended with ${code}`));
    child.ended.then(() => clearTimeout(timer));
  });
}

async function stop(child, seconds = 10) {
  const last = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  child.kill('SIGTERM');
  const how = await child.ended;
  clearTimeout(last);
  return how;
}

// Runs the load and gives what it told; `seconds` bounds it.
async function load(address, args, seconds) {
  const words = Object.entries(args).filter(([, value]) => value !== false).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
  const child = start('bench/load/load', [address, ...words], ['ignore', 'pipe', 'inherit']);
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (data) => { text += data; });
  const last = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  const how = await child.ended;
  clearTimeout(last);
  if (!text) throw new Error(`load told nothing (${how.error || how.signal || how.code}; ${seconds} s were allowed)`);
  return JSON.parse(text);
}

// The floor, on ports below the kernel's own range; tries again where some are taken.
async function startFloor(legs, perRoom, speakers) {
  for (let tries = 0; ; tries++) {
    const port = 30000 + Math.floor(Math.random() * (2700 - 2 * legs) / 2) * 2;
    const child = start('bench/floor/floor', [legs, perRoom, port, speakers].map(String), ['ignore', 'ignore', 'pipe']);
    try {
      await waitFor(child, /^ready/, 5);
      return { child, address: `127.0.0.1:${port}` };
    } catch (error) {
      if (tries === 10) throw error;
    }
  }
}

// An application's server that answers at once.
async function startHook() {
  const child = start('bench/hook/hook', [], ['ignore', 'pipe', 'pipe']);
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (data) => { text += data; });
  const [, port] = await waitFor(child, /^ready (\d+)/, 5);
  return { url: `http://127.0.0.1:${port}/event`, requests: async () => (await stop(child), JSON.parse(text).requests) };
}

// A static NCCO puts each caller into the conversation named after the number called.
function config(folder, rtp, hook) {
  const { publicKey } = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  fs.writeFileSync(path.join(folder, 'bench.pub'), publicKey);
  const ncco = JSON.stringify(JSON.stringify([{ action: 'conversation', name: '{to}' }]));
  return `
sip: { listen = [ "udp:127.0.0.1:0" ]; drain_seconds = 1; };
rtp: { address = "127.0.0.1"; ports = [ 10000, 29999 ]; ${Object.entries(rtp).map(([key, value]) => `${key} = ${value};`).join(' ')} };
http: { listen = "127.0.0.1:0"; };
store: { url = "sqlite:${folder}/offhook.db"; };
media: { sounds = "${source}/sounds"; recordings = "${folder}/recordings"; };
limits: { calls_per_second_per_source = 0; };
webhook: { allow = [ "127.0.0.0/8" ]; };
log: { level = "warning"; };
applications = ( { id = "7c9e6679-7425-40de-944b-e07fc1f90ae7"; name = "bench"; public_key = "${folder}/bench.pub";
                   voice: { ncco = ${ncco};${hook ? ` event_url = "${hook}";` : ''} };
                   numbers = [ "1555*" ]; } );
trunks = ( { name = "load"; proxy = "sip:127.0.0.1:5999;transport=udp"; prefixes = [ "" ]; allow = [ "127.0.0.0/8" ]; } );
`;
}

function scratch() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offhook-bench-'));
  folders.add(folder);
  return folder;
}

function writeConfig(rtp, folder = scratch(), hook = '') {
  const file = path.join(folder, 'offhook.conf');
  fs.writeFileSync(file, config(folder, rtp, hook));
  return file;
}

// Whether this offhookd knows such keys of `rtp`, as { name: text of the value }.
function understands(rtp) {
  return spawnSync(program('offhookd'), ['-t', '-c', writeConfig(rtp)], { stdio: 'ignore' }).status === 0;
}

async function startDaemon(rtp = {}, hook = '') {
  const folder = scratch();
  const child = start('offhookd', ['-c', writeConfig(rtp, folder, hook)], ['ignore', 'ignore', 'pipe']);
  const [, port] = await waitFor(child, /ready sip=\S*?udp:[^,\s]*:(\d+)/, 20);
  return { child, address: `127.0.0.1:${port}`, database: path.join(folder, 'offhook.db') };
}

module.exports = { load, startDaemon, startFloor, startHook, stop, understands };
