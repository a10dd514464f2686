// trace.ts: one run, indexed: what happened on which lane, found by time in O(log n).
//
// Events come in about the order of time and are kept as columns of numbers, one element
// an event, because an object each would be too much for two hundred thousand. A lane has
// rows of spans that never overlap, so both starts and ends of a row are sorted.
//
// Units   µs since the first event of the run.
// Index   "an event" is its number in order of arrival; -1 is none.
import { Column, bytes, floats, ints, lastAtMost, lowerBound } from './columns';
import type { Args, Value, Wire } from './wire';

export enum Kind { span, instant, state, queued, counter, flow, scene, say, claim, nuance, table, takeaway, knob, end, fault }

export type LaneKind = 'lane' | 'thread' | 'state' | 'queue';

export interface Lane {
  index: number;
  name: string;
  kind: LaneKind;
  rows: Column<Int32Array>[]; // events, by start
  marks: Column<Int32Array>; // events without length, by time
}

export interface Series {
  name: string;
  lane: string;
  unit: string;
  time: Column<Float64Array>;
  value: Column<Float64Array>;
  event: Column<Int32Array>;
  least: number;
  most: number;
}

export interface Table {
  title: string;
  columns: string[];
  rows: string[][];
}

export interface StoryItem {
  kind: 'scene' | 'say' | 'claim' | 'nuance' | 'table' | 'takeaway' | 'knob' | 'fault';
  event: number;
  time: number;
  text: string;
  id?: string;
  holds?: boolean;
  evidence?: string;
  table?: Table;
}

// What a scene says should be drawn of it: see common/include/lab/core/story.hpp.
export interface Declared {
  time: number;
  kind: string;
  feeds: string[];
}

export interface Actor {
  time: number;
  name: string;
  kind: string; // process, service, client
  pid: number; // 0: no process of its own
}

export interface RunEnd {
  exit: number;
  killed_by: number;
  stopped: boolean;
  claims: number;
  failed: number;
  events: number;
  dropped: number;
}

const kOwn = new Set(['event', 'cause', 'lane', 'src']);

class Names {
  private known = new Map<string, number>();
  texts: string[] = [];
  index(text: string): number {
    let index = this.known.get(text);
    if (index === undefined) {
      index = this.texts.push(text) - 1;
      this.known.set(text, index);
    }
    return index;
  }
}

export class Trace {
  // Columns: one element an event.
  readonly time = floats();
  readonly until = floats(); // of what has no length: its time; still open: Infinity
  readonly kind = bytes();
  readonly lane = ints();
  private readonly nameOf = ints();
  private readonly sourceOf = ints();
  private readonly causeOf = floats(); // the id of the wire
  private readonly threadOf = ints();
  private readonly argsOf = new Map<number, Record<string, Value>>();

  readonly lanes: Lane[] = [];
  readonly series: Series[] = [];
  readonly story: StoryItem[] = [];
  readonly caused = ints(); // events with a cause, by time
  readonly arrivals = ints(); // ends of flows, by time: the cause of each is where it left
  readonly pictures: Declared[] = []; // by time
  readonly actors: Actor[] = []; // by time
  readonly stateNames = new Set<string>(); // of all machines
  end: RunEnd | null = null;
  ring = ''; // the lane that a scene's picture goes round
  latest = 0;
  version = 0; // grows with each addition

  private zero = NaN;
  private names = new Names();
  private byId = new Map<number, number>();
  private open = new Map<string, number>();
  private laneByKey = new Map<string, Lane>();
  private lanesByName = new Map<string, Lane[]>();
  private seriesByKey = new Map<string, Series>();
  private threads = new Map<number, string>();
  private order: Int32Array | null = null;

  get length(): number {
    return this.time.length;
  }

  addAll(events: Iterable<Wire>): void {
    for (const event of events) this.add(event);
  }

  add(wire: Wire): void {
    ++this.version;
    if (wire.ph === 'M') return this.introduce(wire);
    if (Number.isNaN(this.zero)) this.zero = wire.ts;
    const time = wire.ts - this.zero;
    this.latest = Math.max(this.latest, time);
    switch (wire.ph) {
      case 'b': return this.begin(wire, time);
      case 'e': return this.finish(wire, time);
      case 'n': return this.mark(wire, time, this.laneOf(wire.cat ?? '', wire.pid));
      case 'B': return this.begin(wire, time, this.threadLane(wire));
      case 'E': return this.finish(wire, time);
      case 'C': return this.count(wire, time);
      case 's': case 'f':
        return this.flow(wire, time);
      case 'i':
        if (wire.cat === 'instant') return this.mark(wire, time, this.threadLane(wire));
        return this.tell(wire, time);
    }
  }

