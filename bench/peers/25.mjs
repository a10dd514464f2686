// What a Node program would run lab 25's five tests with: each run is a process of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { play } from './timed.mjs';

const rules = [[1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'],
  [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']];
const tests = (runner) => `
const assert = require('node:assert/strict');
${runner}
const rules = ${JSON.stringify(rules)};
const roman = (number) => rules.reduce((numeral, [value, letters]) => {
  for (; number >= value; number -= value) numeral += letters;
  return numeral;
}, '');
for (const [number, numeral] of [[1, 'I'], [4, 'IV'], [9, 'IX'], [40, 'XL'], [1994, 'MCMXCIV']]) {
  test(number + ' is ' + numeral, () => assert.equal(roman(number), numeral));
}`;

// The CPU time of the processes that were waited for is not in process.cpuUsage().
const running = (runner, args) => async (count) => {
  const folder = mkdtempSync(join(tmpdir(), 'tdd-'));
  try {
    const file = join(folder, 'roman.test.cjs');
    writeFileSync(file, tests(runner));
    const run = () => spawnSync(process.execPath, [...args, file], { stdio: 'ignore', env: { PATH: process.env.PATH } }).status === 0;
    run();
    const began = process.hrtime.bigint();
    let green = 0;
    for (let i = 0; i < count; ++i) green += run();
    const ns = Number(process.hrtime.bigint() - began);
    console.log(JSON.stringify({ operations: count, ns, cpu_ns: ns, check: `${green} green` }));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const mocha = () => join(createRequire(import.meta.url).resolve('mocha/package.json'), '../bin/mocha.js');
await play({
  'node-test': running("const test = require('node:test');", ['--test']),
  mocha: (count) => running('const test = it;', [mocha()])(count),
});
