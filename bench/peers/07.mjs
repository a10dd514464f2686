// Node's workers: node 07.mjs NAME COUNT. A kilobyte goes to a worker and comes back, one
// after another.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { play, timed } from './timed.mjs';

const here = fileURLToPath(import.meta.url);
const answerTo = (bytes) => {
  const answer = new Uint8Array(bytes);
  ++answer[0];
  return answer;
};

// What piscina calls in its worker.
export default answerTo;

const trips = (trip) => async (count) => {
  const message = new Uint8Array(1024).fill(97);
  let right = 0;
  for (let i = 0; i < count; ++i) right += (await trip(message))[0] === 98;
  return `${right} answers`;
};

const contestants = {
  async worker(count) {
    const worker = new Worker(here, { argv: ['answer'] });
    let back;
    worker.on('message', (answer) => back(answer));
    await timed(count, trips((message) => new Promise((resolve) => {
      back = resolve;
      worker.postMessage(message);
    })));
    await worker.terminate();
  },
  async piscina(count) {
    const { Piscina } = await import('piscina');
    const pool = new Piscina({ filename: here, minThreads: 1, maxThreads: 1 });
    await timed(count, trips((message) => pool.run(message)));
    await pool.destroy();
  },
  async fork(count) {
    const child = fork(here, ['answer'], { serialization: 'advanced' });
    let back;
    child.on('message', (answer) => back(answer));
    await timed(count, trips((message) => new Promise((resolve) => {
      back = resolve;
      child.send(message);
    })));
    child.disconnect();
  },
};

if (process.argv[2] === 'answer' && isMainThread) {
  process.on('message', (bytes) => process.send(answerTo(bytes)));
  process.on('disconnect', () => process.exit());
} else if (process.argv[2] === 'answer') {
  parentPort.on('message', (bytes) => parentPort.postMessage(answerTo(bytes)));
} else if (isMainThread) {
  await play(contestants);
}
