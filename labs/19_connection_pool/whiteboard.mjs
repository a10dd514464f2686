// On the whiteboard: a pool that lends at most `size` connections, in order, with a deadline.
import assert from 'node:assert/strict';

class Pool {
  #idle = [];
  #open = 0;
  #queue = []; // first come, first served
  constructor(settings) { Object.assign(this, { size: 10, patience: 1000 }, settings); }
  async acquire() {
    if (this.#idle.length) return this.#idle.pop();
    if (this.#open < this.size) {
      this.#open++; // before the await, or two borrowers open one too many
      return this.connect().catch((error) => { this.#open--; throw error; });
    }
    return new Promise((resolve, reject) => {
      const waiter = (connection) => { clearTimeout(timer); resolve(connection); };
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(new Error('no connection in time'));
      }, this.patience);
      this.#queue.push(waiter);
    });
  }
  release(connection) { // from hand to hand: a newcomer cannot overtake the queue
    const next = this.#queue.shift();
    next ? next(connection) : this.#idle.push(connection);
  }
  async use(work) {
    const connection = await this.acquire();
    try { return await work(connection); } finally { this.release(connection); }
  }
}

let opened = 0;
const pool = new Pool({ connect: async () => ++opened, size: 2, patience: 20 });
const used = await Promise.all([1, 2, 3, 4, 5].map(() => pool.use(async (which) => which)));
assert.deepEqual([opened, new Set(used).size], [2, 2]); // five borrowers, two connections
const nested = () => pool.use(() => pool.use(() => {})); // holds one and asks for a second
await assert.rejects(Promise.all([nested(), nested()]), /no connection in time/);
