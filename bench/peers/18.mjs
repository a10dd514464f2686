// What a Node program would cache with instead of lab 18's caches.
import { play, timed } from './timed.mjs';

const kRoom = 1000;
const keys = (count) => Array.from({ length: count }, (_, i) => `product:${i}`);

// All 1,000 keys in turn; adds up what was found.
const hits = (count, cache) => timed(count, (gets) => {
  const all = keys(kRoom);
  for (const key of all) cache.set(key, 1);
  let sum = 0;
  for (let i = 0; i < gets; ++i) sum += cache.get(all[(i * 7) % kRoom]);
  return `${sum} found`;
});
const replaced = (count, make) => timed(count, (sets) => {
  const all = keys(10 * kRoom);
  const cache = make();
  for (let i = 0; i < sets; ++i) cache.set(all[i % all.length], 1);
  return `${cache.size} kept`;
});

// Imported by who needs it.
const lru = async () => (await import('lru-cache')).LRUCache;
const nodeCache = async () => (await import('node-cache')).default;

await play({
  map: (count) => hits(count, new Map()),
  async lru(count) {
    const LRUCache = await lru();
    await hits(count, new LRUCache({ max: kRoom }));
  },
  async 'lru-expiring'(count) {
    const LRUCache = await lru();
    await hits(count, new LRUCache({ max: kRoom, ttl: 3_600_000 }));
  },
  async 'node-cache'(count) {
    const NodeCache = await nodeCache();
    await hits(count, new NodeCache({ stdTTL: 3600, checkperiod: 0 }));
  },
  async 'lru-replace'(count) {
    const LRUCache = await lru();
    await replaced(count, () => new LRUCache({ max: kRoom }));
  },
  async policy(count) {
    const CachePolicy = (await import('http-cache-semantics')).default;
    const received = 1_000_000_000_000;
    let now = received;
    CachePolicy.prototype.now = () => now;
    const request = { method: 'GET', url: '/', headers: { host: 'x', accept: 'text/html' } };
    const response = {
      status: 200,
      headers: {
        'cache-control': 'public, max-age=60, stale-while-revalidate=30',
        date: 'Sun, 09 Sep 2001 01:46:40 GMT',
        etag: 'W/"1"',
        age: '3',
        vary: 'accept',
      },
    };
    await timed(count, (decisions) => {
      let fresh = 0;
      for (let i = 0; i < decisions; ++i) {
        now = received;
        const policy = new CachePolicy(request, response, { shared: false });
        now = received + 10_000;
        fresh += policy.satisfiesWithoutRevalidation(request);
      }
      return `${fresh} fresh`;
    });
  },
  async ioredis(count) {
    const { Redis } = await import('ioredis');
    const redis = new Redis({ path: process.argv[4].slice('unix://'.length) });
    await redis.set('node', 1);
    await timed(count, async (gets) => {
      let sum = 0;
      for (let i = 0; i < gets; ++i) {
        const found = await redis.get('node');
        sum += Number(found);
      }
      return `${sum} found`;
    });
    redis.disconnect();
  },
});
