// ring.tsx: stations in a circle, the token that goes round, and the queues that hang at them.
import { lowerBound } from '../trace/columns';
import { Kind, type Trace } from '../trace/trace';
import { eventsIn, lanesIn, stretch, type Scene } from './scenes';
import { Label, Nothing, Sheet, type Drawing, type Point } from './sheet';

interface Station {
  name: string;
  visits: number[]; // spans, by time
}

const rings = new WeakMap<Trace, { key: string; stations: Station[] }>();

// In the order in which they were first entered.
function stationsOf(trace: Trace, scene: Scene): Station[] {
  const key = `${trace.version} ${scene.index}`;
  const before = rings.get(trace);
  if (before?.key === key) return before.stations;
  const byName = new Map<string, Station>();
  for (const lane of trace.lanesNamed(scene.picture.feeds[0] ?? '')) {
    for (const row of lane.rows) {
      for (const event of eventsIn(trace, row, scene)) {
        const name = trace.name(event);
        const station = byName.get(name) ?? { name, visits: [] };
        station.visits.push(event);
        byName.set(name, station);
      }
    }
  }
  const stations = [...byName.values()];
  rings.set(trace, { key, stations });
  return stations;
}

const before = (trace: Trace, events: number[], at: number) =>
  lowerBound(events.length, (i) => trace.time.at(events[i] as number), at + 1e-6);

export function Ring({ trace, scene, at, width, height, lit, choose }: Drawing) {
  const stations = stationsOf(trace, scene);
  if (!stations.length) return <Nothing width={width} height={height} text="The loop has not turned yet." />;
  let here = -1;
  let visit = -1;
  const counts = stations.map(({ visits }, i) => {
    const count = before(trace, visits, at);
    const last = visits[count - 1];
    if (last !== undefined && (visit < 0 || trace.time.at(last) >= trace.time.at(visit))) [here, visit] = [i, last];
    return count;
  });
  const inside = visit >= 0 && trace.until.at(visit) >= at && at < scene.to;
  const callbacks = callbacksIn(trace, scene, at);
  const orders = scene.items.filter((item) => item.table && item.time <= at).flatMap((item) => (item.table?.rows ?? []).map((row) => row.join(': ')));
  const side = width > 620 ? Math.min(250, width * 0.34) : 0;
  const small = height < 280; // on a card of the shelf: no room for a list
  const foot = side || small ? 0 : 96;
  const middle = { x: (width - side) / 2, y: (height - foot) / 2 };
  const boxWidth = Math.min(128, Math.max(78, (width - side) / 4.2));
  const rx = Math.max(60, Math.min((width - side) / 2 - boxWidth / 2 - 8, (height - foot) * (small ? 0.8 : 0.62)));
  const ry = Math.max(60, (height - foot) / 2 - 30);
  const points = stations.map((_, i): Point => {
    const angle = (i / stations.length) * 2 * Math.PI - Math.PI / 2;
    return { x: middle.x + rx * Math.cos(angle), y: middle.y + ry * Math.sin(angle) };
  });
  const queues = scene.picture.feeds.slice(1).filter((name) => lanesIn(trace, scene, name).length > 0)
    .map((name) => ({ name, waiting: waitingIn(trace, scene, name, at), at: stations.findIndex((one) => name.includes(one.name)) }));
  const token = points[here];
  const rounds = counts[0] ?? 0;
  return (
    <Sheet width={width} height={height} label={`A ring of ${stations.map(({ name }) => name).join(', ')}; now at ${stations[here]?.name ?? 'its beginning'}`}>
      <ellipse class="orbit" cx={middle.x} cy={middle.y} rx={rx} ry={ry} />
      {stations.map(({ name, visits }, i) => {
        const { x, y } = points[i] as Point;
        const queue = queues.find((one) => one.at === i);
        const isLit = visits.some((event) => lit.has(event));
        return (
          <g key={name} class={`station${i === here ? ' here' : ''}${isLit ? ' lit' : ''}`} data-station={name}
            onClick={() => { const last = visits[Math.max(0, (counts[i] as number) - 1)]; if (last !== undefined) choose(last); }}>
            <rect x={x - boxWidth / 2} y={y - 20} width={boxWidth} height="40" rx="20" />
            <Label x={x} y={y + 5} text={name} room={boxWidth - 12} kind="strong" />
            {queue && queue.waiting.length > 0 && <Hanging items={queue.waiting} x={x} y={y + 26} />}
            <title>{`${name}: entered ${counts[i]} times until now`}</title>
          </g>
        );
      })}
      {token && <circle class={`token${inside ? ' inside' : ''}`} cx={token.x + boxWidth / 2 - 4} cy={token.y - 18} r="8" />}
      <text class="big" x={middle.x} y={middle.y - 4}>{stations[here]?.name ?? 'not begun'}</text>
      <text class="small dim" x={middle.x} y={middle.y + 17}>{rounds > 1 ? `iteration ${rounds}` : 'first iteration'}</text>
      {queues.filter((one) => one.at < 0).map((one, i) => (
        <text key={one.name} class="small dim" x={middle.x} y={middle.y + 36 + i * 17}>{one.name}: {one.waiting.length}</text>
      ))}
      {!small && <Order names={callbacks.length || !orders.length ? callbacks : orders} told={callbacks.length || !orders.length ? '' : 'What came out'} x={width - side} y={side ? 24 : height - foot + 8} width={side || width} height={side ? height - 40 : foot - 8} down={side > 0} />}
    </Sheet>
  );
}

