import './browser';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inside } from '../src/lab/splitter';
import { linked } from '../src/lab/markdown';
import { dense, timesOf } from '../src/pictures/bars';
import { around, beside, covered, within, type Box, type Line } from '../src/pictures/arrows';
import { areApart, folded, parted, rowsOf, trips } from '../src/pictures/sequence';
import { wrapped } from '../src/pictures/sheet';
import { density } from '../src/timeline/minimap';
import { fold } from '../src/pictures/fold';
import { meaningOf } from '../src/pictures/meaning';
import { column, measured, plain } from '../src/pictures/numbers';
import { areLights, treeOf } from '../src/pictures/tree';
import { actorsIn, beatsOf, casesIn, restOf, sceneAt, scenesOf, stateAt, type Scene } from '../src/pictures/scenes';
import { Trace } from '../src/trace/trace';
import { groundsOf, proofOf, sentence } from '../src/trace/words';
import type { Wire } from '../src/trace/wire';

const base = { pid: 1, tid: 1 };
let id = 0;
const told = (cat: string, name: string, ts: number, args = {}): Wire => ({ ...base, name, ph: 'i', ts, cat, args });
const state = (machine: string, name: string, ts: number): Wire =>
  ({ ...base, name, ph: 'b', ts, cat: `state ${machine}`, id: `0x${(++id).toString(16)}`, args: { event: id, lane: machine } });
const mark = (lane: string, name: string, ts: number): Wire =>
  ({ ...base, name, ph: 'n', ts, cat: lane, id: `0x${(++id).toString(16)}`, args: { event: id, lane } });
const flow = (from: string, to: string, name: string, ts: number): Wire[] => {
  const out = ++id;
  return [
    { ...base, name, ph: 's', ts, cat: 'flow', id: `0x${out.toString(16)}`, args: { event: out, lane: from } },
    { ...base, name, ph: 'f', ts: ts + 1, cat: 'flow', id: `0x${out.toString(16)}`, args: { event: ++id, lane: to } },
  ];
};

function traceOf(...events: (Wire | Wire[])[]): Trace {
  const trace = new Trace();
  trace.addAll(events.flat());
  return trace;
}
const scene = (trace: Trace, index = 0) => scenesOf(trace)[index] as Scene;

test('a state means the same in every lab, and an open breaker is not an open file', () => {
  const breaker = new Set(['open', 'closed', 'half-open']);
  assert.deepEqual(['closed', 'open', 'half-open'].map((name) => meaningOf(name, breaker)), ['good', 'bad', 'waiting']);
  assert.deepEqual(['open', 'closed', 'destroyed'].map((name) => meaningOf(name, new Set(['open', 'destroyed']))), ['good', 'gone', 'gone']);
  const expected = {
    serving: 'good', lent: 'good', 'job 3': 'good', 'still answers': 'good', done: 'good', starting: 'waiting', draining: 'waiting',
    'back-off': 'waiting', waiting: 'waiting', 'given up': 'bad', refused: 'bad', 'killed by SIGSEGV': 'gone', dead: 'gone', gone: 'gone', red: 'bad', green: 'good',
    idle: 'none', free: 'none', empty: 'none',
  };
  for (const [name, meaning] of Object.entries(expected)) assert.equal(meaningOf(name), meaning, name);
});

test('cells become numbers that compare, whatever their unit', () => {
  const value = (cell: string) => measured(cell)?.value;
  assert.deepEqual(['3.5 MiB', '40 ms', '32 µs', '12 thousand per second', '1,638', '0.99', ' 56.0 % ███'].map(value),
    [3.5 * 2 ** 20, 0.04, 32e-6, 12000, 1638, 0.99, 56]);
  assert.equal(value('refused ; 170 locked'), undefined);
  assert.equal(value('SIGABRT'), undefined);
  assert.deepEqual(column(['3.5 MiB', '69 KiB'])?.map((one) => one?.kind), ['bytes', 'bytes']);
  assert.equal(column(['3 ms', '4 MiB']), null, 'times and sizes have no common scale');
  assert.equal(column(['3 ms', 'never']), null);
  assert.deepEqual(column(['-', '4 MiB'])?.map((one) => one?.value), [undefined, 4 * 2 ** 20]);
  assert.equal(column(['-', '']), null);
  assert.equal(column(['0 bytes', '91 MiB ↑']), null, 'a gauge above its limit is a finding');
  assert.equal(plain(' 56.0 % ███'), '56.0 %');
});

