'use strict';
// steps.js: the measurements of bench/run, one function each. `all` names them in their order.

const { load, startDaemon, startFloor, startHook, stop, understands } = require('./stage');
const { expect, median, row, spread, tell } = require('./table');
const { database } = require('./usage');

const number = '1555%d'; // a room's number is part of the number called
const shared = { 'rtp-port': 31000 };
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const missing = (run) => run.lost + run.short;
const share = (run) => missing(run) / Math.max(1, run.packets + missing(run));
const LATE = 500; // [ms] that the load may be, for anything to be said of what it did
const HELD = { share: 0.001, gap: 60 }; // a load holds up to so much lost, and so long between packets [ms]

// Of a load that was not there for half a second nobody can tell what it should have heard.
function heard(run, what) {
  if (run.load_late_ms[1] > LATE) {
    row(`  (${what}: not judged, the load was up to ${run.load_late_ms[1]} ms late)`, '');
    return;
  }
  expect(run.up === run.legs && run.failed === 0, `${what}: ${run.failed} of ${run.legs} calls failed (${run.last_failure})`);
  expect(run.legs_wrong === 0, `${what}: ${run.legs_wrong} legs did not hear what they should`);
}

// Two daemons: `mixed` mixes whatever there is, `straight` is as it comes. A daemon that knows no
// other way has only the first.
class Bench {
  constructor(quick) {
    this.quick = quick;
    this.seconds = quick ? 3 : 6;
    this.times = quick ? 1 : 3;
    this.warmup = quick ? 1 : 2;
  }

  async start() {
    const forced = understands({ straight: 'false' });
    this.mixed = await startDaemon(forced ? { straight: 'false' } : {});
    this.straight = forced ? await startDaemon() : null;
  }

  // True: all ended well.
  async stop() {
    for (const daemon of [this.mixed, this.straight].filter(Boolean)) {
      const { code, signal } = await stop(daemon.child, 20);
      expect(code === 0, `offhookd ended with ${signal || code}`);
    }
  }

  rooms(daemon, legs, perRoom, more = {}) {
    const rate = this.quick || legs > 400 ? 200 : 100;
    const args = { to: number, legs, 'per-room': perRoom, seconds: this.seconds, warmup: this.warmup, rate, pid: daemon.child.pid, ...shared, ...more };
    return load(daemon.address, args, args.seconds + args.warmup + legs / rate + 90);
  }

  async floor(legs, perRoom, speakers = 0) {
    const floor = await startFloor(legs, perRoom, speakers || perRoom);
    const args = {
      plain: true, legs, 'per-room': perRoom, speakers, seconds: this.seconds, warmup: 1, rate: 400, pid: floor.child.pid, ...shared,
    };
    const run = await load(floor.address, args, args.seconds + 60);
    await stop(floor.child);
    tell('floor', run);
    return run;
  }

  // The floor and the daemons by turns, so that a machine that is busy now and idle then
  // disturbs all alike. Gives what each daemon used, against the floor.
  async ratios(what, daemons, legs, perRoom, speakers, times) {
    const found = daemons.map(() => []);
    const floors = [];
    for (let i = 0; i < times; i++) {
      const floor = await this.floor(legs, perRoom, speakers);
      floors.push(floor.cpu_percent_per_leg);
      for (const [n, daemon] of daemons.entries()) {
        const run = await this.rooms(daemon, legs, perRoom, { speakers });
        const ratio = run.cpu_percent_per_leg / floor.cpu_percent_per_leg;
        tell(what, { straight: daemon === this.straight, ratio: Number(ratio.toFixed(3)), ...run });
        heard(run, what);
        found[n].push({ ratio, cpu: run.cpu_percent_per_leg });
      }
    }
    row(`${what}: floor, CPU a leg`, spread(floors, 4, ' %'));
    return found;
  }
}

