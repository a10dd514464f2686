// bars.tsx: measured values beside each other on one scale. A result that is no number stands
// as what it is.
import type { StoryItem, Table, Trace } from '../trace/trace';
import { meaningOf } from './meaning';
import { column, measured, plain, type Measured } from './numbers';
import type { Scene } from './scenes';
import { Label, Nothing, Sheet, widthOf, Words, wrapped, type Drawing } from './sheet';
import { pointsIn } from './tank';

// The tables that the scene names, else the last one that it told.
export function tablesOf(scene: Scene, at: number): StoryItem[] {
  const told = scene.items.filter((item) => item.table);
  const fed = scene.picture.feeds.flatMap((name) => told.filter((item) => item.table?.title === name));
  return (fed.length ? fed : told.slice(-1)).filter((item) => item.time <= at);
}

export function Bars({ trace, scene, at, width, height, lit, choose }: Drawing) {
  const items = tablesOf(scene, at);
  if (!items.length) return <Nothing width={width} height={height} text={waits(trace, scene, at)} />;
  const each = Math.max(90, (height - 8) / items.length);
  return (
    <Sheet width={width} height={Math.max(height, ...items.map((item) => need(item.table as Table, width) * items.length))} label={items.map((item) => item.text).join(', ')}>
      {items.map((item, i) => (
        <g key={item.event} class={lit.has(item.event) ? 'lit' : ''} transform={`translate(0 ${i * Math.max(each, need(item.table as Table, width))})`} onClick={() => choose(item.event)}>
          <One table={item.table as Table} width={width} height={Math.max(each, need(item.table as Table, width))} limit={i === 0 ? limitOf(trace, scene, at) : undefined} />
        </g>
      ))}
    </Sheet>
  );
}

const isNarrow = (width: number) => width < 560;

// How high it has to be, so that nothing is cut.
function need(told: Table, width: number): number {
  const table = dense(told);
  const drawn = table.rows.length <= 24 ? chosen(table) : null;
  if (!drawn) return 66 + table.rows.length * (isNarrow(width) && table.rows.length <= 24 ? (isStacked(table, width) ? 62 : 46) : 25);
  const lines = isNarrow(width) ? Math.max(...detailsOf(table, drawn).map((parts) => joined(parts, width - 24, kLines).length)) : 0;
  return (isNarrow(width) ? 84 : 66) + table.rows.length * (46 + lines * kLine);
}

const kLines = 4; // of small text below a name

// The columns beside the one that is drawn. What only repeats the bar is not said again.
function othersOf(table: Table, { at, values }: { at: number; values: (Measured | null)[] }): number[] {
  const largest = Math.max(...values.map((one) => one?.value ?? 0), 1e-12);
  return table.columns.map((_, i) => i).filter((i) => i > 0 && i !== at && i < 6
    && !table.rows.every((row, k) => Math.abs((measured(row[i] ?? '')?.value ?? NaN) - (values[k]?.value ?? NaN)) <= 0.01 * largest));
}

// What they say of each row, as parts of a sentence.
function detailsOf(table: Table, drawn: { at: number; values: (Measured | null)[] }): string[][] {
  const others = othersOf(table, drawn);
  return table.rows.map((row) => others.map((i) => [table.columns[i] ?? '', grouped(plain(row[i] ?? ''))])
    .filter(([, value]) => value !== '').map(([name, value]) => (name ? `${name}: ${value}` : value ?? '')));
}

function waits(trace: Trace, scene: Scene, at: number): string {
  void trace;
  const said = scene.items.filter((item) => item.kind === 'say' && item.time <= at).length;
  return said ? 'Measuring: the result comes at the end of the scene.' : 'Not measured yet.';
}

// The column that is drawn: the last, or the last that has numbers.
function chosen(table: Table): { at: number; values: (Measured | null)[] } | null {
  for (let at = table.columns.length - 1; at > 0; --at) {
    const values = column(table.rows.map((row) => row[at] ?? ''));
    if (values) return { at, values };
  }
  return null;
}

// Without the columns that say nothing.
export function dense(table: Table): Table {
  const used = table.columns.map((_, i) => i === 0 || table.rows.some((row) => (row[i] ?? '').trim() !== ''));
  return { ...table, columns: table.columns.filter((_, i) => used[i]), rows: table.rows.map((row) => row.filter((_, i) => used[i])) };
}

