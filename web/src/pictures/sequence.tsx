// sequence.tsx: lanes side by side, and what went between them, in order.
import { useEffect, useRef } from 'preact/hooks';
import { lowerBound } from '../trace/columns';
import { Kind, type Trace } from '../trace/trace';
import { lengthText, timeText } from '../trace/time';
import { meaningOf } from './meaning';
import { eventsIn, isIn, lanesIn, stretch, type Scene } from './scenes';
import { Label, Nothing, Sheet, widthOf, type Drawing } from './sheet';

interface Row {
  time: number;
  event: number;
  from: string;
  to: string; // the same: it happened there
  text: string;
  look: 'arrow' | 'dot' | 'state' | 'put' | 'take';
}

const kMost = 400; // rows, the last ones
const kRow = 30;
const kTop = 44;
const kLanes = 12;

const stories = new WeakMap<Trace, { key: string; lanes: string[]; rows: Row[]; left_out: number }>();

function rowsOf(trace: Trace, scene: Scene) {
  const key = `${trace.version} ${scene.index}`;
  const before = stories.get(trace);
  if (before?.key === key) return before;
  const { feeds } = scene.picture;
  const kindOf = (name: string) => lanesIn(trace, scene, name).some((lane) => lane.kind === 'queue');
  const hands = feeds.find((name) => !kindOf(name)) ?? feeds[0] ?? '';
  const rows: Row[] = [];
  const [first, end] = stretch(trace, trace.arrivals, scene);
  const talking = new Set<string>();
  for (let i = Math.max(first, end - kMost); i < end; ++i) {
    const event = trace.arrivals.at(i);
    const left = trace.cause(event);
    if (left < 0) continue;
    const [from, to] = [trace.laneName(left), trace.laneName(event)];
    if (!feeds.includes(from) && !feeds.includes(to)) continue;
    talking.add(from).add(to);
    const [said, heard] = [trace.name(left), trace.name(event)];
    rows.push({ time: trace.time.at(event), event, from, to, text: said || heard, look: from === to ? 'dot' : 'arrow' });
  }
  const lanes = [...feeds, ...[...talking].filter((name) => !feeds.includes(name))].slice(0, kLanes);
  for (const name of lanes) {
    for (const lane of lanesIn(trace, scene, name)) {
      if (lane.kind === 'lane') {
        for (const event of eventsIn(trace, lane.marks, scene)) {
          if (trace.kind.at(event) !== Kind.instant) continue;
          rows.push({ time: trace.time.at(event), event, from: name, to: name, text: trace.name(event), look: 'dot' });
        }
      }
      for (const row of lane.rows) {
        for (const event of eventsIn(trace, row, scene)) {
          const [time, until, text] = [trace.time.at(event), trace.until.at(event), trace.name(event)];
          if (lane.kind === 'queue') {
            rows.push({ time, event, from: hands, to: name, text, look: 'put' });
            if (isIn(scene, until)) rows.push({ time: until, event, from: name, to: hands, text, look: 'take' });
          } else {
            rows.push({ time, event, from: name, to: name, text, look: 'state' });
          }
        }
      }
    }
  }
  rows.sort((a, b) => a.time - b.time || a.event - b.event);
  // What is taken from a queue runs at once: one row says both.
  const merged = rows.filter((row, i) => {
    const last = rows[i - 1];
    return !(row.look === 'dot' && last?.look === 'take' && last.text === row.text && last.to === row.to);
  });
  const used = lanes.filter((name) => merged.some((row) => row.from === name || row.to === name));
  const told = { key, lanes: used, rows: merged.slice(-kMost), left_out: Math.max(0, merged.length - kMost) };
  stories.set(trace, told);
  return told;
}

// Whether nothing goes between the lanes, and each had its say before the next one.
export function areApart(rows: readonly { from: string; look: string }[]): boolean {
  const order = rows.map((row) => row.from).filter((name, i, all) => name !== all[i - 1]);
  return order.length > 1 && new Set(order).size === order.length && rows.every((row) => row.look === 'dot');
}

// Before which rows a long silence lay.
function silences(rows: Row[]): Set<number> {
  const gaps = rows.slice(1).map((row, i) => row.time - (rows[i] as Row).time).sort((a, b) => a - b);
  const whole = rows.length ? (rows[rows.length - 1] as Row).time - (rows[0] as Row).time : 0;
  const usual = gaps[Math.floor(gaps.length / 2)] ?? 0;
  return new Set(rows.flatMap((row, i) => {
    const gap = i ? row.time - (rows[i - 1] as Row).time : 0;
    return gap > whole * 0.15 && gap > usual * 8 && gap > 1000 ? [i] : [];
  }));
}

