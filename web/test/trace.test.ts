import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kind, Trace } from '../src/trace/trace';
import type { Wire } from '../src/trace/wire';
import { randomTrace, times } from './random';

const base = { pid: 1, tid: 1 };
const traced = (...wires: Wire[]) => {
  const trace = new Trace();
  trace.addAll(wires);
  return trace;
};
const all = (trace: Trace) => Array.from({ length: trace.length }, (_, i) => i);

test('time begins with the first event', () => {
  const trace = traced(
    { ...base, name: 'a', ph: 'n', ts: 5000, cat: 'loop', args: { event: 1 } },
    { ...base, name: 'b', ph: 'n', ts: 5250, cat: 'loop', args: { event: 2 } });
  assert.equal(trace.time.at(0), 0);
  assert.equal(trace.time.at(1), 250);
  assert.equal(trace.latest, 250);
});

test('spans of a row never overlap, however they came; each is where it can be found', () => {
  times(60, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 300));
    for (const lane of trace.lanes) {
      for (const row of lane.rows) {
        for (let i = 0; i < row.length; ++i) {
          assert.equal(trace.lane.at(row.at(i)), lane.index);
          if (i) assert.ok(trace.until.at(row.at(i - 1)) <= trace.time.at(row.at(i)));
        }
      }
      const inRows = lane.rows.reduce((sum, row) => sum + row.length, 0);
      const spans = all(trace).filter((event) =>
        trace.lane.at(event) === lane.index && trace.kind.at(event) === Kind.span);
      assert.equal(inRows, spans.length);
    }
  });
});

test('the span at a moment is the one that looking at everything finds', () => {
  times(60, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 200));
    for (const lane of trace.lanes) {
      for (const row of lane.rows) {
        const time = random.below(trace.latest + 5);
        const events = Array.from({ length: row.length }, (_, i) => row.at(i));
        const holding = events.filter((event) => trace.time.at(event) <= time && trace.until.at(event) >= time);
        const found = trace.spanAt(row, time);
        if (holding.length) assert.ok(holding.includes(found));
        else assert.equal(found, -1);
      }
    }
  });
});

test('stepping to and fro visits each event once, by time, and comes back', () => {
  times(30, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 120));
    const wanted = (event: number) => trace.kind.at(event) !== Kind.counter;
    const visited: number[] = [];
    for (let at = trace.step(-1, -1, 1, wanted); at >= 0; at = trace.step(at, 0, 1, wanted)) visited.push(at);
    const expected = all(trace).filter(wanted);
    assert.deepEqual([...visited].sort((a, b) => a - b), expected);
    for (let i = 1; i < visited.length; ++i) {
      assert.ok(trace.time.at(visited[i - 1] as number) <= trace.time.at(visited[i] as number));
      assert.equal(trace.step(visited[i] as number, 0, -1, wanted), visited[i - 1]);
    }
  });
});

test('a counter has the value that was told last', () => {
  times(40, (random) => {
    const wires = randomTrace(random, 200);
    const trace = traced(...wires);
    const zero = (wires[0] as Wire).ts;
    for (const series of trace.series) {
      const time = random.below(trace.latest);
      const told = wires.filter((wire) => wire.ph === 'C' && wire.lane === series.lane && wire.ts - zero <= time);
      assert.equal(trace.valueAt(series, time), told.at(-1)?.args?.['queue']);
    }
  });
});

test('counters that come late stand where their time belongs', () => {
  times(40, (random) => {
    const wires = randomTrace(random, 100).filter((wire) => wire.ph === 'C');
    const [first] = wires;
    if (!first) return;
    // Each process prints in its own order: neighbours may be swapped.
    const shuffled = [first, ...wires.slice(1).sort((a, b) => a.ts - b.ts + random.below(6) - 3)];
    const trace = traced(...shuffled);
    for (const series of trace.series) {
      for (let i = 1; i < series.time.length; ++i) assert.ok(series.time.at(i - 1) <= series.time.at(i));
    }
  });
});

