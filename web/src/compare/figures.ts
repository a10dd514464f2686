// figures.ts: what `./lab bench` wrote, as bars: one chart a contest or a program of Google
// Benchmark, one bar a contestant.

// As runner/peers_report.cpp writes it.
export interface Interval { low: number; middle: number; high: number }

export interface Contestant {
  name: string;
  kind: 'ours' | 'peer' | 'limit';
  version?: string;
  missing?: string;
  median_ns?: number;
  p99_ns?: number;
  rounds_ns?: number[];
  beside_ours?: Interval;
}

export interface Goal {
  of: string;
  over?: string;
  at_least?: number;
  by?: 'p99' | 'time';
  ratio?: Interval;
  under_ns?: number;
  ns?: Interval;
  met: boolean;
  sure?: boolean; // older results do not say
}

export interface Case {
  name: string;
  operation: string;
  unit: Unit;
  clock: 'cpu' | 'wall';
  contestants: Contestant[];
  goals: Goal[];
}

export interface Contest {
  lab: string;
  machine: { cpu: string; cores: number; load: number; busy: boolean };
  cases: Case[];
}

// As Google Benchmark writes it.
export interface Measured {
  name: string;
  run_name?: string;
  run_type?: string;
  aggregate_name?: string;
  cpu_time?: number;
  time_unit?: 'ns' | 'us' | 'ms' | 's';
  error_occurred?: boolean;
}

export interface Bench {
  name: string; // of the program: "05_backpressure"
  when: number;
  context: { num_cpus?: number; load_avg?: number[]; library_build_type?: string };
  benchmarks: Measured[];
}

export type Unit = 'ns' | 'us' | 'ms' | '1/s' | 'bytes';

export interface Bar {
  name: string;
  kind: 'ours' | 'peer' | 'limit';
  value: number; // the median, in the chart's unit
  from: number; // the middle half of the rounds
  to: number;
  rounds: number[];
  missing: string; // why there is no bar; "" if there is one
  note: string;
}

export interface Chart {
  title: string;
  measured: string; // "ns a call, CPU"
  moreIsBetter: boolean;
  bars: Bar[];
  base: number; // the bar that the others are held against
  goals: { text: string; met: boolean; sure: boolean }[];
}

const kShown: Record<Unit, (ns: number) => number> = {
  ns: (ns) => ns,
  us: (ns) => ns / 1e3,
  ms: (ns) => ns / 1e6,
  '1/s': (ns) => 1e9 / ns,
  bytes: (ns) => ns,
};

export function quantile(sorted: readonly number[], share: number): number {
  if (!sorted.length) return NaN;
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2);
}

export const times = (ratio: number) =>
  `× ${ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}`;

const titled = (one: Contestant) => one.version ? `${one.name} ${one.version}` : one.name;

function barOf(one: Contestant, unit: Unit): Bar {
  const rounds = (one.rounds_ns ?? []).map(kShown[unit]).sort((a, b) => a - b);
  const note: string[] = [];
  if (one.kind === 'limit') note.push('does less');
  if (one.p99_ns) note.push(`slowest hundredth ${figure(one.p99_ns / 1e3)} µs`);
  return {
    name: titled(one), kind: one.kind, value: kShown[unit](one.median_ns ?? NaN),
    from: quantile(rounds, 0.25), to: quantile(rounds, 0.75), rounds,
    missing: one.missing ?? '', note: note.join(', '),
  };
}

// The whole interval lies on one side.
function isSure(goal: Goal): boolean {
  if (goal.sure !== undefined) return goal.sure;
  const limit = goal.under_ns ?? goal.at_least ?? 0;
  const { low, high } = (goal.ns ?? goal.ratio) as Interval;
  return high < limit || low >= limit;
}

function goalText(goal: Goal): string {
  const what = goal.by === 'p99' ? `${goal.of}'s slowest hundredth` : goal.of;
  const unsure = isSure(goal) ? '' : ', too wide to tell';
  if (goal.under_ns !== undefined && goal.ns) {
    return `${what} under ${goal.under_ns} ns; it is ${goal.ns.middle.toFixed(1)}${unsure}`;
  }
  const ratio = goal.ratio as Interval;
  return `${what} at least ${goal.at_least} × ${goal.over ?? ''}; it is ${times(ratio.middle)} `
    + `(${times(ratio.low).slice(2)} to ${times(ratio.high).slice(2)})${unsure}`;
}

