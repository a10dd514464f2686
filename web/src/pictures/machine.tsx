// machine.tsx: states and the ways between them, the one that holds lit, and its history.
import { lengthText } from '../trace/time';
import { lowerBound } from '../trace/columns';
import type { Trace } from '../trace/trace';
import { meaningOf } from './meaning';
import { statesIn } from './scenes';
import { fitted, Label, Nothing, Sheet, widthOf, wrapped, type Drawing, type Point } from './sheet';

export function Machine(drawing: Drawing) {
  const { trace, scene, width, height } = drawing;
  const machines = [...new Set(scene.picture.feeds)].filter((name) => statesIn(trace, scene, name).length > 0);
  if (!machines.length) return <Nothing width={width} height={height} text="The machine has no state yet." />;
  const across = width / height > 1.3 && width > 560 ? Math.min(machines.length, 3) : 1;
  const down = Math.ceil(machines.length / across);
  const w = width / across;
  const many = machines.some((name) => new Set(statesIn(trace, scene, name).map((event) => trace.name(event))).size > 3);
  const h = Math.max(many ? 290 : 190, height / down);
  return (
    <Sheet width={width} height={Math.max(height, h * down)} label={`States of ${machines.join(', ')}`}>
      {machines.map((name, i) => (
        <g key={name} transform={`translate(${(i % across) * w} ${Math.floor(i / across) * h})`}>
          <One drawing={drawing} name={name} w={w} h={h} />
        </g>
      ))}
    </Sheet>
  );
}

interface Edge {
  from: string;
  to: string;
  count: number; // until now
  hot: boolean; // taken just now
  event: number; // taken last
}

function edgesOf(trace: Trace, events: number[], shown: number): Edge[] {
  const edges = new Map<string, Edge>();
  for (let i = 1; i < events.length; ++i) {
    const [from, to] = [trace.name(events[i - 1] as number), trace.name(events[i] as number)];
    if (from === to) continue;
    const edge = edges.get(`${from}\0${to}`) ?? { from, to, count: 0, hot: false, event: -1 };
    if (i < shown) {
      ++edge.count;
      edge.event = events[i] as number;
      edge.hot = i === shown - 1;
    }
    edges.set(`${from}\0${to}`, edge);
  }
  return [...edges.values()];
}

function One({ drawing, name, w, h }: { drawing: Drawing; name: string; w: number; h: number }) {
  const { trace, scene, at, lit, choose, act, breakable } = drawing;
  const events = statesIn(trace, scene, name);
  const shown = lowerBound(events.length, (i) => trace.time.at(events[i] as number), at + 1e-6);
  const current = shown > 0 ? events[shown - 1] as number : -1;
  const states = [...new Set(events.map((event) => trace.name(event)))];
  const now = current >= 0 ? trace.name(current) : '';
  const titles = wrapped(name, w - 16);
  const head = 24 + titles.length * 15;
  const foot = 44;
  const middle = { x: w / 2, y: head + (h - head - foot) / 2 };
  const boxWidth = Math.min(170, Math.max(...states.map((state) => widthOf(state))) + 28, w / 2.3);
  const points = placed(states.length, middle, w / 2 - boxWidth / 2 - 16, (h - head - foot) / 2 - 30, boxWidth);
  const point = (state: string) => points[states.indexOf(state)] as Point;
  const canBreak = Boolean(act && breakable?.has(name));
  return (
    <g class={`machine${canBreak ? ' breakable' : ''}`} data-machine={name} data-state={now}>
      <g {...(canBreak ? { role: 'button', tabIndex: 0, 'aria-label': `Break ${name}`, onClick: () => act?.(name),
          onKeyDown: (key: KeyboardEvent) => { if (key.key === 'Enter') act?.(name); } } : {})}>
        {titles.map((text, i) => <Label key={i} x={w / 2} y={16 + i * 15} text={text} room={w - 16} kind="strong" />)}
        {now && <Label x={w / 2} y={16 + titles.length * 15} text={`${now}, for ${lengthText(Math.max(at - trace.time.at(current), 0))}`} room={w - 16} kind="small dim" />}
      </g>
      {edgesOf(trace, events, shown).map((edge) => (
        <Way key={`${edge.from}\0${edge.to}`} edge={edge} from={point(edge.from)} to={point(edge.to)} half={{ x: boxWidth / 2, y: 22 }}
          lit={lit.has(edge.event)} choose={() => { if (edge.event >= 0) choose(edge.event); }} />
      ))}
      {states.map((state) => {
        const { x, y } = point(state);
        const meaning = meaningOf(state, trace.stateNames);
        const visited = events.slice(0, shown).some((event) => trace.name(event) === state);
        return (
          <g key={state} class={`station is-${meaning}${state === now ? ' here' : ''}${visited ? '' : ' unseen'}`} data-state={state}>
            <rect x={x - boxWidth / 2} y={y - 22} width={boxWidth} height="44" rx="10" />
            <Label x={x} y={y + 5} text={state} room={boxWidth - 10} kind="strong" />
          </g>
        );
      })}
      <History trace={trace} events={events.slice(0, shown)} w={w} y={h - foot + 8} choose={choose} lit={lit} />
    </g>
  );
}

