// The kata with node --test, one line each: "step: tests".
//
//   node labs/25_tdd/node.mjs
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'tdd-'));
process.on('exit', () => rmSync(folder, {recursive: true}));

writeFileSync(join(folder, 'roman.test.mjs'), `
import assert from 'node:assert/strict';
import test from 'node:test';
const {roman} = await import('./roman.mjs');
for (const [number, numeral] of [[1, 'I'], [4, 'IV'], [9, 'IX'], [40, 'XL'], [1994, 'MCMXCIV']]) {
  test(number + ' is ' + numeral, () => assert.equal(roman(number), numeral));
}`);

const rules = [[1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'],
  [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']];
const byRules = (rules, at = '>=', add = '+=') => `
export const roman = (number) => {
  let numeral = '';
  for (const [value, letters] of ${JSON.stringify(rules)}) {
    for (; number ${at} value; number -= value) numeral ${add} letters;
  }
  return numeral;
};`;

function run(code) {
  const file = join(folder, 'roman.mjs');
  if (code === undefined) rmSync(file, {force: true});
  else writeFileSync(file, code);
  const {status, stdout} = spawnSync(process.execPath, ['--test', '--test-reporter=tap', 'roman.test.mjs'],
    {cwd: folder, encoding: 'utf8', env: {PATH: process.env.PATH}});
  return {green: status === 0, passed: Number(/^# pass (\d+)/m.exec(stdout)?.[1])};
}

const tell = (step, code) => {
  const {green, passed} = run(code);
  console.log(`${step}: ${green ? 'green' : 'red'}, ${passed} of 5 pass`);
};
tell('a function that returns ""', 'export const roman = () => "";');
tell('a table of the examples',
  'export const roman = (number) => ({1: "I", 4: "IV", 9: "IX", 40: "XL", 1994: "MCMXCIV"})[number];');
tell('thirteen rules', byRules(rules));
console.log(`five tests, no code: ${run().green ? 'green' : 'red'}`);

const colour = (mutant, code) => console.log(`${mutant}: ${run(code).green ? 'green' : 'red'}`);
for (const [value, letters] of rules) {
  colour(`without {${value}, "${letters}"}`, byRules(rules.filter(([each]) => each !== value)));
}
colour('>= became >', byRules(rules, '>'));
colour('+= became =', byRules(rules, '>=', '='));
