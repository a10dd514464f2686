import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisOf, chartOf, chartOfBench, figure, placeOn, quantile, spoken, type Bar, type Case } from '../src/compare/figures';
import { times } from './random';

const bar = (value: number): Bar =>
  ({ name: `${value}`, kind: 'ours', value, from: value * 0.9, to: value * 1.1, rounds: [value], missing: '', note: '' });

const breaker: Case = {
  name: 'A closed breaker', operation: 'a call', unit: 'ns', clock: 'cpu',
  contestants: [
    { name: 'the call', kind: 'limit', median_ns: 2, rounds_ns: [1, 2, 3] },
    { name: 'our breaker', kind: 'ours', median_ns: 20, rounds_ns: [18, 20, 30] },
    { name: 'opossum', kind: 'peer', version: '9.0.0', missing: 'npm ci first' },
  ],
  goals: [{ of: 'our breaker', under_ns: 25, ns: { low: 18, middle: 20, high: 24 }, met: true, sure: true }],
};

test('a contest is held against ours, and says who is missing', () => {
  const chart = chartOf(breaker);
  assert.equal(chart.base, 1);
  assert.equal(chart.measured, 'ns a call, CPU');
  assert.equal(chart.bars[2]?.name, 'opossum 9.0.0');
  assert.equal(chart.bars[2]?.missing, 'npm ci first');
  assert.equal(chart.goals[0]?.text, 'our breaker under 25 ns; it is 20.0');
});

test('an older result that does not say so is sure if its whole interval is', () => {
  const goal = { of: 'opossum', over: 'our breaker', at_least: 40, met: true };
  const [sure, unsure] = chartOf({ ...breaker, goals: [
    { ...goal, ratio: { low: 81, middle: 101, high: 173 } },
    { ...goal, ratio: { low: 30, middle: 50, high: 70 } },
  ] }).goals;
  assert.deepEqual([sure?.sure, unsure?.sure], [true, false]);
});

test('a rate is told as one, and more is better', () => {
  const chart = chartOf({ ...breaker, operation: 'a query', unit: '1/s', clock: 'wall' });
  assert.ok(chart.moreIsBetter);
  assert.equal(chart.bars[1]?.value, 5e7);
  assert.ok((chart.bars[1]?.from ?? 0) <= (chart.bars[1]?.to ?? 0));
  assert.equal(chart.measured, 'queries a second');
});

test('repetitions of a benchmark are the rounds of one bar, and aggregates are none', () => {
  const chart = chartOfBench({
    name: '14_circuit_breaker', when: 0, context: {},
    benchmarks: [
      { name: 'BM_Call_Baseline_Direct', run_name: 'BM_Call_Baseline_Direct', run_type: 'iteration', cpu_time: 1, time_unit: 'ns' },
      { name: 'BM_CircuitBreaker_Call_Closed/8', run_name: 'BM_CircuitBreaker_Call_Closed/8', run_type: 'iteration', cpu_time: 2, time_unit: 'us' },
      { name: 'BM_CircuitBreaker_Call_Closed/8', run_name: 'BM_CircuitBreaker_Call_Closed/8', run_type: 'iteration', cpu_time: 4, time_unit: 'us' },
      { name: 'BM_CircuitBreaker_Call_Closed/8_mean', run_name: 'BM_CircuitBreaker_Call_Closed/8', run_type: 'aggregate', cpu_time: 3, time_unit: 'us' },
    ],
  });
  assert.equal(chart.bars.length, 2);
  assert.equal(chart.base, 0);
  assert.equal(chart.bars[1]?.value, 3000);
  assert.equal(chart.bars[1]?.name, 'CircuitBreaker: call, closed (8)');
});

test('names are spoken', () => {
  assert.equal(spoken('BM_Trace_Instant_NobodyListens'), 'Trace: instant, nobody listens');
  assert.equal(spoken('BM_X/4/real_time'), 'X (4)');
});

test('every bar lies on its axis, in the order of the values', () => {
  times(200, (random) => {
    const bars = Array.from({ length: 1 + random.whole(8) }, () => bar(10 ** (random.below(8) - 2)));
    for (const logarithmic of [true, false, undefined]) {
      const axis = axisOf(bars, logarithmic);
      assert.ok(axis.ticks.length >= 2 && axis.ticks.length <= 14, `${axis.ticks.length} ticks`);
      const places = [...bars].sort((a, b) => a.value - b.value).map((one) => placeOn(axis, one.value));
      for (const [i, place] of places.entries()) {
        assert.ok(place >= 0 && place <= 1);
        if (i) assert.ok(place >= (places[i - 1] as number));
      }
      if (!axis.logarithmic) assert.equal(axis.least, 0);
    }
  });
});

test('figures have the digits that mean something', () => {
  assert.deepEqual([1234567, 123.4, 12.34, 1.234, 0.01234, NaN].map(figure), ['1,234,567', '123', '12.3', '1.2', '0.012', '–']);
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
});