function tellRatio(found, name, goal) {
  row(`  ${name}, CPU a leg`, spread(found.map(({ cpu }) => cpu), 4, ' %'));
  row('  ratio', spread(found.map(({ ratio }) => ratio), 2), `at most ${goal}`);
}

async function pairs(bench) {
  const daemons = [bench.mixed, bench.straight].filter(Boolean);
  const [mixed, straight] = await bench.ratios('200 legs, rooms of 2', daemons, 200, 2, 0, bench.times);
  tellRatio(mixed, 'offhookd, mixed', 1.8);
  if (straight) tellRatio(straight, 'offhookd, straight', 1.5);
}

async function tens(bench) {
  const [found] = await bench.ratios('200 legs, rooms of 10', [bench.mixed], 200, 10, 0, bench.quick ? 1 : 2);
  tellRatio(found, 'offhookd', 1.8);
}

async function hall(bench) {
  const [found] = await bench.ratios('200 legs in one room, 3 speak', [bench.mixed], 200, 200, 3, bench.quick ? 1 : 2);
  tellRatio(found, 'offhookd', 1.7);
}

// Others use the machine, too: the better one of some tries counts.
async function best(tries, good, run) {
  let found;
  for (let i = 0; i < tries && (!found || !good(found)); i++) {
    const next = await run();
    if (!found || missing(next) < missing(found)) found = next;
  }
  return found;
}

const holds = (run) => run.load_late_ms[1] <= LATE && run.failed === 0 && run.up === run.legs && share(run) <= HELD.share && run.gap_ms[1] < HELD.gap;

function tellQuality(run) {
  row('  lost, short packets', `${run.lost}, ${run.short} of ${run.packets}`, 'at most 0.1 %');
  row('  time between packets p50, p99, max', `${run.gap_ms.join(', ')} ms`, `p99 below ${HELD.gap}`);
  row('  CPU a leg', `${run.cpu_percent_per_leg.toFixed(4)} %`);
  if (run.load_late_ms[1] > 100) row(`  (the load itself was up to ${run.load_late_ms[1]} ms late: a busy machine)`, '');
}

async function room20(bench) {
  const run = await bench.rooms(bench.mixed, 20, 20);
  tell('room20', run);
  heard(run, 'room of 20');
  row('one room of 20, all speak: legs that heard wrong', `${run.legs_wrong}`, '0');
  row('  lost, short packets', `${run.lost}, ${run.short} of ${run.packets}`);
}

async function thousand(bench) {
  const run = await best(bench.quick ? 1 : 2, holds, () => bench.rooms(bench.mixed, 1000, 1000, { speakers: 5 }));
  tell('thousand', run);
  heard(run, 'one room of 1,000');
  row('one room of 1,000, 5 speak: legs that heard wrong', `${run.legs_wrong}`, '0');
  tellQuality(run);
}

// Packets missing at 400 legs, in each of three tries, are wrong whatever the machine does.
async function legs400(bench) {
  const run = await best(3, (one) => missing(one) === 0, () => bench.rooms(bench.mixed, 400, 2));
  tell('legs400', run);
  heard(run, '400 legs');
  expect(missing(run) === 0, `400 legs: ${run.lost} packets lost, ${run.short} short`);
  row('400 legs, rooms of 2: lost, short packets', `${run.lost}, ${run.short} of ${run.packets}`, '0, 0');
  row('  time between packets p50, p99, max', `${run.gap_ms.join(', ')} ms`);
}

