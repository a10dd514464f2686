import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clamp, fit, lengthText, pan, reveal, tickStep, ticks, timeAt, timeText, valueText, xOf, zoom, type View,
} from '../src/trace/time';
import { times, type Random } from './random';

const latest = 1_000_000;
const near = (a: number, b: number, by = 1e-6) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);

function someView(random: Random): View {
  const from = random.below(latest);
  return clamp({ from, to: from + 1 + random.below(latest) }, latest);
}

test('a place on the screen is a moment, and back', () => {
  times(500, (random) => {
    const view = someView(random);
    const width = 100 + random.below(2000);
    const x = random.below(width);
    near(xOf(view, timeAt(view, x, width), width), x, 1e-4);
  });
});

test('what is under the pointer stays there while one zooms', () => {
  times(500, (random) => {
    // In the middle of a long run: at its ends the view may have to give way.
    const from = latest * 0.4 + random.below(latest * 0.1);
    const view = { from, to: from + 100 + random.below(latest * 0.1) };
    const at = view.from + random.below(view.to - view.from);
    const share = (at - view.from) / (view.to - view.from);
    const after = zoom(view, at, 0.3 + random.below(1.2), latest);
    near((at - after.from) / (after.to - after.from), share, 1e-6);
  });
});

test('closer and farther by the same factor is where one was', () => {
  times(200, (random) => {
    const from = latest * 0.45;
    const view = { from, to: from + 1000 };
    const at = from + random.below(1000);
    const factor = 0.4 + random.below(0.5);
    const back = zoom(zoom(view, at, factor, latest), at, 1 / factor, latest);
    near(back.from, view.from, 1e-3);
    near(back.to, view.to, 1e-3);
  });
});

test('no view leaves the run behind, or becomes nothing', () => {
  times(500, (random) => {
    let view = someView(random);
    for (let i = 0; i < 30; ++i) {
      view = random.whole(2)
        ? zoom(view, view.from + random.below(view.to - view.from), 10 ** (random.below(4) - 2), latest)
        : pan(view, (random.below(2) - 1) * 3 * latest, latest);
      const middle = (view.from + view.to) / 2;
      assert.ok(view.to - view.from >= 0.49 && view.to - view.from <= 2 * latest + 1);
      assert.ok(middle >= -1 && middle <= latest + 1);
    }
  });
});

test('the whole run fits, also one that has no length yet', () => {
  for (const end of [0, 1, 50, 1e9]) {
    const view = fit(end);
    assert.ok(view.from < 0 && view.to > end);
    assert.ok(view.to - view.from < Math.max(end, 10) * 1.05);
  }
});

test('what is revealed is in view, and nothing moves if it was', () => {
  times(300, (random) => {
    const from = latest * 0.2 + random.below(latest * 0.5);
    const view = { from, to: from + 1000 };
    const at = latest * 0.1 + random.below(latest * 0.8);
    const after = reveal(view, at, latest);
    assert.ok(at >= after.from && at <= after.to);
    near(after.to - after.from, 1000, 1e-3);
    if (at > view.from + 101 && at < view.to - 101) assert.deepEqual(after, view);
  });
});

test('ticks are 1, 2 or 5 of a power of ten apart, in view, and about as many as wished', () => {
  times(300, (random) => {
    const view = someView(random);
    const count = 2 + random.below(18);
    const step = tickStep(view, count);
    const factor = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
    assert.ok([1, 2, 5].some((one) => Math.abs(factor - one) < 1e-6), `${step}`);
    const found = ticks(view, count);
    assert.ok(found.length <= count + 1 && found.length >= Math.floor(count / 2.5) - 1);
    for (const tick of found) {
      assert.ok(tick >= view.from && tick <= view.to + step * 1e-6);
      near(tick / step, Math.round(tick / step), 1e-6);
    }
  });
});

test('neighbouring ticks read differently', () => {
  times(300, (random) => {
    const from = random.below(latest);
    const view = clamp({ from, to: from + 10 ** (1 + random.below(5)) }, latest);
    const step = tickStep(view, 8);
    const texts = ticks(view, 8).map((tick) => timeText(tick, step));
    assert.equal(new Set(texts).size, texts.length, texts.join(' '));
  });
});

test('times, lengths and values are told in the unit that suits them', () => {
  assert.equal(timeText(0), '0');
  assert.equal(timeText(1500, 100), '1.5 ms');
  assert.equal(timeText(2_500_000, 100_000), '2.5 s');
  assert.equal(lengthText(1234), '1.23 ms');
  assert.equal(lengthText(Infinity), 'not ended');
  assert.equal(lengthText(0.25), '250 ns');
  assert.equal(valueText(65536, 'bytes'), '64 KiB');
  assert.equal(valueText(12, 'permits'), '12 permits');
  assert.equal(valueText(0.12345, ''), '0.123');
});
