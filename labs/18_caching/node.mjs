// The same in Node, one line each: "what: result".
//
//   npm ci --prefix tests/conformance      once
//   LAB_REDIS_URL=... node labs/18_caching/node.mjs     (./lab services env prints one)
import http from 'node:http';
import {once} from 'node:events';
import {createRequire} from 'node:module';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
const url = process.env.LAB_REDIS_URL;
if (!url) {
  console.error('LAB_REDIS_URL is not set: ./lab services up, then ./lab services env');
  process.exit(77);
}
let Redis, NodeCache, express;
try {
  ({Redis} = installed('ioredis'));
  NodeCache = installed('node-cache');
  express = installed('express');
} catch {
  console.error('ioredis, node-cache or express is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}
setTimeout(() => { throw new Error('it took more than 20 s'); }, 20_000).unref();

const tell = (what, ...results) => console.log(`${what}: ${results.join(' > ')}`);
const redis = url.startsWith('unix://') ? new Redis({path: url.slice('unix://'.length)}) : new Redis(url);
const key = `lab18:node:${process.pid}`;
let price = 1, loads = 0;
const load = async () => { ++loads; await new Promise(setImmediate); return price; };
const fill = (value) => redis.set(key, value, 'PX', 60_000);

// Cache-aside and write-through.
async function read() {
  const cached = await redis.get(key);
  if (cached !== null) return Number(cached);
  const loaded = await load();
  await fill(loaded);
  return loaded;
}
async function reads(what, count) {
  loads = 0;
  let last;
  for (let i = 0; i < count; ++i) last = await read();
  tell(what, last, loads);
}
await reads('three reads', 3);
price = 2;
await reads('after a write that the cache is not told of', 1);
await redis.del(key);
await reads('after a delete', 1);
price = 3;
await fill(price);
await reads('after a write-through', 1);

// A fill that comes too late; two writers whose messages cross.
await redis.del(key);
price = 1;
const loaded = await load();
price = 2;
await redis.del(key);
await fill(loaded);
tell('a delete', await redis.get(key), price, 'stored');
await fill(3);
await fill(2);
tell('two writers that set', await redis.get(key), 3, 'stored');

// A stampede, each for itself and with one load for all.
price = 1;
async function stampede(what, get) {
  await redis.del(key);
  loads = 0;
  const settled = await Promise.allSettled(Array.from({length: 50}, get));
  const served = settled.filter(({status}) => status === 'fulfilled').length;
  tell(what, served, 50 - served, loads);
}
let loading;
const shared = (get) => () => (loading ??= get().finally(() => { loading = undefined; }));
await stampede('each for itself', read);
await stampede('one load for all', shared(read));
await stampede('one load, and it fails', shared(async () => { await load(); throw new Error('away'); }));
await redis.del(key);
redis.disconnect();

// node-cache copies each value: whoever changes what it got changes nothing that is cached.
const copies = new NodeCache(), references = new NodeCache({useClones: false});
for (const cache of [copies, references]) {
  cache.set('a', {price: 1});
  cache.get('a').price = 2;
}
tell('a changed copy of a cached object', copies.get('a').price);
tell('without copies', references.get('a').price);

// Express makes the tag by itself, after the handler.
const app = express();
let runs = 0, page = 'x';
app.get('/', (request, response) => { ++runs; response.send(page.repeat(12_000)); });
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const get = async (what, headers) => {
  const [reply] = await once(http.get({port: server.address().port, headers}), 'response');
  let bytes = 0;
  for await (const chunk of reply) bytes += chunk.length;
  tell(what, reply.statusCode, bytes);
  return reply.headers.etag;
};
const tag = await get('first', {});
await get('with its tag', {'if-none-match': tag});
await get('with another tag', {'if-none-match': '"other"'});
await get('with its tag, and no-cache', {'if-none-match': tag, 'cache-control': 'no-cache'});
page = 'y';
await get('with its tag, after a change', {'if-none-match': tag});
tell('the handler ran', runs);
tell('the tag is weak', tag.startsWith('W/') ? 'yes' : 'no');
server.close();
server.closeAllConnections();
