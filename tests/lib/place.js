'use strict';
// place.js: where things are, folders to throw away, and free ports.

const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const source = process.env.OFFHOOK_SOURCE || path.resolve(__dirname, '../..');
const build = process.env.OFFHOOK_BUILD || path.join(source, 'build');

const program = (name) => path.join(build, name);

const folders = [];
function folder() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'offhook-test-'));
  folders.push(made);
  return made;
}
process.on('exit', () => {
  if (process.env.OFFHOOK_KEEP) return;
  for (const made of folders) fs.rmSync(made, { recursive: true, force: true });
});

// A port free for both UDP and TCP a moment ago, below the kernel's own range, so that no
// other program is given it in between. Only for peers that cannot choose one themselves.
async function freePort(span = 1) {
  for (let tries = 0; tries < 200; tries++) {
    const port = 4000 + Math.floor(Math.random() * 3000) * 2;
    let free = true;
    for (let i = 0; free && i < span; i++) free = (await udpFree(port + i)) && (await tcpFree(port + i));
    if (free) return port;
  }
  throw new Error('no free port');
}

function udpFree(port) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function tcpFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

module.exports = { build, folder, freePort, program, source, tcpFree, udpFree };
