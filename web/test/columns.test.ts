import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floats, ints, lastAtMost, lowerBound } from '../src/trace/columns';
import { times } from './random';

test('a column keeps what is pushed, however much', () => {
  const column = floats();
  for (let i = 0; i < 1000; ++i) assert.equal(column.push(i / 2), i);
  for (let i = 0; i < 1000; ++i) assert.equal(column.at(i), i / 2);
  assert.equal(column.last(), 499.5);
});

test('what is inserted stands there, and the rest in its order', () => {
  times(50, (random) => {
    const column = ints();
    const model: number[] = [];
    for (let i = 0; i < 200; ++i) {
      const at = random.whole(model.length + 1);
      column.insert(at, i);
      model.splice(at, 0, i);
    }
    assert.deepEqual([...column.data.subarray(0, column.length)], model);
  });
});

test('the searches agree with looking at everything', () => {
  times(300, (random) => {
    const sorted = Array.from({ length: random.whole(40) }, () => random.whole(20)).sort((a, b) => a - b);
    const at = (i: number) => sorted[i] as number;
    const limit = random.whole(24) - 2;
    const lower = sorted.findIndex((value) => value >= limit);
    assert.equal(lowerBound(sorted.length, at, limit), lower < 0 ? sorted.length : lower);
    assert.equal(lastAtMost(sorted.length, at, limit), sorted.filter((value) => value <= limit).length - 1);
  });
});
