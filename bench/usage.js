'use strict';
// usage.js: what a process and the machine used so far.

const fs = require('node:fs');

// CPU of each thread so far [us], by the thread's name; those of one name together.
function used(pid) {
  const names = {};
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = fs.readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim();
      const ns = Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
      const known = task === String(pid) ? 'control' : name;
      names[known] = (names[known] || 0) + ns / 1000;
    } catch {} // ended meanwhile
  }
  return names;
}

// What the hypervisor gave to others so far [ms], all cores.
function stolen() {
  return Number(fs.readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].split(/\s+/)[8]) * 10;
}

// Resident memory [MiB]: now, and at most.
function memory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name) => Number((new RegExp(`${name}:\\s+(\\d+)`).exec(status) || [])[1]);
  return { now: Math.round(kib('VmRSS') / 1024), most: Math.round(kib('VmHWM') / 1024) };
}

// How large an SQLite database is [KiB]: as the last commit in its write-ahead log says, or else its file.
function database(file) {
  const log = fs.existsSync(`${file}-wal`) ? fs.readFileSync(`${file}-wal`) : Buffer.alloc(0);
  const page = log.length >= 32 ? log.readUInt32BE(8) : 0;
  let pages = 0;
  for (let at = 32; page && at + 24 + page <= log.length; at += 24 + page) {
    const ours = log.readUInt32BE(at + 8) === log.readUInt32BE(16); // frames of an older round have another salt
    if (!ours) break;
    pages = log.readUInt32BE(at + 4) || pages; // 0: no commit
  }
  return pages ? pages * page / 1024 : fs.statSync(file).size / 1024;
}

module.exports = { database, memory, stolen, used };
