// The programs of programs.cpp, each in a process of its own: "name: exit CODE | what it prints".
// Run: node labs/08_uncaught/node.mjs
import { spawnSync } from 'node:child_process';

const boom = "const boom = () => { throw new Error('x') };";
const alive = "setTimeout(() => console.log('still alive'), 30);";
const later = 'setTimeout(boom, 1);';
const tells = "process.on('uncaughtException', (e, origin) => console.log('UE', e.message, origin));";
const rejected = "const p = Promise.reject(new Error('x'));";
const catches = "p.catch(() => console.log('handled'))";
const call = 'const call = async () => boom();';

const programs = {
  'a timer throws': later + alive,
  'a timer throws, uncaughtException handler': tells + later + alive,
  'the handler throws, too':
    "process.on('uncaughtException', () => { throw new Error('y') });" + later,
  'uncaughtExceptionMonitor only':
    "process.on('uncaughtExceptionMonitor', (e, origin) => console.log('MON', origin));" + later,
  'exitCode = 5 in the handler':
    "process.on('uncaughtException', () => { process.exitCode = 5 });" + later,
  'try around a timer': `try { ${later} } catch { console.log('caught') }`,
  'try inside the timer':
    "setTimeout(() => { try { boom() } catch { console.log('caught') } }, 1);",
  'a rejection': rejected + alive,
  'a rejection, unhandledRejection handler':
    "process.on('unhandledRejection', (e) => console.log('UR', e.message));" + rejected + alive,
  'a rejection, only uncaughtException handler': tells + rejected + alive,
  'a rejection, --unhandled-rejections=warn': rejected + alive,
  'try around an async call, not awaited':
    call + "try { call() } catch { console.log('caught') }",
  'an async call with .catch()': call + `const p = call(); ${catches}`,
  'the .catch() throws, too': call + 'call().catch(boom)',
  '.catch() in the same tick': rejected + `process.nextTick(() => ${catches})`,
  '.catch() in a microtask of a microtask':
    rejected + `queueMicrotask(() => queueMicrotask(() => ${catches}))`,
  '.catch() one setImmediate late': rejected + `setImmediate(() => ${catches})`,
  '.catch() one setImmediate late, --unhandled-rejections=warn':
    rejected + `setImmediate(() => ${catches})`,
  '.catch() one setImmediate late, with handlers':
    "process.on('unhandledRejection', () => console.log('UR'));" +
    "process.on('rejectionHandled', () => console.log('RH'));" +
    rejected + `setImmediate(() => ${catches})`,
};

for (const [name, program] of Object.entries(programs)) {
  const flag = name.match(/--\S+/);
  const run = spawnSync(process.execPath, [...(flag ?? []), '-e', boom + program]);
  const printed = run.stdout.toString().trim().replaceAll('\n', ' ; ');
  console.log(`${name}: exit ${run.status}${printed && ` | ${printed}`}`);
}

// What a swallowed exception leaves behind: bank.hpp's careless transfer.
const bank = spawnSync(process.execPath, ['-e', `
  let a = 100, b = 100, locked = false;
  process.on('uncaughtException', () => {});
  const transfer = (sum, fails) => {
    if (locked) return console.log('refused');
    locked = true;
    a -= sum;
    setImmediate(() => { if (fails) throw new Error('x'); b += sum; locked = false; });
  };
  transfer(30, true);
  setTimeout(() => transfer(10, false), 20);
  setTimeout(() => console.log(a + b, locked ? 'locked' : 'free'), 50);`]);
console.log(`careless, swallowed: ${bank.stdout.toString().trim().replaceAll('\n', ' ; ')}`);
