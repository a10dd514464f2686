// On the whiteboard: partition a long job so that it does not block the event loop.
import assert from 'node:assert/strict';

const nextIteration = () => new Promise((goOn) => setImmediate(goOn));

// `job` is a generator that yields wherever it may be interrupted.
async function inSlices(job, milliseconds = 5, giveWay = nextIteration) {
  for (;;) {
    const end = performance.now() + milliseconds; // a budget of time, not of steps
    do {
      const { done, value } = job.next();
      if (done) return value;
    } while (performance.now() < end);
    await giveWay();
  }
}

function* sumOf(numbers) {
  let sum = 0;
  for (const number of numbers) yield sum += number;
  return sum;
}

// How often the loop comes around while the job runs.
async function iterationsDuring(run) {
  let [iterations, over] = [0, false];
  const beat = () => { iterations++; if (!over) setImmediate(beat); };
  setImmediate(beat);
  assert.equal(await run(sumOf(Array(200).fill(2))), 400);
  over = true;
  return iterations;
}

const tick = () => new Promise((goOn) => process.nextTick(goOn));
const inOneGo = async (job) => inSlices(job, Infinity); // async alone moves nothing
assert.ok(await iterationsDuring((job) => inSlices(job, 0)) > 100);
assert.equal(await iterationsDuring((job) => inSlices(job, 0, tick)), 0); // no cure
assert.equal(await iterationsDuring(inOneGo), 0);
