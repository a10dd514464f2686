// An upload, streamed to storage. It runs, after npm ci --prefix tests/conformance.
import assert from 'node:assert';
import http from 'node:http';
import {createRequire} from 'node:module';
import {Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
const busboy = createRequire(new URL('../../tests/conformance/package.json', import.meta.url))('busboy');

const takeUpload = (openSink) => (request, response) => {
  const parser = busboy({headers: request.headers, limits: {fileSize: 1 << 20, files: 1}});
  const refuse = (error) => {                                        // or the client has left
    request.unpipe(parser).resume();
    parser.destroy();
    response.writeHead(413, {connection: 'close'}).end(error.message);
  };
  parser.on('file', (field, file) => {
    const key = crypto.randomUUID(), sink = openSink(key);           // ours, not the client's
    file.on('limit', () => sink.destroy(new Error('too large')));    // aborts what is stored
    request.on('error', (gone) => sink.destroy(gone));
    pipeline(file, sink).then(() => response.writeHead(201).end(key), refuse);
  });                                                                // slow? the client waits
  parser.on('error', () => {});                                      // then the file fails, too
  request.pipe(parser);
};

const objects = new Map();
const openSink = (key, chunks = []) => new Writable({
  write(chunk, encoding, done) { chunks.push(chunk); setImmediate(done); },
  final(done) { objects.set(key, Buffer.concat(chunks)); done(); },
});
const server = http.createServer(takeUpload(openSink)).listen(0, '127.0.0.1', async () => {
  const send = (body) => fetch(`http://127.0.0.1:${server.address().port}/`, {method: 'POST', body});
  const form = (size) => { const made = new FormData(); made.set('f', new Blob(['x'.repeat(size)]), 'a'); return made; };
  assert.equal(objects.get(await (await send(form(9999))).text()).length, 9999);
  assert.equal((await send(form((1 << 20) + 1))).status, 413);
  assert.equal(server.close() && objects.size, 1);
});
