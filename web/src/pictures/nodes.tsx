// nodes.tsx: who takes part as boxes, and the messages between them.
import { lowerBound } from '../trace/columns';
import { Kind, type Trace } from '../trace/trace';
import { valueText } from '../trace/time';
import { around, beside, covered, inside, kLine, lineOf, over, type Box, type Line } from './arrows';
import { meaningOf } from './meaning';
import { actorsIn, eventsIn, isUsed, lanesIn, stateAt, statesIn, type Scene } from './scenes';
import { mostIn, pointsIn } from './tank';
import { Label, Nothing, Sheet, widthOf, wrapped, type Drawing, type Point } from './sheet';

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
  played: Set<string>; // named by the scene and introduced: no machine
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
  const played = new Set(fed.filter((name) => actors.has(name)));
  const cast = { apart, played, names: all.slice(0, kMost), more: Math.max(0, all.length - kMost), clients, edges };
  casts.set(trace, { key, cast });
  return cast;
}

// Columns from left to right, in the direction in which messages go. A machine that no
// message reaches (a breaker) stands between who asks and who is asked.
function columnsOf({ names, clients, edges, apart, played }: Cast): string[][] {
  const into = (name: string) => edges.filter((edge) => edge.to === name && names.includes(edge.from));
  const outOf = (name: string) => edges.filter((edge) => edge.from === name && names.includes(edge.to));
  const quiet = names.filter((name) => !into(name).length && !outOf(name).length);
  const talking = names.filter((name) => !quiet.includes(name));
  if (!talking.length) return inRows(names);
  const stem = (name: string) => /^(.*?)\d+$/.exec(name)?.[1] ?? name;
  // Of several that are numbered, also another kind: version 3 stands where version 2 does.
  const alike = (name: string) => talking.find((other) => stem(other) === stem(name))
    ?? (stem(name) === name ? undefined : talking.findLast((other) => stem(other) !== other));
  // A new worker stands with the others; who has no state either, with the one named before it.
  const beside = (name: string) => alike(name) ?? (apart.has(name) && !played.has(name) ? undefined
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

const kApart = 24; // px between two columns, at least

// How much each may have of `whole`, if none gets more than it needs.
function shares(needs: readonly number[], whole: number): number[] {
  const order = needs.map((_, i) => i).sort((a, b) => (needs[a] as number) - (needs[b] as number));
  const given = [...needs];
  let left = whole;
  order.forEach((i, rank) => {
    given[i] = Math.min(needs[i] as number, left / (needs.length - rank));
    left -= given[i] as number;
  });
  return given;
}

type Texts = (name: string) => string[];
type Between = (one: readonly string[], other: readonly string[]) => number; // how wide a label is

function place(columns: string[][], width: number, height: number, texts: Texts, between: Between): Map<string, Box> {
  const rows = Math.max(1, Math.floor(height / 46));
  const slim = columns.flatMap((column) => {
    const across = Math.ceil(column.length / rows);
    const lines = Math.ceil(column.length / across);
    return Array.from({ length: across }, (_, i) => column.slice(i * lines, (i + 1) * lines));
  });
  const names = slim.map((column) => Math.max(70, ...column.map((name) => widthOf(name) + 22)));
  const sum = (all: readonly number[]) => all.reduce((one, other) => one + other, 0);
  const needs = slim.map((column) => Math.max(84, ...column.flatMap(texts).map((text, i) => widthOf(text, i > 0) + 24)));
  // Between two columns a label has room.
  const wanted = slim.slice(1).map((column, c) => Math.max(kApart, Math.min(between(slim[c] as string[], column) + 24, 190, width / slim.length / (slim.length > 4 ? 2 : 1.3))));
  // But names first.
  const over = Math.max(0, sum(names) + sum(wanted) + 8 - width);
  const gaps = wanted.map((gap) => Math.max(kApart, gap - (over * gap) / sum(wanted)));
  const air = width - sum(gaps) - 8;
  const widths = air >= sum(names) - 1
    ? shares(needs.map((need, i) => need - (names[i] as number)), air - sum(names)).map((more, i) => more + (names[i] as number)) : shares(needs, air);
  const more = (air - sum(widths)) / slim.length;
  const boxes = new Map<string, Box>();
  let left = 4 + more / 2;
  slim.forEach((column, c) => {
    const w = widths[c] as number;
    const each = height / column.length;
    column.forEach((name, i) => {
      const lines = texts(name).reduce((sum, text) => sum + wrapped(text, w - 14, true).length, 0);
      const h = Math.max(34, Math.min(each - Math.min(12, each * 0.12), 80, Math.max(46, 18 + lines * kLine)));
      boxes.set(name, { name, w, h, x: left + w / 2, y: each * (i + 0.5) });
    });
    left += w + (gaps[c] ?? 0) + more;
  });
  return boxes;
}

// On a narrow page the columns are rows.
function inLines(columns: string[][], width: number, texts: Texts): string[][] {
  return columns.flatMap((column) => {
    const most = Math.max(1, Math.floor(width / Math.max(84, Math.min(110, ...[Math.max(...column.flatMap(texts).map((text, i) => widthOf(text, i > 0))) + 26]))));
    const lines = Math.ceil(column.length / most);
    const across = Math.ceil(column.length / lines);
    return Array.from({ length: lines }, (_, i) => column.slice(i * across, (i + 1) * across));
  });
}

// Of the boxes in lines.
function highest(columns: string[][], width: number, texts: Texts): number {
  return Math.max(...inLines(columns, width, texts).flatMap((line) => line.map((name) => {
    const w = Math.min(150, width / line.length - 10);
    return Math.min(74, 14 + texts(name).reduce((sum, text) => sum + wrapped(text, w - 14, true).length, 0) * kLine);
  })));
}

function downwards(columns: string[][], width: number, height: number, texts: Texts): Map<string, Box> {
  const lines = inLines(columns, width, texts);
  const gap = height / lines.length;
  // Arrows to a second line pass between the boxes of the first.
  const air = lines.length > columns.length ? 24 : 10;
  return new Map(lines.flatMap((line, i) => line.map((name, k): [string, Box] => {
    const w = Math.min(150, width / line.length - air);
    const rows = texts(name).reduce((sum, text) => sum + wrapped(text, w - 14, true).length, 0);
    return [name, { name, w, h: Math.max(30, Math.min(14 + rows * kLine, 74, gap * 0.6)), x: ((k + 0.5) * width) / line.length, y: gap * (i + 0.5) }];
  })));
}

// What an arrow passes on its way stands above it, or beside it where the arrow goes down.
function clear(boxes: Map<string, Box>, edges: readonly Edge[], width: number) {
  for (const box of boxes.values()) {
    if (edges.some(({ from, to }) => from === box.name || to === box.name)) continue;
    for (const { from, to } of edges) {
      const [a, b] = [boxes.get(from), boxes.get(to)];
      if (a && b && Math.abs(b.x - a.x) < Math.abs(b.y - a.y) && Math.min(a.y, b.y) < box.y && Math.max(a.y, b.y) > box.y) {
        const x = a.x + ((b.x - a.x) * (box.y - a.y)) / (b.y - a.y);
        if (Math.abs(x - box.x) < box.w / 2 + 4) box.x = inside(x + box.w / 2 + 16, box.w / 2 + 4, width - box.w / 2 - 4);
        continue;
      }
      if (!a || !b || Math.min(a.x, b.x) > box.x - box.w / 2 || Math.max(a.x, b.x) < box.x + box.w / 2) continue;
      const y = a.y + ((b.y - a.y) * (box.x - a.x)) / (b.x - a.x);
      if (Math.abs(y - box.y) >= box.h / 2 + 4) continue;
      box.y = Math.max(box.h / 2 + 4, y - box.h / 2 - 40);
      for (const other of boxes.values()) if (other !== box && covered(box, other, 4)) box.y = other.y + (other.h + box.h) / 2 + 6;
    }
  }
}

const kRecent = 600_000; // µs: what is still seen moving in a live run
const kDots = 12;

export function Nodes(drawing: Drawing) {
  const { trace, scene, at, live, width, lit } = drawing;
  const cast = castOf(trace, scene);
  if (!cast.names.length) return <Nothing width={width} height={drawing.height} text="Nobody has come on stage yet." />;
  const there = live ? { ...cast, names: cast.names.filter((name) => !isLongGone(drawing, name)) } : cast;
  const texts = (name: string) => textsOf(drawing, name);
  const columns = columnsOf(there);
  const narrow = width < 480;
  const said_room = narrow ? 104 : 160;
  const lay = narrow ? downwards : place;
  const said = new Map(cast.edges.map((edge) => [edge, saysOf(trace, edge, edge.events.length, said_room)]));
  // Lines of text between two, in both directions.
  const most = Math.max(1, ...cast.edges.map((edge) => cast.edges.filter((other) => other === edge || (other.from === edge.to && other.to === edge.from))
    .reduce((sum, one) => sum + (said.get(one) as string[]).length, 0)));
  const height = Math.max(drawing.height, narrow ? inLines(columns, width, texts).length * (16 + 22 * most + highest(columns, width, texts)) : 0);
  const boxes = lay(columns, width, height, texts, (one, other) => Math.max(0, ...cast.edges.flatMap((edge) =>
    (one.includes(edge.from) && other.includes(edge.to)) || (one.includes(edge.to) && other.includes(edge.from))
      ? (said.get(edge) as string[]).map((text) => widthOf(text, true)) : [])));
  const shown = cast.edges.filter(({ from, to }) => boxes.has(from) && boxes.has(to));
  clear(boxes, shown, width);
  const both = new Set(shown.map(({ from, to }) => `${from}\0${to}`));
  const straight = shown.map((edge) => lineOf(boxes.get(edge.from) as Box, boxes.get(edge.to) as Box, both.has(`${edge.to}\0${edge.from}`)));
  const ways = narrow ? around(straight, shown.map(({ from, to }) => [from, to]), [...boxes.values()], width) : over(straight, shown, boxes, height);
  // A label stands at the longest part of its way; where that is a narrow gap, at the last one.
  const lines = straight.map((line, i): Line => {
    const way = ways[i] as Point[];
    const long = (k: number) => Math.hypot((way[k + 1] as Point).x - (way[k] as Point).x, (way[k + 1] as Point).y - (way[k] as Point).y);
    const k = narrow ? way.length - 2 : way.slice(1).reduce((best, _, one) => (long(one) >= long(best) ? one : best), 0);
    return way.length === 2 ? line : { from: way[k] as Point, to: way[k + 1] as Point, side: narrow ? line.side : { x: 0, y: -1 } };
  });
  const parts = ways.flatMap((way) => way.slice(1).map((to, k): Line => ({ from: way[k] as Point, to, side: to })));
  const labels = beside(lines, shown.map((edge) => said.get(edge) as string[]), [...boxes.values()], width, height, parts);
  return (
    <Sheet width={width} height={height} label={`Who takes part: ${cast.names.join(', ')}`}>
      {shown.map((edge, i) => <Arrow key={`${edge.from}\0${edge.to}`} edge={edge} way={ways[i] as Point[]} at={at} live={live} lit={lit} />)}
      {[...boxes.values()].map((box) => <Who key={box.name} box={box} drawing={drawing} />)}
      {shown.map((edge, i) => {
        const { x, y } = labels[i] as Point;
        const said = saysOf(trace, edge, countOf(edge, at), said_room);
        return (
          <g key={`${edge.from}\0${edge.to}`} class="says">
            {said.map((text, k) => <Label key={k} x={x} y={y + 4 + (k - (said.length - 1) / 2) * kLine} text={text} room={width} kind="small halo" />)}
          </g>
        );
      })}
      {cast.more > 0 && <text class="small dim" x={width - 6} y={height - 4} style={{ textAnchor: 'end' }}>and {cast.more} more</text>}
    </Sheet>
  );
}

const countOf = (edge: Edge, at: number) => lowerBound(edge.times.length, (i) => edge.times[i] as number, at + 1e-6);

const kSaid = 4; // kinds of messages

// What went along an arrow, each with how often.
function saysOf(trace: Trace, edge: Edge, count: number, room: number): string[] {
  const often = new Map<string, number>();
  for (const event of edge.events.slice(0, count)) often.set(trace.name(event), (often.get(trace.name(event)) ?? 0) + 1);
  const most = [...often].sort((a, b) => b[1] - a[1]);
  const shown = most.slice(0, most.length > kSaid ? kSaid - 1 : kSaid);
  const rest = most.slice(shown.length).reduce((sum, [, times]) => sum + times, 0);
  const texts = shown.map(([name, times]) => (times > 1 ? `${name} ×${times.toLocaleString('en')}` : name));
  const lines: string[] = [];
  for (const text of [...texts, ...(rest ? [`${rest.toLocaleString('en')} others`] : [])]) {
    const last = lines[lines.length - 1];
    if (last !== undefined && widthOf(`${last}, ${text}`, true) <= room) lines[lines.length - 1] = `${last}, ${text}`;
    else lines.push(text);
  }
  return lines.flatMap((text) => wrapped(text, room + 10, true));
}

const kRemembered = 5_000_000; // µs that a dead one is still drawn in a live run

function isLongGone({ trace, scene, at }: Drawing, name: string): boolean {
  const event = stateAt(trace, scene, name, at);
  return event >= 0 && meaningOf(trace.name(event), trace.stateNames) === 'gone' && at - trace.time.at(event) > kRemembered;
}

function Arrow({ edge, way, at, live, lit }: { edge: Edge; way: Point[]; at: number; live: boolean; lit: ReadonlySet<number> }) {
  const count = countOf(edge, at);
  const [p, q] = [way[0] as Point, way[way.length - 1] as Point];
  const since = live ? at - kRecent : at - 1e-6;
  const recent: number[] = [];
  for (let i = count - 1; i >= 0 && (edge.times[i] as number) >= since && recent.length < kDots; --i) recent.push(edge.events[i] as number);
  const isLit = edge.events.some((event, i) => i < count && lit.has(event));
  return (
    <g class={`arrow${count ? '' : ' unused'}${recent.length ? ' hot' : ''}${isLit ? ' lit' : ''}`} data-count={count}>
      <polyline points={way.map(({ x, y }) => `${x},${y}`).join(' ')} marker-end="url(#tip)" style={{ strokeWidth: 1 + Math.min(4, Math.log10(count + 1) * 2) }} />
      {recent.map((event, i) => (
        <circle key={event} class="flying" cx={q.x} cy={q.y} r="5"
          style={{ '--dx': `${p.x - q.x}px`, '--dy': `${p.y - q.y}px`, animationDelay: `${i * 40}ms` }} />
      ))}
    </g>
  );
}

// What a box says at any time, its name first: as wide as that has to be.
function textsOf({ trace, scene }: Drawing, name: string): string[] {
  const widest = (texts: string[]) => texts.sort((a, b) => widthOf(b, true) - widthOf(a, true)).slice(0, 1);
  const states = [...new Set(statesIn(trace, scene, name).map((event) => trace.name(event)))];
  const counts = trace.series.filter((one) => one.lane === name && pointsIn(one, scene)[1] > pointsIn(one, scene)[0])
    .slice(0, 1).map((one) => `${valueText(mostIn(one, scene), one.unit)} ${one.name}`);
  const marks = states.length || counts.length ? [] : [...new Set(trace.lanesNamed(name).filter((lane) => lane.kind === 'lane')
    .flatMap((lane) => eventsIn(trace, lane.marks, scene)).filter((event) => trace.kind.at(event) === Kind.instant).map((event) => trace.name(event)))];
  return [name, ...widest(states), ...counts, ...widest(marks)];
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
  const under = [state, count].filter(Boolean).length ? [state, count].filter(Boolean) : [lastMark].filter(Boolean);
  const rows = Math.max(1, Math.floor((h - 8) / kLine));
  const titles = wrapped(name, w - 12, false, rows > under.length + 1 ? 2 : 1);
  const below = rows - titles.length < under.length ? [under.join(' · ')].filter((text) => text && rows > titles.length)
    : under.flatMap((text) => wrapped(text, w - 12, true, rows - titles.length > under.length ? 2 : 1));
  const first = y + 4 - ((titles.length + below.length - 1) / 2) * kLine;
  const canBreak = Boolean(act && breakable?.has(name));
  const isLit = event >= 0 && lit.has(event);
  return (
    <g class={`who is-${meaning}${introduced ? '' : ' unseen'}${isLit ? ' lit' : ''}${canBreak ? ' breakable' : ''}`} data-actor={name} data-state={state}
      {...(canBreak ? { role: 'button', tabIndex: 0, 'aria-label': `Break ${name}`,
        onClick: () => act?.(name),
        onKeyDown: (key: KeyboardEvent) => { if (key.key === 'Enter') act?.(name); } }
        : event >= 0 ? { onClick: () => choose(event) } : {})}>
      <rect x={x - w / 2} y={y - h / 2} width={w} height={h} rx="9" />
      {[...titles, ...below].map((text, i) => (
        <Label key={i} x={x} y={first + i * kLine} text={text} room={w - 10} kind={i < titles.length ? 'strong' : 'small under'} />
      ))}
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