export function Sequence({ trace, scene, at, width, height, lit, choose, live }: Drawing) {
  const { lanes, rows, left_out } = rowsOf(trace, scene);
  const here = useRef<SVGGElement>(null);
  const shown = lowerBound(rows.length, (i) => (rows[i] as Row).time, at + 1e-6);
  useEffect(() => {
    const box = here.current?.closest('.picture-paper');
    if (box && here.current && (live || at < scene.to)) {
      const bounds = here.current.getBoundingClientRect();
      const frame = box.getBoundingClientRect();
      if (bounds.bottom > frame.bottom - 30) box.scrollTop += bounds.bottom - frame.bottom + 60;
      else if (bounds.top < frame.top + kTop) box.scrollTop -= frame.top + kTop - bounds.top + 30;
    }
  }, [shown, live]);
  if (!rows.length) return <Nothing width={width} height={height} text="Nothing has gone from one to another yet." />;
  // Programs that ran one after the other stand side by side, each from its top.
  const apart = areApart(rows);
  const quiet = apart ? new Set<number>() : silences(rows);
  const timeRoom = width < 560 || apart ? 0 : 74;
  const step = (width - timeRoom - 16) / lanes.length;
  const x = (name: string) => timeRoom + 8 + (lanes.indexOf(name) + 0.5) * step;
  let y = kTop + 20;
  const starts = new Map(lanes.map((name) => [name, rows.findIndex((row) => row.from === name)]));
  const most = apart ? Math.max(...lanes.map((name) => rows.filter((row) => row.from === name).length)) : rows.length;
  const row_height = Math.max(kRow, Math.min(44, (height - kTop - 20) / (most + quiet.size)));
  const ys = rows.map((row, i) => {
    if (apart) {
      const own = kTop + 20 + (i - (starts.get(row.from) as number)) * row_height;
      y = Math.max(y, own + row_height);
      return own;
    }
    if (quiet.has(i)) y += row_height * 0.9;
    const own = y;
    y += row_height;
    return own;
  });
  const tall = Math.max(height, y + 6);
  const zero = scene.from;
  return (
    <>
    <svg class="sheet lane-names" width={width} height={kTop - 6} aria-hidden="true">
      {lanes.map((name) => (
        <g key={name} class="lifeline" data-lane={name}>
          <rect x={x(name) - step / 2 + 4} width={step - 8} y="4" height="28" rx="7" />
          <Label x={x(name)} y={23} text={name} room={step - 14} kind="strong" />
        </g>
      ))}
    </svg>
    <Sheet width={width} height={tall - kTop + 6} top={kTop - 6} label={`Between ${lanes.join(', ')}, in order`}>
      {lanes.map((name) => (
        <g key={name} class="lifeline">
          <line x1={x(name)} x2={x(name)} y1={kTop - 8} y2={tall - 4} />
        </g>
      ))}
      {left_out > 0 && <text class="small dim" x={width - 8} y={kTop + 8} style={{ textAnchor: 'end' }}>{left_out} earlier are not drawn</text>}
      {rows.slice(0, shown).map((row, i) => {
        const [a, b, line] = [x(row.from), x(row.to), ys[i] as number];
        const current = i === shown - 1 && at < scene.to;
        const before = rows[i - 1];
        return (
          <g key={`${row.event} ${row.look}`} ref={i === shown - 1 ? here : null} data-row={row.look}
            class={`row of-${row.look}${current ? ' here' : ''}${lit.has(row.event) ? ' lit' : ''}`} onClick={() => choose(row.event)}>
            {quiet.has(i) && before && (
              <text class="small dim" x={timeRoom + (width - timeRoom) / 2} y={line - row_height * 0.85}>
                · · ·  {lengthText(row.time - before.time)} later  · · ·</text>
            )}
            {timeRoom > 0 && !apart && <text class="small dim" x={timeRoom - 8} y={line + 4} style={{ textAnchor: 'end' }}>{timeText(row.time - zero, (row.time - zero) / 500)}</text>}
            <Mark row={row} a={a} b={b} y={line} room={step} width={width} margin={timeRoom} apart={apart} />
          </g>
        );
      })}
    </Sheet>
    </>
  );
}

function Mark({ row, a, b, y, room, width, margin, apart }: {
  row: Row; a: number; b: number; y: number; room: number; width: number; margin: number; apart: boolean;
}) {
  const { text, look } = row;
  if (look === 'dot' || look === 'state' || a === b) {
    const meaning = look === 'state' ? meaningOf(text) : 'plain';
    // Its row is its own, so a long text may reach over the lanes beside it.
    const least = margin + 4;
    const w = Math.min(widthOf(text, true) + 18, apart ? room - 6 : width - least - 2);
    const left = Math.min(Math.max(a - w / 2, least), width - w - 2);
    return (
      <g class={`chip is-${meaning}`}>
        <rect x={left} y={y - 11} width={w} height="22" rx={look === 'state' ? 5 : 11} />
        <Label x={left + w / 2} y={y + 4} text={text} room={w - 8} kind="small" />
      </g>
    );
  }
  const to = b + (b > a ? -4 : 4);
  const dashed = look === 'put' ? ' waits' : '';
  return (
    <>
      <line class={`message${dashed}`} x1={a} x2={to} y1={y} y2={y} marker-end="url(#tip)" />
      <circle class="tail" cx={a} cy={y} r="3.5" />
      <Label x={(a + b) / 2} y={y - 6} text={look === 'put' ? `${text}: queued` : look === 'take' ? `${text}: runs` : text}
        room={Math.max(Math.abs(b - a) - 12, 60)} kind="small halo" />
    </>
  );
}
