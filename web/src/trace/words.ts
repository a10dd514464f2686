// words.ts: an event as a sentence, and what a claim rests on.
import { lowerBound } from './columns';
import { lengthText, valueText } from './time';
import { Kind, type StoryItem, type Trace } from './trace';
import { isIn, lanesIn, sceneAt, type Scene } from '../pictures/scenes';

// "worker 1 gets connection from primary"
export function sentence(trace: Trace, event: number): string {
  const name = trace.name(event);
  const lane = trace.laneName(event) || trace.thread(event);
  const cause = trace.cause(event);
  switch (trace.kind.at(event) as Kind) {
    case Kind.flow:
      if (cause >= 0 && trace.kind.at(cause) === Kind.flow) return `${lane} gets “${name}” from ${trace.laneName(cause) || trace.thread(cause)}`;
      return `${lane} sends “${name}”`;
    case Kind.state: return `${lane} is now ${name}`;
    case Kind.queued: return `“${name}” waits in ${lane}`;
    case Kind.span: {
      const length = trace.until.at(event) - trace.time.at(event);
      return `${lane} does “${name}”${Number.isFinite(length) ? `, for ${lengthText(length)}` : ''}`;
    }
    case Kind.instant: return `${lane}: ${name}`;
    case Kind.counter: {
      const series = trace.series.find((one) => `${one.lane} ${one.name}`.trim() === name);
      const value = series && trace.valueAt(series, trace.time.at(event));
      return value === undefined ? name : `${name} is ${valueText(value, series?.unit ?? '')}`;
    }
    default: return name;
  }
}

const kMost = 2000;

// The events that a claim was made from: those it names as its cause, else what its scene
// recorded on the lanes of its picture, since the claim before.
export function proofOf(trace: Trace, claim: number): number[] {
  const named = trace.cause(claim);
  if (named >= 0) return trace.chain(claim).slice(1);
  const time = trace.time.at(claim);
  const scene = sceneAt(trace, time);
  if (!scene) return [];
  const { kind, feeds } = scene.picture;
  if (['bars', 'tree', 'axis'].includes(kind)) {
    return scene.items.filter((item) => item.table).map((item) => item.event);
  }
  const counts = feeds.flatMap((name) => {
    const series = trace.seriesNamed(name);
    if (!series) return [];
    const first = lowerBound(series.time.length, (i) => series.time.at(i), scene.from);
    const found: number[] = [];
    for (let i = first; i < series.time.length && isIn(scene, series.time.at(i)); ++i) found.push(series.event.at(i));
    return found;
  });
  const names = new Set([...feeds, ...trace.actors.filter((one) => isIn(scene, one.time)).map((one) => one.name)]);
  const events = [...names].flatMap((name) => lanesIn(trace, scene, name).flatMap((lane) =>
    [lane.marks, ...lane.rows].flatMap((column) => {
      const first = lowerBound(column.length, (i) => trace.time.at(column.at(i)), scene.from);
      const found: number[] = [];
      for (let i = first; i < column.length && trace.time.at(column.at(i)) <= time && isIn(scene, trace.time.at(column.at(i))); ++i) found.push(column.at(i));
      return found;
    })));
  const all = [...new Set([...counts, ...events])].filter((event) => trace.time.at(event) <= time)
    .sort((a, b) => trace.time.at(a) - trace.time.at(b));
  const before = scene.items.findLast((item: StoryItem) => item.kind === 'claim' && item.time < time);
  const fresh = before ? all.filter((event) => trace.time.at(event) > before.time) : all;
  const found = fresh.length ? fresh : all.length ? all : recordedIn(trace, scene, time);
  return found.slice(-kMost);
}

// Where nothing of the picture came before the claim: whatever the scene had recorded; its
// tables, if that is nothing.
function recordedIn(trace: Trace, scene: Scene, until: number): number[] {
  const order = trace.ordered();
  const found: number[] = [];
  const first = lowerBound(order.length, (i) => trace.time.at(order[i] as number), scene.from);
  for (let i = first; i < order.length && trace.time.at(order[i] as number) <= until; ++i) {
    const event = order[i] as number;
    if (trace.kind.at(event) < Kind.scene && trace.kind.at(event) !== Kind.counter) found.push(event);
  }
  return found.length ? found : scene.items.filter((item) => item.table).map((item) => item.event);
}

// Some of what a claim rests on, as one sentence.
export interface Ground {
  text: string;
  count: number; // events that it stands for
  event: number; // the first of them
}

const kGrounds = 6;
const kRows = 4;

// What a claim rests on, told in a few sentences: what is alike is told once. Where there are
// more than a few, the rarest are told: that a breaker opened says more than its 100th call.
export function groundsOf(trace: Trace, claim: number): Ground[] {
  const groups = new Map<string, number[]>();
  for (const event of proofOf(trace, claim)) {
    const key = `${trace.kind.at(event)} ${trace.laneName(event)} ${trace.name(event).replace(/\d+/g, '#')} ${trace.cause(event) >= 0}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const rarest = [...groups.values()].sort((a, b) => a.length - b.length).slice(0, kGrounds);
  return rarest.sort((a, b) => (a[0] as number) - (b[0] as number)).map((events): Ground => ({
    text: grounds(trace, claim, events), count: events.length, event: events[0] as number,
  }));
}

function grounds(trace: Trace, claim: number, events: number[]): string {
  const first = events[0] as number;
  switch (trace.kind.at(first) as Kind) {
    case Kind.counter: {
      const name = trace.name(first);
      const series = trace.series.find((one) => `${one.lane} ${one.name}`.trim() === name);
      if (!series || events.length < 2) return sentence(trace, first);
      const values = events.map((event) => trace.valueAt(series, trace.time.at(event)) ?? 0);
      const text = (value: number) => valueText(value, series.unit);
      return `${name} lay between ${text(Math.min(...values))} and ${text(Math.max(...values))}`;
    }
    case Kind.table: return rowsOf(trace, claim, first);
    default: return sentence(trace, first);
  }
}

// The rows of a table that the evidence quotes, else its first.
function rowsOf(trace: Trace, claim: number, event: number): string {
  const table = trace.story.find((item) => item.event === event)?.table;
  if (!table) return sentence(trace, event);
  const evidence = String(trace.args(claim)['evidence'] ?? '');
  const quoted = table.rows.filter((row) => row.some((cell) => cell.length > 1 && evidence.includes(cell.trim())));
  const rows = (quoted.length ? quoted : table.rows).slice(0, kRows).map((row) =>
    row.map((cell, i) => (i ? `${table.columns[i] ?? ''} ${cell.trim()}`.trim() : cell.trim())).join(', '));
  return `“${table.title}” says: ${rows.join('; ')}`;
}