interface Limit {
  name: string;
  value: number;
}

// A count that the scene names beside its table is a mark on the bars' scale.
function limitOf(trace: Trace, scene: Scene, at: number): Limit | undefined {
  for (const name of scene.picture.feeds) {
    const series = trace.seriesNamed(name);
    const value = series && pointsIn(series, scene)[1] > pointsIn(series, scene)[0] ? trace.valueAt(series, at) : undefined;
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

function One({ table: told, width, height, limit }: { table: Table; width: number; height: number; limit?: Limit | undefined }) {
  const table = dense(told);
  const drawn = chosen(table);
  if (!drawn || table.rows.length > 24) return <Outcomes table={table} width={width} height={height} />;
  const { at, values } = drawn;
  const narrow = isNarrow(width);
  const head = table.columns[at] ?? '';
  const all = /^of ([\d,]+)$/.exec(head); // "9 of 15": the whole is known
  const largest = Math.max(...values.map((one) => one?.value ?? 0), 1e-12);
  const isShare = values.some((one) => one?.kind === '%') && largest <= 100;
  const most = all ? Math.max(largest, Number((all[1] ?? '').replaceAll(',', ''))) : isShare ? 100 : Math.max(largest, limit?.value ?? 0);
  const said = table.rows.map((row) => (all ? `${grouped(plain(row[at] ?? ''))} ${head}` : grouped(plain(row[at] ?? ''))));
  const others = othersOf(table, drawn);
  let details = detailsOf(table, drawn);
  const labels = table.rows.map((row) => counted(table, row[0] ?? ''));
  const side = Math.max(110, ...labels.map((text) => widthOf(text) + 22));
  let gutter = narrow ? 10 : Math.min(width * 0.42, Math.max(side,
    ...details.map((parts) => Math.min(Math.max(widthOf(parts.join(' · '), true) / 2, ...parts.map((text) => widthOf(text, true))), 270) + 30)));
  // On a narrow page the head stands beside the title, or below it.
  const under = narrow && !all && widthOf(table.title) + widthOf(head, true) > width - 28;
  const top = narrow ? (under ? 46 : 28) : 50;
  const step = Math.min(170, (height - top - 6) / table.rows.length);
  const most_lines = Math.max(0, Math.min(3, Math.floor((step - 20) / kLine)));
  // What has no room below the names stands in columns of its own, before the bars.
  const beside = !narrow && details.some((parts) => parts.length > 0 && (most_lines === 0
    || joined(parts, gutter - 24, most_lines).some((text) => widthOf(text, true) > gutter - 14)));
  let columns: { x: number; w: number; i: number }[] = [];
  if (beside) {
    details = details.map(() => []);
    gutter = Math.min(width * 0.3, side);
    const needs = others.map((i) => Math.min(180, Math.max(widthOf(table.columns[i] ?? '', true), ...table.rows.map((row) => widthOf(grouped(plain(row[i] ?? '')), true))) + 18));
    const scale = Math.min(1, (width * 0.68 - gutter) / needs.reduce((sum, one) => sum + one, 0));
    columns = others.map((i, k) => ({ i, w: (needs[k] as number) * scale, x: gutter + needs.slice(0, k).reduce((sum, one) => sum + one, 0) * scale }));
    gutter = Math.max(gutter, ...columns.map(({ x, w }) => x + w)) + 4;
  }
  const names = columns[0]?.x ?? gutter; // where they end
  const times = isShare || all || beside || limit ? '' : timesOf(values.map((one) => one?.value ?? 0));
  const value_room = Math.max(...said.map((text, i) => widthOf(text) + (values[i]?.value === largest ? widthOf(times, true) : 0))) + 20;
  const above = narrow ? 18 + kLine * Math.max(...details.map((parts) => joined(parts, width - 24, kLines).length)) : 0;
  const start = top + (height - top - 6 - step * table.rows.length) / 2;
  const thick = Math.max(6, Math.min(88, (step - above) * 0.62, step - above - 8));
  const long = width - gutter - (narrow ? 20 : value_room);
  // A limit is said before its line, or after it where the head of the bars stands.
  const line_of = limit ? gutter + (limit.value / most) * long : 0;
  const limit_said = limit ? `${limit.name}: ${limit.value.toLocaleString('en')}` : '';
  const free = gutter + (narrow || all ? 0 : widthOf(head, true) + 12);
  const after = !narrow && line_of - 6 - widthOf(limit_said, true) < free;
  return (
    <g class="bars">
      <Label x={8} y={20} text={table.title} room={width - 16} kind="strong" side="start" />
      {!all && (narrow ? <Label x={under ? 8 : width - 8} y={under ? 38 : 20} text={head} room={width - 16} kind="small dim" side={under ? 'start' : 'end'} />
        : <Label x={gutter} y={42} text={head} room={width - gutter - 8} kind="small dim" side="start" />)}
      {columns.map(({ x, w, i }) => <Label key={i} x={x} y={42} text={table.columns[i] ?? ''} room={w - 8} kind="small dim" side="start" />)}
      {limit && (
        <g class="limit">
          <line x1={line_of} x2={line_of} y1={top - 4} y2={height - 4} />
          <Label x={after ? Math.max(line_of + 6, free) : line_of - 6} y={narrow ? height - 6 : 42} text={limit_said} room={long} kind="small halo" side={after ? 'start' : 'end'} />
        </g>
      )}
      {table.rows.map((_, i) => {
        const y = start + i * step;
        const value = values[i]?.value ?? 0;
        const w = value > 0 ? Math.max(3, (value / most) * long) : 0;
        const line = narrow ? y + above + 2 : y + (step - thick) / 2;
        const below = joined(details[i] as string[], (narrow ? width : gutter) - 24, narrow ? kLines : most_lines);
        const inBar = narrow && w > long - value_room;
        return (
          <g key={i} class="bar" data-bar={labels[i]} data-value={value}>
            {narrow ? <Label x={gutter} y={y + 14} text={labels[i] ?? ''} room={width - 20} kind="small strong" side="start" />
              : below.length ? <Label x={gutter - 12} y={y + step / 2 + 4 - (below.length * kLine) / 2} text={labels[i] ?? ''} room={gutter - 16} kind="strong" side="end" />
                : <Words x={names - 12} y={y + step / 2 + 4} text={labels[i] ?? ''} room={names - 16} kind="strong" side="end" />}
            {columns.map(({ x, w, i: k }) => <Words key={k} x={x} y={y + step / 2 + 4} text={grouped(plain(table.rows[i]?.[k] ?? ''))} room={w - 8} kind="small dim" side="start"
              most={Math.max(1, Math.floor((step - 6) / kLine))} />)}
            {below.map((text, k) => (narrow ? <Label key={k} x={gutter} y={y + 14 + (k + 1) * kLine} text={text} room={width - 20} kind="small dim" side="start" />
              : <Label key={k} x={gutter - 12} y={y + step / 2 + 4 + (k + 1 - below.length / 2) * kLine} text={text} room={gutter - 14} kind="small dim" side="end" />))}
            <rect class="bed" x={gutter} y={line} width={long} height={thick} rx="4" />
            <rect class="filled" x={gutter} y={line} width={w} height={thick} rx="4" />
            <text class={inBar ? 'small strong' : narrow ? 'small strong halo' : 'strong halo'} x={inBar ? gutter + 8 : gutter + w + 8} y={line + thick / 2 + 5} style={{ textAnchor: 'start' }}>
              {said[i]}{value === largest && times && <tspan class={inBar ? 'times' : 'small dim'}>{times}</tspan>}</text>
          </g>
        );
      })}
    </g>
  );
}

const kLine = 15; // px

// "size 4", "20 a's", "1 worker": a row that is named by a number says of what.
function counted(table: Table, name: string): string {
  const head = table.columns[0] ?? '';
  if (!table.rows.every((row) => /^[\d.,]+$/.test(row[0] ?? ''))) return name;
  return head.endsWith('s') ? `${name} ${name === '1' ? head.replace(/'?s$/, '') : head}` : `${head} ${name}`;
}

// "18131" as people write it.
const grouped = (text: string) => (/^\d{4,}$/.test(text) ? Number(text).toLocaleString('en') : text);

// How many times the least the largest is, where that says something: not of a tie, nor of
// two or three of something.
export function timesOf(values: readonly number[]): string {
  const [largest, least] = [Math.max(...values), Math.min(...values.filter((value) => value > 0))];
  const few = values.every((value) => Number.isInteger(value) && value <= 12);
  if (values.length < 2 || few || largest / least < 1.5 || !Number.isFinite(least) || values.filter((value) => value === largest).length > 1) return '';
  return ` ${factor(largest / least)} ${values.length > 2 ? 'the least' : 'as much'}`;
}

// Parts of a sentence in lines, none broken inside if it fits. Of what has no room, how much.
function joined(parts: readonly string[], room: number, most: number): string[] {
  const lines: string[] = [];
  for (const part of parts.flatMap((one) => wrapped(one, room, true, most))) {
    const last = lines[lines.length - 1];
    const longer = last === undefined ? part : `${last} · ${part}`;
    if (last !== undefined && (widthOf(longer, true) <= room || lines.length === most)) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.slice(0, most);
}

const factor = (ratio: number) => (ratio >= 10 ? `${Math.round(ratio).toLocaleString('en')}×` : `${ratio.toFixed(1)}×`);

const isStacked = (table: Table, width: number) => isNarrow(width) && table.columns.length > 4;

// Results in words: a row for each, coloured by what they mean.
function Outcomes({ table, width, height }: { table: Table; width: number; height: number }) {
  const columns = table.columns.length;
  const first = Math.min(width * (isNarrow(width) && columns < 4 ? 0.46 : 0.36), Math.max(80, ...table.rows.map((row) => widthOf(row[0] ?? '') + 18)));
  // Many cells on a narrow page stand below their row's name.
  const stacked = isStacked(table, width);
  const left = stacked ? 4 : first;
  const above = stacked ? 20 : 0;
  const rest = (width - left - 12) / Math.max(1, columns - 1);
  const top = 56;
  const step = Math.max(24, Math.min(84, (height - top - 4) / table.rows.length));
  const most = step - above >= 52 ? 3 : step - above >= 36 ? 2 : 1;
  const gauges = table.rows.some((row) => row.some(isHigh));
  return (
    <g class="outcomes">
      <Label x={8} y={18} text={table.title} room={width - 16} kind="strong" side="start" />
      {table.columns.map((name, i) => ((i || !stacked) && <Words key={i} x={i ? left + (i - 1) * rest + 8 : 8} y={42} text={name} room={(i ? rest : first) - 8} kind="small dim" side="start" line={13} most={stacked ? 2 : 1} />))}
      {table.rows.map((row, r) => row.map((cell, i) => {
        const y = top + r * step;
        if (i && !plain(cell)) return null;
        if (!i) return <Words key={`${r} 0`} x={8} y={stacked ? y + 15 : y + step / 2 + 4} text={cell} room={stacked ? width - 16 : first - 10} kind="strong small" side="start" most={most} />;
        // Beside gauges of which some are above their limit, the rest are no outcomes.
        const meaning = gauges ? (isHigh(cell) ? 'bad' : 'plain') : /\d/.test(cell) && !/[a-z]{4}/i.test(cell) ? 'plain' : outcome(cell);
        return (
          <g key={`${r} ${i}`} class={`chip is-${meaning}`}>
            <rect x={left + (i - 1) * rest} y={y + 2 + above} width={rest - 6} height={step - 4 - above} rx="5" />
            <Words x={left + (i - 1) * rest + 8} y={y + (step + above) / 2 + 4} text={plain(cell)} room={rest - 18} kind="small" side="start" most={most} />
          </g>
        );
      }))}
    </g>
  );
}

const isHigh = (cell: string) => cell.includes('↑');

function outcome(cell: string): string {
  if (/\b(SIG[A-Z]+|exit [1-9]|fails?|refused|lost|locked|exploited|no|not)\b/.test(cell)) return 'bad';
  if (/\b(exit 0|yes|ok|done|in|answered|blocked|goes on)\b/.test(cell)) return 'good';
  const meaning = meaningOf(cell);
  return meaning === 'good' || meaning === 'none' ? 'plain' : meaning;
}
