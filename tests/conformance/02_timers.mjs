// Plays scripts of timers, immediates, ticks and busy times on Node: a JSON list of scripts
// in, a list of orders out. The other player, with the same words, is in
// 02_next_tick_test.cpp.
import {readFileSync} from 'node:fs';

let order;
let waiting;
let done;

function busyUntil(end) {
  while (performance.now() < end) {}
}

function act(ops, start) {
  for (const [verb, argument, name, does] of ops) {
    const call = () => {
      order.push(name);
      act(does, performance.now());
      if (--waiting === 0) setImmediate(done);
    };
    switch (verb) {
      case 'busy': busyUntil(start + argument); continue;
      case 'timeout': setTimeout(call, argument); break;
      case 'immediate': setImmediate(call); break;
      case 'tick': process.nextTick(call); break;
      case 'microtask': queueMicrotask(call); break;
      default: throw new TypeError(verb);
    }
    ++waiting;
  }
}

const orders = [];
for (const script of JSON.parse(readFileSync(process.argv[2]))) {
  order = [];
  waiting = 0;
  await new Promise((resolve) => {
    done = resolve;
    setImmediate(() => act(script, performance.now()));
  });
  orders.push(order.join(' > '));
}
console.log(JSON.stringify(orders));
