// On the whiteboard: a pool of Workers with a bounded queue.
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';

class WorkerPool {
  #idle = [];
  #queue = [];
  constructor(code, size, room) {
    Object.assign(this, { code, room });
    for (let i = 0; i < size; i++) this.#start();
  }
  #start() {
    const worker = new Worker(this.code, { eval: true });
    worker.on('message', (result) => { worker.job.resolve(result); this.#next(worker); });
    worker.on('error', (error) => { worker.job.reject(error); this.#start(); }); // it is gone
    this.#next(worker);
  }
  #next(worker) {
    worker.job = this.#queue.shift();
    worker.job ? worker.postMessage(worker.job.input) : this.#idle.push(worker);
  }
  run(input) {
    if (!this.#idle.length && this.#queue.length === this.room)
      return Promise.reject(new Error('full')); // at once, so that the caller can shed load
    return new Promise((resolve, reject) => {
      this.#queue.push({ input, resolve, reject });
      if (this.#idle.length) this.#next(this.#idle.pop());
    });
  }
}

const pool = new WorkerPool(`const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (n) => parentPort.postMessage(2n ** BigInt(n)))`, 2, 2);
const results = await Promise.allSettled([1, 2, 3, -1, 5].map((n) => pool.run(n)));
const outcomes = results.map(({ value, reason }) => value ?? reason.name);
assert.deepEqual(outcomes, [2n, 4n, 8n, 'RangeError', 'Error']); // 2 ** -1 threw; 5 was refused
assert.equal(results[4].reason.message, 'full');
assert.equal(await pool.run(6), 64n); // a new Worker took the place of the one that threw
process.exit();