// From 1,400 legs up or down by 200. Beyond what the machine holds calls are refused and sound is late:
// that is no fault; sound that is wrong in a load that holds is.
async function largest(bench) {
  const daemon = bench.straight || bench.mixed;
  const step = 200;
  let top;
  const hold = async (legs) => {
    const run = await best(2, holds, () => bench.rooms(daemon, legs, 2));
    tell('largest', { holds: holds(run), ...run });
    if (!holds(run)) return false;
    expect(run.legs_wrong === 0, `${legs} legs: ${run.legs_wrong} did not hear what they should`);
    if (!top || run.legs > top.legs) top = run;
    return true;
  };
  if (bench.quick) {
    await hold(600);
  } else if (await hold(1400)) {
    for (let legs = 1400 + step; legs <= 2400 && await hold(legs);) legs += step;
  } else {
    for (let legs = 1400 - step; legs > 0 && !(await hold(legs));) legs -= step;
  }
  row('the most legs in rooms of 2 that hold beside the load', top ? `${top.legs}` : 'none of those tried', bench.quick ? 'tried: 600' : 'at least 1400');
  if (top) tellQuality(top);
}

async function delay(bench) {
  for (const [daemon, name, goal] of [[bench.mixed, 'mixed', 'at most 11, 21'], [bench.straight, 'straight', 'p99 at most 0.5']]) {
    if (!daemon) continue;
    const run = await bench.rooms(daemon, 100, 2, { delay: true, seconds: bench.quick ? 4 : 12 });
    tell('delay', { straight: daemon === bench.straight, ...run });
    heard(run, `delay, ${name}`);
    row(`100 legs, ${name}: added delay p50, p99, max`, `${run.delay_ms.join(', ')} ms`, goal);
  }
}

// What legs take that come when others are up for long enough that their INVITE transactions are
// over, which the SIP stack keeps for 32 s: so many new ones use the memory of so many old ones.
// The rows of a call are cached until the database's cache is full, which is no leg's: that is
// taken off, and told. Calls come slowly, so that few are half-way at a time.
async function memory(bench) {
  const daemon = await startDaemon();
  const legs = bench.quick ? 200 : 500;
  const before = bench.quick ? 4 : 38; // [s]
  const calls = bench.quick ? 100 : 50;
  const first = bench.rooms(daemon, legs, 2, { rate: calls, seconds: before + legs / calls + 15 });
  await pause(legs / calls + before);
  const cached = database(daemon.database);
  const coming = bench.rooms(daemon, legs, 2, { rate: calls, to: '155500%d', seconds: 3, warmup: 2, 'rtp-port': 38000 });
  await pause(legs / calls + 3.5); // all are up, none hung up
  const cache = (database(daemon.database) - cached) / legs;
  const second = await coming;
  const old = await first;
  tell('memory', { cache_kib_per_leg: Number(cache.toFixed(1)), ...second });
  heard(old, 'memory, first legs');
  heard(second, 'memory, second legs');
  await stop(daemon.child);
  row(`memory a leg, of ${legs} beside ${legs}`, `${(second.rss_kib_per_leg - cache).toFixed(1)} KiB`, bench.quick ? 'full bench: at most 32' : 'at most 32');
  row("  and in the database's cache, until that is full", `${cache.toFixed(1)} KiB`);
  row('  without legs, with the first, with all', `${old.rss_kib[0]}, ${second.rss_kib[0]}, ${second.rss_kib[1]} KiB`);
}

// What one more listener of the same mix costs, in Opus and in G.711. Listeners send nothing, so
// nothing of theirs is decoded. All are in one part of the conversation: else 200 with Opus would be
// in two and 20 in one, and the second part's own mix and encoding would be told as theirs.
async function opus(bench) {
  if (!understands({ codecs: '[ "opus", "PCMU" ]' })) {
    row('listeners of one mix in Opus', 'this offhookd has no Opus');
    return;
  }
  const whole = understands({ part_limit: '100000' }) ? { part_limit: '100000' } : {};
  const daemon = await startDaemon({ codecs: '[ "opus", "PCMU" ]', ...whole });
  const [few, many] = [20, 200];
  const found = { pcmu: [], opus: [] };
  for (let i = 0; i < (bench.quick ? 1 : 2); i++) {
    for (const codec of Object.keys(found)) {
      const used = {};
      for (const legs of [few, many]) {
        const run = await bench.rooms(daemon, legs, legs, { speakers: 2, quiet: true, opus: codec === 'opus' });
        tell('listeners', { codec, ...run });
        heard(run, `${codec} listeners`);
        used[legs] = run.cpu_percent_per_leg * legs;
      }
      found[codec].push((used[many] - used[few]) / (many - few));
    }
  }
  await stop(daemon.child);
  row('one more listener of one mix: G.711, CPU', spread(found.pcmu, 4, ' %'));
  row('  Opus, CPU', spread(found.opus, 4, ' %'));
  row('  ratio', `${(median(found.opus) / median(found.pcmu)).toFixed(2)}`, 'at most 1.2');
}

