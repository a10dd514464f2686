// On the whiteboard: a loader that turns N + 1 queries into 2.
import assert from 'node:assert/strict';

class Loader {
  #cache = new Map(); // one loader for each request, so that no user sees another's
  #batch = [];
  constructor(loadMany) { this.loadMany = loadMany; }
  load(key) {
    if (!this.#cache.has(key)) {
      this.#cache.set(key, new Promise((resolve, reject) => {
        this.#batch.push({ key, resolve, reject });
        if (this.#batch.length === 1) setImmediate(() => this.#dispatch()); // the others join
      }));
    }
    return this.#cache.get(key);
  }
  async #dispatch() {
    const batch = this.#batch.splice(0);
    try {
      const values = await this.loadMany(batch.map(({ key }) => key)); // in the keys' order
      batch.forEach(({ resolve }, i) => resolve(values[i] ?? null));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    }
  }
}

let queries = 0;
const posts = async () => (++queries, [1, 2, 3, 1].map((author) => ({ author })));
const users = async (ids) => (++queries, ids.map((id) => `user ${id}`)); // WHERE id = ANY(ids)

const author = new Loader(users);
const names = await Promise.all((await posts()).map((post) => author.load(post.author)));
assert.deepEqual(names, ['user 1', 'user 2', 'user 3', 'user 1']);
assert.equal(queries, 2); // not 5
