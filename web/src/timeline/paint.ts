// paint.ts: draws what is in view, and no more: a stretch that is under a pixel wide is one
// bar, however many events lie in it.
import { lastAtMost, lowerBound, type Column } from '../trace/columns';
import { Kind, type Lane, type LaneKind, type Trace } from '../trace/trace';
import { tickStep, ticks, timeText, xOf, type View } from '../trace/time';
import { meaningOf, type Meaning } from '../pictures/meaning';
import { kRow, kRuler, kScenes, kTop, type Layout, type Placed } from './layout';

export interface Colours {
  ground: string;
  raised: string;
  line: string;
  text: string;
  dim: string;
  cursor: string;
  holds: string;
  fails: string;
  kinds: Record<LaneKind, [string, string]>; // two shades, so that neighbours differ
  onKind: string; // text on them
  meanings: Record<Meaning, string>; // of states
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const get = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const shades = (kind: string): [string, string] => [get(`${kind}-1`), get(`${kind}-2`)];
  return {
    ground: get('ground'), raised: get('raised'), line: get('line'), text: get('text'),
    dim: get('dim'), cursor: get('cursor'), holds: get('holds'), fails: get('fails'),
    kinds: {
      lane: shades('lane'), thread: shades('thread'), state: shades('state'),
      queue: shades('queue'),
    },
    onKind: get('on-kind'),
    meanings: { good: get('thread-1'), waiting: get('state-1'), bad: get('fill-bad'), gone: '', none: get('higher') },
  };
}

export interface Scene {
  trace: Trace;
  view: View;
  layout: Layout;
  width: number; // of the canvas, CSS px
  height: number;
  scroll: number;
  now: number;
  selected: number;
  hovered: number;
  colours: Colours;
}

const kFont = '11px system-ui, sans-serif';
const kLetter = 6; // px, about
const kArrows = 150; // more in one view tell nothing

export function paint(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const { width, height, layout, colours } = scene;
  canvas.font = kFont;
  canvas.textBaseline = 'middle';
  canvas.fillStyle = colours.ground;
  canvas.fillRect(0, 0, width, height);
  canvas.save();
  canvas.beginPath();
  canvas.rect(0, kTop, width, height - kTop);
  canvas.clip();
  canvas.translate(0, kTop - scene.scroll);
  paintGrid(canvas, scene);
  for (const placed of layout.lanes) {
    if (placed.y + placed.height < scene.scroll) continue;
    if (placed.y > scene.scroll + height) break;
    paintLane(canvas, scene, placed);
  }
  paintFaults(canvas, scene);
  paintArrows(canvas, scene);
  canvas.restore();
  paintTop(canvas, scene);
  paintCursor(canvas, scene);
}

const inner = (scene: Scene) => scene.width - scene.layout.gutter;
const xIn = (scene: Scene, time: number) =>
  scene.layout.gutter + xOf(scene.view, time, inner(scene));

function fitText(text: string, width: number): string {
  const letters = Math.floor(width / kLetter);
  if (text.length <= letters) return text;
  return letters < 3 ? '' : `${text.slice(0, letters - 1)}…`;
}

function paintGrid(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const bottom = Math.max(scene.layout.height, scene.height + scene.scroll);
  canvas.strokeStyle = scene.colours.line;
  canvas.globalAlpha = 0.5;
  canvas.lineWidth = 1;
  canvas.beginPath();
  for (const tick of ticks(scene.view, inner(scene) / 110)) {
    const x = Math.round(xIn(scene, tick)) + 0.5;
    if (x < scene.layout.gutter) continue;
    canvas.moveTo(x, 0);
    canvas.lineTo(x, bottom);
  }
  canvas.stroke();
  canvas.globalAlpha = 1;
}

