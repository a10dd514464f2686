// arrows.ts: the ways of arrows between boxes, around the boxes that are not their ends, and
// where their labels stand.
import { widthOf, type Point } from './sheet';

export interface Box {
  name: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export const kLine = 15; // px

// Where the line from one middle to another leaves a box.
function edgeOf(box: Box, towards: Point, air: number): Point {
  const dx = towards.x - box.x;
  const dy = towards.y - box.y;
  const scale = 1 / Math.max(Math.abs(dx) / (box.w / 2 + air), Math.abs(dy) / (box.h / 2 + air), 1e-9);
  return { x: box.x + dx * scale, y: box.y + dy * scale };
}

export interface Line {
  from: Point;
  to: Point;
  side: Point; // of unit length: where its label would rather stand
}

export function lineOf(a: Box, b: Box, bent: boolean): Line {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const normal = { x: -(b.y - a.y) / length, y: (b.x - a.x) / length };
  const off = bent ? 9 : 0;
  const [p, q] = [edgeOf(a, b, 1), edgeOf(b, a, 5)];
  // Opposite ways lie beside each other, each with its label on its own side.
  const up = bent || normal.y < 0 || (normal.y === 0 && normal.x > 0) ? 1 : -1;
  return {
    from: { x: p.x + normal.x * off, y: p.y + normal.y * off }, to: { x: q.x + normal.x * off, y: q.y + normal.y * off },
    side: { x: normal.x * up, y: normal.y * up },
  };
}

// The points of each arrow on a narrow page, where boxes stand in lines: through the gap of a
// line that is nearest, and none through a box. Several in one gap lie beside each other.
export function around(lines: readonly Line[], ends: readonly (readonly string[])[], boxes: readonly Box[], width: number): Point[][] {
  const used = new Map<string, number>();
  return lines.map((line, i) => {
    const others = boxes.filter(({ name }) => !ends[i]?.includes(name));
    const hit = [...new Set(others.filter((box) => within(box, line) > 1).map(({ y }) => y))];
    if (!hit.length) return [line.from, line.to];
    const down = line.to.y > line.from.y ? 1 : -1;
    const points = hit.sort((a, b) => (a - b) * down).flatMap((y) => {
      const row = boxes.filter((box) => box.y === y).sort((a, b) => a.x - b.x);
      const edges = [0, ...row.flatMap(({ x, w }) => [x - w / 2, x + w / 2]), width];
      const gaps = row.map((_, k) => k).concat(row.length).map((k) => ((edges[2 * k] as number) + (edges[2 * k + 1] as number)) / 2);
      const crosses = line.from.x + ((line.to.x - line.from.x) * (y - line.from.y)) / (line.to.y - line.from.y || 1);
      const gap = gaps.reduce((best, one) => (Math.abs(one - crosses) < Math.abs(best - crosses) ? one : best));
      const before = used.get(`${y} ${gap}`) ?? 0;
      used.set(`${y} ${gap}`, before + 1);
      const x = inside(gap + Math.ceil(before / 2) * 6 * (before % 2 ? 1 : -1), 3, width - 3);
      const half = Math.max(...row.map(({ h }) => h)) / 2 + 3;
      return [{ x, y: y - half * down }, { x, y: y + half * down }];
    });
    return [line.from, ...points, line.to];
  });
}

const turned = ({ x, y }: Point): Point => ({ x: y, y: x });

// On a wide page, where boxes stand in columns: above those alone in their column that
// it would go through, or through the gap of a column.
export function over(lines: readonly Line[], edges: readonly { from: string; to: string }[], boxes: ReadonlyMap<string, Box>, height: number): Point[][] {
  const used = new Map<number, number>();
  const through = around(lines.map(({ from, to, side }) => ({ from: turned(from), to: turned(to), side })), edges.map(({ from, to }) => [from, to]),
    [...boxes.values()].map((box) => ({ ...box, ...turned(box), w: box.h, h: box.w })), height).map((way) => way.map(turned));
  return lines.map((line, i) => {
    const [a, b] = [boxes.get(edges[i]?.from ?? '') as Box, boxes.get(edges[i]?.to ?? '') as Box];
    const hit = [...boxes.values()].filter((box) => box !== a && box !== b && within(box, line) > box.w / 2);
    const alone = [b, ...hit].every((box) => [...boxes.values()].every((other) => other === box || other.x !== box.x));
    if (!hit.length || !alone || Math.abs(a.y - b.y) > 30) return through[i] as Point[];
    const before = used.get(a.y) ?? 0;
    used.set(a.y, before + 1);
    const y = Math.min(...[a, b, ...hit].map((box) => box.y - box.h / 2)) - 30 - before * 22;
    if (y < 24) return through[i] as Point[];
    const x = (box: Box, other: Box) => box.x + Math.sign(other.x - box.x) * (box.w / 4 - before * 8);
    return [{ x: x(a, b), y: a.y - a.h / 2 - 1 }, { x: x(a, b), y }, { x: x(b, a), y }, { x: x(b, a), y: b.y - b.h / 2 - 5 }];
  });
}

// Where the labels of arrows stand: beside the middle of each, or as near to it as nothing is
// covered. They are placed for all that will be said, so that none moves while a run plays.
export function beside(lines: readonly Line[], said: readonly string[][], boxes: readonly Box[], width: number, height: number, all = lines): Point[] {
  const placed: Box[] = [];
  lines.forEach(({ from, to, side }, own) => {
    const texts = said[own] as string[];
    const [w, h] = [Math.max(0, ...texts.map((text) => widthOf(text, true))), texts.length * kLine];
    let best: Box = { name: '', x: (from.x + to.x) / 2, y: (from.y + to.y) / 2, w, h };
    let least = Infinity;
    const slant = Math.abs((to.x - from.x) / (to.y - from.y || 1e-9));
    const steep = slant < 1.5;
    for (const share of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
      for (const [way, more] of [[1, 0], [-1, 0], [1, 18], [-1, 18], [1, 36], [-1, 36]] as const) {
        const far = (Math.abs(side.x) * w + Math.abs(side.y) * h) / 2 + 5 + more;
        // Beside a steep arrow, it stays as high as its point.
        const off = steep ? { x: Math.sign(side.x || 1) * (w / 2 + 7 + (h / 2) * slant + more), y: 0 } : { x: side.x * far, y: side.y * far };
        const label = { ...best,
          x: inside(from.x + (to.x - from.x) * share + off.x * way, w / 2 + 2, width - w / 2 - 2),
          y: inside(from.y + (to.y - from.y) * share + off.y * way, h / 2 + 2, height - h / 2 - 2) };
        const cost = boxes.reduce((sum, box) => sum + covered(label, box, 3), 0) * 6
          + placed.reduce((sum, other) => sum + covered(label, other, 4), 0) * 5
          + all.reduce((sum, line) => sum + within(label, line), 0) * 8
          + Math.abs(share - 0.5) * 40 + (way < 0 ? 6 : 0) + more * 2;
        if (cost < least) [least, best] = [cost, label];
      }
    }
    placed.push(best);
  });
  return placed;
}

export const inside = (value: number, least: number, most: number) => Math.max(least, Math.min(value, most));

// The area that two have in common, if `air` belongs to the second.
export function covered(a: Box, b: Box, air: number): number {
  const x = Math.min(a.x + a.w / 2, b.x + b.w / 2 + air) - Math.max(a.x - a.w / 2, b.x - b.w / 2 - air);
  const y = Math.min(a.y + a.h / 2, b.y + b.h / 2 + air) - Math.max(a.y - a.h / 2, b.y - b.h / 2 - air);
  return x > 0 && y > 0 ? x * y : 0;
}

// The length of a line that lies in a box.
export function within(box: Box, { from, to }: Line): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  let [a, b] = [0, 1];
  for (const [start, step, least, most] of [[from.x, dx, box.x - box.w / 2, box.x + box.w / 2], [from.y, dy, box.y - box.h / 2, box.y + box.h / 2]] as const) {
    if (Math.abs(step) < 1e-9) {
      if (start < least || start > most) return 0;
      continue;
    }
    const [enters, leaves] = [(least - start) / step, (most - start) / step].sort((one, other) => one - other) as [number, number];
    [a, b] = [Math.max(a, enters), Math.min(b, leaves)];
  }
  return b > a ? (b - a) * Math.hypot(dx, dy) : 0;
}