function measuredIn(one: Case): string {
  const clock = one.clock === 'cpu' ? 'CPU' : 'wall';
  if (one.unit === '1/s') {
    const noun = one.operation.replace(/^\S+ /, '').replace(/y$/, 'ie');
    return `${noun}s a ${clock === 'CPU' ? 'CPU ' : ''}second`;
  }
  if (one.unit === 'bytes') return `bytes ${one.operation}`;
  return `${one.unit === 'us' ? 'µs' : one.unit} ${one.operation}, ${clock}`;
}

export function chartOf(one: Case): Chart {
  const bars = one.contestants.map((contestant) => barOf(contestant, one.unit));
  return {
    title: one.name, measured: measuredIn(one), moreIsBetter: one.unit === '1/s', bars,
    base: Math.max(0, bars.findIndex((bar) => bar.kind === 'ours' && !bar.missing)),
    goals: one.goals.map((goal) => ({ text: goalText(goal), met: goal.met, sure: isSure(goal) })),
  };
}

const kNs = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

// "BM_CircuitBreaker_Call_Closed/8" reads "CircuitBreaker: Call, Closed (8)".
export function spoken(name: string): string {
  const [path = '', ...args] = name.replace(/^BM_/, '').split('/');
  const [subject = '', ...rest] = path.split('_');
  const words = rest.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase());
  const text = words.length ? `${subject}: ${words.join(', ')}` : subject;
  const shown = args.filter((arg) => !/^(real_time|process_time|manual_time|repeats:.*|min_time:.*)$/.test(arg));
  return shown.length ? `${text} (${shown.join(', ')})` : text;
}

// One chart of a program; repetitions of a benchmark are the rounds of one bar.
export function chartOfBench(bench: Bench): Chart {
  const rounds = new Map<string, number[]>();
  for (const one of bench.benchmarks) {
    if (one.run_type === 'aggregate' || one.error_occurred || one.cpu_time === undefined) continue;
    const name = one.run_name ?? one.name;
    const ns = one.cpu_time * kNs[one.time_unit ?? 'ns'];
    rounds.set(name, [...(rounds.get(name) ?? []), ns]);
  }
  const bars: Bar[] = [...rounds].map(([name, all]) => {
    const sorted = [...all].sort((a, b) => a - b);
    return {
      name: spoken(name), kind: /_Baseline/.test(name) ? 'limit' : 'ours',
      value: quantile(sorted, 0.5), from: quantile(sorted, 0.25), to: quantile(sorted, 0.75),
      rounds: sorted, missing: '', note: /_Baseline/.test(name) ? 'baseline' : '',
    };
  });
  return {
    title: bench.name.replace(/_/g, ' '), measured: 'ns an iteration, CPU', moreIsBetter: false,
    bars, base: Math.max(0, bars.findIndex((bar) => bar.kind === 'limit')), goals: [],
  };
}

// Where a value stands on the axis, 0 to 1. A bar's length means something only from 0 on;
// where the largest is too large for that, the axis goes by powers of ten and begins a bit
// under the least.
export interface Axis {
  logarithmic: boolean;
  least: number;
  most: number;
  ticks: number[];
}

export function axisOf(bars: readonly Bar[], logarithmic?: boolean): Axis {
  const values = bars.filter((bar) => !bar.missing)
    .flatMap((bar) => [bar.value, bar.from, bar.to]).filter((value) => value > 0);
  const most = Math.max(1e-9, ...values);
  const least = Math.min(most, ...values);
  if (!(logarithmic ?? most / least > 60)) {
    const power = 10 ** Math.floor(Math.log10(most));
    const step = ([0.25, 0.5, 1, 2].find((factor) => most / (factor * power) <= 5) ?? 2) * power;
    const top = Math.ceil(most / step - 1e-9) * step;
    const ticks: number[] = [];
    for (let i = 0; i * step <= top * (1 + 1e-9); ++i) ticks.push(i * step);
    return { logarithmic: false, least: 0, most: top, ticks };
  }
  const from = Math.floor(Math.log10(least) - 0.15);
  const to = Math.ceil(Math.log10(most) + 0.02);
  const ticks: number[] = [];
  for (let power = from; power <= to; ++power) ticks.push(10 ** power);
  return { logarithmic: true, least: 10 ** from, most: 10 ** to, ticks };
}

export function placeOn(axis: Axis, value: number): number {
  if (!(value > 0)) return 0;
  const share = axis.logarithmic
    ? Math.log(value / axis.least) / Math.log(axis.most / axis.least)
    : value / axis.most;
  return Math.min(1, Math.max(0, share));
}
