// bars.tsx: measured values beside each other on one scale. A result that is no number stands
// as what it is.
import type { StoryItem, Table, Trace } from '../trace/trace';
import { meaningOf } from './meaning';
import { column, plain, type Measured } from './numbers';
import type { Scene } from './scenes';
import { Label, Nothing, Sheet, widthOf, Words, type Drawing } from './sheet';

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
    <Sheet width={width} height={Math.max(height, ...items.map((item) => need(item.table as Table) * items.length))} label={items.map((item) => item.text).join(', ')}>
      {items.map((item, i) => (
        <g key={item.event} class={lit.has(item.event) ? 'lit' : ''} transform={`translate(0 ${i * Math.max(each, need(item.table as Table))})`} onClick={() => choose(item.event)}>
          <One table={item.table as Table} width={width} height={Math.max(each, need(item.table as Table))} />
        </g>
      ))}
    </Sheet>
  );
}

const need = (table: Table) => 62 + table.rows.length * (chosen(table) && table.rows.length <= 24 ? 44 : 25);

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

function One({ table: told, width, height }: { table: Table; width: number; height: number }) {
  const table = dense(told);
  const drawn = chosen(table);
  if (!drawn || table.rows.length > 24) return <Outcomes table={table} width={width} height={height} />;
  const { at, values } = drawn;
  const narrow = width < 560;
  const most = Math.max(...values.map((one) => one?.value ?? 0), 1e-12);
  const others = table.columns.map((_, i) => i).filter((i) => i > 0 && i !== at && i < 5);
  const details = (row: string[]) => others.map((i) => [table.columns[i] ?? '', plain(row[i] ?? '')])
    .filter(([, value]) => value !== '').map(([name, value]) => (name ? `${name} ${value}` : value)).join(' · ');
  const numbered = table.rows.every((row) => /^[\d.,]+$/.test(row[0] ?? ''));
  const labels = table.rows.map((row) => (numbered ? `${table.columns[0]} ${row[0]}` : row[0] ?? ''));
  const gutter = narrow ? 10 : Math.min(width * 0.42, Math.max(110, ...labels.map((text) => widthOf(text) + 20), ...table.rows.map((row) => Math.min(widthOf(details(row), true), 330) + 20)));
  const values_room = Math.max(...table.rows.map((row) => widthOf(plain(row[at] ?? '')))) + 110;
  const top = 40;
  const step = Math.min(124, (height - top - 6) / table.rows.length);
  const long = width - gutter - (narrow ? 20 : values_room);
  const least = Math.min(...values.map((one) => (one && one.value > 0 ? one.value : Infinity)));
  return (
    <g class="bars">
      <Label x={8} y={20} text={table.title} room={width * 0.62} kind="strong" side="start" />
      <Label x={width - 8} y={20} text={table.columns[at] ?? ''} room={width * 0.34} kind="small dim" side="end" />
      {table.rows.map((row, i) => {
        const y = top + i * step;
        const value = values[i]?.value ?? 0;
        const w = value > 0 ? Math.max(3, (value / most) * long) : 0;
        const thick = Math.min(48, step - (narrow ? 26 : 16));
        const times = value === most && Number.isFinite(least) && most / least >= 1.3 && values.length > 1 ? ` ${factor(most / least)} as much` : '';
        const line = narrow ? y + 18 : y + (step - thick) / 2;
        return (
          <g key={i} class="bar" data-bar={labels[i]} data-value={value}>
            {narrow ? <Label x={gutter} y={y + 12} text={labels[i] ?? ''} room={width - 20} kind="small strong" side="start" />
              : details(row) && step > 40 ? (
                <>
                  <Label x={gutter - 12} y={y + step / 2 - 3} text={labels[i] ?? ''} room={gutter - 16} kind="strong" side="end" />
                  <Label x={gutter - 12} y={y + step / 2 + 14} text={details(row)} room={gutter - 14} kind="small dim" side="end" />
                </>
              ) : <Words x={gutter - 12} y={y + step / 2 + 4} text={labels[i] ?? ''} room={gutter - 16} kind="strong" side="end" />}
            <rect class="bed" x={gutter} y={line} width={long} height={Math.max(6, thick)} rx="4" />
            <rect class="filled" x={gutter} y={line} width={w} height={Math.max(6, thick)} rx="4" />
            <text class={narrow ? 'small strong halo' : 'strong halo'} x={narrow && w > long * 0.5 ? gutter + 8 : gutter + w + 8} y={line + Math.max(6, thick) / 2 + 5} style={{ textAnchor: 'start' }}>
              {plain(row[at] ?? '')}<tspan class="small dim">{times}</tspan></text>
          </g>
        );
      })}
    </g>
  );
}

const factor = (ratio: number) => (ratio >= 10 ? `${Math.round(ratio).toLocaleString('en')}×` : `${ratio.toFixed(1)}×`);

// Results in words: a row for each, coloured by what they mean.
function Outcomes({ table, width, height }: { table: Table; width: number; height: number }) {
  const columns = table.columns.length;
  const first = Math.min(width * 0.36, Math.max(80, ...table.rows.map((row) => widthOf(row[0] ?? '') + 18)));
  const rest = (width - first - 12) / Math.max(1, columns - 1);
  const top = 56;
  const step = Math.max(24, Math.min(46, (height - top - 4) / table.rows.length));
  return (
    <g class="outcomes">
      <Label x={8} y={18} text={table.title} room={width - 16} kind="strong" side="start" />
      {table.columns.map((name, i) => <Label key={i} x={i ? first + (i - 1) * rest + 8 : 8} y={42} text={name} room={(i ? rest : first) - 8} kind="small dim" side="start" />)}
      {table.rows.map((row, r) => row.map((cell, i) => {
        const y = top + r * step;
        if (i && !plain(cell)) return null;
        if (!i) return <Label key={`${r} 0`} x={8} y={y + step / 2 + 4} text={cell} room={first - 10} kind="strong small" side="start" />;
        const meaning = /\d/.test(cell) && !/[a-z]{4}/i.test(cell) ? 'plain' : outcome(cell);
        return (
          <g key={`${r} ${i}`} class={`chip is-${meaning}`}>
            <rect x={first + (i - 1) * rest} y={y + 2} width={rest - 6} height={step - 4} rx="5" />
            <Label x={first + (i - 1) * rest + 8} y={y + step / 2 + 4} text={plain(cell)} room={rest - 18} kind="small" side="start" />
          </g>
        );
      }))}
    </g>
  );
}

function outcome(cell: string): string {
  if (/\b(SIG[A-Z]+|exit [1-9]|fails?|refused|lost|locked|no|not)\b/.test(cell)) return 'bad';
  if (/\b(exit 0|yes|ok|done|in|answered|goes on)\b/.test(cell)) return 'good';
  const meaning = meaningOf(cell);
  return meaning === 'good' || meaning === 'none' ? 'plain' : meaning;
}
