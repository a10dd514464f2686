// On the whiteboard: to predict an order, follow the cycle from where your code runs.
import assert from 'node:assert/strict';
import { stat } from 'node:fs';

const work = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

// 1. Queue one callback of each kind, and work until the timeout is due.
const orderFrom = (start) => new Promise((resolve) => start(() => {
  const order = [];
  const log = (name) => () => order.push(name) === 4 && resolve(order);
  setTimeout(log('timeout'), 0);
  setImmediate(log('immediate'));
  Promise.resolve().then(log('promise'));
  process.nextTick(log('tick'));
  work(3);
}));
const fromPoll = await orderFrom((callback) => stat('/', callback));
assert.deepEqual(fromPoll, ['tick', 'promise', 'immediate', 'timeout']); // check is next
const fromCheck = await orderFrom(setImmediate);
assert.deepEqual(fromCheck, ['tick', 'promise', 'timeout', 'immediate']); // timers are next

// 2. Long work in slices: the loop may only go on where a slice waits for an immediate.
async function inSlices(pause) {
  let fired = 0;
  const timer = setInterval(() => fired++, 1);
  for (let slice = 0; slice < 20; slice++) {
    work(3);
    await pause();
  }
  clearInterval(timer);
  return fired;
}
assert.equal(await inSlices(() => Promise.resolve()), 0); // a promise starves the timer
assert.ok(await inSlices(() => new Promise(setImmediate)) > 1);
