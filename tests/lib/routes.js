'use strict';
// routes.js: the operations of the API, read from fixtures/routes.csv, and what they have in
// common: the version of a path, the family of its errors, how its lists are paged.

const fs = require('node:fs');
const path = require('node:path');
const { source } = require('./place');

// The fields of a line of CSV; a field in quotes may hold commas.
function fields(line) {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) => m[1].replace(/^"|"$/g, '').replaceAll('""', '"'));
}

function table(name) {
  const [head, ...rows] = fs.readFileSync(path.join(source, 'tests/fixtures', name), 'utf8').trim().split('\n').map(fields);
  return rows.map((row) => Object.fromEntries(head.map((column, i) => [column, row[i]])));
}

// Speech recognition, WebRTC, the second Voice API and the Media API are not served.
const leftOut = (at) => /\/asr\b|\/rtc\b|^\/v2\/calls|^\/v3\/media/.test(at);

// Any name of a parameter is as good as another.
const plain = (at) => at.replace(/\{[^}]*\}/g, '{}');

function route({ method, path: at, auth, success_status: status }) {
  const [, version, rest] = /^\/(beta2?|v\d(?:\.\d)?)(\/.*)$/.exec(at) || [null, '', at];
  return {
    method, path: at, auth, version, status: Number(status), name: `${method} ${at}`,
    key: `${method} ${rest}`, // into the table of inputs
    listed: `${method} ${plain(at)}`, // to find it in another document
    family: family(at, version),
  };
}

function family(at, version) {
  if (/^\/(v1\/calls|v[13]\/files)\b/.test(at)) return 'voice';
  if (/^\/(v2\/applications|number|account)\b/.test(at)) return 'application';
  return { beta: 'beta', 'v0.1': 'beta', beta2: 'beta', 'v0.2': 'beta', 'v0.3': 'v1', v1: 'v1' }[version] || 'none';
}

// How a list is paged: by record_index, cursor or page, or not at all.
function paging({ method, key, version }) {
  if (method !== 'GET' || key === 'GET /events') return null;
  const old = version === 'beta' || version === 'v0.1';
  if (/\/(legs|calls)$/.test(key)) return 'record_index';
  if (key === 'GET /applications') return 'page';
  if (key === 'GET /webhooks/dead') return 'cursor';
  if (key === 'GET /conversations') return old ? 'record_index' : 'cursor';
  if (/\/users\/\{user_id\}\/conversations$/.test(key)) return /^v(0\.3|1)$/.test(version) ? 'cursor' : null;
  if (/\/(users|members|events)$/.test(key)) return old ? null : 'cursor';
  return null;
}

const rows = table('routes.csv');
const served = rows.filter((row) => !leftOut(row.path)).map(route);

// Of a leg's media both verbs are served in every version, though each version names one.
const twins = served.filter((r) => /\/legs\/\{leg_id\}\/(recording|stream|talk|dtmf)$/.test(r.path) && r.method !== 'DELETE')
  .map((r) => route({ method: r.method === 'PUT' ? 'POST' : 'PUT', path: r.path, auth: r.auth, success_status: r.status }));

// What offhook serves beside the API.
const own = [
  ['GET', '/v1/events', 'jwt', 200], ['GET', '/v1/webhooks/dead', 'jwt', 200], ['GET', '/v1/webhooks/dead/{id}', 'jwt', 200],
  ['POST', '/v1/webhooks/dead/{id}/replay', 'jwt', 202], ['DELETE', '/v1/webhooks/dead/{id}', 'jwt', 204], ['POST', '/v1/webhooks/give-up', 'jwt', 200],
  ['GET', '/v1/calls/{uuid}/quality', 'jwt', 200],
  ['GET', '/v1/registrations', 'jwt', 200],
  ['GET', '/v1/trunks', 'basic', 200], ['GET', '/v1/trunks/{name}', 'basic', 200], ['POST', '/v1/trunks/{name}/check', 'basic', 200],
  ['GET', '/account/numbers', 'basic', 200], ['GET', '/healthz', 'none', 200], ['GET', '/readyz', 'none', 200],
  ['GET', '/metrics', 'none', 200], ['GET', '/openapi.json', 'none', 200],
].map(([method, at, auth, status]) => route({ method, path: at, auth, success_status: status }));

module.exports = { leftOut, own, paging, plain, served, twins };