test('a long silence is folded, a short one is not, and the order of time stays', () => {
  const busy: [number, number][] = [[0, 10], [20, 30], [900, 1000]];
  const { x, cuts } = fold(busy, 0, 1000, 100, 500);
  assert.equal(cuts.length, 1);
  const [cut] = cuts;
  assert.ok(cut && Math.abs(cut.length - (870 - 60)) < 1e-6, `it leaves out ${cut?.length} µs`);
  assert.ok(Math.abs(x(0) - 100) < 1e-6 && Math.abs(x(1000) - 500) < 1e-6, `${x(0)} ${x(1000)}`);
  for (let time = 1; time <= 1000; ++time) assert.ok(x(time) >= x(time - 1), `at ${time}`);
  assert.ok(x(30) - x(0) > 50, 'what happened has the room');
  assert.equal(fold([[0, 400], [500, 1000]], 0, 1000, 0, 100).cuts.length, 0);
  assert.equal(x(-50), x(0));
  assert.equal(x(5000), x(1000));
});

test('ticks are counted from the zero of the scene, and none stands in a fold', () => {
  const { ticks, cuts } = fold([[1030, 1100], [1900, 2030]], 1030, 2030, 0, 400, { zero: 1000 });
  for (const tick of ticks(5)) {
    assert.ok(Math.abs(((tick.time - 1000) / 5) % 1) < 1e-9, `${tick.time}`);
    assert.ok(!cuts.some((cut) => tick.x > cut.from + 1e-6 && tick.x < cut.to - 1e-6), `${tick.x}`);
  }
});

test('scenes do not overlap, and the first moment of one is not of the one before', () => {
  const trace = traceOf(told('scene', 'One', 0), told('picture', 'strips', 1, { feeds: ['a'] }), mark('a', 'x', 5),
    told('scene', 'Two', 10), mark('a', 'y', 10), mark('a', 'z', 12));
  assert.deepEqual(scenesOf(trace).map(({ title, from, to, declared }) => [title, from, to, declared]),
    [['One', 0, 10, true], ['Two', 10, 12, false]]);
  assert.equal(sceneAt(trace, 10)?.title, 'Two');
  assert.equal(sceneAt(trace, 9.9)?.title, 'One');
  assert.deepEqual(beatsOf(trace, scene(trace)), [5]);
  assert.deepEqual(beatsOf(trace, scene(trace, 1)), [10, 12]);
});

test('nothing plays after the takeaway', () => {
  const trace = traceOf(told('scene', 'One', 0), told('picture', 'nodes', 1, { feeds: ['w'] }), state('w', 'serving', 5),
    told('takeaway', 'Remember', 20), state('w', 'gone', 30));
  assert.deepEqual(beatsOf(trace, scene(trace)), [5, 20]);
});

