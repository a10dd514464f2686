// node:cluster with two workers: node 06.mjs rr|none FD. Writes its port to the descriptor.
import cluster from 'node:cluster';
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';

const [policy, descriptor] = process.argv.slice(2);
const workers = 2;

if (cluster.isPrimary) {
  cluster.schedulingPolicy = { rr: cluster.SCHED_RR, none: cluster.SCHED_NONE }[policy];
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    if (++listening === workers) writeSync(Number(descriptor), `${port}\n`);
  });
  for (let i = 0; i < workers; ++i) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit();
  });
} else {
  const body = String(process.pid);
  createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
    response.end(body);
  }).listen(0, '127.0.0.1');
}