function placed(count: number, middle: Point, rx: number, ry: number, wide: number): Point[] {
  if (count === 1) return [middle];
  if (count === 2) return [{ x: middle.x - rx, y: middle.y }, { x: middle.x + rx, y: middle.y }];
  return Array.from({ length: count }, (_, i) => {
    const angle = (i / count) * 2 * Math.PI - Math.PI / 2 - (count === 3 ? Math.PI / 3 : 0);
    // Where a circle has no room for two beside each other, they stand at its sides.
    const cos = Math.abs(Math.cos(angle)) < 0.1 ? 0 : 2 * rx * Math.abs(Math.cos(angle)) < wide + 12 ? Math.sign(Math.cos(angle)) * Math.max(1, (wide + 12) / 2 / rx) : Math.cos(angle);
    return { x: middle.x + Math.min(rx, 330) * cos, y: middle.y + ry * Math.sin(angle) };
  });
}

// Bent to one side, so that there and back do not cover one another.
function Way({ edge, from, to, half, lit, choose }: { edge: Edge; from: Point; to: Point; half: Point; lit: boolean; choose: () => void }) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const bend = { x: (from.x + to.x) / 2 + along.y * 38, y: (from.y + to.y) / 2 - along.x * 38 };
  const leave = (at: Point, towards: Point, air: number) => {
    const far = { x: towards.x - at.x, y: towards.y - at.y };
    const scale = 1 / Math.max(Math.abs(far.x) / (half.x + air), Math.abs(far.y) / (half.y + air));
    return { x: at.x + far.x * scale, y: at.y + far.y * scale };
  };
  const a = leave(from, bend, 1);
  const b = leave(to, bend, 4);
  const text = { x: (a.x + 2 * bend.x + b.x) / 4, y: (a.y + 2 * bend.y + b.y) / 4 };
  return (
    <g class={`way${edge.count ? '' : ' unused'}${edge.hot ? ' hot' : ''}${lit ? ' lit' : ''}`} onClick={choose}>
      <path d={`M${a.x} ${a.y}Q${bend.x} ${bend.y} ${b.x} ${b.y}`} marker-end="url(#tip)" />
      {(edge.count > 1 || (edge.count && length > 2 * half.x + 60)) && <text class="small halo" x={text.x} y={text.y + 4}>{edge.count > 1 ? `${edge.count} times` : 'once'}</text>}
    </g>
  );
}

// The states so far, in order and not to scale: what repeats is folded.
function History({ trace, events, w, y, choose, lit }: {
  trace: Trace; events: number[]; w: number; y: number; choose: (event: number) => void; lit: ReadonlySet<number>;
}) {
  const room = Math.max(3, Math.floor((w - 20) / 84));
  const shown = events.slice(-room);
  const each = Math.min(110, (w - 20) / Math.max(shown.length, 1));
  return (
    <g class="past-states">
      {events.length > room && <text class="small dim" x="6" y={y - 4} style={{ textAnchor: 'start' }}>after {events.length - room} earlier states</text>}
      {shown.map((event, i) => (
        <g key={event} class={`chip is-${meaningOf(trace.name(event), trace.stateNames)}${lit.has(event) ? ' lit' : ''}`} onClick={() => choose(event)}>
          <rect x={10 + i * each} y={y} width={each - 4} height="24" rx="5" />
          <text class="small" x={10 + i * each + (each - 4) / 2} y={y + 16}>{fitted(trace.name(event), each - 10, true)}</text>
          <title>{trace.name(event)}</title>
        </g>
      ))}
    </g>
  );
}
