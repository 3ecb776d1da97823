'use strict';
// rest.js: asking the REST API, and noting when the answer was there.

const http = require('node:http');
const { within } = require('./wait');

// base: "http://127.0.0.1:8080". Resolves with { status, headers, text, body, asked, answered }
// (times: wall, ms); body is the parsed JSON, if it is any. Without an agent each request has
// a connection of its own. No answer within timeout [ms] is an error.
function ask(base, method, path, { token, body, raw, headers = {}, agent = false, timeout = 20000 } = {}) {
  const payload = raw !== undefined ? raw : body === undefined ? undefined : JSON.stringify(body);
  const url = new URL(path, base);
  let request;
  const answer = new Promise((resolve, reject) => {
    const asked = Date.now();
    request = http.request(url, {
      method,
      agent,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      },
    }, (response) => {
      const answered = Date.now();
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        let parsed;
        try {
          parsed = JSON.parse(text);
        } catch {
          parsed = undefined;
        }
        resolve({ status: response.statusCode, headers: response.headers, text, body: parsed, asked, answered });
      });
    });
    request.on('error', reject);
    request.end(payload);
  });
  return within(answer, `the answer to ${method} ${url}`, timeout).catch((error) => {
    request.destroy();
    throw error;
  });
}

module.exports = { ask };
