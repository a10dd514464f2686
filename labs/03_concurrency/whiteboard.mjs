// On the whiteboard: a promise pool. The waits overlap, but at most `limit` of them at once.
import assert from 'node:assert/strict';
import { setImmediate as nextIteration } from 'node:timers/promises';

async function mapLimited(items, limit, job) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++; // no lock: nothing else runs between these two steps
      results[i] = await job(items[i]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results; // in the order of the items, whichever ended first
}

let running = 0;
let most = 0;
const job = async (iterations) => {
  most = Math.max(most, ++running);
  for (let i = 0; i < iterations; ++i) await nextIteration(); // waits, and blocks nobody
  --running;
  return iterations * 10;
};

assert.deepEqual(await mapLimited([3, 1, 2, 5, 1], 2, job), [30, 10, 20, 50, 10]);
assert.equal(most, 2);
assert.deepEqual(await mapLimited([], 2, job), []);
await assert.rejects(mapLimited([1, 2], 2, async () => { throw new Error('no'); }), /no/);
