import './browser';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaugesOf, drawnPoints } from '../src/timeline/gauges';
import { hit, layOut } from '../src/timeline/layout';
import { afterTiny } from '../src/timeline/paint';
import { fit, xOf } from '../src/trace/time';
import { Trace } from '../src/trace/trace';
import { randomTrace, times } from './random';

test('lanes stand one below the other, each with room for its rows', () => {
  times(30, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 150));
    const layout = layOut(trace, 1000);
    assert.equal(layout.lanes.length, trace.lanes.length);
    let bottom = 0;
    for (const { y, height } of layout.lanes) {
      assert.ok(y >= bottom && height > 0);
      bottom = y + height;
    }
    assert.ok(layout.height >= bottom);
  });
});

test('a mark is hit where it is drawn', () => {
  times(30, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 60));
    const layout = layOut(trace, 1000);
    const width = 1000 - layout.gutter;
    const view = fit(trace.latest);
    for (const { lane, y } of layout.lanes) {
      for (let i = 0; i < lane.marks.length; ++i) {
        const event = lane.marks.at(i);
        const found = hit(trace, layout, view, width, xOf(view, trace.time.at(event), width), y + 4).event;
        assert.ok(found >= 0);
        // Of several at one moment any will do.
        if (trace.lane.at(found) === lane.index && !trace.isSpan(found)) {
          assert.ok(Math.abs(trace.time.at(found) - trace.time.at(event)) * (width / (view.to - view.from)) <= 6.01);
        }
      }
    }
  });
});

test('nothing is hit beside the lanes', () => {
  const trace = new Trace();
  const layout = layOut(trace, 1000);
  assert.equal(hit(trace, layout, fit(0), 800, 100, 10).event, -1);
});

test('a plot keeps the least and the most, and no more points than it can show', () => {
  times(40, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 3000));
    for (const gauge of gaugesOf(trace)) {
      for (const { series } of gauge.series) {
        const width = 20 + random.whole(100);
        const [xs, ys] = drawnPoints(series, fit(trace.latest), width);
        assert.ok(xs.length <= 4 * (width + 2), `${xs.length} points in ${width} px`);
        for (let i = 1; i < xs.length; ++i) assert.ok((xs[i - 1] as number) <= (xs[i] as number));
        assert.equal(Math.max(...ys), series.most);
        assert.equal(Math.min(...ys), series.least);
      }
    }
  });
});

test('what begins under the bar of a tiny span is drawn, if it is longer than that', () => {
  times(60, (random) => {
    const trace = new Trace();
    trace.addAll(randomTrace(random, 200));
    for (const lane of trace.lanes) {
      for (const row of lane.rows) {
        for (let i = 0; i < row.length; ++i) {
          const end = trace.time.at(row.at(i)) + 1 + random.whole(20);
          const next = afterTiny(trace, row, i, end);
          assert.ok(next > i);
          for (let skipped = i + 1; skipped < next; ++skipped) {
            assert.ok(trace.until.at(row.at(skipped)) <= end, 'a long one was left out');
          }
        }
      }
    }
  });
});