function paintTop(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const { colours, layout, trace, view } = scene;
  canvas.fillStyle = colours.raised;
  canvas.fillRect(0, 0, scene.width, kTop);
  canvas.save();
  canvas.beginPath();
  canvas.rect(layout.gutter, 0, inner(scene), kTop);
  canvas.clip();
  paintScenes(canvas, scene);
  canvas.fillStyle = colours.dim;
  const step = tickStep(view, inner(scene) / 110);
  for (const tick of ticks(view, inner(scene) / 110)) {
    canvas.fillText(timeText(tick, step), xIn(scene, tick) + 4, kScenes + kRuler / 2);
  }
  for (const item of trace.story) {
    if (item.kind !== 'claim' && item.kind !== 'knob' && item.kind !== 'fault') continue;
    const x = xIn(scene, item.time);
    canvas.fillStyle = item.kind === 'knob' ? colours.cursor : item.kind === 'fault' ? colours.fails : item.holds ? colours.holds : colours.fails;
    canvas.beginPath();
    canvas.moveTo(x - 4, kTop - 8);
    canvas.lineTo(x + 4, kTop - 8);
    canvas.lineTo(x, kTop - 1);
    canvas.fill();
  }
  canvas.restore();
  canvas.fillStyle = colours.line;
  canvas.fillRect(0, kTop - 1, scene.width, 1);
}

// What was broken, through all lanes: what it led to stands to its right.
function paintFaults(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const bottom = Math.max(scene.layout.height, scene.height + scene.scroll);
  canvas.strokeStyle = scene.colours.fails;
  canvas.lineWidth = 1;
  canvas.setLineDash([4, 3]);
  for (const item of scene.trace.story) {
    const x = Math.round(xIn(scene, item.time)) + 0.5;
    if (item.kind !== 'fault' || x < scene.layout.gutter || x > scene.width) continue;
    canvas.beginPath();
    canvas.moveTo(x, 0);
    canvas.lineTo(x, bottom);
    canvas.stroke();
  }
  canvas.setLineDash([]);
}

function paintScenes(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const { colours, trace } = scene;
  const scenes = trace.story.filter((item) => item.kind === 'scene');
  scenes.forEach((item, i) => {
    const from = Math.max(xIn(scene, item.time), scene.layout.gutter);
    const next = scenes[i + 1];
    const to = Math.min(next ? xIn(scene, next.time) : xIn(scene, trace.latest), scene.width);
    if (to <= from) return;
    canvas.fillStyle = colours.line;
    canvas.fillRect(xIn(scene, item.time), 2, 1, kScenes - 3);
    canvas.fillStyle = colours.text;
    const text = fitText(item.text, to - from - 8);
    if (text) canvas.fillText(text, from + 5, kScenes / 2);
  });
}

function paintLane(canvas: CanvasRenderingContext2D, scene: Scene, placed: Placed): void {
  const { colours, layout } = scene;
  const { lane, y, height } = placed;
  canvas.fillStyle = colours.raised;
  canvas.fillRect(0, y - 2, layout.gutter - 1, height + 4);
  canvas.fillStyle = colours.kinds[lane.kind][0];
  canvas.fillRect(0, y - 2, 3, height + 4);
  canvas.fillStyle = colours.text;
  canvas.fillText(fitText(lane.name, layout.gutter - 16), 10, y + kRow / 2);
  canvas.save();
  canvas.beginPath();
  canvas.rect(layout.gutter, y - 2, inner(scene), height + 4);
  canvas.clip();
  lane.rows.forEach((row, i) => paintRow(canvas, scene, lane, row, y + i * kRow));
  paintMarks(canvas, scene, lane, y);
  canvas.restore();
}

function shade(text: string): 0 | 1 {
  let sum = 0;
  for (let i = 0; i < text.length; ++i) sum += text.charCodeAt(i);
  return (sum & 1) as 0 | 1;
}

