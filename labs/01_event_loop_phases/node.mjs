// The scenes of node_scenes() in world/orders.cpp in Node, one line each: "name: order".
// Run: node labs/01_event_loop_phases/node.mjs
import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs';
import net from 'node:net';

const workFor = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

// Plays the scene and waits until every step that it has named has come.
const play = (name, scene) =>
  new Promise((resolve) => {
    const order = [];
    let steps = 0;
    scene((step) => {
      steps += 1;
      return () => order.push(step);
    });
    const look = setInterval(() => {
      if (order.length < Math.max(steps, 1)) return;
      console.log(`${name}: ${order.join(' > ')}`);
      resolve(clearInterval(look));
    }, 20);
  });

// Sets all these timers in one millisecond of libuv's clock: each setTimeout reads it.
const inOneMillisecond = (timers) => {
  const clock = () => process.hrtime.bigint() / 1_000_000n;
  for (;;) {
    const before = clock();
    const set = timers.map(([call, delay]) => setTimeout(call, delay));
    if (clock() === before) return;
    set.forEach(clearTimeout);
  }
};

// A program of its own: the main module, and what is left when the loop is otherwise done.
const program = (name, source) => {
  const prologue = `const order = []; const step = (s) => () => order.push(s);
    const workFor = ${workFor}; process.on('exit', () => console.log(order.join(' > ')));`;
  const out = execFileSync(process.execPath, ['-e', prologue + source], { encoding: 'utf8' });
  console.log(`${name}: ${out.trim()}`);
};

const failedConnect = (step) => {
  net.connect('./no-such-socket').on('error', step('error'));
  setImmediate(step('immediate'));
  setTimeout(step('timeout'), 0);
  workFor(3);
};

await play('inside I/O', (step) => {
  const server = net.createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1', () => {
      setTimeout(step('timeout'), 0);
      setImmediate(step('immediate'));
      client.on('close', step('close'));
      client.destroy();
      server.close();
      workFor(3);
    });
  });
});
await play('failed connect inside I/O', (step) => stat('/', () => failedConnect(step)));
await play('failed connect inside setImmediate', (step) =>
  setImmediate(() => failedConnect(step)));
await play('timers of 2, 1, 0 and -5 ms', (step) =>
  inOneMillisecond([[step('x'), 2], [step('a'), 1], [step('b'), 0], [step('c'), -5]]));
await play('setImmediate inside setImmediate', (step) => {
  setImmediate(() => {
    step('I1')();
    setImmediate(step('I1 child'));
    setTimeout(step('timeout'), 0);
    workFor(3);
  });
  setImmediate(step('I2'));
});
program('main program that works for 3 ms', `
  setTimeout(step('timeout'), 0);
  setImmediate(step('immediate'));
  workFor(3);`);
program('due but unreferenced timer', `
  setImmediate(() => {
    setTimeout(step('timeout'), 1).unref();
    workFor(10);
    step('immediate')();
  });`);
