import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillItem, Where } from '../src/api';
import { asked, inDays, misplaced, moved, orderOf, orderText, placeOf, Sitting } from '../src/drill/session';
import { Trace } from '../src/trace/trace';
import { times } from './random';

const item = (id: string, is_due: boolean, lab = '05'): DrillItem =>
  ({ id, lab, kind: 'followup', question: '?', is_due, today: is_due, new: !is_due, due_in: is_due ? 0 : 3, asked: 0, right: 0 });

test('asked is what is due, of the lab that is wanted', () => {
  const items = [item('a', true), item('b', false), item('c', true, '14')];
  const ids = (lab: string, all: boolean) => asked(items, { lab, all }).map((one) => one.id);
  assert.deepEqual(ids('', false), ['a', 'c']);
  assert.deepEqual(ids('', true), ['a', 'b', 'c']);
  assert.deepEqual(ids('05', false), ['a']);
  const waits = { ...item('d', true), today: false };
  assert.deepEqual(asked([...items, waits], { lab: '', all: false }).map(({ id }) => id), ['a', 'c'], "of all labs: today's mix");
  assert.deepEqual(asked([...items, waits], { lab: '05', all: false }).map(({ id }) => id), ['a', 'd']);
});

test('what was not known comes once more at the end, and counts once', () => {
  const sitting = new Sitting([item('a', true), item('b', true)]);
  sitting.note(false, true);
  sitting.next();
  assert.equal(sitting.current?.id, 'b');
  sitting.note(true, false);
  sitting.next();
  assert.equal(sitting.current?.id, 'a');
  assert.ok(sitting.again);
  sitting.note(true, false);
  sitting.next();
  assert.equal(sitting.current, null);
  assert.deepEqual([sitting.answered, sitting.known], [2, 1]);
});

test('what could not be judged counts for nothing', () => {
  const sitting = new Sitting([item('a', true)]);
  sitting.note(null, false);
  sitting.next();
  assert.equal(sitting.answered, 0);
  assert.equal(sitting.current, null);
});

test('moving one keeps all the others in their order', () => {
  times(200, (random) => {
    const list = Array.from({ length: 1 + random.whole(8) }, (_, i) => `item ${i}`);
    const from = random.whole(list.length);
    const to = random.whole(list.length);
    const after = moved(list, from, to);
    assert.equal(after[to], list[from]);
    assert.deepEqual(after.filter((one) => one !== list[from]), list.filter((one) => one !== list[from]));
    assert.deepEqual(orderOf(orderText(after)), after);
  });
});

test('says how far off each of an order was', () => {
  assert.deepEqual(misplaced(['a', 'b', 'c'], ['b', 'a', 'c']), [1, -1, 0]);
  assert.ok(Number.isNaN(misplaced(['a'], [])[0]));
});

test('finds the cell, the claim or the event that answers', () => {
  const base = { pid: 1, tid: 1, ts: 1 };
  const trace = new Trace();
  trace.addAll([
    { ...base, name: 'write', ph: 'n', cat: 'sink', args: { event: 1, length: 5 } },
    { ...base, name: 'write', ph: 'n', cat: 'sink', args: { event: 2, length: 25 } },
    { ...base, name: 'it holds', ph: 'i', cat: 'claim', args: { id: '05.1', holds: true, evidence: '' } },
    { ...base, name: 'Ways', ph: 'i', cat: 'table', args: { columns: ['way', 'queue', 'end'], rows: [['pipe', '64 KiB', 'open'], ['none', '1 MiB', 'closed']] } },
  ]);
  const where: Where = { table: '', row: [], column: '', pick: '', claim: '', event: '', arg: '' };
  assert.equal(placeOf(trace, { ...where, event: 'write', arg: 'length' }, '25').event, 1);
  assert.equal(placeOf(trace, { ...where, claim: '05.1' }, 'yes').event, 2);
  const cell = placeOf(trace, { ...where, row: ['none'], column: 'queue' }, '1 MiB');
  assert.deepEqual([cell.event, cell.row, cell.column], [3, 1, 1]);
  const last = placeOf(trace, { ...where, row: ['pipe'] }, 'open');
  assert.deepEqual([last.row, last.column], [0, 2]);
  const picked = placeOf(trace, { ...where, pick: 'most', column: 'queue' }, 'none');
  assert.deepEqual([picked.row, picked.column], [1, 1]);
  assert.equal(placeOf(trace, { ...where, table: 'Others', row: ['pipe'] }, 'x').event, -1);
  const only = placeOf(trace, undefined, 'closed');
  assert.deepEqual([only.event, only.row, only.column], [3, 1, 2]);
  assert.equal(placeOf(trace, undefined, 'nowhere').event, -1);
});

test('tells days as one would', () => {
  assert.deepEqual([-1, 0, 1, 6].map(inDays), ['today', 'today', 'tomorrow', 'in 6 days']);
});
