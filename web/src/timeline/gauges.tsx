// gauges.tsx: quantities over time, under the timeline and on its axis.
import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { lastAtMost, lowerBound } from '../trace/columns';
import type { Series, Trace } from '../trace/trace';
import { valueText, type View } from '../trace/time';
import { gutterOf } from './layout';
import { lookAt, now, theme, view, type Run } from '../state';

export interface Gauge {
  key: string;
  name: string;
  unit: string;
  series: { label: string; series: Series }[];
}

const kMost = 8; // lines in one plot
const kPowersOfTwo = Array.from({ length: 41 }, (_, i) => 2 ** i);

// Quantities of one lane in one unit share a plot, and so does one quantity of many lanes.
export function gaugesOf(trace: Trace): Gauge[] {
  const byLane = new Map<string, Gauge>();
  for (const series of trace.series) {
    const name = series.lane || series.name;
    const key = `${name}\0${series.unit}`;
    const gauge = byLane.get(key) ?? { key, name, unit: series.unit, series: [] };
    gauge.series.push({ label: series.name, series });
    byLane.set(key, gauge);
  }
  const gauges: Gauge[] = [];
  const byName = new Map<string, Gauge>();
  for (const gauge of byLane.values()) {
    const [only] = gauge.series;
    if (gauge.series.length > 1 || !only) {
      gauges.push(gauge);
      continue;
    }
    const key = `${only.label}\0${gauge.unit}`;
    const shared = byName.get(key);
    if (shared) {
      shared.series.push({ label: gauge.name, series: only.series });
    } else {
      const fresh = {
        key, name: only.label, unit: gauge.unit,
        series: [{ label: gauge.name || only.label, series: only.series }],
      };
      byName.set(key, fresh);
      gauges.push(fresh);
    }
  }
  return gauges;
}

// A series as it holds from point to point, with at most four points a pixel: first, least,
// most and last of what lies in it.
export function drawnPoints(series: Series, view: View, width: number): [number[], number[]] {
  const { time, value } = series;
  const at = (i: number) => time.at(i);
  const xs: number[] = [];
  const ys: number[] = [];
  const perPixel = (view.to - view.from) / Math.max(1, width);
  let i = Math.max(0, lastAtMost(time.length, at, view.from));
  while (i < time.length && time.at(i) <= view.to) {
    const end = Math.max(i + 1, lowerBound(time.length, at, time.at(i) + perPixel, i));
    if (end - i <= 4) {
      for (let k = i; k < end; ++k) {
        xs.push(time.at(k));
        ys.push(value.at(k));
      }
    } else {
      let least = i;
      let most = i;
      for (let k = i; k < end; ++k) {
        if (value.at(k) < value.at(least)) least = k;
        if (value.at(k) > value.at(most)) most = k;
      }
      const picked = [...new Set([i, Math.min(least, most), Math.max(least, most), end - 1])];
      for (const k of picked) {
        xs.push(time.at(k));
        ys.push(value.at(k));
      }
    }
    i = end;
  }
  return [xs, ys];
}

// Several series on one axis of time, as uPlot wants them.
function aligned(trace: Trace, gauge: Gauge, view: View, width: number): uPlot.AlignedData {
  const drawn = gauge.series.slice(0, kMost).map(({ series }) => drawnPoints(series, view, width));
  const tables = drawn.map(([xs, ys]) => {
    const end = Math.min(trace.latest, view.to);
    const last = ys[ys.length - 1];
    if (last !== undefined && (xs[xs.length - 1] ?? 0) < end) {
      xs.push(end);
      ys.push(last);
    }
    return [xs, ys] as uPlot.AlignedData;
  });
  return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables, tables.map(() => [0, 2]));
}

export function Gauges({ run }: { run: Run }) {
  void run.drawn.value;
  const gauges = gaugesOf(run.trace);
  if (!gauges.length) return null;
  return (
    <div class="gauges" aria-label="Gauges">
      {gauges.map((gauge) => <Plot key={gauge.key} gauge={gauge} run={run} height={heightOf(gauges.length)} />)}
    </div>
  );
}

