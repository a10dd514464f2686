// On the whiteboard: Roman numerals, test first.
import assert from 'node:assert/strict';

// 1. Red: the examples, before there is any code.
const examples = [[1, 'I'], [4, 'IV'], [9, 'IX'], [40, 'XL'], [500, 'D'], [1994, 'MCMXCIV']];
const passes = (roman) => examples.filter(([number, numeral]) => roman(number) === numeral).length;
assert.equal(passes(() => ''), 0);

// 2. Green: the least code. It passes, and it is no rule yet.
const table = new Map(examples);
assert.equal(passes((number) => table.get(number)), 6);

// 3. Refactor: the structure changes, the examples do not.
const rules = [[1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'],
  [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']];
const romanBy = (rules) => (number) => rules.reduce((numeral, [value, letters]) => {
  for (; number >= value; number -= value) numeral += letters;
  return numeral;
}, '');
assert.equal(passes(romanBy(rules)), 6);

// 4. What do they pin? Without the rule for 50 all of them stay green.
const without = (value) => romanBy(rules.filter(([each]) => each !== value));
assert.equal(passes(without(50)), 6);
assert.equal(passes(without(900)), 5);
