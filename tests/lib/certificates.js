'use strict';
// certificates.js: an authority of the test's own, and what it signs, by the openssl command.

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { folder } = require('./place');

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

class Authority {
  constructor(name = 'test authority') {
    this.folder = folder();
    this.count = 0;
    this.ca = path.join(this.folder, 'ca.pem');
    this.key = path.join(this.folder, 'ca.key');
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
      '-subj', `/CN=${name}`, '-keyout', this.key, '-out', this.ca);
  }

  // Files of a certificate for those names: "DNS:localhost", "IP:127.0.0.1". days: how long it is
  // good from now on; less than 0: it was.
  issue(names = ['IP:127.0.0.1', 'DNS:localhost'], { days = 20 } = {}) {
    const at = (end) => path.join(this.folder, `${this.count}.${end}`);
    this.count++;
    const made = { certificate: at('pem'), key: at('key'), both: at('both'), ca: this.ca };
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=test',
      '-keyout', made.key, '-out', at('csr'));
    fs.writeFileSync(at('ext'), `subjectAltName=${names.join(',')}\n`);
    openssl('x509', '-req', '-in', at('csr'), '-CA', this.ca, '-CAkey', this.key, '-CAcreateserial', '-days', String(days),
      '-extfile', at('ext'), '-out', made.certificate);
    fs.writeFileSync(made.both, fs.readFileSync(made.certificate) + fs.readFileSync(made.key));
    return made;
  }
}

module.exports = { Authority };
