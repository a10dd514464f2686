// The same scenes in Node, with opossum: a real HTTP service that falls ill, and a breaker
// before it.
//
//   npm ci --prefix tests/conformance            once: installs opossum
//   node labs/14_circuit_breaker/node.mjs
//   node labs/14_circuit_breaker/node.mjs --bench     what a breaker adds to a call
import {createRequire} from 'node:module';
import http from 'node:http';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let CircuitBreaker;
try {
  CircuitBreaker = installed('opossum');
} catch {
  console.error('opossum is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}

if (process.argv.includes('--bench')) {
  await bench();
} else {
  await scenes();
}

async function scenes() {
  let healthy = true;
  let received = 0;
  const service = http.createServer((request, response) => {
    received++;
    response.writeHead(healthy ? 200 : 503).end();
  });
  await new Promise((listening) => service.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${service.address().port}/charge`;
  const charge = async () => {
    const response = await fetch(url, {method: 'POST'});
    if (!response.ok) throw new Error(`status ${response.status}`);
  };

  const breaker = new CircuitBreaker(charge, {
    errorThresholdPercentage: 50, volumeThreshold: 4, resetTimeout: 200, timeout: 10_000,
  });
  const states = [];
  for (const state of ['open', 'halfOpen', 'close']) breaker.on(state, () => states.push(state));

  const atOnce = async (sentence, calls) => {
    const before = received;
    const results = await Promise.allSettled(Array.from({length: calls}, () => breaker.fire()));
    const refused = results.filter((result) => result.reason?.code === 'EOPENBREAKER').length;
    console.log(`${sentence}: ${received - before} of ${calls} reached it, ${refused} refused`);
  };
  const becomes = (state) => new Promise((resolve) => breaker.once(state, resolve));

  await atOnce('closed, the service is healthy', 10);
  healthy = false;
  // Thirty: the ten successes still stand in opossum's window and must be outweighed.
  await atOnce('the burst that trips it', 30);
  await atOnce('open', 100);
  await becomes('halfOpen');
  await atOnce('half-open, still down', 10);
  healthy = true;
  await becomes('halfOpen');
  await atOnce('half-open, it is back', 10);
  await atOnce('closed again', 10);
  console.log(`states: ${states.join(', ')}`);
  breaker.shutdown();
  service.close();
  service.closeAllConnections();
}

async function bench() {
  const charge = async () => true;
  const perCall = async (call) => {
    const calls = 200_000;
    for (let i = 0; i < calls; i++) await call();
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) await call();
    return Number(process.hrtime.bigint() - start) / calls;
  };
  const closed = new CircuitBreaker(charge);
  const open = new CircuitBreaker(charge);
  open.open();
  for (const [name, call] of [
    ['the bare async call', charge],
    ['opossum, closed', () => closed.fire()],
    ['opossum, open', () => open.fire().catch(() => {})],
  ]) {
    console.log(`${name}: ${Math.round(await perCall(call))} ns`);
  }
  closed.shutdown();
  open.shutdown();
}
