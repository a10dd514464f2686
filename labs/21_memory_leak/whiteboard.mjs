// On the whiteboard: two of the usual leaks, and what ends each.
import assert from 'node:assert/strict';
import {EventEmitter} from 'node:events';

// 1. A cache has a limit. A Map keeps the order of insertion, so the first key is the oldest.
class Cache {
  #entries = new Map();
  constructor(limit) { this.limit = limit; }
  get(key) {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);  // used again: it moves to the end
    return value;
  }
  set(key, value) {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.limit) this.#entries.delete(this.#entries.keys().next().value);
  }
  get size() { return this.#entries.size; }
}
const cache = new Cache(2);
cache.set('a', 1); cache.set('b', 2); cache.get('a'); cache.set('c', 3);
assert.deepEqual([cache.size, cache.get('a'), cache.get('b')], [2, 1, undefined]);

// 2. What a request starts ends with the request, however it ends.
const config = new EventEmitter();
async function handle(request) {
  const reload = () => request;  // keeps the request alive as long as it is subscribed
  config.on('change', reload);
  const timer = setInterval(reload, 1000);
  try {
    await request.work();
  } finally {
    clearInterval(timer);
    config.off('change', reload);
  }
}
await handle({work: async () => assert.equal(config.listenerCount('change'), 1)});
await assert.rejects(handle({work: async () => { throw new Error('lost'); }}));
assert.equal(config.listenerCount('change'), 0);
