// The scene `node` in Node, one line each: "scene: result"; with --measure, what a worker
// costs there.
// Run: node labs/07_workers/node.mjs [--measure]
import { execFileSync, fork } from 'node:child_process';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const here = fileURLToPath(import.meta.url);
const kAdds = 1_000_000;

// What a worker does, by the name of its part.
const parts = {
  add: ({ memory, atomic }) => {
    const numbers = new Int32Array(memory);
    Atomics.add(numbers, 1, 1);
    while (Atomics.load(numbers, 1) < 2); // both are awake
    for (let i = 0; i < kAdds; i++) atomic ? Atomics.add(numbers, 0, 1) : numbers[0]++;
  },
  tell: ({ memory }) => {
    parentPort.postMessage('hello');
    Atomics.store(new Int32Array(memory), 0, 7);
  },
  set: ({ buffer }) => {
    globalThis.seen = 'changed';
    buffer[0] = 7;
    parentPort.postMessage(process.pid);
  },
  listen: ({ port }) =>
    createServer()
      .on('error', (error) => parentPort.postMessage(error.code))
      .listen(port, '127.0.0.1', () => parentPort.postMessage('bound')),
  idle: () => setInterval(() => {}, 1e6),
};

const worker = (part, data = {}) => new Worker(here, { workerData: { part, ...data } });
const message = (of) => new Promise((resolve) => of.once('message', resolve));
const ended = (of) => new Promise((resolve) => of.once('exit', resolve));

async function additions(atomic) {
  const memory = new SharedArrayBuffer(8);
  await Promise.all([1, 2].map(() => ended(worker('add', { memory, atomic }))));
  return new Int32Array(memory)[0];
}

async function raced(atomic) {
  let sum = 2 * kAdds;
  for (let run = 0; run < 20 && sum === 2 * kAdds; run++) {
    sum = await additions(atomic);
    if (atomic) break;
  }
  return sum === 2 * kAdds ? 'all there' : 'some lost';
}

// Main is busy until it sees the 7 that the worker stores after it has posted.
async function seenFirst() {
  const memory = new SharedArrayBuffer(4);
  const order = [];
  const teller = worker('tell', { memory });
  const told = message(teller).then(() => order.push('message'));
  while (Atomics.load(new Int32Array(memory), 0) !== 7);
  order.push('shared memory');
  await told;
  return order.join(' > ');
}

async function play() {
  const child = fork(here, ['--child']);
  const other = (await message(child)) === process.pid ? 'same' : 'other';
  console.log(`a worker process's process id: ${other}`);
  console.log(`two workers add to shared memory: ${await raced(false)}`);
  console.log(`the same with atomics: ${await raced(true)}`);
  console.log(`what a busy main sees first: ${await seenFirst()}`);
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const second = worker('listen', { port: server.address().port });
  console.log(`a second worker thread binds the port: ${await message(second)}`);

  globalThis.seen = 'unchanged';
  const buffer = new Uint8Array(1);
  const setter = worker('set', { buffer });
  const sameProcess = (await message(setter)) === process.pid;
  console.log(`a worker thread's process id: ${sameProcess ? 'same' : 'other'}`);
  console.log(`a worker thread sets a global: ${globalThis.seen}`);
  console.log(`a worker thread writes a posted buffer: ${buffer[0] ? 'changed' : 'unchanged'}`);
}

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
async function timed(start) {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    await start();
    times.push(performance.now() - began);
  }
  return median(times).toFixed(0);
}

async function measure() {
  const process_ = () => execFileSync(process.execPath, ['-e', '']);
  console.log(`a Worker, started and ended: ${await timed(() => ended(new Worker('', { eval: true })))} ms`);
  console.log(`a process, started and ended: ${await timed(process_)} ms`);
  const before = process.memoryUsage().rss;
  const idle = [1, 2, 3, 4, 5, 6, 7, 8].map(() => worker('idle'));
  await Promise.all(idle.map((one) => new Promise((resolve) => one.once('online', resolve))));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const each = (process.memoryUsage().rss - before) / idle.length / 1e6;
  console.log(`an idle Worker, resident: ${each.toFixed(1)} MB`);
  const child = fork(here, ['--child', '--stay']);
  await message(child);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  console.log(`an idle process, resident: ${(/VmRSS:\s+(\d+)/.exec(status)[1] / 1e3).toFixed(1)} MB`);
}

if (!isMainThread) {
  parts[workerData.part](workerData);
} else if (process.argv[2] === '--child') {
  process.send(process.pid);
  if (process.argv[3] !== '--stay') process.disconnect();
} else {
  await (process.argv[2] === '--measure' ? measure() : play());
  process.exit();
}
