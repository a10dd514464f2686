// On the whiteboard: log the error, finish what is under way, exit; a supervisor starts anew.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';

function lastResort(server, deadline) {
  process.once('uncaughtException', (error, origin) => { // rejections come here, too
    writeSync(2, `${origin}: ${error.message}\n`); // at once: a buffer would be lost
    setTimeout(() => process.exit(1), deadline).unref();
    server.close(() => process.exit(1)); // accept nothing new, wait for what is under way
  });
}

if (process.send) { // the service
  const server = createServer(async (request, response) => {
    response.setHeader('connection', 'close').flushHeaders();
    setTimeout(() => response.end('done'), 100);
    if (request.url === '/crash') throw new Error('a bug'); // rejects, and nobody catches it
  });
  lastResort(server, 5_000);
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
} else { // the supervisor
  const start = async () => {
    const child = fork(process.argv[1], { silent: true });
    const url = `http://127.0.0.1:${(await once(child, 'message'))[0]}`;
    return { child, exit: once(child, 'exit'), ask: (path) => fetch(url + path) };
  };
  const first = await start();
  const [upload, log] = [await first.ask('/upload'), once(first.child.stderr, 'data')];
  first.ask('/crash').catch(() => {});
  assert.match(String(await log), /unhandledRejection: a bug/);
  assert.equal(await upload.text(), 'done'); // it was under way, and was finished
  assert.deepEqual(await first.exit, [1, null]);
  const second = await start(); // a clean process
  assert.equal(await (await second.ask('/')).text(), 'done');
  second.child.kill();
}