test('a pool rests at its fullest, a tank at its highest, and actors before they are cleared away', () => {
  const pool = traceOf(told('scene', 'Pool', 0), told('picture', 'slots', 1, { feeds: ['s 1', 's 2'] }),
    state('s 1', 'lent', 5), state('s 2', 'lent', 9), { ...base, name: 'lent', ph: 'e', ts: 12, id: `0x${(id - 1).toString(16)}` },
    state('s 1', 'idle', 12), told('claim', 'It holds', 20, { id: '1.1', holds: true }));
  assert.equal(restOf(pool, scene(pool)), 9);
  const count = (value: number, ts: number): Wire => ({ ...base, name: 'q', ph: 'C', ts, event: ++id, args: { q: value } });
  const tank = traceOf(told('scene', 'Tank', 0), told('picture', 'tank', 1, { feeds: ['q'] }), count(3, 4), count(9, 7), count(2, 8));
  assert.equal(restOf(tank, scene(tank)), 7);
  const cleared = traceOf(told('scene', 'Nodes', 0), told('picture', 'nodes', 1, { feeds: ['w 1', 'w 2'] }),
    state('w 1', 'serving', 2), state('w 2', 'serving', 3), flow('c', 'w 1', 'job', 5), state('w 1', 'gone', 8), state('w 2', 'gone', 9));
  const at = restOf(cleared, scene(cleared));
  assert.ok(at >= 6 && at < 8, `${at}`);
  const killed = traceOf(told('scene', 'Nodes', 0), told('picture', 'nodes', 1, { feeds: ['w 1', 'w 2', 'w 3'] }),
    state('w 1', 'serving', 2), state('w 2', 'serving', 3), state('w 3', 'serving', 4), state('w 1', 'gone', 8));
  assert.equal(restOf(killed, scene(killed)), 8, 'who dies while the others go on is the story');
});

test('an actor is who it was introduced as last, and has the state of its own scene', () => {
  const trace = traceOf(told('scene', 'One', 0), told('actor', 'w', 1, { kind: 'process', pid: 7 }), state('w', 'up', 2),
    told('scene', 'Two', 10), told('actor', 'w', 11, { kind: 'process', pid: 8 }), told('actor', 'w', 13, { kind: 'process', pid: 9 }));
  assert.equal(actorsIn(trace, scene(trace)).get('w')?.pid, 7);
  assert.equal(actorsIn(trace, scene(trace, 1), 12).get('w')?.pid, 8);
  assert.equal(actorsIn(trace, scene(trace, 1)).get('w')?.pid, 9);
  assert.equal(trace.name(stateAt(trace, scene(trace), 'w', 5)), 'up');
  assert.equal(stateAt(trace, scene(trace, 1), 'w', 12), -1);
});

test('events are told as sentences, and a claim rests on what was recorded since the last one', () => {
  const trace = traceOf(told('scene', 'One', 0), told('picture', 'nodes', 1, { feeds: ['a', 'b'] }), flow('a', 'b', 'hi', 2),
    told('claim', 'First', 5, { id: '1.1', holds: true }), state('b', 'busy', 6), told('claim', 'Second', 8, { id: '1.2', holds: true }));
  const claims = trace.story.filter(({ kind }) => kind === 'claim').map(({ event }) => event);
  const told_of = (claim: number) => proofOf(trace, claim).map((event) => sentence(trace, event));
  assert.deepEqual(told_of(claims[0] as number), ['a sends “hi”', 'b gets “hi” from a']);
  assert.deepEqual(told_of(claims[1] as number), ['b is now busy']);
});

test('test runs are lights, a row for each suite, and a tree of sizes is none', () => {
  const table = (rows: string[][]) => ({ title: 'Lights', columns: ['run', 'suite', 'light'], rows });
  const lights = treeOf(table([['unit', '', ''], ['unit: no fault', 'unit', 'green'], ['unit: wrong rule', 'unit', 'red']]));
  assert.equal(areLights(lights), true);
  assert.deepEqual(lights.map(({ name, children }) => [name, children.map(({ text }) => text)]), [['unit', ['green', 'red']]]);
  assert.deepEqual(['green', 'red'].map((text) => meaningOf(text)), ['good', 'bad']);
  assert.equal(areLights(treeOf(table([['root', '', '3'], ['leaf', 'root', '3']]))), false);
  assert.equal(areLights(treeOf(table([['alone', '', 'green']]))), false);
  assert.equal(areLights([]), false);
});

