'use strict';
// jwt.js: key pairs and tokens, the good and the bad.

const crypto = require('node:crypto');

const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function keyPair(bits = 2048) {
  return crypto.generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function claims(application, more = {}) {
  const all = {
    application_id: application, iat: Math.floor(Date.now() / 1000), jti: crypto.randomUUID(), ...more,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

// alg: RS256 with a private key, HS256 with a secret, or none.
function sign(payload, key, alg = 'RS256', header = {}) {
  const text = `${b64({ alg, typ: 'JWT', ...header })}.${b64(payload)}`;
  if (alg === 'none') return `${text}.`;
  const signature = alg === 'HS256'
    ? crypto.createHmac('sha256', key).update(text).digest()
    : crypto.sign('RSA-SHA256', Buffer.from(text), key);
  return `${text}.${signature.toString('base64url')}`;
}

const token = (application, key, more) => sign(claims(application, more), key);

module.exports = { b64, claims, keyPair, sign, token };
