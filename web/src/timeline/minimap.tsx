// minimap.tsx: the whole run in one narrow strip: how much happened when, where each scene
// begins, and which stretch the timeline shows. Drag it to show another.
import { cursor, fitAll, following, latest, now, view, type Run } from '../state';
import { clamp } from '../trace/time';
import type { Trace } from '../trace/trace';

const kBins = 300;
const known = new WeakMap<Trace, { version: number; path: string }>();

// How much happened, by root: one busy moment does not flatten the rest.
export function density(times: { length: number; at: (i: number) => number }, end: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < times.length; ++i) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((times.at(i) / end) * bins)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const most = Math.max(...counts, 1);
  return counts.map((count) => Math.sqrt(count / most));
}

function outline(trace: Trace): string {
  const before = known.get(trace);
  // Of a run that goes on, not at each event anew.
  if (before && trace.version < before.version * 1.05 + 20) return before.path;
  const heights = density(trace.time, Math.max(trace.latest, 1), kBins);
  const path = `M0 20${heights.map((height, i) => `V${(20 - height * 18).toFixed(1)}H${i + 1}`).join('')}V20Z`;
  known.set(trace, { version: trace.version, path });
  return path;
}

export function Minimap({ run }: { run: Run }) {
  void run.drawn.value;
  const { trace } = run;
  const end = Math.max(latest(), 1);
  const x = (time: number) => Math.min(Math.max(time / end, 0), 1) * kBins;
  const { from, to } = view.value;
  const show = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * end;
    const half = (view.value.to - view.value.from) / 2;
    following.value = false;
    view.value = clamp({ from: at - half, to: at + half }, latest());
  };
  return (
    <svg class="minimap" viewBox={`0 0 ${kBins} 20`} preserveAspectRatio="none" aria-hidden="true" data-from={from} data-to={to}
      onPointerDown={(event) => { (event.currentTarget as Element).setPointerCapture(event.pointerId); show(event); }}
      onPointerMove={(event) => { if (event.buttons & 1) show(event); }} onDblClick={fitAll}>
      <path class="busy" d={outline(trace)} />
      {trace.story.filter((item) => item.kind === 'scene').map((item) => <line key={item.event} class="begins" x1={x(item.time)} x2={x(item.time)} y1="0" y2="20" />)}
      <rect class="window" x={x(from)} y="0.5" width={Math.max(1.5, x(to) - x(from))} height="19" />
      {cursor.value !== null && <line class="cursor" x1={x(now.value)} x2={x(now.value)} y1="0" y2="20" />}
    </svg>
  );
}