test('of two profiles a frame is as wide as the larger one, and says what it is now', () => {
  const [root] = treeOf({ title: 'A fix', columns: ['function', 'called by', 'samples before', 'after'],
    rows: [['serve', '', '100 samples', '30 samples'], ['parse', 'serve', '90 samples', '0 samples'], ['tax', 'serve', '10 samples', '30 samples']] });
  assert.deepEqual([root?.size, root?.now], [120, 30], 'its children need more than it had');
  assert.deepEqual(root?.children.map(({ name, size, now }) => [name, size, now]), [['parse', 90, 0], ['tax', 30, 30]]);
});

test('a slot that opens is not yet lent: who waits for it is not in the queue of a full pool', () => {
  const lasting = (cat: string, name: string, ts: number, until: number): Wire[] => {
    const begun = `0x${(++id).toString(16)}`;
    const lane = cat.slice(6);
    return [{ ...base, name, ph: 'b', ts, cat, id: begun, args: { event: id, lane } },
      { ...base, name, ph: 'e', ts: until, cat, id: begun, args: { event: ++id, lane } }];
  };
  const slot = (name: string, ts: number, until: number) => lasting('state s 1', name, ts, until);
  const waits = (name: string, ts: number, until: number) => lasting('queue line', name, ts, until);
  const pool = traceOf(told('scene', 'Pool', 0), told('picture', 'slots', 1, { feeds: ['s 1', 'line'] }),
    slot('opening', 10, 40), waits('a', 12, 40), waits('c', 12, 40), slot('lent', 40, 80), waits('b', 50, 70), slot('empty', 80, 90), told('takeaway', 'So.', 90));
  assert.equal(restOf(pool, scene(pool)), 50);
});

test('what a lab tries next is known wherever it is drawn', () => {
  const trace = traceOf(told('scene', 'Two ways', 0), told('picture', 'curves', 1, { feeds: [] }), mark('case', 'with', 5), mark('case', 'without', 9),
    told('scene', 'Another', 20), mark('case', 'a third', 25));
  assert.deepEqual(casesIn(trace, scene(trace)).map(({ name, time }) => [name, time]), [['with', 5], ['without', 9]]);
});

test('what a claim rests on is told in a few sentences: alike events once, the rarest first of all', () => {
  const calls = Array.from({ length: 30 }, (_, i) => flow('app', 'payments', 'charge', 100 + i * 10));
  const trace = traceOf(
    told('scene', 'An outage', 1), told('picture', 'nodes', 2, { feeds: ['app', 'payments', 'breaker'] }),
    ...calls, ...['a', 'b', 'c', 'd'].map((name, i) => state('breaker', name, 500 + i)),
    told('claim', 'It opens.', 600, { id: '14.1', holds: true, evidence: '4 of 30' }));
  const claim = scene(trace).items.find((item) => item.kind === 'claim')?.event as number;
  const found = groundsOf(trace, claim).map(({ text, count }) => `${count} ${text}`);
  assert.deepEqual(found, [
    '30 app sends “charge”', '30 payments gets “charge” from app',
    '1 breaker is now a', '1 breaker is now b', '1 breaker is now c', '1 breaker is now d',
  ]);
});

test('a claim of a table quotes the rows that its evidence names; without any, its first rows', () => {
  const table = { columns: ['copy', 'peak memory'], rows: [['nothing', '3.4 MiB'], ['by chunks', '4.6 MiB'], ['as a whole', '69 MiB']] };
  const grounds = (evidence: string) => {
    const trace = traceOf(told('scene', 'Copies', 1), told('picture', 'bars', 2, { feeds: ['Memory'] }),
      told('table', 'Memory', 3, table), told('claim', 'It stays small.', 4, { id: '04.2', holds: true, evidence }));
    return groundsOf(trace, scene(trace).items.find((item) => item.kind === 'claim')?.event as number)[0]?.text;
  };
  assert.equal(grounds('chunks took 4.6 MiB, the whole 69 MiB'),
    '“Memory” says: by chunks, peak memory 4.6 MiB; as a whole, peak memory 69 MiB');
  assert.match(grounds('it did') ?? '', /nothing, peak memory 3.4 MiB; by chunks/);
});

