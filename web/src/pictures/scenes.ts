// scenes.ts: a run as its scenes: when each begins and ends, what it asks to be drawn, and
// the moments at which its picture changes.
import { lastAtMost, lowerBound, type Column } from '../trace/columns';
import { Kind, type Actor, type Declared, type Lane, type Series, type StoryItem, type Trace } from '../trace/trace';
import { meaningOf } from './meaning';

export interface Scene {
  index: number;
  event: number; // of its title; -1: the run has told no scene yet
  title: string;
  from: number;
  to: number;
  last: boolean; // the one that a run that goes on is in
  picture: Declared;
  declared: boolean;
  items: StoryItem[]; // without the title
}

interface Known {
  version: number;
  scenes: Scene[];
}

const known = new WeakMap<Trace, Known>();

export function scenesOf(trace: Trace): Scene[] {
  const before = known.get(trace);
  if (before?.version === trace.version) return before.scenes;
  const titles = trace.story.filter((item) => item.kind === 'scene');
  const scenes = titles.map((title, index): Scene => {
    const from = title.time;
    const next = titles[index + 1]?.time;
    const to = next ?? trace.latest;
    const within = (time: number) => time >= from && (next === undefined || time < next);
    const declared = trace.pictures.find((one) => within(one.time));
    return {
      index, event: title.event, title: title.text, from, to, last: next === undefined,
      declared: declared !== undefined,
      picture: declared ?? undeclared(trace, from),
      items: trace.story.filter((item) => item.kind !== 'scene' && within(item.time)),
    };
  });
  if (!scenes.length && trace.length) {
    scenes.push({
      index: 0, event: -1, title: '', from: 0, to: trace.latest, last: true, declared: false,
      picture: { time: 0, kind: 'strips', feeds: [] }, items: trace.story.slice(),
    });
  }
  known.set(trace, { version: trace.version, scenes });
  return scenes;
}

// A scene that says nothing about its picture: what it counted, else what happened where.
function undeclared(trace: Trace, from: number): Declared {
  const counted = trace.lanes.length === 0 && trace.series.length > 0;
  return { time: from, kind: counted ? 'curves' : 'strips', feeds: counted ? trace.series.slice(0, 6).map((one) => `${one.lane} ${one.name}`.trim()) : [] };
}

export function sceneAt(trace: Trace, time: number): Scene | undefined {
  const scenes = scenesOf(trace);
  return scenes[Math.max(0, lastAtMost(scenes.length, (i) => (scenes[i] as Scene).from, time))];
}

// The pictures that say most to who has not watched the run.
const kBest = ['nodes', 'machine', 'ring', 'slots', 'tank', 'curves', 'strips', 'sequence', 'tree', 'axis', 'bars'];

// The scenes that show what a lab is about where nothing plays, the best first. Two boxes and an
// arrow say less than any other picture.
export function bestScenes(trace: Trace): Scene[] {
  const rank = (scene: Scene) => {
    const { kind } = scene.picture;
    return kind === 'nodes' && actorsIn(trace, scene).size < 3 ? kBest.length : kBest.indexOf(kind);
  };
  return scenesOf(trace).filter((scene) => scene.declared).sort((a, b) => rank(a) - rank(b) || a.index - b.index);
}

const rests = new WeakMap<Trace, { key: string; at: number }>();

// The moment that says most of a scene that does not play: a pool at its fullest, a tank at its
// highest, actors before they are cleared away; else its end.
export function restOf(trace: Trace, scene: Scene): number {
  const key = `${trace.version} ${scene.index}`;
  const before = rests.get(trace);
  if (before?.key === key) return before.at;
  const { kind, feeds } = scene.picture;
  const beats = beatsOf(trace, scene);
  let at = beats[beats.length - 1] ?? scene.from;
  if (kind === 'slots') at = fullest(trace, scene) ?? at;
  if (kind === 'tank') {
    const level = trace.seriesNamed(feeds[0] ?? '');
    let most = -Infinity;
    for (const event of level ? seriesIn(level, scene) : []) {
      const value = trace.valueAt(level as Series, trace.time.at(event)) ?? 0;
      if (value > most) [most, at] = [value, trace.time.at(event)];
    }
  }
  if (kind === 'nodes') at = Math.max(scene.from, Math.min(beforeTheEnd(trace, scene, at), lastAct(trace, scene, at)));
  rests.set(trace, { key, at });
  return at;
}

const kHolds = 0.08; // of the scene: what holds for less is on the way to something else

