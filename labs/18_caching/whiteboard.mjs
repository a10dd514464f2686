// On the whiteboard: an LRU with expiry, and one load for all who miss.
import assert from 'node:assert/strict';

export class Cache {
  #entries = new Map();  // in order of use: the first is the oldest
  #loading = new Map();
  constructor(size, ttl, now = Date.now) { Object.assign(this, {size, ttl, now}); }

  get(key) {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (this.now() >= entry.expires) return undefined;
    this.#entries.set(key, entry);  // used last
    return entry.value;
  }
  set(key, value) {
    this.#entries.delete(key);
    if (this.#entries.size === this.size) this.#entries.delete(this.#entries.keys().next().value);
    this.#entries.set(key, {value, expires: this.now() + this.ttl});
  }
  erase(key) { this.#entries.delete(key); this.#loading.delete(key); }
  getOrLoad(key, load) {
    const value = this.get(key);
    if (value !== undefined) return Promise.resolve(value);
    if (this.#loading.has(key)) return this.#loading.get(key);
    const mine = () => this.#loading.get(key) === loading;  // not erased meanwhile
    const loading = Promise.resolve().then(load)
      .then((loaded) => { if (mine()) this.set(key, loaded); return loaded; })
      .finally(() => { if (mine()) this.#loading.delete(key); });
    this.#loading.set(key, loading);
    return loading;
  }
}

let loads = 0, cache = new Cache(2, 1000);
await Promise.all(Array.from({length: 50}, () => cache.getOrLoad('a', async () => ++loads)));
assert.equal(loads, 1);
cache.set('b', 2); cache.get('a'); cache.set('c', 3);
assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3]);
