'use strict';
// webhooks.js: the small web server that every example has: paths to functions. A function gets
// the fields of the request (query and JSON body) and returns an NCCO, or nothing.

const http = require('node:http');

function read(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

// routes: { '/answer': async (fields) => ncco }. Resolves with { url }, where it serves: at PORT
// (0: any free one) of this machine.
function serve(routes) {
  const server = http.createServer(async (request, response) => {
    try {
      const url = new URL(request.url, 'http://x');
      const body = await read(request);
      const fields = { ...Object.fromEntries(url.searchParams), ...(body ? JSON.parse(body) : {}) };
      const route = routes[url.pathname];
      if (!route) return void response.writeHead(404).end();
      const ncco = await route(fields);
      if (!ncco) return void response.writeHead(204).end();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ncco));
    } catch (error) {
      console.error(`${request.url}: ${error.stack}`);
      response.writeHead(500).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}`;
      console.log(`serving at ${url}`);
      resolve({ url });
    });
  });
}

module.exports = { serve };
