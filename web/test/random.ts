// random.ts: numbers that look random and are the same in each run; and traces of them.
import type { Wire } from '../src/trace/wire';

export class Random {
  constructor(private seed: number) {}

  // In [0, below).
  below(below: number): number {
    this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
    return (this.seed / 2 ** 32) * below;
  }
  whole(below: number): number {
    return Math.floor(this.below(below));
  }
  pick<T>(list: readonly T[]): T {
    return list[this.whole(list.length)] as T;
  }
}

export function times(count: number, check: (random: Random, seed: number) => void): void {
  for (let seed = 1; seed <= count; ++seed) check(new Random(seed * 7919), seed);
}

// Spans, instants, counters and states on a few lanes, in the order of time. The events
// come as a lab prints them.
export function randomTrace(random: Random, events: number): Wire[] {
  const wires: Wire[] = [];
  let ts = 1_000_000;
  let id = 0;
  const open: Wire[] = [];
  const base = { pid: 1, tid: 1 };
  for (let i = 0; i < events; ++i) {
    ts += random.whole(4); // often the same moment
    const lane = `lane ${random.whole(3)}`;
    const cause = id > 0 && random.whole(3) === 0 ? { cause: 1 + random.whole(id) } : {};
    const args = { event: ++id, lane, src: `labs/05_x/main.cpp:${1 + random.whole(5)}`, ...cause };
    const what = random.whole(5);
    if (what === 0 && open.length) {
      const [begun] = open.splice(random.whole(open.length), 1);
      const { name, cat, id: key } = begun as Wire;
      wires.push({ ...base, name, ph: 'e', ts, cat: cat as string, id: key as string });
    } else if (what <= 2) {
      const wire: Wire = { ...base, name: `work ${random.whole(4)}`, ph: 'b', ts, cat: lane, id: `0x${id}`, args };
      open.push(wire);
      wires.push(wire);
    } else if (what === 3) {
      wires.push({ ...base, name: `mark ${random.whole(4)}`, ph: 'n', ts, cat: lane, id: `0x${id}`, args });
    } else {
      wires.push({ ...base, name: 'queue', ph: 'C', ts, event: id, lane, unit: 'bytes', args: { queue: random.whole(100) } });
    }
  }
  return wires;
}