test('a claim whose picture had nothing before it rests on whatever its scene recorded', () => {
  const trace = traceOf(told('scene', 'Threads', 1), told('picture', 'slots', 2, { feeds: ['slot 1'] }),
    mark('loop', 'called back', 3), told('claim', 'One thread.', 4, { id: '01.2', holds: true, evidence: '1' }));
  const claim = scene(trace).items.find((item) => item.kind === 'claim')?.event as number;
  assert.deepEqual(groundsOf(trace, claim).map(({ text }) => text), ['loop: called back']);
});

test('counts are told as a range', () => {
  const count = (value: number, ts: number): Wire => ({ ...base, name: 'sink queued', ph: 'C', ts, cat: 'counter', event: ++id, lane: 'sink', unit: '', args: { queued: value } });
  const trace = traceOf(told('scene', 'Fill', 1), told('picture', 'curves', 2, { feeds: ['sink queued'] }),
    count(3, 3), count(9, 4), count(1, 5), told('claim', 'It fills.', 6, { id: '05.1', holds: true, evidence: '9' }));
  const claim = scene(trace).items.find((item) => item.kind === 'claim')?.event as number;
  assert.deepEqual(groundsOf(trace, claim).map(({ text, count }) => `${count} ${text}`), ['3 sink queued lay between 1 and 9']);
});

test('columns of a table that say nothing are not drawn', () => {
  const table = { title: 'Ranges', columns: ['range', 'parent', 'takes'], rows: [['^1', ' ', '1.2'], ['~1', '', '1.1']] };
  assert.deepEqual(dense(table), { title: 'Ranges', columns: ['range', 'takes'], rows: [['^1', '1.2'], ['~1', '1.1']] });
});

test('programs that do not talk and run one after the other stand apart; any message joins them', () => {
  const dot = (from: string) => ({ from, look: 'dot' });
  assert.ok(areApart([dot('a'), dot('a'), dot('b')]));
  assert.ok(!areApart([dot('a'), dot('a')]), 'one alone');
  assert.ok(!areApart([dot('a'), dot('b'), dot('a')]), 'they take turns');
  assert.ok(!areApart([dot('a'), { from: 'b', look: 'arrow' }]));
});

test('a busy moment does not flatten the rest of the minimap', () => {
  const times = [...Array.from({ length: 100 }, () => 5), 95, -1, 200];
  const found = density({ length: times.length, at: (i) => times[i] as number }, 100, 10);
  assert.equal(found[0], 1);
  assert.equal(found[9], Math.sqrt(2 / 101));  // what lies outside stands at the edge
  assert.ok(found.slice(1, 9).every((height) => height === 0));
});

test('in answers, labs and claims are links, but not in code, links or other numbers', () => {
  assert.equal(linked('<p>As in lab 2 (05.3).</p>'), '<p>As in <a href="#/lab/02">lab 2</a> (<a href="#/lab/05?claim=05.3">05.3</a>).</p>');
  for (const same of ['<p>since Node 22.12, or Node\n20.6</p>', '<code>lab 2 05.3</code>', '<pre><code>./lab 2</code></pre>', '<a href="x">lab 14</a>', '<p>1.44.2, 0.05, 31.2 and 14.123 ms</p>']) {
    assert.equal(linked(same), same);
  }
});

test('a column keeps within its bounds', () => {
  assert.deepEqual([inside('left', 0), inside('left', 21), inside('side', 99)], [12, 21, 45]);
});

