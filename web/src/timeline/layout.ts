// layout.ts: where each lane of a timeline stands, and what is at a point of it.
import type { Column } from '../trace/columns';
import { lastAtMost } from '../trace/columns';
import type { Lane, LaneKind, Trace } from '../trace/trace';
import { timeAt, type View } from '../trace/time';

export const kRow = 18;
export const kGap = 5;
export const kScenes = 20; // the band with the scenes' titles
export const kRuler = 20;
export const kTop = kScenes + kRuler;

export interface Placed {
  lane: Lane;
  y: number; // below kTop
  height: number;
}

export interface Layout {
  lanes: Placed[];
  height: number;
  gutter: number; // px, for the lanes' names
}

const kRank: Record<LaneKind, number> = { state: 0, lane: 1, thread: 2, queue: 3 };

// By kind, then as they came; but what has one name stands together.
function inOrder(lanes: Lane[]): Lane[] {
  const rank = new Map<string, number>();
  for (const lane of lanes) {
    const own = kRank[lane.kind] * 1e6 + lane.index;
    rank.set(lane.name, Math.min(rank.get(lane.name) ?? Infinity, own));
  }
  return [...lanes].sort((a, b) =>
    (rank.get(a.name) as number) - (rank.get(b.name) as number)
    || kRank[a.kind] - kRank[b.kind] || a.index - b.index);
}

export const gutterOf = (width: number) => (width < 640 ? 84 : 148);

export function layOut(trace: Trace, width: number): Layout {
  const lanes: Placed[] = [];
  let y = kGap;
  for (const lane of inOrder(trace.lanes)) {
    const height = Math.max(1, lane.rows.length) * kRow;
    lanes.push({ lane, y, height });
    y += height + kGap;
  }
  return { lanes, height: y, gutter: gutterOf(width) };
}

export interface Hit {
  event: number; // -1: none
  lane: Lane | null;
}

// What is at (x, y): x from the gutter's right edge, y below kTop.
export function hit(
  trace: Trace, layout: Layout, view: View, width: number, x: number, y: number,
): Hit {
  const placed = layout.lanes.find((one) => y >= one.y && y < one.y + one.height + kGap);
  if (!placed || x < 0) return { event: -1, lane: placed?.lane ?? null };
  const { lane } = placed;
  const time = timeAt(view, x, width);
  const near = ((view.to - view.from) / width) * 6;
  const mark = nearest(trace, lane.marks, time, near);
  if (mark >= 0) return { event: mark, lane };
  const row = lane.rows[Math.min(Math.floor((y - placed.y) / kRow), lane.rows.length - 1)];
  return { event: row ? spanNear(trace, row, time, near) : -1, lane };
}

function nearest(trace: Trace, marks: Column<Int32Array>, time: number, near: number): number {
  const i = lastAtMost(marks.length, (i) => trace.time.at(marks.at(i)), time);
  let best = -1;
  let distance = near;
  for (const at of [i, i + 1]) {
    if (at < 0 || at >= marks.length) continue;
    const away = Math.abs(trace.time.at(marks.at(at)) - time);
    if (away <= distance) {
      best = marks.at(at);
      distance = away;
    }
  }
  return best;
}

function spanNear(trace: Trace, row: Column<Int32Array>, time: number, near: number): number {
  const i = lastAtMost(row.length, (i) => trace.time.at(row.at(i)), time);
  if (i >= 0 && trace.until.at(row.at(i)) >= time) return row.at(i);
  const before = i >= 0 && time - trace.until.at(row.at(i)) <= near ? row.at(i) : -1;
  const after = i + 1 < row.length && trace.time.at(row.at(i + 1)) - time <= near
    ? row.at(i + 1) : -1;
  return after >= 0 ? after : before;
}
