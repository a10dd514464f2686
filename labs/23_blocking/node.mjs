// The scenes `lag`, `cures` and `others` in Node, one line each: "scene: result"; with --measure, what
// slices and a regular expression cost there.
// Run: node labs/23_blocking/node.mjs [--measure]
import { createServer, get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const here = fileURLToPath(import.meta.url);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };

// --- the meter ---

const meter = (resolution) => {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return histogram;
};
async function samples(histogram, more) {
  for (const until = histogram.count + more; histogram.count < until;) await wait(1);
}
const saw = (histogram, ms) => (histogram.max >= ms * 1e6 ? 'seen' : 'not seen');

async function blindSpots() {
  const stall = 100;
  let histogram = meter(10);
  block(stall);
  await samples(histogram, 3);
  console.log(`blocked before its first sample: ${saw(histogram, stall)}`);
  histogram.disable();

  histogram = meter(10);
  await samples(histogram, 3);
  const before = histogram.count;
  block(stall);
  console.log(`read before the loop goes on: ${saw(histogram, stall)}`);
  while (histogram.count === before) await new Promise(setImmediate);
  console.log(`blocked between two samples: ${saw(histogram, stall)}`);
  console.log(`samples of 100 ms blocked: ${histogram.count - before}`);
  histogram.reset();
  block(stall);
  await samples(histogram, 3);
  console.log(`blocked right after a reset: ${saw(histogram, stall)}`);
  histogram.disable();

  let hidden = false;
  for (let run = 0; run < 5 && !hidden; run++) {
    histogram = meter(stall);
    await samples(histogram, 1);
    block(stall / 2);
    await samples(histogram, 1);
    hidden = saw(histogram, stall * 1.25) === 'not seen';
    histogram.disable();
  }
  console.log(`blocked for half its resolution: ${hidden ? 'not seen' : 'seen'}`);

  histogram = meter(20);
  await samples(histogram, 5);
  const shows = histogram.percentile(50) > 10e6 ? 'the resolution' : 'zero';
  console.log(`an idle loop shows about: ${shows}`);
  histogram.disable();
}

// --- one sum, many ways ---

const kSteps = 1e8;
function sumFrom(sum, from, to) {
  for (let i = from; i < to; i++) sum = (sum + i) | 0;
  return sum;
}
async function sliced(slice, defer) {
  let sum = 0;
  for (let i = 0; i < kSteps;) {
    for (const end = performance.now() + slice; i < kSteps && performance.now() < end; i += 1e4)
      sum = sumFrom(sum, i, i + 1e4);
    if (i < kSteps) await new Promise(defer);
  }
  return sum;
}
// By callbacks, as `await` itself would be a microtask.
const ticked = (slice) => new Promise((resolve) => {
  let sum = 0, i = 0;
  (function goOn() {
    for (const end = performance.now() + slice; i < kSteps && performance.now() < end; i += 1e4)
      sum = sumFrom(sum, i, i + 1e4);
    i < kSteps ? process.nextTick(goOn) : resolve(sum);
  })();
});
const ways = {
  'in one go': () => sumFrom(0, 0, kSteps),
  'an async function': async () => sumFrom(0, 0, kSteps),
  'slices, nextTick or promise': async () => {
    await ticked(5);
    await sliced(5, (resolve) => resolve());
  },
  'slices, setImmediate': () => sliced(5, setImmediate),
  'a worker thread': () => new Promise((resolve) =>
    new Worker(here, { workerData: { part: 'sum' } }).once('message', resolve)),
};

// How often a timer fires while a job lasts.
async function pulse(job) {
  const beats = [];
  const timer = setInterval(() => beats.push(performance.now()), 5);
  await wait(20);
  beats.length = 0;
  const began = performance.now();
  await job();
  const ended = performance.now();
  clearInterval(timer);
  const marks = [began, ...beats, ended];
  const longest = Math.max(...marks.slice(1).map((mark, i) => mark - marks[i]));
  return { beats: beats.length, longest, total: ended - began };
}

// A visitor who comes while the server is blocked. It lives on another thread; the shared
// numbers say what the server is at (1: blocked, 2: no longer) and that one is connected.
async function visitor() {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const server = createServer((request, response) => {
    if (request.url === '/block') {
      Atomics.store(shared, 0, 1);
      for (const end = performance.now() + 5000; !shared[1] && performance.now() < end;)
        Atomics.load(shared, 1);
      block(50);
      Atomics.store(shared, 0, 2);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const worker = new Worker(here, { workerData: { part: 'visit', shared, port } });
  const order = await new Promise((resolve) => worker.once('message', resolve));
  server.close();
  return order;
}
function visit({ shared, port }) {
  const agent = false;
  get({ port, path: '/block', agent }, (response) => response.resume());
  (function whenBlocked() {
    if (Atomics.load(shared, 0) === 0) return setImmediate(whenBlocked);
    const order = [];
    const add = (what) => {
      if (Atomics.load(shared, 0) === 2 && !order.includes("the job's end"))
        order.push("the job's end");
      order.push(what);
    };
    get({ port, path: '/', agent }, (response) => {
      add('answered');
      response.resume();
      parentPort.postMessage(order.join(' > '));
    }).on('socket', (socket) => socket.on('connect', () => {
      add('connected');
      Atomics.store(shared, 1, 1);
    }));
  })();
}

function match(letters) {
  const text = 'a'.repeat(letters) + '!';
  const began = performance.now();
  /^(a+)+$/.test(text);
  return performance.now() - began;
}

async function play() {
  await blindSpots();
  for (const [name, job] of Object.entries(ways)) {
    const { beats } = await pulse(job);
    console.log(`${name}: ${beats >= 3 ? 'keeps firing' : 'stops'}`);
  }
  console.log(`a visitor of the blocked server: ${await visitor()}`);
  const longer = match(22) > 8 * match(16) ? 'takes much longer' : 'takes about as long';
  console.log(`(a+)+, six letters more: ${longer}`);
}

async function measure() {
  for (const slice of [0.1, 1, 5, 20, 1e9]) {
    const { longest, total } = await pulse(() => sliced(slice, setImmediate));
    console.log(`slices of ${slice === 1e9 ? 'all' : slice} ms: total ${total.toFixed(0)} ms, ` +
      `longest gap ${longest.toFixed(1)} ms`);
  }
  for (const letters of [10, 16, 20, 24, 26])
    console.log(`(a+)+ on ${letters} letters: ${match(letters).toFixed(2)} ms`);
}

const parts = { sum: () => parentPort.postMessage(sumFrom(0, 0, kSteps)), visit };
if (isMainThread) await (process.argv[2] === '--measure' ? measure() : play());
else parts[workerData.part](workerData);