test('a chain of causes ends, even where it bites its own tail', () => {
  const trace = traced(
    { ...base, name: 'a', ph: 'n', ts: 1, cat: 'x', args: { event: 1, cause: 2 } },
    { ...base, name: 'b', ph: 'n', ts: 2, cat: 'x', args: { event: 2, cause: 1 } });
  assert.deepEqual(trace.chain(1), [1, 0]);
  assert.deepEqual(trace.effects(0), [1]);
});

test('causes and effects agree', () => {
  times(30, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 200));
    for (const event of all(trace)) {
      for (const effect of trace.effects(event)) assert.equal(trace.cause(effect), event);
      const cause = trace.cause(event);
      if (cause >= 0) assert.ok(trace.effects(cause).includes(event));
    }
  });
});

test('a line knows its events', () => {
  times(20, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 150));
    const lines = trace.linesOf('labs/05_x/main.cpp');
    for (const [line, count] of lines) {
      assert.equal(trace.emittedBy(`labs/05_x/main.cpp:${line}`).length, count);
    }
  });
});

test('what has not ended holds on', () => {
  const trace = traced(
    { ...base, name: 'work', ph: 'b', ts: 0, cat: 'loop', id: '1', args: { event: 1 } },
    { ...base, name: 'later', ph: 'n', ts: 900, cat: 'loop', args: { event: 2 } });
  assert.equal(trace.until.at(0), Infinity);
  const [row] = trace.lanes[0]?.rows ?? [];
  assert.equal(row && trace.spanAt(row, 800), 0);
});

test('each process has machines of its own', () => {
  const state = (name: string, ph: string, ts: number, pid: number): Wire =>
    ({ name, ph, ts, pid, tid: pid, cat: 'state breaker', id: `${pid}`, args: {} });
  const trace = traced(
    state('closed', 'b', 0, 1), state('closed', 'b', 1, 2),
    state('closed', 'e', 5, 1), state('open', 'b', 5, 1), state('open', 'e', 9, 1), state('closed', 'b', 9, 1));
  const machines = trace.lanes.filter((lane) => lane.kind === 'state');
  assert.equal(machines.length, 2);
  const [first] = machines;
  const row = first?.rows[0];
  assert.deepEqual(Array.from({ length: row?.length ?? 0 }, (_, i) => trace.name(row?.at(i) ?? -1)), ['closed', 'open', 'closed']);
});

test('claims, nuances and tables become a story in the order of time', () => {
  const told = (cat: string, name: string, ts: number, args: object): Wire =>
    ({ ...base, name, ph: 'i', ts, cat, args: { ...args } });
  const trace = traced(
    told('scene', 'The first', 0, {}),
    told('claim', 'it holds', 20, { id: '05.1', holds: true, evidence: '3 of 3' }),
    told('say', 'A sentence', 10, {}),
    told('table', 'Numbers', 30, { columns: ['a', 'b'], rows: [['1', '2']] }),
    told('run', 'end', 40, { exit: 0, claims: 1, failed: 0, events: 4, dropped: 0, killed_by: 0, stopped: false }));
  assert.deepEqual(trace.story.map((item) => item.kind), ['scene', 'say', 'claim', 'table']);
  assert.equal(trace.story[2]?.holds, true);
  assert.deepEqual(trace.story[3]?.table?.rows, [['1', '2']]);
  assert.equal(trace.end?.claims, 1);
});

test('nothing that a lab could print breaks it', () => {
  const odd: Wire[] = [
    { ...base, name: 'x', ph: 'e', ts: 1, cat: 'never begun', id: '9' },
    { ...base, name: 'x', ph: 'Z', ts: 2 },
    { ...base, name: '', ph: 'n', ts: 2, cat: '' },
    { ...base, name: 'c', ph: 'C', ts: 3, args: { text: 'no number' } },
    { ...base, name: 'x', ph: 'i', ts: 4, cat: 'unheard of', args: {} },
    { ...base, name: 't', ph: 'i', ts: 5, cat: 'table', args: {} },
    { ...base, name: 's', ph: 's', ts: 6 },
    { ...base, name: 'early', ph: 'n', ts: 0, cat: 'loop', args: { cause: 77 } },
  ];
  const trace = traced(...odd);
  for (const event of all(trace)) {
    assert.equal(typeof trace.name(event), 'string');
    assert.ok(trace.chain(event).length >= 1);
  }
});