// When most wait, and among those, most hold a slot, for a while.
function fullest(trace: Trace, scene: Scene): number | undefined {
  const changes: [number, 'waits' | 'held' | 'opens', number][] = [];
  for (const name of scene.picture.feeds) {
    for (const lane of trace.lanesNamed(name)) {
      for (const row of lane.rows) {
        for (const event of eventsIn(trace, row, scene)) {
          const meaning = meaningOf(trace.name(event), trace.stateNames);
          if (lane.kind !== 'queue' && (meaning === 'none' || meaning === 'gone')) continue;
          const what = lane.kind === 'queue' ? 'waits' : meaning === 'waiting' ? 'opens' : 'held';
          changes.push([trace.time.at(event), what, 1], [trace.until.at(event), what, -1]);
        }
      }
    }
  }
  changes.sort((a, b) => a[0] - b[0] || a[2] - b[2]);
  const first = changes[0]?.[0] ?? 0;
  const whole = Math.min(changes[changes.length - 1]?.[0] ?? 0, scene.to) - first;
  const now = { waits: 0, held: 0, opens: 0 };
  // Who waits while a slot opens, waits for that one.
  const moments = changes.map(([time, what, change], i) => {
    now[what] += change;
    return { time, sum: Math.max(0, now.waits - now.opens) * 100 + now.held, length: (changes[i + 1]?.[0] ?? time) - time };
  }).filter(({ time }) => isIn(scene, time));
  const best = (all: typeof moments) => all.reduce<(typeof moments)[number] | undefined>((most, one) => (!most || one.sum > most.sum ? one : most), undefined);
  return (best(moments.filter(({ length }) => length >= whole * kHolds)) ?? best(moments))?.time;
}

// What only becomes less after that is how the scene is cleared away.
function lastAct(trace: Trace, scene: Scene, end: number): number {
  const order = trace.ordered();
  let last = -Infinity;
  for (let i = lowerBound(order.length, (k) => trace.time.at(order[k] as number), scene.from); i < order.length; ++i) {
    const event = order[i] as number;
    const time = trace.time.at(event);
    if (time > end || !isIn(scene, time)) break;
    if ((trace.kind.at(event) as Kind) < Kind.scene && trace.kind.at(event) !== Kind.counter) last = time;
  }
  for (const { time, value } of trace.series) {
    for (let i = lowerBound(time.length, (k) => time.at(k), scene.from) + 1; i < time.length && time.at(i) <= end && isIn(scene, time.at(i)); ++i) {
      if (value.at(i) > value.at(i - 1)) last = Math.max(last, time.at(i));
    }
  }
  return last > -Infinity ? last : end;
}

// Before all that is left is that one after the other goes.
function beforeTheEnd(trace: Trace, scene: Scene, end: number): number {
  const states = trace.lanes.filter((lane) => lane.kind === 'state' && isUsed(trace, scene, lane))
    .flatMap((lane) => lane.rows.flatMap((row) => eventsIn(trace, row, scene, end)))
    .sort((a, b) => trace.time.at(b) - trace.time.at(a));
  const going = states.findIndex((event) => meaningOf(trace.name(event), trace.stateNames) !== 'gone');
  if (going < 1) return end;
  const goes = states.slice(0, going);
  const names = new Set(states.map((event) => trace.laneName(event)));
  const first = trace.time.at(goes[goes.length - 1] as number);
  const [from, to] = stretch(trace, trace.arrivals, scene, end);
  const last = to > from ? trace.time.at(trace.arrivals.at(to - 1)) : -Infinity;
  // Who dies while the others go on is the story.
  return goes.length > 1 && goes.length >= names.size - 1 && last <= first ? first - 1e-3 : end;
}

// Whether a moment belongs to the scene. The first moment of the next one does not.
export const isIn = (scene: Scene, time: number) =>
  time >= scene.from && (scene.last ? time <= scene.to : time < scene.to);

// The stretch [first, end) of events by time that lies in the scene, until `at`.
export function stretch(trace: Trace, events: Column<Int32Array>, scene: Scene, at = Infinity): [number, number] {
  const time = (i: number) => trace.time.at(events.at(i));
  const first = lowerBound(events.length, time, scene.from);
  const until = Math.min(at, scene.to);
  const closed = scene.last || at < scene.to;
  const end = lowerBound(events.length, time, closed ? until + 1e-6 : until, first);
  return [first, end];
}

// Events of a column that lie in the scene, until `at`.
export function eventsIn(trace: Trace, events: Column<Int32Array>, scene: Scene, at = Infinity): number[] {
  const [first, end] = stretch(trace, events, scene, at);
  return Array.from({ length: end - first }, (_, i) => events.at(first + i));
}

