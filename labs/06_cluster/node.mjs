// The scenes that can be compared, with node:cluster, one line each: "scene: result".
// Run: node labs/06_cluster/node.mjs; --serve N serves with so many workers, for the benchmark.
import cluster from 'node:cluster';
import { createServer, get, Agent } from 'node:http';

const ask = (port, agent) =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, (response) => {
      let body = '';
      response.on('data', (piece) => (body += piece));
      response.on('end', () => resolve(body));
    }).on('error', reject);
  });

async function shares(port, agent) {
  const counts = {};
  for (let i = 0; i < 20; i++) {
    const pid = await ask(port, agent);
    counts[pid] = (counts[pid] ?? 0) + 1;
  }
  const sorted = Object.values(counts).sort((a, b) => b - a);
  return [...sorted, 0].slice(0, 2).join('/');
}

async function play(ports) {
  console.log(`the names of the process that manages them: isPrimary ${cluster.isPrimary}, isMaster ${cluster.isMaster}`);
  console.log(`two workers listen on port 0: ${ports[0] === ports[1] ? 'same port' : 'two ports'}`);
  console.log(`20 new connections: ${await shares(ports[0], false)}`);
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  console.log(`20 requests over one connection: ${await shares(ports[0], kept)}`);
  kept.destroy();
  const dead = new Promise((resolve) => cluster.once('exit', resolve));
  Object.values(cluster.workers)[0].process.kill('SIGKILL');
  await dead;
  console.log(`serving after one of two was killed: ${Object.keys(cluster.workers).length}`);
  process.exit();
}

const workers = process.argv[2] === '--serve' ? Number(process.argv[3]) : 2;

if (cluster.isPrimary) {
  const ports = [];
  cluster.on('listening', (_, address) => {
    if (ports.push(address.port) !== workers) return;
    if (process.argv[2] === '--serve') console.log(ports[0], process.pid);
    else play(ports);
  });
  for (let i = 0; i < workers; i++) cluster.fork();
} else {
  createServer((_, response) => response.end(String(process.pid))).listen(0, '127.0.0.1');
}
