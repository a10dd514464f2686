// slots.tsx: named slots and who holds each, and the queue in front of them.
import { trailing } from './lanes';
import { meaningOf } from './meaning';
import { lanesIn, stateAt, statesIn, stretch, type Scene } from './scenes';
import { Label, Nothing, Sheet, type Drawing } from './sheet';
import type { Trace } from '../trace/trace';

const kMost = 50;

// Also those that are called alike, where the scene names only the first.
function slotsOf(trace: Trace, scene: Scene): string[] {
  const fed = scene.picture.feeds.filter((name) => statesIn(trace, scene, name).length > 0);
  const alike = fed.flatMap((name) => trailing(trace, name)).filter((name) => statesIn(trace, scene, name).length > 0);
  return [...new Set([...fed, ...alike])]
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).slice(0, kMost);
}

// Who waits at this moment, and how many were let in until then.
function queueAt(trace: Trace, scene: Scene, name: string, at: number): { waiting: number[]; taken: number } {
  const waiting: number[] = [];
  let taken = 0;
  for (const lane of trace.lanesNamed(name)) {
    for (const row of lane.rows) {
      const [first, end] = stretch(trace, row, scene, at);
      for (let i = first; i < end; ++i) {
        if (trace.until.at(row.at(i)) > at) waiting.push(row.at(i));
        else ++taken;
      }
    }
  }
  return { waiting: waiting.sort((a, b) => a - b), taken };
}

export function Slots({ trace, scene, at, width, height, lit, choose, act, breakable }: Drawing) {
  // A pool that became smaller has fewer.
  const slots = slotsOf(trace, scene).filter((name) => {
    const event = stateAt(trace, scene, name, at);
    return event < 0 || trace.name(event) !== 'removed';
  });
  const queues = scene.picture.feeds.filter((name) => lanesIn(trace, scene, name).some((lane) => lane.kind === 'queue'));
  if (!slots.length) return <Nothing width={width} height={height} text="There is no slot yet." />;
  const narrow = width < 560;
  const side = queues.length && !narrow ? Math.min(230, width * 0.3) : 0;
  const top = 34;
  const foot = queues.length && narrow ? 104 : 4;
  const box = { x: side + 8, y: top, w: width - side - 16, h: height - top - foot };
  const columns = bestColumns(slots.length, box.w, box.h);
  const rows = Math.ceil(slots.length / columns);
  const [w, h] = [box.w / columns, Math.min(box.h / rows, 130)];
  const held = slots.filter((name) => {
    const event = stateAt(trace, scene, name, at);
    return event >= 0 && isHeld(trace.name(event));
  }).length;
  return (
    <Sheet width={width} height={height} label={`${held} of ${slots.length} are in use`}>
      <text class="strong" x={box.x + 4} y="20" style={{ textAnchor: 'start' }} data-held={held}>{held} of {slots.length} in use</text>
      {[...breakable ?? []].filter(([name]) => act && !slots.includes(name)).map(([name, frozen], i) => (
        <g key={name} class={`who breakable is-${frozen ? 'waiting' : 'plain'}`} data-actor={name} role="button" tabIndex={0} aria-label={`Break ${name}`}
          onClick={() => act?.(name)} onKeyDown={(key: KeyboardEvent) => { if (key.key === 'Enter') act?.(name); }}>
          <rect x={width - 148 * (i + 1)} y="3" width="140" height="26" rx="8" />
          <Label x={width - 148 * (i + 1) + 70} y={20} text={frozen ? `${name}: frozen` : name} room={130} kind="small" />
        </g>
      ))}
      {slots.map((name, i) => {
        const event = stateAt(trace, scene, name, at);
        const state = event >= 0 ? trace.name(event) : '';
        const meaning = state ? meaningOf(state, trace.stateNames) : 'none';
        const [x, y] = [box.x + (i % columns) * w, box.y + Math.floor(i / columns) * h];
        return (
          <g key={name} class={`slot is-${meaning}${lit.has(event) ? ' lit' : ''}`} data-slot={name} data-state={state} onClick={() => { if (event >= 0) choose(event); }}>
            <rect x={x + 4} y={y + 4} width={w - 8} height={h - 8} rx="9" />
            <Label x={x + w / 2} y={y + h / 2 - 3} text={name} room={w - 14} kind="strong" />
            <Label x={x + w / 2} y={y + h / 2 + 15} text={state || 'not there yet'} room={w - 14} kind="small" />
            {h > 62 && <Past trace={trace} scene={scene} name={name} at={at} x={x + 12} y={y + h - 16} w={w - 24} />}
          </g>
        );
      })}
      {queues.map((name, i) => {
        const own = narrow ? { x: 8, y: height - foot + 18, w: width - 16, h: foot - 18 } : { x: 8, y: top + (i * (height - top)) / queues.length, w: side - 34, h: (height - top) / queues.length };
        return <Queue key={name} name={name} {...queueAt(trace, scene, name, at)} {...own} across={narrow} trace={trace} choose={choose} lit={lit} />;
      })}
    </Sheet>
  );
}