// The fewer there are, the more room each gets.
const heightOf = (plots: number) => (plots <= 2 ? 150 : plots <= 4 ? 96 : 68);

function Plot({ gauge, run, height }: { gauge: Gauge; run: Run; height: number }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const frame = useRef(0);
  const lines = Math.min(gauge.series.length, kMost);
  const { trace } = run;

  const draw = () => {
    frame.current = 0;
    const at = plot.current;
    if (!at || at.series.length !== lines + 1) return;  // it is made anew soon
    const { from, to } = view.peek();
    at.batch(() => {
      at.setData(aligned(trace, gauge, view.peek(), at.width - gutterOf(at.width)), false);
      at.setScale('x', { min: from, max: to });
      const least = Math.min(0, ...gauge.series.map(({ series }) => series.least));
      const most = Math.max(...gauge.series.map(({ series }) => series.most), least + 1e-9);
      at.setScale('y', { min: least, max: most + (most - least) * 0.06 });
    });
  };
  const redraw = () => { frame.current ||= requestAnimationFrame(draw); };

  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const made = new uPlot({
      width: element.clientWidth, height,
      padding: [6, 0, 8, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, auto: false }, y: { auto: false } },
      axes: [
        { show: false },
        {
          size: (at) => gutterOf(at.width), gap: 6, stroke: colour('dim'), font: '10px system-ui, sans-serif',
          grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, space: 24,
          ...(gauge.unit === 'bytes' ? { incrs: kPowersOfTwo } : {}),
          values: (_, splits) => splits.map((split) => valueText(split, gauge.unit)),
        },
      ],
      series: [
        {},
        ...gauge.series.slice(0, kMost).map((_, i) => ({
          stroke: colour(`series-${i + 1}`), width: 1.5, points: { show: false },
          paths: (uPlot.paths.stepped as uPlot.Series.SteppedPathBuilderFactory)({ align: 1 }),
          ...(lines === 1 ? { fill: colour('series-fill') } : {}),
        })),
      ],
      hooks: {
        draw: [(at) => {
          const x = at.valToPos(now.peek(), 'x', true);
          if (x < at.bbox.left || x > at.bbox.left + at.bbox.width) return;
          at.ctx.strokeStyle = colour('cursor');
          at.ctx.lineWidth = devicePixelRatio;
          at.ctx.beginPath();
          at.ctx.moveTo(x, 0);
          at.ctx.lineTo(x, at.ctx.canvas.height);
          at.ctx.stroke();
        }],
      },
    }, [[], ...gauge.series.slice(0, kMost).map(() => [])] as unknown as uPlot.AlignedData, element);
    plot.current = made;
    draw();
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height });
      redraw();
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [gauge.key, lines, run, height, theme.value]);

  useSignalEffect(() => {
    void [view.value, now.value, run.drawn.value];
    redraw();
  });

  const onClick = (event: MouseEvent) => {
    const bounds = (box.current as HTMLDivElement).getBoundingClientRect();
    const gutter = gutterOf(bounds.width);
    const share = (event.clientX - bounds.left - gutter) / (bounds.width - gutter);
    if (share >= 0) lookAt(view.value.from + share * (view.value.to - view.value.from));
  };
  return (
    <section class="gauge">
      <header><GaugeTitle gauge={gauge} run={run} /></header>
      <div class="plot" ref={box} onClick={onClick} />
    </section>
  );
}

// The name, and what each line is at the cursor.
function GaugeTitle({ gauge, run }: { gauge: Gauge; run: Run }) {
  const at = useMemo(() => now, []).value;
  return (
    <>
      <b>{gauge.name}</b>
      {gauge.series.slice(0, kMost).map(({ label, series }, i) => {
        const value = run.trace.valueAt(series, at);
        return (
          <span key={label} class={`of-${i + 1}`}>
            {gauge.series.length > 1 || label !== gauge.name ? `${label} ` : ''}
            <data>{value === undefined ? '–' : valueText(value, gauge.unit)}</data>
          </span>
        );
      })}
      {gauge.series.length > kMost && <span class="dim">and {gauge.series.length - kMost} more</span>}
    </>
  );
}
