// nodes.tsx: who takes part as boxes, and the messages between them.
import { lowerBound } from '../trace/columns';
import { Kind, type Trace } from '../trace/trace';
import { valueText } from '../trace/time';
import { meaningOf } from './meaning';
import { actorsIn, eventsIn, isUsed, lanesIn, stateAt, type Scene } from './scenes';
import { Label, Nothing, Sheet, widthOf, type Drawing, type Point } from './sheet';

interface Edge {
  from: string;
  to: string;
  times: number[]; // of arrival
  events: number[];
}

interface Cast {
  names: string[];
  more: number; // that have no room
  clients: Set<string>;
  apart: Set<string>; // has a state, or was not named by the scene: a breaker, a store
  edges: Edge[];
}

const kMost = 50;
const casts = new WeakMap<Trace, { key: string; cast: Cast }>();

function edgesOf(trace: Trace, scene: Scene): Edge[] {
  const edges = new Map<string, Edge>();
  for (const event of eventsIn(trace, trace.arrivals, scene)) {
    const left = trace.cause(event);
    if (left < 0) continue;
    const from = trace.laneName(left);
    const to = trace.laneName(event);
    if (from === to) continue;
    const key = `${from}\0${to}`;
    const edge = edges.get(key) ?? { from, to, times: [], events: [] };
    edge.times.push(trace.time.at(event));
    edge.events.push(event);
    edges.set(key, edge);
  }
  return [...edges.values()];
}

function castOf(trace: Trace, scene: Scene): Cast {
  const key = `${trace.version} ${scene.index}`;
  const before = casts.get(trace);
  if (before?.key === key) return before.cast;
  const actors = actorsIn(trace, scene);
  const edges = edgesOf(trace, scene);
  const ends = edges.flatMap(({ from, to }) => [from, to]);
  const fed = scene.picture.feeds.filter((name) =>
    actors.has(name) || ends.includes(name) || lanesIn(trace, scene, name).length > 0);
  // A pool of alike ones may name only the first.
  const alike = fed.flatMap((name) => {
    const stem = /^(.*?)\d+$/.exec(name)?.[1];
    return stem === undefined ? [] : trace.lanes.filter((lane) => lane.kind === 'state' && lane.name.startsWith(stem)
      && /^\d+$/.test(lane.name.slice(stem.length)) && isUsed(trace, scene, lane)).map((lane) => lane.name);
  });
  const all = [...new Set([...fed, ...actors.keys(), ...ends, ...alike])];
  const clients = new Set(all.filter((name) =>
    actors.get(name)?.kind === 'client' || (actors.size > 0 && !actors.has(name) && ends.includes(name) && !lanesIn(trace, scene, name).some((lane) => lane.kind === 'state')
      && edges.some((edge) => edge.from === name && actors.has(edge.to)))));
  const apart = new Set(all.filter((name) => !fed.includes(name)
    || lanesIn(trace, scene, name).some((lane) => lane.kind === 'state')));
  const cast = { apart, names: all.slice(0, kMost), more: Math.max(0, all.length - kMost), clients, edges };
  casts.set(trace, { key, cast });
  return cast;
}