// Its states until now, over the time of the scene.
function Past({ trace, scene, name, at, x, y, w }: { trace: Trace; scene: Scene; name: string; at: number; x: number; y: number; w: number }) {
  const states = statesIn(trace, scene, name);
  const from = Math.min(...scene.picture.feeds.map((feed) => statesIn(trace, scene, feed)[0]).map((event) => event === undefined ? Infinity : trace.time.at(event)));
  const to = Math.max(from + 1, scene.items.findLast((item) => item.kind === 'takeaway')?.time ?? scene.to);
  const place = (time: number) => x + ((Math.min(time, to) - from) / (to - from)) * w;
  return (
    <g aria-hidden="true">
      {states.slice(-200).filter((event) => trace.time.at(event) <= at).map((event) => (
        <rect key={event} class={`was is-${meaningOf(trace.name(event), trace.stateNames)}`} x={place(trace.time.at(event))} y={y} height="6"
          width={Math.max(0.7, place(Math.min(trace.until.at(event), at)) - place(trace.time.at(event)))} />
      ))}
    </g>
  );
}

// Whoever waits first stands nearest to the slots.
function Queue({ name, waiting, taken, x, y, w, h, across, trace, choose, lit }: {
  name: string; waiting: number[]; taken: number; x: number; y: number; w: number; h: number; across: boolean;
  trace: Trace; choose: (event: number) => void; lit: ReadonlySet<number>;
}) {
  const fits = across ? Math.max(1, Math.floor(w / 106)) : Math.max(1, Math.floor((h - 34) / 26));
  const more = waiting.length > fits ? waiting.length - fits + 1 : 0;
  const shown = waiting.slice(0, more ? fits - 1 : fits);
  return (
    <g class="queue" data-queue={name} data-waiting={waiting.length}>
      <Label x={x} y={y - 14 + (across ? 8 : 0)} text={`${name}: ${waiting.length} wait${waiting.length === 1 ? 's' : ''}`} room={w + 20} kind="strong" side="start" />
      {[...shown.map((event) => [event, trace.name(event)] as const), ...(more ? [[-1, `and ${more} more`] as const] : [])].map(([event, text], i) => {
        const [left, down] = across ? [x + i * 106, y + 8] : [x, y + 4 + i * 26];
        return (
          <g key={event} class={`chip is-waiting${lit.has(event) ? ' lit' : ''}`} onClick={() => { if (event >= 0) choose(event); }}>
            <rect x={left} y={down} width={across ? 100 : w} height="22" rx="5" />
            <Label x={left + (across ? 50 : w / 2)} y={down + 15} text={text} room={(across ? 100 : w) - 8} kind="small" />
          </g>
        );
      })}
      {!across && waiting.length > 0 && <line class="message" x1={x + w + 2} x2={x + w + 22} y1={y + 15} y2={y + 15} marker-end="url(#tip)" />}
      <text class="small dim" x={x} y={across ? y + 50 : y + h - 12} style={{ textAnchor: 'start' }}>{taken ? `${taken} came through it` : ''}</text>
    </g>
  );
}

const isHeld = (state: string) => { const meaning = meaningOf(state); return meaning !== 'none' && meaning !== 'gone'; };

// As near to boxes of 2 to 1 as it goes.
function bestColumns(count: number, w: number, h: number): number {
  let best = 1;
  let cost = Infinity;
  for (let columns = 1; columns <= count; ++columns) {
    const rows = Math.ceil(count / columns);
    const [bw, bh] = [w / columns, Math.min(h / rows, 130)];
    const own = Math.abs(Math.log(bw / bh / 2)) + (columns * rows - count) * 0.15 + (bw < 74 ? 3 : 0) + (bh < 40 ? 3 : 0);
    if (own < cost) [best, cost] = [columns, own];
  }
  return best;
}
