// curves.tsx: quantities over time on one shared scale. A constant is a threshold; what was
// measured one after the other is laid side by side, each from its own beginning.
import { lowerBound } from '../trace/columns';
import { Kind, type Series, type Trace } from '../trace/trace';
import { valueText } from '../trace/time';
import { fold } from './fold';
import { casesIn, eventsIn, isIn, type Scene } from './scenes';
import { Label, Nothing, Sheet, widthOf, wrapped, type Drawing } from './sheet';
import { mostIn, pointsIn, times } from './tank';
import { TimeAxis } from './timeaxis';

const kWindow = 10e6; // µs, of a live run

interface Curve {
  series: Series;
  name: string;
  first: number;
  end: number;
  begin: number; // µs
  until: number;
  constant: boolean;
}

// As it holds from point to point: at most four points a pixel. Ends at its last point.
export function steps(
  series: Series, first: number, end: number, until: number, x: (time: number) => number, y: (value: number) => number, from = -Infinity,
): string {
  let path = '';
  let column = NaN;
  let [least, most, last, px] = [0, 0, 0, 0];
  const flush = () => {
    if (Number.isNaN(column)) return;
    path += most > least ? `V${y(most).toFixed(1)}V${y(least).toFixed(1)}V${y(last).toFixed(1)}` : `V${y(last).toFixed(1)}`;
  };
  for (let i = first; i < end; ++i) {
    const time = series.time.at(i);
    if (time > until + 1e-6) break;
    const value = series.value.at(i);
    if (time < from) {
      last = value;
      continue;
    }
    px = x(time);
    if (!path) {
      path = `M${px.toFixed(1)} ${y(value).toFixed(1)}`;
      [column, least, most, last] = [Math.round(px * 2), value, value, value];
      continue;
    }
    if (Math.round(px * 2) !== column) {
      flush();
      path += `H${px.toFixed(1)}`;
      [column, least, most] = [Math.round(px * 2), value, value];
    }
    [least, most, last] = [Math.min(least, value), Math.max(most, value), value];
  }
  flush();
  return path;
}

function curvesOf(trace: Trace, scene: Scene): Curve[] {
  const named = scene.picture.feeds.map((name) => [name, trace.seriesNamed(name)] as const);
  // "listeners" may be what each of several lanes has.
  const found = named.flatMap(([name, one]) => one ? [[name, one] as const]
    : trace.series.filter((other) => other.name === name || other.lane === name).map((other) => [`${other.lane} ${other.name}`.trim(), other] as const));
  return found.flatMap(([name, series]) => {
    const [first, end] = pointsIn(series, scene);
    if (end <= first) return [];
    let constant = true;
    for (let i = first + 1; i < end; ++i) if (series.value.at(i) !== series.value.at(first)) { constant = false; break; }
    return [{ series, name, first, end, begin: series.time.at(first), until: series.time.at(end - 1), constant: constant && end - first < 4 }];
  });
}

// One after the other: none begins before the last one has ended.
function inTurn(curves: Curve[]): boolean {
  const moving = curves.filter((one) => !one.constant).sort((a, b) => a.begin - b.begin);
  return moving.length > 1 && moving.every((one, i) => !i || one.begin >= (moving[i - 1] as Curve).until);
}

export function Curves(drawing: Drawing) {
  const { trace, scene, width, height } = drawing;
  const curves = curvesOf(trace, scene);
  if (!curves.length) return <Nothing width={width} height={height} text="Nothing has been counted yet." />;
  // What is counted in different units has no common scale.
  const units = [...new Set(curves.map((one) => one.series.unit))];
  const each = Math.max(140, height / units.length);
  return (
    <Sheet width={width} height={Math.max(height, each * units.length)} label={`Over time: ${curves.map((one) => one.name).join(', ')}`}>
      {units.map((unit, i) => (
        <g key={unit} transform={`translate(0 ${i * each})`}>
          <Panel drawing={{ ...drawing, height: each }} curves={curves.filter((one) => one.series.unit === unit)} />
        </g>
      ))}
    </Sheet>
  );
}

