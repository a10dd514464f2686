// tank.tsx: a level between inflow and outflow, with its marks; beside it how it came so far.
import { lastAtMost, lowerBound } from '../trace/columns';
import type { Series, Trace } from '../trace/trace';
import { valueText } from '../trace/time';
import { isIn, type Scene } from './scenes';
import { Label, Nothing, Sheet, wrapped, type Drawing } from './sheet';
import { fold } from './fold';
import { niceMost, steps } from './curves';
import { TimeAxis } from './timeaxis';

const kWindow = 10e6; // µs, of a live run

export const pointsIn = (series: Series, scene: Scene) => {
  const time = (i: number) => series.time.at(i);
  const first = lowerBound(series.time.length, time, scene.from);
  let end = lowerBound(series.time.length, time, scene.last ? scene.to + 1 : scene.to, first);
  while (end > first && !isIn(scene, time(end - 1))) --end;
  return [first, end] as const;
};

const valueAt = (series: Series, scene: Scene, at: number): number | undefined => {
  const [first] = pointsIn(series, scene);
  const i = lastAtMost(series.time.length, (i) => series.time.at(i), at + 1e-6);
  return i >= first ? series.value.at(i) : undefined;
};

export function Tank({ trace, scene, at, width, height, live }: Drawing) {
  const all = scene.picture.feeds.map((name) => trace.seriesNamed(name))
    .filter((one): one is Series => one !== undefined && pointsIn(one, scene)[1] > pointsIn(one, scene)[0]);
  const [level, ...marks] = all;
  if (!level) return <Nothing width={width} height={height} text="The tank is still empty." />;
  const most = Math.max(mostIn(level, scene), ...marks.map((mark) => mostIn(mark, scene)), 1e-9) * 1.12;
  const narrow = width < 560;
  const tank = { x: narrow ? 96 : Math.min(150, width * 0.2), w: Math.min(170, width * (narrow ? 0.4 : 0.24)), y: 30, h: height - (narrow ? 190 : 76) };
  const y = (value: number) => tank.y + tank.h * (1 - value / most);
  const value = valueAt(level, scene, at) ?? 0;
  const over = marks.some((mark) => { const limit = valueAt(mark, scene, at); return limit !== undefined && value >= limit; });
  const before = previous(level, scene, at);
  const rises = value > before;
  const falls = value < before;
  const chart = narrow ? { x: 76, w: width - 90, y: tank.y + tank.h + 46, h: height - tank.y - tank.h - 76 }
    : { x: tank.x + tank.w + 110, w: width - tank.x - tank.w - 130, y: tank.y, h: tank.h };
  return (
    <Sheet width={width} height={height} label={`${scene.picture.feeds[0]}: ${valueText(value, level.unit)}`}>
      <g class={`tank ${over ? 'is-bad' : 'is-good'}`} data-level={value}>
        <path class="glass" d={`M${tank.x} ${tank.y}V${tank.y + tank.h}H${tank.x + tank.w}V${tank.y}`} />
        <rect class="fill" x={tank.x + 2} width={tank.w - 4} y={y(value)} height={Math.max(0, tank.y + tank.h - y(value) - 1)} />
        <text class="big" x={tank.x + tank.w / 2} y={Math.min(Math.max(y(value) + 24, tank.y + 24), tank.y + tank.h - 12)}>{valueText(value, level.unit)}</text>
        <Label x={tank.x + tank.w / 2} y={tank.y + tank.h + 20} text={scene.picture.feeds[0] ?? ''} room={tank.w + 100} kind="strong" />
      </g>
      {rises && <g class="inflow"><line x1={tank.x + tank.w / 2} x2={tank.x + tank.w / 2} y1="2" y2={tank.y + 8} marker-end="url(#tip)" /><text class="small dim" x={tank.x + tank.w / 2 + 10} y="16" style={{ textAnchor: 'start' }}>+{valueText(value - before, level.unit)}</text></g>}
      {falls && <g class="outflow"><line x1={tank.x + tank.w + 2} x2={tank.x + tank.w + 30} y1={tank.y + tank.h - 10} y2={tank.y + tank.h - 10} marker-end="url(#tip)" /><text class="small dim" x={tank.x + tank.w + 34} y={tank.y + tank.h - 16} style={{ textAnchor: 'start' }}>−{valueText(before - value, level.unit)}</text></g>}
      {marks.map((mark, i) => {
        const limit = valueAt(mark, scene, at) ?? valueAt(mark, scene, scene.to);
        if (limit === undefined) return null;
        return (
          <g key={i} class="limit">
            <line x1={tank.x - 8} x2={narrow ? tank.x + tank.w + 8 : chart.x + chart.w} y1={y(limit)} y2={y(limit)} />
            {wrapped(mark.name, tank.x - 14, true).map((line, k, all) => (
              <Label key={k} x={tank.x - 12} y={y(limit) - 2 - (all.length - 1 - k) * 14} text={line} room={tank.x - 14} kind="small" side="end" />
            ))}
            <text class="small dim" x={tank.x - 12} y={y(limit) + 13} style={{ textAnchor: 'end' }}>{valueText(limit, mark.unit)}</text>
          </g>
        );
      })}
      {chart.w > 60 && chart.h > 30 && <History trace={trace} scene={scene} series={level} at={at} most={most} live={live} {...chart} />}
    </Sheet>
  );
}

function History({ scene, series, at, most, live, x, y, w, h }: {
  trace: Trace; scene: Scene; series: Series; at: number; most: number; live: boolean; x: number; y: number; w: number; h: number;
}) {
  const [first, end] = pointsIn(series, scene);
  const from = live ? Math.max(series.time.at(first), at - kWindow) : series.time.at(first);
  const to = Math.max(live ? at : series.time.at(end - 1), from + 1);
  const map = fold(live ? [[from, to]] : times(series, first, end), from, to, x, x + w, { zero: scene.from, long: 0.5 });
  return (
    <g class="history">
      <Label x={x - 4} y={y - 10} text={series.name} room={w} kind="small dim" side="start" />
      {[0, 0.5, 1].map((share) => share * niceMost(most / 1.12, series.unit)).filter((value) => value <= most).map((value) => (
        <g key={value}>
          <line class="grid" x1={x} x2={x + w} y1={y + h * (1 - value / most)} y2={y + h * (1 - value / most)} />
          <text class="small dim halo" x={x - 7} y={y + h * (1 - value / most) + 4} style={{ textAnchor: 'end' }}>{valueText(value, series.unit)}</text>
        </g>
      ))}
      <TimeAxis fold={map} y={y + h} top={y} zero={scene.from} at={at} />
      <path class="curve series-1" d={steps(series, first, end, Math.min(at, to), map.x, (value) => y + h * (1 - value / most), from)} />
    </g>
  );
}

export function times(series: Series, first: number, end: number): [number, number][] {
  return Array.from({ length: end - first }, (_, i) => [series.time.at(first + i), series.time.at(first + i)]);
}

export function mostIn(series: Series, scene: Scene): number {
  const [first, end] = pointsIn(series, scene);
  let most = 0;
  for (let i = first; i < end; ++i) most = Math.max(most, series.value.at(i));
  return most;
}

function previous(series: Series, scene: Scene, at: number): number {
  const [first] = pointsIn(series, scene);
  const i = lastAtMost(series.time.length, (i) => series.time.at(i), at + 1e-6);
  return i > first ? series.value.at(i - 1) : 0;
}