  // --- of an event

  name(event: number): string {
    return this.names.texts[this.nameOf.at(event)] ?? '';
  }
  // "labs/05_backpressure/main.cpp:42"
  source(event: number): string {
    return this.names.texts[this.sourceOf.at(event)] ?? '';
  }
  args(event: number): Record<string, Value> {
    return this.argsOf.get(event) ?? {};
  }
  cause(event: number): number {
    return this.byId.get(this.causeOf.at(event)) ?? -1;
  }
  thread(event: number): string {
    const tid = this.threadOf.at(event);
    return `${this.threads.get(tid) ?? 'thread'} ${tid}`;
  }
  laneName(event: number): string {
    return this.lanes[this.lane.at(event)]?.name ?? '';
  }
  lanesNamed(name: string): readonly Lane[] {
    return this.lanesByName.get(name) ?? [];
  }
  // As a picture names it: "sink queued" is `queued` of the lane `sink`.
  seriesNamed(name: string): Series | undefined {
    return this.series.find((one) => (one.lane ? `${one.lane} ${one.name}` : one.name) === name);
  }
  isSpan(event: number): boolean {
    return this.until.at(event) > this.time.at(event);
  }
  byWireId(id: number): number {
    return this.byId.get(id) ?? -1;
  }

  // The event, then its cause, then the cause of that; a chain that bites its own tail ends.
  chain(event: number): number[] {
    const chain: number[] = [];
    for (let at = event; at >= 0 && !chain.includes(at); at = this.cause(at)) chain.push(at);
    return chain;
  }

