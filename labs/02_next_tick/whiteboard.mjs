// On the whiteboard: predict the order, then use nextTick for what it is made for.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';

// 1. In a callback: ticks, then promises, then the loop goes on. (An ES module's top level is
// itself a promise job, so start in a callback.)
const order = [];
const log = (name) => () => order.push(name);
setImmediate(() => {
  setTimeout(log('timeout'), 0);
  setImmediate(log('immediate'));
  Promise.resolve().then(() => {
    log('promise')();
    process.nextTick(log('tick of a promise'));
    queueMicrotask(log('microtask of a promise'));
  });
  process.nextTick(log('tick'));
  log('sync')();
});

// 2. Emit after the caller has had its chance to listen.
class Door extends EventEmitter {
  constructor() {
    super();
    process.nextTick(() => this.emit('ready'));
  }
}
await once(new Door(), 'ready'); // emitted in the constructor, this would wait for ever

process.on('exit', () => {
  assert.deepEqual(order.slice(0, 5),
    ['sync', 'tick', 'promise', 'microtask of a promise', 'tick of a promise']);
  assert.deepEqual(order.slice(5).sort(), ['immediate', 'timeout']); // a race with the clock
});