test('how many times as much is said only where it says something', () => {
  assert.equal(timesOf([2, 1]), '', 'a count of one and two');
  assert.equal(timesOf([700_000, 2116, 700_000]), '', 'two are the largest');
  assert.equal(timesOf([58, 42]), '');
  assert.equal(timesOf([0, 200]), '', 'nothing is no measure');
  assert.equal(timesOf([5.8e-3, 25e-6]), ' 232× as much');
  assert.equal(timesOf([3.2, 4.4, 69]), ' 22× the least');
});

test('a text is broken between words, into as many lines as it may have', () => {
  assert.deepEqual(wrapped('pool checks nothing', 12 * 7), ['pool checks', 'nothing']);
  assert.deepEqual(wrapped('pool checks nothing', 6 * 7, false, 2), ['pool', 'checks nothing']);
  assert.deepEqual(wrapped('pool checks nothing', 400), ['pool checks nothing']);
});

test('labels of crossing and of opposite arrows cover neither a box, an arrow nor each other', () => {
  const box = (name: string, x: number, y: number): Box => ({ name, x, y, w: 100, h: 50 });
  const boxes = [box('A', 60, 60), box('B', 60, 260), box('Redis', 560, 60), box('PostgreSQL', 560, 260)];
  const line = (from: [number, number], to: [number, number]): Line => {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    return { from: { x: from[0], y: from[1] }, to: { x: to[0], y: to[1] }, side: { x: (to[1] - from[1]) / length, y: -(to[0] - from[0]) / length } };
  };
  const lines = [line([110, 60], [510, 60]), line([110, 260], [510, 260]), line([110, 80], [510, 240]), line([110, 240], [510, 80]),
    line([110, 60], [510, 60])];
  const said = [['20 hits'], ['20 loads'], ['20 loads', '0 loads'], ['20 hits'], ['answer ×20']];
  const labels = beside(lines, said, boxes, 640, 320).map(({ x, y }, i): Box => {
    const texts = said[i] as string[];
    return { name: texts[0] as string, x, y, w: Math.max(...texts.map((text) => text.length)) * 7, h: texts.length * 15 };
  });
  labels.forEach((label, i) => {
    for (const one of boxes) assert.equal(covered(label, one, 0), 0, `${label.name} covers ${one.name}`);
    labels.forEach((other, k) => { if (k !== i) assert.equal(covered(label, other, 0), 0, `${label.name} covers ${other.name}`); });
    lines.forEach((one, k) => assert.equal(within(label, one), 0, `${label.name} covers arrow ${k}`));
  });
});

test('on a narrow page an arrow goes around the boxes of the lines between', () => {
  const box = (name: string, x: number, y: number): Box => ({ name, x, y, w: 100, h: 40 });
  const boxes = [box('main', 160, 30), box('worker 1', 80, 130), box('worker 2', 240, 130), box('worker 3', 80, 230), box('worker 4', 240, 230)];
  const ends = [['main', 'worker 1'], ['main', 'worker 3'], ['worker 4', 'main']];
  const line = ([from, to]: string[]): Line => {
    const [a, b] = [boxes.find(({ name }) => name === from) as Box, boxes.find(({ name }) => name === to) as Box];
    const down = Math.sign(b.y - a.y);
    return { from: { x: a.x, y: a.y + 21 * down }, to: { x: b.x, y: b.y - 25 * down }, side: { x: 1, y: 0 } };
  };
  const ways = around(ends.map(line), ends, boxes, 320);
  assert.deepEqual(ways.map((way) => way.length), [2, 4, 4]);
  ways.forEach((way, i) => way.slice(1).forEach((to, k) => {
    for (const one of boxes.filter(({ name }) => !ends[i]?.includes(name)))
      assert.equal(within(one, { from: way[k] as Line['from'], to, side: to }), 0, `${ends[i]} goes through ${one.name}`);
  }));
  assert.notEqual(ways[1]?.[1]?.x, ways[2]?.[1]?.x, 'two in one gap lie beside each other');
});