function Panel({ drawing, curves }: { drawing: Drawing; curves: Curve[] }) {
  const { scene, at, width, height, live, lit, choose } = drawing;
  const moving = curves.filter((one) => !one.constant);
  const drawn = moving.length ? moving : curves;
  const unit = curves[0]?.series.unit ?? '';
  const short = shortNames(drawn.map((one) => one.name));
  const names = (one: Curve) => short[drawn.indexOf(one)] ?? one.name;
  const most = Math.max(...curves.map(({ series }) => mostIn(series, scene)), 1e-9) * 1.08;
  const aligned = !live && inTurn(curves);
  const narrow = width < 560;
  const left = 70;
  const right = narrow ? 14 : Math.min(190, Math.max(...drawn.map((one) => widthOf(names(one)))) + 30);
  const legend = narrow ? drawn.length * 17 : 0;
  const title = titleOf(drawn);
  const head = title ? 16 : 0;
  const box = { x: left, w: width - left - right, y: 20 + head + legend, h: height - 56 - head - legend };
  const y = (value: number) => box.y + box.h * (1 - value / most);
  const ends = aligned ? Math.max(...drawn.map((one) => one.until - one.begin)) : Math.max(...drawn.map((one) => one.until));
  const from = aligned ? 0 : live ? Math.max(Math.min(...drawn.map((one) => one.begin)), at - kWindow) : Math.min(...drawn.map((one) => one.begin));
  const to = Math.max(live ? at : ends, from + 1);
  const busy = live || aligned ? [[from, to] as [number, number]]
    : drawn.flatMap((one) => times(one.series, one.first, one.end)).sort((a, b) => a[0] - b[0]);
  const map = fold(busy, from, to, box.x, box.x + box.w, { zero: aligned ? 0 : scene.from, long: 0.5 });
  const labels = spread(drawn.map((one) => y(endValue(one, at))), 17, box.y, box.y + box.h);
  const whole = curves.every(({ series, first, end }) => Number.isInteger(series.value.at(first)) && Number.isInteger(series.value.at(end - 1)));
  const limits = curves.filter((one) => one.constant).filter((one, i, all) => all.findIndex((other) => other.series.value.at(other.first) === one.series.value.at(one.first)) === i);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => share * niceMost(most / 1.08, unit));
  return (
    <>
      {grid.filter((value) => value <= most && (!whole || Number.isInteger(value))).map((value) => (
        <g key={value}>
          <line class="grid" x1={box.x} x2={box.x + box.w} y1={y(value)} y2={y(value)} />
          <text class="small dim" x={box.x - 8} y={y(value) + 4} style={{ textAnchor: 'end' }}>{valueText(value, unit)}</text>
        </g>
      ))}
      <TimeAxis fold={map} y={box.y + box.h} top={box.y} zero={aligned ? 0 : scene.from} at={aligned ? -1 : at} />
      {!aligned && !live && <Cases drawing={drawing} x={map.x} top={box.y} bottom={box.y + box.h} right={box.x + box.w} />}
      {title && <Label x={8} y={14} text={title} room={width - 16} kind="small dim" side="start" />}
      {limits.map((one) => <g key={one.name} class="limit"><line x1={box.x} x2={box.x + box.w} y1={y(one.series.value.at(one.first))} y2={y(one.series.value.at(one.first))} /></g>)}
      <Happened drawing={drawing} top={box.y} bottom={box.y + box.h} right={box.x + box.w} shown={!live}
        x={(time, lane) => map.x(aligned ? time - (drawn.find((one) => one.series.lane === lane)?.begin ?? time) : time)} />
      {drawn.map((one, i) => {
        const x = (time: number) => map.x(aligned ? time - one.begin : time);
        const began = one.begin <= at;
        const path = began ? steps(one.series, one.first, one.end, at, x, y, aligned ? -Infinity : from) : '';
        const tip = { x: x(Math.min(at, one.until)), y: y(endValue(one, at)) };
        const event = one.series.event.at(Math.max(one.first, lowerBound(one.end, (k) => one.series.time.at(k), at + 1e-6) - 1));
        const isLit = lit.size > 0 && lit.has(event);
        return (
          <g key={one.name} class={`line-of series-${(i % 8) + 1}${isLit ? ' lit' : ''}`} data-curve={one.name} onClick={() => choose(event)}>
            <path class="curve" d={path} />
            {began && <circle class="tip" cx={tip.x} cy={tip.y} r="4" />}
            {narrow ? <text class="small name" x={box.x} y={14 + head + i * 17} style={{ textAnchor: 'start' }}>━ {names(one)} {began ? valueText(endValue(one, at), unit) : ''}</text>
              : began && (
                <>
                  <line class="leader" x1={tip.x + 4} y1={tip.y} x2={box.x + box.w + 8} y2={labels[i]} />
                  <Label x={box.x + box.w + 12} y={(labels[i] as number) + 4} text={names(one)} room={right - 16} kind="small name" side="start" />
                  <text class="small name" x={box.x + box.w + 12} y={(labels[i] as number) + 18} style={{ textAnchor: 'start' }}>{valueText(endValue(one, at), unit)}</text>
                </>
              )}
          </g>
        );
      })}
      {limits.map((one) => {
        const value = one.series.value.at(one.first);
        return <Label key={one.name} x={box.x + 6} y={y(value) - 6} text={`${one.series.name}: ${valueText(value, unit)}`} room={box.w - 12} kind="small halo" side="start" />;
      })}
      {aligned && <text class="small dim" x={box.x + box.w} y={box.y - 6} style={{ textAnchor: 'end' }}>each from its own beginning</text>}
    </>
  );
}