// Columns from left to right, in the direction in which messages go. A machine that no
// message reaches (a breaker) stands between who asks and who is asked.
function columnsOf({ names, clients, edges, apart }: Cast): string[][] {
  const into = (name: string) => edges.filter((edge) => edge.to === name && names.includes(edge.from));
  const outOf = (name: string) => edges.filter((edge) => edge.from === name && names.includes(edge.to));
  const quiet = names.filter((name) => !into(name).length && !outOf(name).length);
  const talking = names.filter((name) => !quiet.includes(name));
  if (!talking.length) return inRows(names);
  const stem = (name: string) => /^(.*?)\d+$/.exec(name)?.[1] ?? name;
  const alike = (name: string) => talking.find((other) => stem(other) === stem(name));
  // A new worker stands with the others; who has no state either, with the one named before it.
  const beside = (name: string) => alike(name) ?? (apart.has(name) ? undefined
    : names.slice(0, names.indexOf(name)).findLast((other) => talking.includes(other)));
  const silent = quiet.filter((name) => !beside(name));
  const sources = talking.filter((name) => clients.has(name));
  const first = sources.length ? sources : talking.filter((name) => !into(name).length);
  const rank = new Map<string, number>();
  const queue = first.length ? [...first] : [talking[0] as string];
  for (const name of queue) rank.set(name, 0);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const { to } of outOf(name)) {
      if (rank.has(to)) continue;
      rank.set(to, (rank.get(name) as number) + 1);
      queue.push(to);
    }
  }
  const last = Math.max(...rank.values());
  for (const name of talking) if (!rank.has(name)) rank.set(name, clients.has(name) ? 0 : last);
  for (const name of quiet) {
    const other = beside(name);
    if (other) rank.set(name, rank.get(other) as number);
  }
  const columns: string[][] = Array.from({ length: last + 1 }, () => []);
  for (const name of names) if (rank.has(name)) (columns[rank.get(name) as number] as string[]).push(name);
  // Each as high as those that it hears from, so that fewer arrows cross.
  for (let c = 1; c < columns.length; ++c) {
    const left = columns[c - 1] as string[];
    const column = columns[c] as string[];
    const height = new Map(column.map((name, i) => {
      const heard = into(name).map(({ from }) => left.indexOf(from)).filter((at) => at >= 0);
      return [name, heard.length ? heard.reduce((sum, at) => sum + at, 0) / heard.length : i];
    }));
    column.sort((a, b) => (height.get(a) as number) - (height.get(b) as number));
  }
  // Two servers, each with clients of its own: those of the second stand on its other side.
  const [own, servers] = columns;
  if (columns.length === 2 && servers?.length === 2 && own && own.length > 2) {
    const [a, b] = servers as [string, string];
    const count = (client: string, server: string) =>
      [...outOf(client), ...into(client)].filter(({ from, to }) => from === server || to === server)
        .reduce((sum, edge) => sum + edge.times.length, 0);
    const right = own.filter((client) => count(client, b) > count(client, a));
    const left = own.filter((client) => !right.includes(client));
    if (left.length && right.length) return [left, [a], [b], right, ...(silent.length ? [silent] : [])];
  }
  if (silent.length) columns.splice(Math.min(1, columns.length), 0, silent);
  return columns.filter((column) => column.length);
}

// Without messages: side by side, as many as stand well in a row.
function inRows(names: string[]): string[][] {
  const across = Math.min(names.length, Math.max(3, Math.ceil(Math.sqrt(names.length * 1.6))));
  return Array.from({ length: across }, (_, c) => names.filter((_, i) => i % across === c));
}

