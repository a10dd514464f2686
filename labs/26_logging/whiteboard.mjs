// On the whiteboard: one JSON object a line, levels, redaction, and a request id that follows.
import assert from 'node:assert/strict';
import {AsyncLocalStorage} from 'node:async_hooks';
import {setTimeout as sleep} from 'node:timers/promises';

const levels = {debug: 20, info: 30, warn: 40, error: 50};
export const request = new AsyncLocalStorage();

export function logger({level = 'info', secrets = [], write = (line) => process.stdout.write(line)} = {}) {
  const log = (name) => (fields, msg) => {
    if (levels[name] < levels[level]) return; // before anything is formatted
    const safe = Object.fromEntries(Object.entries(fields)
      .map(([key, value]) => [key, secrets.includes(key) ? '[Redacted]' : value]));
    write(JSON.stringify({level: levels[name], time: Date.now(), ...request.getStore(), ...safe, msg}) + '\n');
  };
  return Object.fromEntries(Object.keys(levels).map((name) => [name, log(name)]));
}

const lines = [];
const log = logger({secrets: ['password'], write: (line) => lines.push(line)});
const serve = (requestId) => request.run({requestId}, async () => {
  log.info({password: 'hush'}, 'received');
  await sleep(1); // another request runs meanwhile
  log.error({route: '/pay'}, 'declined\nby the bank');
});
await Promise.all([serve('r-1'), serve('r-2')]);
log.debug({}, 'nobody wants this');

const read = lines.map((line) => JSON.parse(line));
assert.equal(read.length, 4);
assert.deepEqual(read.map(({requestId}) => requestId).sort(), ['r-1', 'r-1', 'r-2', 'r-2']);
assert.ok(!lines.join('').includes('hush') && lines.every((line) => line.indexOf('\n') === line.length - 1));
assert.equal(read.filter(({level, route}) => level >= 50 && route === '/pay').length, 2);
