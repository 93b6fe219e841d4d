'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { Board } = require('../board.js');
const { server } = require('../server.js');

test('the newest message comes first, and old ones go', () => {
  const board = new Board(2);
  for (const text of ['one', 'two', 'three']) board.post('me', text);
  assert.deepStrictEqual(board.messages.map(message => message.text), ['three', 'two']);
});

test('a message without text is refused', () => {
  assert.throws(() => new Board().post('me', ''), TypeError);
});

test('what is posted is served', async () => {
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${server.address().port}/messages`;
  const posted = await fetch(address, { method: 'POST', body: JSON.stringify({ author: 'me', text: 'hello' }) });
  assert.strictEqual(posted.status, 201);
  assert.deepStrictEqual(await (await fetch(address)).json(), [{ author: 'me', text: 'hello' }]);
  server.closeAllConnections();
  await new Promise(done => server.close(done));
});