interface Box {
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

function place(columns: string[][], width: number, height: number): Map<string, Box> {
  const rows = Math.max(1, Math.floor(height / 46));
  const slim = columns.map((column) => Math.ceil(column.length / rows));
  const total = slim.reduce((sum, one) => sum + one, 0);
  const step = width / total;
  // Narrow, three columns and more lean over: each stands a little lower than the last.
  const w = Math.max(56, Math.min(step * (columns.length > 1 ? 0.6 : 0.82), 190));
  const boxes = new Map<string, Box>();
  let left = 0;
  columns.forEach((column, c) => {
    const lines = Math.ceil(column.length / (slim[c] as number));
    const h = Math.max(34, Math.min(height / lines - 12, 66));
    column.forEach((name, i) => {
      const line = i % lines;
      const gap = height / lines;
      boxes.set(name, {
        name, w, h,
        x: left + (Math.floor(i / lines) + 0.5) * step,
        y: gap * (line + 0.5),
      });
    });
    left += (slim[c] as number) * step;
  });
  return boxes;
}

// On a narrow page the columns are rows.
function downwards(columns: string[][], width: number, height: number): Map<string, Box> {
  const most = Math.max(1, Math.floor(width / 92));
  const lines = columns.flatMap((column) => Array.from({ length: Math.ceil(column.length / most) },
    (_, i) => column.slice(i * most, (i + 1) * most)));
  const gap = height / lines.length;
  return new Map(lines.flatMap((line, i) => line.map((name, k): [string, Box] => [name, {
    name, w: Math.min(160, width / line.length - 10), h: Math.max(30, Math.min(54, gap * 0.5)),
    x: ((k + 0.5) * width) / line.length, y: gap * (i + 0.5),
  }])));
}

// Where the line from one middle to another leaves a box.
function edgeOf(box: Box, towards: Point, air: number): Point {
  const dx = towards.x - box.x;
  const dy = towards.y - box.y;
  const scale = 1 / Math.max(Math.abs(dx) / (box.w / 2 + air), Math.abs(dy) / (box.h / 2 + air), 1e-9);
  return { x: box.x + dx * scale, y: box.y + dy * scale };
}

const kRecent = 600_000; // µs: what is still seen moving in a live run
const kDots = 12;

export function Nodes(drawing: Drawing) {
  const { trace, scene, at, live, width, height, lit } = drawing;
  const cast = castOf(trace, scene);
  if (!cast.names.length) return <Nothing width={width} height={height} text="Nobody has come on stage yet." />;
  const there = live ? { ...cast, names: cast.names.filter((name) => !isLongGone(drawing, name)) } : cast;
  const boxes = width < 480 ? downwards(columnsOf(there), width, height) : place(columnsOf(there), width, height);
  const shown = cast.edges.filter(({ from, to }) => boxes.has(from) && boxes.has(to));
  const both = new Set(shown.map(({ from, to }) => `${from}\0${to}`));
  return (
    <Sheet width={width} height={height} label={`Who takes part: ${cast.names.join(', ')}`}>
      {shown.map((edge) => (
        <Arrow key={`${edge.from}\0${edge.to}`} edge={edge} a={boxes.get(edge.from) as Box} b={boxes.get(edge.to) as Box}
          at={at} bent={both.has(`${edge.to}\0${edge.from}`)} live={live} lit={lit} name={(event) => trace.name(event)} />
      ))}
      {[...boxes.values()].map((box) => <Who key={box.name} box={box} drawing={drawing} />)}
      {cast.more > 0 && <text class="small dim" x={width - 6} y={height - 4} style={{ textAnchor: 'end' }}>and {cast.more} more</text>}
    </Sheet>
  );
}

const kRemembered = 5_000_000; // µs that a dead one is still drawn in a live run

function isLongGone({ trace, scene, at }: Drawing, name: string): boolean {
  const event = stateAt(trace, scene, name, at);
  return event >= 0 && meaningOf(trace.name(event), trace.stateNames) === 'gone' && at - trace.time.at(event) > kRemembered;
}

function Arrow({ edge, a, b, at, bent, live, lit, name }: {
  edge: Edge; a: Box; b: Box; at: number; bent: boolean; live: boolean; lit: ReadonlySet<number>; name: (event: number) => string;
}) {
  const count = lowerBound(edge.times.length, (i) => edge.times[i] as number, at + 1e-6);
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const side = bent ? 9 : 0;
  const off = { x: (-(b.y - a.y) / length) * side, y: ((b.x - a.x) / length) * side };
  const from = edgeOf(a, b, 1);
  const to = edgeOf(b, a, 5);
  const [p, q] = [{ x: from.x + off.x, y: from.y + off.y }, { x: to.x + off.x, y: to.y + off.y }];
  const since = live ? at - kRecent : at - 1e-6;
  const recent: number[] = [];
  for (let i = count - 1; i >= 0 && (edge.times[i] as number) >= since && recent.length < kDots; --i) recent.push(edge.events[i] as number);
  const isLit = edge.events.some((event, i) => i < count && lit.has(event));
  const last = edge.events[count - 1];
  const middle = { x: p.x + (q.x - p.x) * 0.5, y: p.y + (q.y - p.y) * 0.5 };
  const steep = Math.abs(q.y - p.y) > Math.abs(q.x - p.x);
  const times = `×${count.toLocaleString('en')}`;
  const whole = last === undefined ? '' : count > 1 ? `${name(last)} ${times}` : name(last);
  const room = steep ? 150 : Math.abs(q.x - p.x) - 4 + Math.min(60, Math.abs(q.y - p.y));
  const text = count > 1 && widthOf(whole, true) > room ? times : whole;
  return (
    <g class={`arrow${count ? '' : ' unused'}${recent.length ? ' hot' : ''}${isLit ? ' lit' : ''}`} data-count={count}>
      <line x1={p.x} y1={p.y} x2={q.x} y2={q.y} marker-end="url(#tip)" style={{ strokeWidth: 1 + Math.min(4, Math.log10(count + 1) * 2) }} />
      {count > 0 && Math.hypot(q.x - p.x, q.y - p.y) > (steep ? 24 : 56) && (
        <Label x={middle.x + (steep ? 8 : 0)} y={middle.y + (steep ? 4 : bent && off.y > 0 ? 16 : -7)} text={text}
          room={Math.max(room, 30)} kind="small halo" side={steep ? 'start' : 'middle'} />
      )}
      {recent.map((event, i) => (
        <circle key={event} class="flying" cx={q.x} cy={q.y} r="5"
          style={{ '--dx': `${p.x - q.x}px`, '--dy': `${p.y - q.y}px`, animationDelay: `${i * 40}ms` }} />
      ))}
    </g>
  );
}

function Who({ box, drawing }: { box: Box; drawing: Drawing }) {
  const { trace, scene, at, lit, act, breakable, choose } = drawing;
  const { name, x, y, w, h } = box;
  const event = stateAt(trace, scene, name, at);
  const frozen = breakable?.get(name);
  const state = frozen ? 'frozen' : event >= 0 ? trace.name(event) : '';
  const actor = actorsIn(trace, scene, at).get(name);
  const introduced = actor !== undefined || !actorsIn(trace, scene).has(name);
  const meaning = state ? meaningOf(state, trace.stateNames) : introduced ? 'plain' : 'none';
  const counts = trace.series.filter((one) => one.lane === name)
    .map((one) => [one, valueIn(drawing, one)] as const).filter(([, value]) => value !== undefined);
  const count = meaning === 'gone' ? '' : counts.map(([one, value]) => `${valueText(value as number, one.unit)} ${one.name}`)[0] ?? '';
  const lastMark = lastInstant(drawing, name);
  const under = [state, count].filter(Boolean).join(' · ') || lastMark;
  const canBreak = Boolean(act && breakable?.has(name));
  const isLit = event >= 0 && lit.has(event);
  return (
    <g class={`who is-${meaning}${introduced ? '' : ' unseen'}${isLit ? ' lit' : ''}${canBreak ? ' breakable' : ''}`} data-actor={name} data-state={state}
      {...(canBreak ? { role: 'button', tabIndex: 0, 'aria-label': `Break ${name}`,
        onClick: () => act?.(name),
        onKeyDown: (key: KeyboardEvent) => { if (key.key === 'Enter') act?.(name); } }
        : event >= 0 ? { onClick: () => choose(event) } : {})}>
      <rect x={x - w / 2} y={y - h / 2} width={w} height={h} rx="9" />
      <Label x={x} y={y + (under && h >= 34 ? -2 : 5)} text={name} room={w - 10} kind="strong" />
      {under && <Label x={x} y={y + 15} text={under} room={w - 10} kind="small under" />}
      {meaning === 'gone' && <path class="dead" d={`M${x - w / 2 + 6} ${y - h / 2 + 6}l10 10m0 -10l-10 10`} />}
      <title>{[name, state, ...counts.map(([one, value]) => `${one.name} ${valueText(value as number, one.unit)}`)].filter(Boolean).join(', ')}</title>
    </g>
  );
}

function valueIn({ trace, scene, at }: Drawing, series: Trace['series'][number]): number | undefined {
  const first = lowerBound(series.time.length, (i) => series.time.at(i), scene.from);
  if (first >= series.time.length || series.time.at(first) > at) return undefined;
  return trace.valueAt(series, at);
}

function lastInstant({ trace, scene, at }: Drawing, name: string): string {
  for (const lane of trace.lanesNamed(name)) {
    if (lane.kind !== 'lane') continue;
    const events = eventsIn(trace, lane.marks, scene, at).filter((event) => trace.kind.at(event) === Kind.instant);
    const last = events[events.length - 1];
    if (last !== undefined) return trace.name(last);
  }
  return '';
}
