'use strict';
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Board } = require('./board.js');

const folder = join(__dirname, 'dist');
const assets = JSON.parse(readFileSync(join(folder, 'assets.json'), 'utf8'));
const types = { css: 'text/css', js: 'text/javascript' };
const board = new Board();

const page = `<!doctype html><title>Board</title><link rel=stylesheet href="/${assets['style.css']}">` +
  `<script type=module src="/${assets['client.js']}"></script><main id=board></main>`;

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

async function answer(request, response) {
  const path = request.url.slice(1);
  if (request.method === 'POST' && path === 'messages') {
    let body = '';
    for await (const part of request) body += part;
    const { author, text } = JSON.parse(body);
    board.post(author, text);
    return send(response, 201, 'application/json', '{}');
  }
  if (path === 'messages') return send(response, 200, 'application/json', JSON.stringify(board.messages));
  if (path === 'health') return send(response, 200, 'text/plain', 'ok\n');
  if (path === '') return send(response, 200, 'text/html', page);
  if (Object.values(assets).includes(path)) {
    return send(response, 200, types[path.split('.').pop()], readFileSync(join(folder, path)));
  }
  send(response, 404, 'text/plain', 'not found\n');
}

const server = createServer((request, response) => {
  answer(request, response).catch(error => send(response, 400, 'text/plain', `${error.message}\n`));
});

if (require.main === module) {
  server.listen(Number(process.env.PORT ?? 3000));
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
}

module.exports = { server };