async function setup(daemon, calls, rate) {
  const args = { setup: true, to: number, calls, rate, pid: daemon.child.pid, ...shared };
  return load(daemon.address, args, calls / rate + 90);
}

async function rate(bench) {
  const run = await setup(bench.mixed, bench.quick ? 1500 : 5000, 500);
  tell('rate', run);
  expect(run.failed === 0, `500 calls a second: ${run.failed} of ${run.calls} failed (${run.last_failure})`);
  row('500 calls a second: failed', `${run.failed} of ${run.calls}`, '0');
  row('  set-up p50, p99, max', `${run.setup_ms.join(', ')} ms`);
  row('  CPU a call', `${run.cpu_ms_per_call} ms`);
  row('  sent again (RFC 3261 timers)', `${run.retransmitted}`);
}

// The same with webhooks: five events of each call to a server that answers at once. All that were
// emitted must have come.
async function hooks(bench) {
  for (const [perSecond, calls] of bench.quick ? [[300, 1500]] : [[500, 10000], [1500, 30000]]) {
    const hook = await startHook();
    const daemon = await startDaemon({}, hook.url);
    const run = await setup(daemon, calls, perSecond);
    await pause(2);
    await stop(daemon.child, 20);
    const told = await hook.requests();
    tell('hooks', { told, ...run });
    expect(run.failed <= calls / 1000, `${perSecond} calls a second with webhooks: ${run.failed} of ${calls} failed (${run.last_failure})`);
    expect(told === 5 * (calls - run.failed) || run.failed, `${perSecond} calls a second: ${told} webhooks instead of ${5 * calls}`);
    row(`${perSecond} calls a second with webhooks: failed`, `${run.failed} of ${calls}`, 'at most 0.1 %');
    row('  set-up p50, p99, max', `${run.setup_ms.join(', ')} ms`, perSecond === 500 ? 'p99 at most 20' : '');
    row('  CPU a call', `${run.cpu_ms_per_call} ms`, 'at most 0.8');
    row('  calls a second that were begun', `${run.rate_kept}`);
  }
}

// Memory may still settle in the first half; what grows in the second is a leak.
async function leak(bench) {
  const run = await setup(bench.mixed, bench.quick ? 3000 : 50000, 500);
  const half = run.rss_kib[5];
  const last = run.rss_kib[10];
  tell('leak', run);
  expect(run.failed === 0, `${run.calls} calls: ${run.failed} failed (${run.last_failure})`);
  expect(bench.quick || last - half <= Math.max(2048, half * 0.05), `${run.calls} calls: memory grew from ${half} to ${last} KiB in the second half`);
  row(`${run.calls} calls: failed`, `${run.failed}`, '0');
  row('  resident memory before, half-way, after', `${run.rss_kib[0]}, ${half}, ${last} KiB`, bench.quick ? 'flat after 32 s' : 'flat');
  row('  set-up p50, p99, max', `${run.setup_ms.join(', ')} ms`);
}

const all = { pairs, tens, hall, room20, thousand, legs400, largest, delay, memory, opus, rate, hooks, leak };
const quickly = Object.keys(all).filter((name) => name !== 'legs400' && name !== 'room20'); // others ask more

module.exports = { Bench, all, quickly };