// Who takes part: as introduced last until `at`, by name.
export function actorsIn(trace: Trace, scene: Scene, at = Infinity): Map<string, Actor> {
  const found = new Map<string, Actor>();
  for (const actor of trace.actors) {
    if (isIn(scene, actor.time) && actor.time <= at) found.set(actor.name, actor);
  }
  return found;
}

// Lanes of this name that have something in the scene.
export function lanesIn(trace: Trace, scene: Scene, name: string): Lane[] {
  return trace.lanesNamed(name).filter((lane) => isUsed(trace, scene, lane));
}

export function isUsed(trace: Trace, scene: Scene, lane: Lane): boolean {
  const some = (events: Column<Int32Array>) => {
    const [first, end] = stretch(trace, events, scene);
    return end > first;
  };
  return some(lane.marks) || lane.rows.some(some);
}

// What the lab says that it tries next, on a lane of its own: headings in a picture.
export function casesIn(trace: Trace, scene: Scene): { event: number; time: number; name: string }[] {
  return lanesIn(trace, scene, 'case').flatMap((lane) => eventsIn(trace, lane.marks, scene))
    .filter((event) => trace.kind.at(event) === Kind.instant)
    .map((event) => ({ event, time: trace.time.at(event), name: trace.name(event) })).sort((a, b) => a.time - b.time);
}

// The state of a machine at a moment: that of its processes that began last, in this scene.
export function stateAt(trace: Trace, scene: Scene, name: string, at: number): number {
  let best = -1;
  for (const lane of trace.lanesNamed(name)) {
    if (lane.kind !== 'state') continue;
    for (const row of lane.rows) {
      const event = trace.lastBegun(row, at);
      if (event < 0 || !isIn(scene, trace.time.at(event))) continue;
      if (best < 0 || trace.time.at(event) >= trace.time.at(best)) best = event;
    }
  }
  return best;
}

// All states of a machine in the scene, by time.
export function statesIn(trace: Trace, scene: Scene, name: string): number[] {
  return trace.lanesNamed(name).filter((lane) => lane.kind === 'state')
    .flatMap((lane) => lane.rows.flatMap((row) => eventsIn(trace, row, scene)))
    .sort((a, b) => trace.time.at(a) - trace.time.at(b) || a - b);
}

// --- the moments at which something changes

const kTold = new Set<Kind>([Kind.say, Kind.claim, Kind.nuance, Kind.table, Kind.takeaway, Kind.fault, Kind.knob]);
const beats_of = new WeakMap<Trace, { key: string; times: number[] }>();

// Each moment at which the picture or the story of a scene changes. What is drawn from
// messages does not change with a count; what is drawn from counts does.
export function beatsOf(trace: Trace, scene: Scene): number[] {
  const key = `${trace.version} ${scene.index}`;
  const before = beats_of.get(trace);
  if (before?.key === key) return before.times;
  const { kind, feeds } = scene.picture;
  const counts = kind === 'curves' || kind === 'tank';
  const fed = new Set(feeds);
  const everything = !scene.declared || kind === 'nodes' || kind === 'sequence';
  const told = kind === 'bars' || kind === 'tree' || kind === 'axis';
  const times = new Set<number>();
  const order = trace.ordered();
  const first = lowerBound(order.length, (i) => trace.time.at(order[i] as number), scene.from);
  const fedSeries = new Set(feeds.map((name) => trace.seriesNamed(name)).filter((one) => one !== undefined)
    .flatMap((one) => seriesIn(one, scene)));
  // What follows the takeaway is only cleared away.
  const over = scene.items.findLast((item) => item.kind === 'takeaway')?.time ?? Infinity;
  for (let i = first; i < order.length; ++i) {
    const event = order[i] as number;
    const time = trace.time.at(event);
    if (!isIn(scene, time) || time > over) break;
    const what = trace.kind.at(event) as Kind;
    if (kTold.has(what)) times.add(time);
    else if (what === Kind.counter) {
      if (counts && fedSeries.has(event)) times.add(time);
    } else if (what < Kind.scene && !told && (everything || fed.has(trace.laneName(event)))) {
      times.add(time);
      const until = trace.until.at(event);
      if ((what === Kind.span || what === Kind.queued) && isIn(scene, until) && until <= over) times.add(until);
    }
  }
  const sorted = [...times].sort((a, b) => a - b);
  beats_of.set(trace, { key, times: sorted });
  return sorted;
}

function seriesIn(series: { time: Column<Float64Array>; event: Column<Int32Array> }, scene: Scene): number[] {
  const first = lowerBound(series.time.length, (i) => series.time.at(i), scene.from);
  const found: number[] = [];
  for (let i = first; i < series.time.length && isIn(scene, series.time.at(i)); ++i) found.push(series.event.at(i));
  return found;
}

