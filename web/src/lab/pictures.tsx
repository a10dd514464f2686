// pictures.tsx: what the run looks like at the cursor: machines with their current state lit,
// the ring that the loop goes round, messages between lanes.
import { now, select, type Run } from '../state';
import { describeEvent } from '../timeline/paint';
import { lowerBound } from '../trace/columns';
import { ringOf, transitions, type Lane, type Trace } from '../trace/trace';
import { lengthText, timeText } from '../trace/time';

export function hasPictures(trace: Trace): boolean {
  return trace.lanes.some((lane) => lane.kind === 'state') || ringOf(trace).length > 0
    || trace.caused.length > 0;
}

export function Pictures({ run }: { run: Run }) {
  void run.drawn.value;
  const { trace } = run;
  const ring = ringOf(trace);
  const states = (lane: Lane) => new Set(transitions(trace, lane).keys()).size;
  const machines = trace.lanes.filter((lane) => lane.kind === 'state')
    .sort((a, b) => states(b) - states(a) || a.index - b.index);
  return (
    <section class="pictures" aria-label="Pictures">
      {ring.length > 0 && <Ring trace={trace} stations={ring} at={now.value} />}
      {machines.map((machine) => <Machine key={machine.index} trace={trace} machine={machine} at={now.value} />)}
      {trace.caused.length > 0 && <Sequence trace={trace} at={now.value} />}
      {!hasPictures(trace) && <p class="dim">This run has no states, no ring and no messages to draw.</p>}
    </section>
  );
}

interface Point {
  x: number;
  y: number;
}

// The first stands on top, the others follow clockwise.
function onCircle(count: number, radius: number, middle: Point): Point[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = (i / count) * 2 * Math.PI - Math.PI / 2;
    return { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) };
  });
}

// --- the ring

interface Visit {
  station: number;
  event: number;
}

// Where the token is: in the station that holds, else where it was last.
function visitAt(trace: Trace, stations: Lane[], at: number): Visit {
  let best: Visit = { station: -1, event: -1 };
  let time = -Infinity;
  stations.forEach((lane, station) => {
    const event = trace.lastBegun(lane.rows[0] as never, at);
    if (event >= 0 && trace.time.at(event) > time) {
      time = trace.time.at(event);
      best = { station, event };
    }
  });
  return best;
}

function Ring({ trace, stations, at }: { trace: Trace; stations: Lane[]; at: number }) {
  const visit = visitAt(trace, stations, at);
  const inside = visit.event >= 0 && trace.until.at(visit.event) >= at;
  const middle = { x: 160, y: 130 };
  const points = onCircle(stations.length, 100, middle);
  const token = points[visit.station];
  const turns = stations.map((lane) => {
    const row = lane.rows[0];
    return row ? lowerBound(row.length, (i) => trace.time.at(row.at(i)), at + 1e-9) : 0;
  });
  const marks = visit.event < 0 ? 0 : marksIn(trace, stations[visit.station] as Lane, visit.event, at);
  return (
    <figure class="ring">
      <figcaption>The ring, at {timeText(at)}</figcaption>
      <svg viewBox="0 0 320 250" role="img"
        aria-label={`Ring of ${stations.map((lane) => lane.name).join(', ')}; now: ${stations[visit.station]?.name ?? 'not begun'}`}>
        <circle class="orbit" cx={middle.x} cy={middle.y} r="100" />
        {stations.map((lane, i) => {
          const point = points[i] as Point;
          const here = i === visit.station;
          return (
            <g key={lane.name} class={here ? 'station here' : 'station'} data-station={lane.name}>
              <rect x={point.x - 34} y={point.y - 13} width="68" height="26" rx="13" />
              <text x={point.x} y={point.y + 4}>{lane.name}</text>
              <title>{`${lane.name}: entered ${turns[i]} times until now`}</title>
            </g>
          );
        })}
        {token && <circle class={inside ? 'token inside' : 'token'} cx={token.x} cy={token.y - 20} r="6" />}
        <text class="centre" x={middle.x} y={middle.y - 4}>{stations[visit.station]?.name ?? '–'}</text>
        <text class="centre small" x={middle.x} y={middle.y + 14}>
          {inside ? `${marks} callback${marks === 1 ? '' : 's'} so far` : 'between phases'}
        </text>
      </svg>
    </figure>
  );
}

function marksIn(trace: Trace, lane: Lane, span: number, at: number): number {
  const time = (i: number) => trace.time.at(lane.marks.at(i));
  const from = lowerBound(lane.marks.length, time, trace.time.at(span));
  return lowerBound(lane.marks.length, time, Math.min(at, trace.until.at(span)) + 1e-9) - from;
}

// --- a machine