// Callbacks of the loop until now.
function callbacksIn(trace: Trace, scene: Scene, at: number): string[] {
  return trace.lanesNamed(scene.picture.feeds[0] ?? '').filter((lane) => lane.kind === 'lane')
    .flatMap((lane) => eventsIn(trace, lane.marks, scene, at)).filter((event) => trace.kind.at(event) === Kind.instant)
    .map((event) => trace.name(event));
}

function waitingIn(trace: Trace, scene: Scene, queue: string, at: number): string[] {
  const found: string[] = [];
  for (const lane of trace.lanesNamed(queue)) {
    for (const row of lane.rows) {
      const [first, end] = stretch(trace, row, scene, at);
      for (let i = first; i < end; ++i) if (trace.until.at(row.at(i)) > at) found.push(trace.name(row.at(i)));
    }
  }
  return found;
}

function Hanging({ items, x, y }: { items: string[]; x: number; y: number }) {
  const shown = items.slice(0, 3);
  return (
    <g class="hanging">
      {shown.map((item, i) => (
        <g key={i} class="chip is-waiting">
          <rect x={x - 46} y={y + i * 22} width="92" height="19" rx="5" />
          <Label x={x} y={y + i * 22 + 14} text={i === 2 && items.length > 3 ? `and ${items.length - 2} more` : item} room={86} kind="small" />
        </g>
      ))}
    </g>
  );
}

// What ran, in the order in which it ran: what a candidate is asked for.
function Order({ names, told, x, y, width, height, down }: {
  names: string[]; told: string; x: number; y: number; width: number; height: number; down: boolean;
}) {
  const fits = down ? Math.max(1, Math.floor((height - 24) / 27)) : Math.max(2, Math.floor(width / 96));
  const skipped = Math.max(0, names.length - fits);
  return (
    <g class="order-so-far">
      <text class="small dim" x={x + 8} y={y + 4} style={{ textAnchor: 'start' }}>
        {told || names.length ? told || `Callbacks in order${skipped ? `, the last ${fits}` : ''}` : 'No callback has run yet'}</text>
      {names.slice(skipped).map((name, i) => {
        const w = down ? Math.min(width - 24, told ? 400 : 200) : width / fits - 8;
        const left = down ? x + 8 : x + 6 + i * (width / fits);
        const top = down ? y + 16 + i * 27 : y + 20;
        const newest = skipped + i === names.length - 1;
        return (
          <g key={skipped + i} class={`chip is-plain${newest ? ' newest' : ''}`}>
            <rect x={left} y={top} width={w} height="22" rx="5" />
            <Label x={left + 8} y={top + 15} text={told ? name : `${skipped + i + 1}. ${name}`} room={w - 12} kind="small" side="start" />
          </g>
        );
      })}
    </g>
  );
}