  effects(event: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.caused.length; ++i) {
      const effect = this.caused.at(i);
      if (this.cause(effect) === event) found.push(effect);
    }
    return found;
  }

  // --- of time

  // Events by time.
  ordered(): Int32Array {
    if (this.order?.length !== this.length) {
      const time = this.time.data;
      this.order = Int32Array.from({ length: this.length }, (_, i) => i);
      this.order.sort((a, b) => (time[a] as number) - (time[b] as number) || a - b);
    }
    return this.order as Int32Array;
  }

  // The event before or after `event` (or, if there is none, around `at`), of those that
  // `wanted` takes; -1 at the ends.
  step(event: number, at: number, by: 1 | -1, wanted: (event: number) => boolean): number {
    const order = this.ordered();
    let place = lowerBound(order.length, (i) => this.time.at(order[i] as number),
      event >= 0 ? this.time.at(event) : at);
    if (event >= 0) {
      while (order[place] !== event && place < order.length) ++place;
      place += by;
    } else if (by < 0) {
      --place;
    }
    for (; place >= 0 && place < order.length; place += by) {
      if (wanted(order[place] as number)) return order[place] as number;
    }
    return -1;
  }

  // The span of a row that holds at `time`, or -1.
  spanAt(row: Column<Int32Array>, time: number): number {
    const i = lastAtMost(row.length, (i) => this.time.at(row.at(i)), time);
    return i >= 0 && this.until.at(row.at(i)) >= time ? row.at(i) : -1;
  }

  // The last event that `row` begun until `time`, or -1.
  lastBegun(row: Column<Int32Array>, time: number): number {
    const i = lastAtMost(row.length, (i) => this.time.at(row.at(i)), time);
    return i >= 0 ? row.at(i) : -1;
  }

  valueAt(series: Series, time: number): number | undefined {
    const i = lastAtMost(series.time.length, (i) => series.time.at(i), time);
    return i >= 0 ? series.value.at(i) : undefined;
  }

  // Events that this line emitted: "labs/05_backpressure/main.cpp:42".
  emittedBy(source: string): number[] {
    const wanted = this.names.index(source);
    const found: number[] = [];
    for (let i = 0; i < this.length; ++i) {
      if (this.sourceOf.at(i) === wanted) found.push(i);
    }
    return found;
  }

  // Line numbers of `file` that emitted something, with how much.
  linesOf(file: string): Map<number, number> {
    const counts = new Map<number, number>();
    const lines = this.names.texts.map((text) =>
      text.startsWith(`${file}:`) ? Number(text.slice(file.length + 1)) : 0);
    for (let i = 0; i < this.length; ++i) {
      const line = lines[this.sourceOf.at(i)] ?? 0;
      if (line) counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    return counts;
  }

  // --- taking events in

  private introduce(wire: Wire): void {
    if (wire.name === 'thread_name') {
      this.threads.set(wire.tid, String(wire.args?.['name'] ?? 'thread'));
    }
  }

  private append(wire: Wire, time: number, until: number, kind: Kind, lane: number): number {
    const args: Args = wire.args ?? {};
    const event = this.time.push(time);
    this.until.push(until);
    this.kind.push(kind);
    this.lane.push(lane);
    this.nameOf.push(this.names.index(wire.name));
    this.sourceOf.push(this.names.index(args.src ?? wire.src ?? ''));
    this.causeOf.push(args.cause ?? 0);
    this.threadOf.push(wire.tid);
    const id = args.event ?? wire.event;
    if (id) this.byId.set(id, event);
    if (kind !== Kind.counter) this.keepArgs(event, args);
    if (args.cause) this.place(this.caused, event);
    return event;
  }

  private keepArgs(event: number, args: Args): void {
    let own: Record<string, Value> | undefined;
    for (const key in args) {
      if (kOwn.has(key)) continue;
      const value = args[key];
      if (typeof value === 'object') continue;
      (own ??= {})[key] = value as Value;
    }
    if (own) this.argsOf.set(event, own);
  }

  // Puts an event where its time belongs; nearly always that is the end.
  private place(events: Column<Int32Array>, event: number): void {
    const time = this.time.at(event);
    if (!events.length || this.time.at(events.last()) <= time) {
      events.push(event);
    } else {
      events.insert(lastAtMost(events.length, (i) => this.time.at(events.at(i)), time) + 1, event);
    }
  }

  private laneOf(category: string, pid: number): Lane {
    const space = category.indexOf(' ');
    const prefix = category.slice(0, Math.max(0, space));
    const kind = prefix === 'state' || prefix === 'queue' ? prefix : 'lane';
    // Each process has machines of its own, though they may be called the same.
    const key = kind === 'state' ? `${category}\0${pid}` : category;
    return this.named(key, kind === 'lane' ? category : category.slice(space + 1), kind);
  }

  private threadLane(wire: Wire): Lane {
    const main = this.threads.get(wire.tid) === 'main';
    return this.named(`\0${wire.tid}`, main ? `main ${wire.tid}` : `thread ${wire.tid}`, 'thread');
  }

  private named(key: string, name: string, kind: LaneKind): Lane {
    let lane = this.laneByKey.get(key);
    if (!lane) {
      lane = { index: this.lanes.length, name, kind, rows: [], marks: ints() };
      this.lanes.push(lane);
      this.laneByKey.set(key, lane);
      this.lanesByName.set(name, [...this.lanesNamed(name), lane]);
    }
    return lane;
  }

  private begin(wire: Wire, time: number, lane = this.laneOf(wire.cat ?? '', wire.pid)): void {
    const kind = lane.kind === 'state' ? Kind.state
      : lane.kind === 'queue' ? Kind.queued : Kind.span;
    const event = this.append(wire, time, Infinity, kind, lane.index);
    if (kind === Kind.state) this.stateNames.add(wire.name);
    this.open.set(wire.id ?? `${wire.tid}`, event);
    const row = lane.rows.find((row) => !row.length || this.until.at(row.last()) <= time);
    if (row) {
      row.push(event);
    } else {
      const fresh = ints();
      fresh.push(event);
      lane.rows.push(fresh);
    }
  }

  private finish(wire: Wire, time: number): void {
    const key = wire.id ?? `${wire.tid}`;
    const event = this.open.get(key);
    if (event === undefined) return;
    this.open.delete(key);
    this.until.data[event] = Math.max(time, this.time.at(event));
    // The end of a state may have a cause of its own: it is that of the next state.
  }

  private mark(wire: Wire, time: number, lane: Lane): void {
    this.place(lane.marks, this.append(wire, time, time, Kind.instant, lane.index));
  }

  private flow(wire: Wire, time: number): void {
    const name = wire.args?.lane;
    const lane = name ? this.laneOf(name, wire.pid) : this.threadLane(wire);
    if (wire.ph === 'f' && wire.id) wire = { ...wire, args: { ...wire.args, cause: Number(wire.id) } };
    const event = this.append(wire, time, time, Kind.flow, lane.index);
    this.place(lane.marks, event);
    if (wire.ph === 'f') this.place(this.arrivals, event);
  }

  private count(wire: Wire, time: number): void {
    const event = this.append(wire, time, time, Kind.counter, -1);
    for (const [name, value] of Object.entries(wire.args ?? {})) {
      if (typeof value !== 'number') continue;
      const series = this.seriesOf(name, wire.lane ?? '', wire.unit ?? '');
      const late = series.time.length && series.time.last() > time;
      const at = late
        ? lastAtMost(series.time.length, (i) => series.time.at(i), time) + 1 : series.time.length;
      series.time.insert(at, time);
      series.value.insert(at, value);
      series.event.insert(at, event);
      series.least = Math.min(series.least, value);
      series.most = Math.max(series.most, value);
    }
  }

  private seriesOf(name: string, lane: string, unit: string): Series {
    const key = `${lane}\0${name}`;
    let series = this.seriesByKey.get(key);
    if (!series) {
      series = {
        name, lane, unit, time: floats(), value: floats(), event: ints(),
        least: Infinity, most: -Infinity,
      };
      this.series.push(series);
      this.seriesByKey.set(key, series);
    }
    if (unit) series.unit = unit;
    return series;
  }

  private tell(wire: Wire, time: number): void {
    if (wire.cat === 'picture') {
      const feeds = (wire.args?.['feeds'] as string[] | undefined) ?? [];
      insertByTime(this.pictures, { time, kind: wire.name, feeds });
      if (wire.name === 'ring') this.ring = feeds[0] ?? '';
    }
    if (wire.cat === 'actor') {
      insertByTime(this.actors, {
        time, name: wire.name, kind: String(wire.args?.['kind'] ?? ''), pid: Number(wire.args?.['pid'] ?? 0),
      });
    }
    const kinds: Record<string, Kind> = {
      scene: Kind.scene, say: Kind.say, claim: Kind.claim, nuance: Kind.nuance,
      table: Kind.table, takeaway: Kind.takeaway, knob: Kind.knob, run: Kind.end, fault: Kind.fault,
    };
    const kind = kinds[wire.cat ?? ''];
    if (kind === undefined) return;
    const event = this.append(wire, time, time, kind, -1);
    if (kind === Kind.end) {
      this.end = wire.args as unknown as RunEnd;
      return;
    }
    const args = wire.args ?? {};
    const item: StoryItem = {
      kind: wire.cat as StoryItem['kind'], event, time, text: wire.name,
    };
    if (typeof args['id'] === 'string') item.id = args['id'];
    if (typeof args['holds'] === 'boolean') item.holds = args['holds'];
    if (typeof args['evidence'] === 'string') item.evidence = args['evidence'];
    if (kind === Kind.fault) {
      const who = this.actors.findLast((actor) => actor.pid !== 0 && actor.pid === wire.pid);
      if (who) item.text = `${String(args['fault'] ?? 'break')} ${who.name}`;
    }
    if (kind === Kind.knob) item.text = `${wire.name} = ${String(args['value'])}`;
    if (kind === Kind.table) {
      item.table = {
        title: wire.name,
        columns: (args['columns'] as string[] | undefined) ?? [],
        rows: (args['rows'] as string[][] | undefined) ?? [],
      };
    }
    insertByTime(this.story, item);
  }
}

// Nearly always that is the end.
function insertByTime<T extends { time: number }>(items: T[], item: T): void {
  const at = lastAtMost(items.length, (i) => (items[i] as T).time, item.time);
  items.splice(at + 1, 0, item);
}

const kLong = 10_000; // µs

// Callbacks that held a loop for so long that others felt it, the longest first: spans on a
// lane that is a loop's.
export function heldTheLoop(trace: Trace): number[] {
  const length = (event: number) => trace.until.at(event) - trace.time.at(event);
  return trace.lanes.filter((lane) => lane.kind === 'lane' && /^(the )?loop\b/.test(lane.name))
    .flatMap((lane) => lane.rows.flatMap((row) => Array.from({ length: row.length }, (_, i) => row.at(i))))
    .filter((event) => length(event) > kLong && Number.isFinite(length(event)))
    .sort((a, b) => length(b) - length(a));
}
