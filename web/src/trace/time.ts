// time.ts: which stretch of time is seen, and how it is written. All times are µs.

export interface View {
  from: number;
  to: number;
}

const kShortest = 0.5; // µs, of a view

// The view that shows everything up to `latest`, with a little air.
export function fit(latest: number): View {
  const length = Math.max(latest, 10);
  return { from: -length * 0.01, to: length * 1.01 };
}

// Never longer than twice the run, never out of its sight, never too short to be told.
export function clamp(view: View, latest: number): View {
  const whole = Math.max(latest, 10);
  const length = Math.min(Math.max(view.to - view.from, kShortest), whole * 2);
  const middle = Math.min(Math.max((view.from + view.to) / 2, 0), whole);
  return { from: middle - length / 2, to: middle + length / 2 };
}

// A factor under 1 is closer. What is at `at` stays where it is.
export function zoom(view: View, at: number, factor: number, latest: number): View {
  const length = view.to - view.from;
  const wanted = Math.min(
    Math.max(length * factor, kShortest), Math.max(length, Math.max(latest, 10) * 2));
  const share = (at - view.from) / length;
  return clamp({ from: at - share * wanted, to: at + (1 - share) * wanted }, latest);
}

export function pan(view: View, by: number, latest: number): View {
  return clamp({ from: view.from + by, to: view.to + by }, latest);
}

// Moves the view just enough that `at` is well inside.
export function reveal(view: View, at: number, latest: number): View {
  const margin = (view.to - view.from) * 0.1;
  if (at < view.from + margin) return pan(view, at - margin - view.from, latest);
  if (at > view.to - margin) return pan(view, at + margin - view.to, latest);
  return view;
}

// Shows both ends of a step, neither lost in one pixel nor out of sight.
export function spanning(view: View, from: number, to: number, latest: number): View {
  const gap = Math.abs(to - from);
  const length = view.to - view.from;
  const wanted = gap > 0 && gap < length / 400 ? gap * 25 : gap > length * 0.8 ? gap * 1.6 : length;
  if (wanted === length) return reveal(view, to, latest);
  const middle = (from + to) / 2;
  return clamp({ from: middle - wanted / 2, to: middle + wanted / 2 }, latest);
}

export function xOf(view: View, time: number, width: number): number {
  return ((time - view.from) / (view.to - view.from)) * width;
}

export function timeAt(view: View, x: number, width: number): number {
  return view.from + (x / width) * (view.to - view.from);
}

// 1, 2 or 5 times a power of ten, so that about `count` of them fill the view.
export function tickStep(view: View, count: number): number {
  const rough = (view.to - view.from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  return step * power;
}

export function ticks(view: View, count: number): number[] {
  const step = tickStep(view, count);
  const found: number[] = [];
  for (let i = Math.ceil(view.from / step); i * step <= view.to; ++i) found.push(i * step);
  return found;
}

const kUnits: [number, string][] = [[1e6, 's'], [1e3, 'ms'], [1, 'µs'], [1e-3, 'ns']];

// With as many digits as `step` can tell apart, in the unit that suits the larger of the two.
export function timeText(time: number, step = Math.abs(time) / 1000): string {
  if (time === 0) return '0';
  const size = Math.abs(time);
  const [unit, name] = kUnits.find(([unit]) => size >= unit) ?? [1e-3, 'ns'];
  const digits = Math.min(Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9)), 6);
  return `${(time / unit).toFixed(digits)} ${name}`;
}

// Three digits that count.
export function lengthText(length: number): string {
  if (!Number.isFinite(length)) return 'not ended';
  if (length <= 0) return '0';
  const [unit, name] = kUnits.find(([unit]) => length >= unit) ?? [1e-3, 'ns'];
  return `${Number((length / unit).toPrecision(3))} ${name}`;
}

export function valueText(value: number, unit: string): string {
  if (unit === 'bytes') {
    for (const [size, name] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']] as const) {
      if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))} ${name}`;
    }
  }
  const number = Number.isInteger(value) ? value.toLocaleString('en') : value.toPrecision(3);
  return unit ? `${number} ${unit}` : number;
}