function paintRow(
  canvas: CanvasRenderingContext2D, scene: Scene, lane: Lane, row: Column<Int32Array>, y: number,
): void {
  const { trace, view, colours } = scene;
  const start = (i: number) => trace.time.at(row.at(i));
  const perPixel = (view.to - view.from) / inner(scene);
  const shades = colours.kinds[lane.kind];
  let i = Math.max(0, lastAtMost(row.length, start, view.from));
  while (i < row.length && start(i) <= view.to) {
    const event = row.at(i);
    const until = Math.min(trace.until.at(event), trace.latest);
    const left = Math.max(xIn(scene, start(i)), scene.layout.gutter - 2);
    const right = Math.min(xIn(scene, until), scene.width + 2);
    const name = trace.name(event);
    const meaning = lane.kind === 'state' ? meaningOf(name, trace.stateNames) : null;
    canvas.fillStyle = meaning === null ? shades[lane.kind === 'lane' && name === lane.name ? 0 : shade(name)]
      : colours.meanings[meaning] || colours.line;
    if (meaning === 'gone') {  // what died is not drawn on
      canvas.fillRect(left, y + kRow / 2 - 0.5, right - left, 1);
      const text = fitText(name, right - left - 8);
      canvas.fillStyle = colours.dim;
      if (text) canvas.fillText(text, left + 4, y + kRow / 2 - 1);
      ++i;
    } else if (right - left < 2) {
      canvas.fillRect(left, y + 1, Math.max(1.5, right - left), kRow - 2);
      i = afterTiny(trace, row, i, start(i) + perPixel * 1.5);
      if (event !== scene.selected) continue;
    } else {
      canvas.fillRect(left, y + 1, right - left - 0.5, kRow - 2);
      const text = fitText(name, right - left - 8);
      if (text) {
        canvas.fillStyle = meaning === 'none' ? colours.dim : colours.onKind;
        canvas.fillText(text, left + 4, y + kRow / 2);
      }
      ++i;
    }
    outline(canvas, scene, event, left, y, right - left);
  }
}

// The next that shows anything: what begins before `end` is under the bar already drawn,
// but for the last of them, which may be long.
export function afterTiny(trace: Trace, row: Column<Int32Array>, i: number, end: number): number {
  const next = lowerBound(row.length, (at) => trace.time.at(row.at(at)), end, i + 1);
  return next - 1 > i && trace.until.at(row.at(next - 1)) > end ? next - 1 : next;
}

function outline(
  canvas: CanvasRenderingContext2D, scene: Scene, event: number, x: number, y: number, width: number,
): void {
  if (event !== scene.selected && event !== scene.hovered) return;
  canvas.strokeStyle = event === scene.selected ? scene.colours.cursor : scene.colours.text;
  canvas.lineWidth = event === scene.selected ? 2 : 1;
  canvas.strokeRect(x, y + 1, Math.max(width, 3), kRow - 2);
}

function paintMarks(canvas: CanvasRenderingContext2D, scene: Scene, lane: Lane, y: number): void {
  const { trace, view, colours } = scene;
  const { marks } = lane;
  const time = (i: number) => trace.time.at(marks.at(i));
  const perPixel = (view.to - view.from) / inner(scene);
  const alone = lane.rows.length === 0;
  let i = lowerBound(marks.length, time, view.from - perPixel * 120);
  while (i < marks.length && time(i) <= view.to) {
    const event = marks.at(i);
    const x = xIn(scene, time(i));
    const next = i + 1 < marks.length ? xIn(scene, time(i + 1)) : scene.width;
    canvas.fillStyle = alone ? colours.kinds[lane.kind][0] : colours.text;
    const size = event === scene.selected || event === scene.hovered ? 6 : 4;
    canvas.beginPath();
    canvas.moveTo(x, y + kRow / 2 - size);
    canvas.lineTo(x + size, y + kRow / 2);
    canvas.lineTo(x, y + kRow / 2 + size);
    canvas.lineTo(x - size, y + kRow / 2);
    canvas.fill();
    if (event === scene.selected) outline(canvas, scene, event, x - 6, y, 12);
    const text = alone ? fitText(trace.name(event), Math.min(next - x - 14, 240)) : '';
    if (text) {
      canvas.fillStyle = colours.dim;
      canvas.fillText(text, x + 8, y + kRow / 2);
    }
    i = Math.max(i + 1, lowerBound(marks.length, time, time(i) + perPixel * 2, i + 1));
  }
}