function Machine({ trace, machine, at }: { trace: Trace; machine: Lane; at: number }) {
  const names: string[] = [];
  for (const row of machine.rows) {
    for (let i = 0; i < row.length; ++i) {
      const name = trace.name(row.at(i));
      if (!names.includes(name)) names.push(name);
    }
  }
  const row = machine.rows[0];
  const current = row ? trace.lastBegun(row, at) : -1;
  const lit = current >= 0 ? trace.name(current) : '';
  const height = names.length < 3 ? 64 : 168;
  const middle = { x: 150, y: height / 2 };
  const points = names.length === 1 ? [middle]
    : names.length === 2 ? [{ x: 70, y: middle.y }, { x: 230, y: middle.y }]
    : onCircle(names.length, 58, middle).map(({ x, y }) => ({ x: middle.x + (x - middle.x) * 1.55, y }));
  const place = (name: string) => points[names.indexOf(name)] as Point;
  return (
    <figure class="machine">
      <figcaption>{machine.name}{current >= 0 && `: ${lit}, for ${lengthText(at - trace.time.at(current))}`}</figcaption>
      <svg viewBox={`0 0 300 ${height}`} role="img" aria-label={`States of ${machine.name}; now: ${lit || 'none yet'}`}>
        <defs>
          <marker id={`tip-${machine.index}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path d="M0 0L8 4L0 8z" class="arrowhead" />
          </marker>
        </defs>
        {[...transitions(trace, machine)].map(([key, count]) => {
          const [from = '', to = ''] = key.split('\0');
          return <Edge key={key} from={place(from)} to={place(to)} count={count} tip={`tip-${machine.index}`} />;
        })}
        {names.map((name) => (
          <g key={name} class={name === lit ? 'station here' : 'station'} data-state={name}>
            <rect x={place(name).x - 42} y={place(name).y - 14} width="84" height="28" rx="6" />
            <text x={place(name).x} y={place(name).y + 4}>{name}</text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

// Bent to one side, so that there and back do not cover one another.
function Edge({ from, to, count, tip }: { from: Point; to: Point; count: number; tip: string }) {
  if (from === to) return null;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const bend = { x: (from.x + to.x) / 2 + along.y * 22, y: (from.y + to.y) / 2 - along.x * 22 };
  const edge = (at: Point, towards: Point) => {
    const far = { x: towards.x - at.x, y: towards.y - at.y };
    const scale = 1 / Math.max(Math.abs(far.x) / 44, Math.abs(far.y) / 16);
    return { x: at.x + far.x * scale, y: at.y + far.y * scale };
  };
  const a = edge(from, bend);
  const b = edge(to, bend);
  return (
    <g class="edge">
      <path d={`M${a.x} ${a.y}Q${bend.x} ${bend.y} ${b.x} ${b.y}`} marker-end={`url(#${tip})`} />
      {count > 1 && <text x={bend.x} y={bend.y + 3}>{count}</text>}
    </g>
  );
}

// --- messages

const kLanes = 6;
const kShown = 14;

// The last messages between lanes until the cursor: each goes from the event that caused it.
// Over its line; at the edges of the picture it leans inward, and what has no room is cut.
function LaneName({ name, x, room }: { name: string; x: number; room: number }) {
  const letters = Math.max(4, Math.floor(room / 6.4));
  const text = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  const half = text.length * 3.2;
  const [at, side] = x - half < 2 ? [2, 'start'] : x + half > 398 ? [398, 'end'] : [x, 'middle'];
  return <text x={at} y="14" style={{ textAnchor: side }}>{text}{text !== name && <title>{name}</title>}</text>;
}

function Sequence({ trace, at }: { trace: Trace; at: number }) {
  const { caused } = trace;
  const until = lowerBound(caused.length, (i) => trace.time.at(caused.at(i)), at + 1e-9);
  const arrows: { cause: number; effect: number }[] = [];
  for (let i = until - 1; i >= 0 && arrows.length < kShown; --i) {
    const effect = caused.at(i);
    const cause = trace.cause(effect);
    if (cause >= 0 && trace.lane.at(cause) >= 0 && trace.lane.at(effect) >= 0) arrows.unshift({ cause, effect });
  }
  if (!arrows.length) return null;
  const lanes = [...new Set(arrows.flatMap(({ cause, effect }) => [trace.lane.at(cause), trace.lane.at(effect)]))].slice(-kLanes);
  const x = (lane: number) => 50 + lanes.indexOf(lane) * (lanes.length > 1 ? 300 / (lanes.length - 1) : 0);
  const drawn = arrows.filter(({ cause, effect }) => lanes.includes(trace.lane.at(cause)) && lanes.includes(trace.lane.at(effect)));
  const height = 44 + drawn.length * 24;
  return (
    <figure class="sequence">
      <figcaption>What caused what, until {timeText(at)}</figcaption>
      <svg viewBox={`0 0 400 ${height}`} role="img" aria-label="Messages between lanes">
        <defs>
          <marker id="tip-sequence" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" class="arrowhead" />
          </marker>
        </defs>
        {lanes.map((lane) => (
          <g key={lane} class="lifeline">
            <LaneName name={trace.lanes[lane]?.name ?? ''} x={x(lane)} room={lanes.length > 1 ? 300 / (lanes.length - 1) : 380} />
            <line x1={x(lane)} x2={x(lane)} y1="22" y2={height} />
          </g>
        ))}
        {drawn.map(({ cause, effect }, i) => {
          const y = 42 + i * 24;
          const from = x(trace.lane.at(cause));
          const to = x(trace.lane.at(effect));
          const path = from === to
            ? `M${from} ${y - 6}h26v10h-22` : `M${from} ${y}H${to + (to > from ? -3 : 3)}`;
          return (
            <g key={effect} class="message" onClick={() => select(effect)}>
              <path d={path} marker-end="url(#tip-sequence)" />
              <text x={from === to ? from + 30 : (from + to) / 2} y={from === to ? y + 2 : y - 5}
                class={from === to ? 'left' : ''}>{trace.name(effect)}</text>
              <title>{`${describeEvent(trace, cause)}, then ${describeEvent(trace, effect)}`}</title>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
