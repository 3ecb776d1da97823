'use strict';
// net-space.js: networks of a test's own: namespaces of Linux, with NATs between them. A namespace
// has no name and lives as long as the process that holds it, so nothing of it outlives a test.
// Needs util-linux, iproute2 and iptables, and root or user namespaces.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { over, owned, until } = require('./wait');

const inside = 'OFFHOOK_NET_SPACE';

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ? error.message : stderr}`);
  return stdout;
}

const words = (text) => text.trim().split(/\s+/);

// Runs the rest of this program in a network namespace of its own, where there is nothing but
// loopback. Called first; returns only there.
function enter() {
  if (process.env[inside]) {
    run('ip', words('link set lo up'));
    return;
  }
  const root = process.getuid() === 0 ? [] : ['--map-root-user', '--user'];
  const { status, error } = spawnSync('unshare', [...root, '--net', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [inside]: '1' } });
  if (error) throw error;
  process.exit(status === null ? 1 : status);
}

class NetSpace {
  async start() {
    const own = fs.readlinkSync('/proc/self/ns/net');
    this.child = owned(spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' }));
    await until(() => over(this.child) || this.space() !== own, 'a network namespace');
    this.ip('link set lo up');
    return this;
  }

  space() {
    try {
      return fs.readlinkSync(`/proc/${this.child.pid}/ns/net`);
    } catch {
      return fs.readlinkSync('/proc/self/ns/net'); // not there yet
    }
  }

  // The beginning of a command line that runs there.
  get prefix() {
    return ['nsenter', `--target=${this.child.pid}`, '--net'];
  }

  run(command) {
    const [first, ...rest] = [...this.prefix, ...(Array.isArray(command) ? command : words(command))];
    return run(first, rest);
  }

  ip(command) {
    return this.run(`ip ${command}`);
  }

  stop() {
    if (this.child && !over(this.child)) this.child.kill('SIGKILL');
  }
}

// Commands here, in the namespace of the program.
const here = { ip: (command) => run('ip', words(command)), run: (command) => run(words(command)[0], words(command).slice(1)) };

// A cable from this namespace to another: [name, address/bits] at each end; other end NetSpace.
function cable(from, [near, nearAddress], to, [far, farAddress]) {
  from.ip(`link add ${near} type veth peer name ${far}`);
  from.ip(`link set ${far} netns ${to.child.pid}`);
  from.ip(`addr add ${nearAddress} dev ${near}`);
  from.ip(`link set ${near} up`);
  to.ip(`addr add ${farAddress} dev ${far}`);
  to.ip(`link set ${far} up`);
}

// A router that hides a network, behind the address of its interface `outer`, by ports of its own
// choice. Who sends to addresses of that network from outside sends into the void.
function hide(router, outer, network) {
  router.run(`iptables -t raw -A PREROUTING -i ${outer} -d ${network} -j DROP`);
  router.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  router.run(`iptables -t nat -A POSTROUTING -o ${outer} -p udp -j MASQUERADE --random-fully`);
  router.run(`iptables -t nat -A POSTROUTING -o ${outer} -j MASQUERADE`);
}

// A router with one address outside, all of which is led to one host inside: a static NAT.
function lead(router, outer, outside, inside) {
  router.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  router.run(`iptables -t nat -A PREROUTING -i ${outer} -j DNAT --to-destination ${inside}`);
  router.run(`iptables -t nat -A POSTROUTING -o ${outer} -s ${inside} -j SNAT --to-source ${outside}`);
}

module.exports = { NetSpace, cable, enter, here, hide, lead };