// What is counted: the words that all names share. Its unit stands at the axis.
function titleOf(drawn: readonly Curve[]): string {
  const names = drawn.map((one) => one.name.split(' '));
  const common = (names[0] ?? []).filter((word) => names.every((words) => words.includes(word)));
  return common.join(' ').replace(/( (in|of|for|by))?[:,]?$/, '');
}

// What distinguishes names: the words that not all of them share.
export function shortNames(names: string[]): string[] {
  if (names.length < 2) return names;
  const common = names.map((name) => name.split(' ')).reduce((all, words) => all.filter((word) => words.includes(word)));
  return names.map((name) => name.split(' ').filter((word) => !common.includes(word)).join(' ') || name);
}

export function niceMost(most: number, unit: string): number {
  if (unit === 'bytes') return 2 ** Math.ceil(Math.log2(Math.max(1, most)));
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9)));
  return ([1, 2, 4, 5, 8, 10].find((factor) => factor * power >= most) ?? 10) * power;
}

const endValue = (one: Curve, at: number) => {
  const i = lowerBound(one.end, (k) => one.series.time.at(k), at + 1e-6, one.first) - 1;
  return i >= one.first ? one.series.value.at(i) : 0;
};

// Labels that do not cover one another: each as near to its place as it can be.
function spread(wanted: number[], gap: number, top: number, bottom: number): number[] {
  const space = gap * 2;
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  const placed = [...wanted];
  let least = top;
  for (const i of order) {
    placed[i] = Math.max(placed[i] as number, least);
    least = (placed[i] as number) + space;
  }
  let most = bottom - 16;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i] as number, most);
    most = (placed[i] as number) - space;
  }
  return placed;
}

// What was tried when, each until the next one.
function Cases({ drawing: { trace, scene, at, width }, x, top, bottom, right }: {
  drawing: Drawing; x: (time: number) => number; top: number; bottom: number; right: number;
}) {
  const cases = casesIn(trace, scene).filter(({ time }) => time <= at);
  const isNarrow = width < 560;
  return (
    <g class="happened">
      {cases.map(({ event, time, name }, i) => {
        const [left, end] = [x(time), cases[i + 1] ? x((cases[i + 1] as { time: number }).time) : right];
        return (
          <g key={event}>
            {i > 0 && <line x1={left} x2={left} y1={top - 18} y2={bottom} />}
            {isNarrow ? (
              <text class="small halo" transform={`translate(${left + 13} ${top - 4}) rotate(-90)`} style={{ textAnchor: 'end' }}>{name}</text>
            ) : wrapped(name, end - left - 8, true, 3).map((line, k) => <Label key={k} x={left + 5} y={top - 6 + k * 14} text={line} room={end - left - 6} kind="small halo" side="start" />)}
          </g>
        );
      })}
    </g>
  );
}

const kSaid = 6;

// What happened on the lanes whose quantities are drawn, if it is not too much to be read.
function Happened({ drawing, x, top, bottom, right, shown }: {
  drawing: Drawing; x: (time: number, lane: string) => number; top: number; bottom: number; right: number; shown: boolean;
}) {
  const { trace, scene, at, lit, choose } = drawing;
  if (!shown) return null;
  const owners = new Set(scene.picture.feeds.map((name) => trace.seriesNamed(name)?.lane ?? name).filter(Boolean));
  const events = [...owners].flatMap((name) => trace.lanesNamed(name).filter((lane) => lane.kind === 'lane')
    .flatMap((lane) => eventsIn(trace, lane.marks, scene))).filter((event) => trace.kind.at(event) === Kind.instant);
  const faults = trace.story.filter((item) => item.kind === 'fault' && isIn(scene, item.time)).map((item) => item.event);
  const all = [...events, ...faults].sort((a, b) => trace.time.at(a) - trace.time.at(b));
  if (!all.length || all.length > kSaid * 4) return null;
  const isLate = (place: number, event: number) => place + widthOf(trace.name(event), true) + 12 > right;
  return (
    <g class="happened">
      {all.filter((event) => trace.time.at(event) <= at).map((event, i) => {
        const place = x(trace.time.at(event), trace.laneName(event));
        return (
          <g key={event} class={lit.has(event) ? 'lit' : ''} onClick={() => choose(event)}>
            <line x1={place} x2={place} y1={top} y2={bottom} />
            {all.length <= kSaid && <text class="small halo" x={place + (isLate(place, event) ? -5 : 5)} y={top + 14 + i * 16} style={{ textAnchor: isLate(place, event) ? 'end' : 'start' }}>{trace.name(event)}</text>}
            <title>{trace.name(event)}</title>
          </g>
        );
      })}
    </g>
  );
}
