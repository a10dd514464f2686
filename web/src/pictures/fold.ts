// fold.ts: a scene's time on paper. It starts at the first thing that happens, and a long
// silence is folded: drawn as a narrow band that says how long it was.
import { tickStep } from '../trace/time';

export interface Cut {
  from: number; // x
  to: number;
  length: number; // µs that are left out
}

export interface Fold {
  from: number; // µs
  to: number;
  cuts: Cut[];
  x: (time: number) => number;
  ticks: (count: number) => { x: number; time: number }[];
}

const kBand = 34; // px, of a silence
const kLong = 0.3; // of the whole: a shorter silence is shown as it was
const kMost = 3;

// `busy`: when something happens, by start. `left` to `right` is where it is drawn, `zero` the
// time from which its ticks are counted.
export function fold(
  busy: readonly [number, number][], from: number, to: number, left: number, right: number, { zero = 0, long = kLong } = {},
): Fold {
  const whole = Math.max(to - from, 1);
  const silences: [number, number][] = [];
  let end = from;
  for (const [begin, until] of busy) {
    if (begin - end > whole * long) silences.push([end, begin]);
    end = Math.max(end, Math.min(until, to));
  }
  const folded = silences.sort((a, b) => b[1] - b[0] - (a[1] - a[0])).slice(0, kMost).sort((a, b) => a[0] - b[0]);
  // Of a silence some is left, but not so much that what happened has no room beside it.
  const rest = whole - folded.reduce((sum, [a, b]) => sum + b - a, 0);
  const air = Math.min(whole * 0.03, Math.max(rest * 0.25, whole * 0.0005));
  const cut = folded.map(([a, b]): [number, number] => [a + air, b - air]);
  const left_out = cut.reduce((sum, [a, b]) => sum + b - a, 0);
  const scale = (right - left - cut.length * kBand) / (whole - left_out);
  const x = (time: number) => {
    let at = left + (Math.min(Math.max(time, from), to) - from) * scale;
    for (const [a, b] of cut) {
      if (time <= a) break;
      const part = Math.min(time, b) - a;
      at += (part / (b - a)) * kBand - part * scale;
    }
    return at;
  };
  const cuts = cut.map(([a, b]): Cut => ({ from: x(a), to: x(b), length: b - a }));
  return {
    from, to, cuts, x,
    ticks: (count) => {
      const step = tickStep({ from: 0, to: whole - left_out }, count);
      const found: { x: number; time: number }[] = [];
      for (let i = Math.ceil((from - zero) / step - 1e-9); zero + i * step <= to; ++i) {
        const time = zero + i * step;
        if (cut.some(([a, b]) => time > a && time < b)) continue;
        found.push({ x: x(time), time });
      }
      return found;
    },
  };
}
