// The puzzles of puzzles.cpp in Node, one line each: "name: order".
// Run: node labs/02_next_tick/node.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'next-tick-'));

// Each puzzle is a program of its own, so that the main module is one too.
const play = (name, source, extension = 'cjs') => {
  const path = join(folder, `program.${extension}`);
  writeFileSync(path, `
    const order = [];
    const step = (name) => () => order.push(name);
    const workFor = (ms) => { for (const start = performance.now(); performance.now() - start < ms;); };
    process.on('exit', () => console.log(order.join(' > ')));
    ${source}`);
  console.log(`${name}: ${execFileSync(process.execPath, [path], { encoding: 'utf8' }).trim()}`);
};

play('connect callback', `
  const net = require('node:net');
  const server = net.createServer((socket) => socket.on('error', () => {}).end());
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1', () => {
      setTimeout(step('timeout'), 0);
      setImmediate(step('immediate'));
      process.nextTick(step('tick'));
      Promise.resolve().then(step('promise'));
      client.on('close', step('close'));
      client.destroy();
      server.close();
      workFor(3);
    });
  });`);
play('two immediates', `
  setImmediate(() => {
    order.push('I1');
    Promise.resolve().then(() => {
      order.push('p');
      process.nextTick(step('t2'));
      Promise.resolve().then(step('p2'));
    });
    process.nextTick(step('t'));
  });
  setImmediate(step('I2'));`);
play('two timers of one list', `
  setTimeout(() => {
    order.push('T1');
    Promise.resolve().then(step('m1'));
    process.nextTick(step('n1'));
  }, 1);
  setTimeout(() => {
    order.push('T2');
    Promise.resolve().then(step('m2'));
  }, 1);
  workFor(5);`);
play('ticks and promises', `
  Promise.resolve().then(() => {
    order.push('p1');
    process.nextTick(step('t3'));
    queueMicrotask(() => {
      order.push('p2');
      queueMicrotask(step('p3'));
    });
  });
  process.nextTick(() => {
    order.push('t1');
    process.nextTick(step('t2'));
  });`);
play('nested immediate, tick', `
  setImmediate(() => {
    order.push('I1');
    setImmediate(step('I1 child'));
    process.nextTick(() => {
      order.push('n1');
      process.nextTick(step('n1 child'));
    });
  });
  setImmediate(step('I2'));`);

// new Door() emits; its caller listens as soon as it has the object.
const lateListener = (emit) => `
  const { EventEmitter } = require('node:events');
  class Door extends EventEmitter {
    constructor() {
      super();
      const ready = () => this.emit('ready');
      ${emit}
    }
  }
  setTimeout(step('timeout'), 0);
  new Door().on('ready', step('ready'));
  order.push('listens');
  workFor(3);`;
play('emitted at once', lateListener('ready();'));
play('emitted by nextTick', lateListener('process.nextTick(ready);'));
play('emitted by setImmediate', lateListener('setImmediate(ready);'));

const program = `
  setTimeout(step('timeout'), 0);
  setImmediate(step('immediate'));
  Promise.resolve().then(step('promise'));
  queueMicrotask(step('micro'));
  process.nextTick(step('tick'));
  (async () => {
    order.push('async');
    await null;
    order.push('await');
  })();
  order.push('sync');
  workFor(3);`;
play('The program as .cjs', program);
play('The program as .mjs', program, 'mjs');

rmSync(folder, { recursive: true });
