// timeaxis.tsx: the axis under strips and curves, with its folded silences.
import { lengthText, timeText } from '../trace/time';
import type { Fold } from './fold';
import { widthOf } from './sheet';

// `zero`: what counts as the beginning, in the fold's time.
export function TimeAxis({ fold, y, top, zero, at }: { fold: Fold; y: number; top: number; zero: number; at: number }) {
  const ticks = fold.ticks(Math.max(2, Math.round((fold.x(fold.to) - fold.x(fold.from)) / 110)));
  const step = ticks.length > 1 ? (ticks[1] as { time: number }).time - (ticks[0] as { time: number }).time : fold.to - fold.from;
  return (
    <g class="timeaxis">
      <line class="rule" x1={fold.x(fold.from)} x2={fold.x(fold.to)} y1={y} y2={y} />
      {ticks.map(({ x, time }) => (
        <g key={time}>
          <line class="grid" x1={x} x2={x} y1={top} y2={y} />
          <text class="small dim" x={Math.max(widthOf(timeText(time - zero, step), true) / 2 + 2, Math.min(x, fold.x(fold.to) + 12 - widthOf(timeText(time - zero, step), true) / 2))} y={y + 16}>{timeText(time - zero, step)}</text>
        </g>
      ))}
      {fold.cuts.map((cut) => (
        <g key={cut.from} class="cut">
          <rect x={cut.from} width={cut.to - cut.from} y={top} height={y - top} />
          <text class="small" x={(cut.from + cut.to) / 2} y={(top + y) / 2}
            transform={`rotate(-90 ${(cut.from + cut.to) / 2} ${(top + y) / 2})`}>{y - top > 120 ? `${lengthText(cut.length)} of silence` : y - top > 60 ? lengthText(cut.length) : ''}</text>
          <title>{`${lengthText(cut.length)} in which nothing happens`}</title>
        </g>
      ))}
      {at >= fold.from && at < fold.to && <line class="cursor" x1={fold.x(at)} x2={fold.x(at)} y1={top} y2={y} />}
    </g>
  );
}
