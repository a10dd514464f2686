// On the whiteboard: a graceful shutdown. Unready, wait, drain, and a deadline.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';

let ready = true;
const server = createServer(async (request, reply) => {
  if (request.url === '/ready') return reply.writeHead(ready ? 200 : 503).end();
  await sleep(100); // some work
  reply.end('done');
});

process.once('SIGTERM', async () => {
  ready = false;                                     // 1. the balancer should forget us,
  setTimeout(() => process.exit(1), 10_000).unref(); // 4. before the platform's SIGKILL
  await sleep(150);                                  // 2. and it takes a while until it has
  server.close();                                    // 3. finish what is under way
  server.closeIdleConnections();
});

// Try it: a request is under way, SIGTERM comes, and a balancer that is late sends another.
await once(server.listen(0, '127.0.0.1'), 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
const status = async (path) => (await fetch(url + path, {headers: {connection: 'close'}})).status;
assert.equal(await status('/ready'), 200);
const underWay = status('/work');
process.emit('SIGTERM');
assert.equal(await status('/ready'), 503);
assert.deepEqual(await Promise.all([underWay, status('/work')]), [200, 200]);
await once(server, 'close');
await assert.rejects(status('/work'), 'nobody listens any more');