test('a request and the answer that comes next are one row, where there is no room for two', () => {
  const arrow = (from: string, to: string, text: string): { from: string; to: string; text: string; look: 'arrow'; back?: boolean } => ({ from, to, text, look: 'arrow' });
  const rows = [arrow('saga', 'orders', 'create'), arrow('orders', 'saga', 'create:done'), arrow('saga', 'stock', 'ship'),
    arrow('stock', 'orders', 'ship:done'), arrow('saga', 'orders', 'cancel'), arrow('orders', 'saga', 'create:done')];
  assert.deepEqual(trips(rows).map(({ text, back }) => `${text}${back ? ' back' : ''}`),
    ['create: done back', 'ship', 'ship:done', 'cancel', 'create:done']);
});

test('what a lab tries next is a heading of the sequence and no lane of it', () => {
  const trace = traceOf(
    told('scene', 'two ways', 0), told('picture', 'sequence', 1, { feeds: ['reader', 'Redis'] }), state('Redis', 'up', 1.5),
    mark('case', 'with an erase', 2), flow('reader', 'Redis', 'get', 3), mark('case', 'with a lease', 6), flow('reader', 'Redis', 'fill', 7));
  const { lanes, rows } = rowsOf(trace, scene(trace));
  assert.deepEqual(lanes, ['reader', 'Redis']);
  assert.deepEqual(rows.map(({ look, text }) => `${look} ${text}`), ['case with an erase', 'arrow get', 'case with a lease', 'arrow fill']);
});

test('who comes on stage again begins a new case', () => {
  const actor = (name: string, ts: number) => told('actor', name, ts, { kind: 'client', pid: 0, lane: name });
  const trace = traceOf(
    told('scene', 'two clients', 0), told('picture', 'sequence', 1, { feeds: ['client', 'server'] }),
    actor('client', 2), flow('client', 'server', 'GET', 3), actor('client', 6), flow('client', 'server', 'GET', 7));
  assert.deepEqual(rowsOf(trace, scene(trace)).rows.map(({ look }) => look), ['arrow', 'case', 'arrow']);
});

test('what comes again and again in a sequence is told once, and what is counted from the first to the last', () => {
  const row = (text: string, from = 'a', to = 'b', look: 'arrow' | 'case' = 'arrow') => ({ from, to, text, look });
  const twenty = Array.from({ length: 20 }, () => [row('GET'), row('200', 'b', 'a')]).flat();
  assert.deepEqual(folded([row('POST'), ...twenty, row('bye')]).map(({ text }) => text), ['POST', 'GET × 20', '200 × 20', 'bye']);
  assert.deepEqual(folded([1, 2, 3, 4].map((i) => row(`order ${i}`))).map(({ text }) => text), ['order 1 … order 4']);
  // Twice is not again and again, other numbers are other answers, and a heading ends what came.
  assert.equal(folded([row('GET'), row('GET')]).length, 2);
  assert.equal(folded([row('200'), row('401'), row('500')]).length, 3);
  assert.equal(folded([row('GET'), row('GET'), row('with a cache', '', '', 'case'), row('GET')]).length, 4);
});

test('a scene that has ended stands in columns, each with whole cases', () => {
  const row = (i: number, look: 'arrow' | 'case') => ({ time: i * 10, event: i, from: look === 'case' ? '' : 'a', to: 'b', text: `${i}`, look });
  const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => row(i, [0, 3, 6].includes(i) ? 'case' : 'arrow'));
  assert.deepEqual(parted(rows, 3).map((part) => part.map(({ event }) => event)), [[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
  assert.deepEqual(parted(rows, 1).map((part) => part.length), [9]);
  const plain = rows.map(({ event }) => row(event, 'arrow'));
  assert.deepEqual(parted(plain, 2).map((part) => part.length), [4, 5]);
});
