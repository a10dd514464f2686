// On the whiteboard: a primary that replaces workers, but does not restart for ever.
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import http from 'node:http';

if (cluster.isPrimary) await primary();
else http.createServer((request, response) => response.end(`${process.pid}`)).listen(0, '127.0.0.1');

async function primary() {
  let failures = 0; // in a row
  const start = () => {
    const startedAt = Date.now();
    cluster.fork().on('exit', function () {
      if (this.exitedAfterDisconnect) return; // we asked it to leave
      if (Date.now() - startedAt > 10_000) failures = 0; // it had lasted; "ready" proves nothing
      if (++failures > 5) throw new Error('the workers do not last');
      setTimeout(start, 10 * 2 ** failures); // wait longer each time
    });
  };

  start();
  const [, { port }] = await once(cluster, 'listening');
  start();
  assert.equal((await once(cluster, 'listening'))[1].port, port); // listen(0): the same port
  const before = await whoAnswers(port);
  assert.equal(before.size, 2); // connections are dealt round robin

  const [victim] = Object.values(cluster.workers);
  victim.process.kill('SIGKILL');
  await once(cluster, 'listening'); // its successor
  const after = await whoAnswers(port);
  assert.ok(after.size === 2 && !after.has(`${victim.process.pid}`));
  cluster.disconnect();
}

async function whoAnswers(port) {
  const ask = () => fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } });
  return new Set([await (await ask()).text(), await (await ask()).text()]);
}
