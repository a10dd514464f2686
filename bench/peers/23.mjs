// A site in Node whose job of 20 ms blocks its loop, or a worker: node 23.mjs FD. Writes its
// port to the descriptor.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const here = fileURLToPath(import.meta.url);

// As many steps as take this machine 20 ms, once they are compiled.
function sum(steps) {
  let value = 1;
  for (let i = 0; i < steps; ++i) value = (Math.imul(value, 1664525) + i) | 0;
  return value;
}
function stepsFor(ms) {
  let best = Infinity;
  for (let i = 0; i < 5; ++i) {
    const began = performance.now();
    sum(5e6);
    best = Math.min(best, performance.now() - began);
  }
  return Math.round((ms / best) * 5e6);
}

// What piscina calls in its worker.
export default sum;

async function serve() {
  const steps = stepsFor(20);
  const worker = new Worker(here, { workerData: 'mine' });
  worker.unref();
  let pool;
  const answers = {
    '/ping': () => 'pong',
    '/sum/none': () => sum(steps),
    '/sum/worker': () => new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(steps);
    }),
    async '/sum/piscina'() {
      const { Piscina } = await import('piscina');
      pool ??= new Piscina({ filename: here, minThreads: 1, maxThreads: 1 });
      return pool.run(steps);
    },
  };
  const server = createServer(async (request, response) => {
    const body = String(await answers[request.url]());
    response.writeHead(200, { 'Content-Length': body.length });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    writeSync(Number(process.argv[2]), `${server.address().port}\n`);
  });
}

if (isMainThread) {
  await serve();
} else if (workerData === 'mine') {
  parentPort.on('message', (steps) => parentPort.postMessage(sum(steps)));
}