// From a cause to what it caused: all in view if they are few, else the chosen event's.
function paintArrows(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const { trace, view } = scene;
  const { caused } = trace;
  const time = (i: number) => trace.time.at(caused.at(i));
  const from = lowerBound(caused.length, time, view.from);
  const to = lowerBound(caused.length, time, view.to);
  const middle = new Map(scene.layout.lanes.map(({ lane, y }) => [lane.index, y + kRow / 2]));
  const chosen = new Set(scene.selected >= 0 ? trace.chain(scene.selected) : []);
  const few = to - from <= kArrows;
  for (let i = from; i < to; ++i) {
    const event = caused.at(i);
    if (!few && !chosen.has(event)) continue;
    const cause = trace.cause(event);
    if (cause < 0) continue;
    const y0 = middle.get(trace.lane.at(cause));
    const y1 = middle.get(trace.lane.at(event));
    if (y0 === undefined || y1 === undefined) continue;
    arrow(canvas, scene, xIn(scene, trace.time.at(cause)), y0, xIn(scene, trace.time.at(event)),
      y1, chosen.has(event));
  }
}

function arrow(
  canvas: CanvasRenderingContext2D, scene: Scene,
  x0: number, y0: number, x1: number, y1: number, chosen: boolean,
): void {
  const { gutter } = scene.layout;
  if (x1 < gutter) return;
  canvas.save();
  canvas.beginPath();
  canvas.rect(gutter, scene.scroll, inner(scene), scene.height);
  canvas.clip();
  canvas.strokeStyle = canvas.fillStyle = chosen ? scene.colours.cursor : scene.colours.dim;
  canvas.globalAlpha = chosen ? 1 : 0.55;
  canvas.lineWidth = chosen ? 1.75 : 1;
  canvas.beginPath();
  canvas.moveTo(x0, y0);
  const bend = Math.max(12, Math.min(60, Math.abs(x1 - x0) / 2));
  canvas.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1 - 3, y1);
  canvas.stroke();
  canvas.beginPath();
  canvas.moveTo(x1 - 1, y1);
  canvas.lineTo(x1 - 7, y1 - 3.5);
  canvas.lineTo(x1 - 7, y1 + 3.5);
  canvas.fill();
  canvas.restore();
}

function paintCursor(canvas: CanvasRenderingContext2D, scene: Scene): void {
  const x = Math.round(xIn(scene, scene.now)) + 0.5;
  if (x < scene.layout.gutter || x > scene.width) return;
  canvas.strokeStyle = canvas.fillStyle = scene.colours.cursor;
  canvas.lineWidth = 1;
  canvas.beginPath();
  canvas.moveTo(x, kScenes);
  canvas.lineTo(x, scene.height);
  canvas.stroke();
  const text = timeText(scene.now, (scene.view.to - scene.view.from) / 500);
  const width = canvas.measureText(text).width + 8;
  const left = Math.min(x, scene.width - width);
  canvas.fillRect(left, kScenes, width, 15);
  canvas.fillStyle = scene.colours.ground;
  canvas.fillText(text, left + 4, kScenes + 8);
}

export function describeEvent(trace: Trace, event: number): string {
  const args = Object.entries(trace.args(event)).map(([key, value]) => `${key} ${String(value)}`);
  const kind = trace.kind.at(event);
  const what = kind === Kind.state ? `is ${trace.name(event)}`
    : kind === Kind.queued ? `${trace.name(event)} waits` : trace.name(event);
  return [what, ...args].join(' · ');
}
