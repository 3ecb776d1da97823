'use strict';
// kamailio.js: Debian's Kamailio as a carrier on loopback: its customers register and are asked for
// their password, calls to numbers of a customer go to where he has registered, all others to
// the exchange behind it.

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { ended, lines, over, owned, until } = require('./wait');
const { folder, freePort } = require('./place');

const realm = 'carrier.test';

const families = new Set();
process.on('exit', () => {
  for (const { child } of families) {
    if (child && !over(child)) process.kill(-child.pid, 'SIGKILL');
  }
});

// refuse: answers every INVITE of a customer with this status instead.
// lasts: [s] a registration is granted for. algorithm: MD5 or SHA-256.
function config({ port, folder: at, username, password, number, exchange, refuse, lasts, algorithm }) {
  const modules = '/usr/lib/x86_64-linux-gnu/kamailio/modules/';
  return `#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
disable_tcp=no
auto_aliases=no
dns=no
rev_dns=no
server_header="Server: carrier"
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
mpath="${modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", ${lasts})
modparam("registrar", "min_expires", 1)
modparam("registrar", "default_expires", ${lasts})
modparam("auth", "algorithm", "${algorithm}")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  if (is_method("ACK")) { exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${realm}", "${password}", "0") || $au != "${username}") {
      www_challenge("${realm}", "1");
      exit;
    }
    consume_credentials();
    save("location");
    xlog("L_WARN", "carrier: registered $tU expires $hdr(Expires) $(ct{s.substr,0,200})\\n");
    exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  record_route();
  if ($rU == "${number}" && $si == "127.0.0.1" && $sp == ${exchange.split(':')[1]}) {
    $var(number) = $rU;
    $ru = "sip:${username}@127.0.0.1";
    if (!lookup("location")) { sl_send_reply("480", "Not registered"); exit; }
    $rU = $var(number);
    t_relay();
    exit;
  }
  ${refuse ? `sl_send_reply("${refuse}", "As the test has it"); exit;` : ''}
  if (!pv_proxy_authenticate("${realm}", "${password}", "0") || $au != "${username}") {
    xlog("L_WARN", "carrier: asks who $fU is\\n");
    proxy_challenge("${realm}", "1");
    exit;
  }
  xlog("L_WARN", "carrier: call of $au from $fU@$fd to $rU pai=$hdr(P-Asserted-Identity)\\n");
  consume_credentials();
  $du = "sip:${exchange}";
  t_relay();
}
`;
}

class Kamailio {
  // exchange: ADDRESS:PORT of the phones behind it; number: the customer's.
  constructor({ exchange, number, username = 'customer', password = 'open sesame', refuse = 0, lasts = 3600, algorithm = 'MD5' }) {
    families.add(this);
    Object.assign(this, { exchange, number, username, password, refuse, lasts, algorithm });
    this.log = [];
    this.folder = folder();
  }

  async start() {
    this.port = this.port || await freePort();
    const file = path.join(this.folder, 'kamailio.cfg');
    fs.writeFileSync(file, config(this));
    this.child = owned(spawn('kamailio', ['-f', file, '-DD', '-E', '-m', '32', '-M', '4', '-Y', this.folder, '-P', path.join(this.folder, 'pid'), '-w', this.folder],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true }), () => this.log.slice(-30).join('\n'));
    lines(this.child.stderr, (line) => this.log.push(line));
    await until(() => over(this.child) || fs.existsSync(path.join(this.folder, 'pid')), () => `Kamailio to be up\n${this.log.join('\n')}`);
    if (over(this.child)) throw new Error(`Kamailio ended at once:\n${this.log.join('\n')}`);
    return this;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  // Lines that it wrote of this, as texts behind "carrier: ".
  told(pattern) {
    return this.log.map((line) => (/carrier: (.*)$/.exec(line) || [])[1]).filter((text) => text && pattern.test(text));
  }

  async stop(signal = 'SIGTERM') {
    if (!this.child || over(this.child)) return;
    process.kill(-this.child.pid, signal); // it is a family of processes
    await ended(this.child);
    fs.rmSync(path.join(this.folder, 'pid'), { force: true });
  }
}

module.exports = { Kamailio, realm };
