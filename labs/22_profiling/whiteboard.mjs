// On the whiteboard: what a profiler does with its samples.
import assert from 'node:assert/strict';

// Equal stacks are one line with a count: what flame graph programs read.
function fold(samples) {
  const folded = new Map();
  for (const stack of samples) {
    const line = stack.join(';');
    folded.set(line, (folded.get(line) ?? 0) + 1);
  }
  return folded;
}

// Self: it was on top and burnt the CPU. Total: it was anywhere on the stack.
function report(folded) {
  const rows = new Map();
  const row = (name) => rows.get(name) ?? rows.set(name, { self: 0, total: 0 }).get(name);
  for (const [line, count] of folded) {
    const names = line.split(';');
    row(names.at(-1)).self += count;
    for (const name of new Set(names)) row(name).total += count; // once, if it is recursive
  }
  return rows;
}

const before = fold([...Array(8).fill(['serve', 'parse']), ...Array(2).fill(['serve', 'tax'])]);
assert.deepEqual(report(before).get('parse'), { self: 8, total: 8 });
assert.deepEqual(report(before).get('serve'), { self: 0, total: 10 }); // wide, and not guilty
const after = fold(Array(2).fill(['serve', 'tax'])); // the same work, parsed once
assert.equal(report(after).get('tax').self, report(before).get('tax').self); // 100 % now, as slow as before
assert.equal(report(fold([['walk', 'walk']])).get('walk').total, 1);
