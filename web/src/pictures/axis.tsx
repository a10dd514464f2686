// axis.tsx: a number line with bands and points.
import { tablesOf } from './bars';
import { column, measured } from './numbers';
import { Label, Nothing, Sheet, widthOf, type Drawing } from './sheet';
import { ticks } from '../trace/time';
import type { Table } from '../trace/trace';

// Versions have no distance, only an order: each stands at its place in it.
function places(cells: string[]): string[] | null {
  if (!cells.every((cell) => /^\d+\.\d+\.\d+/.test(cell))) return null;
  const key = (cell: string) => {
    const [release, ...suffix] = cell.split('-');
    return [...(release ?? '').split('.').map(Number), suffix.length ? 0 : 1];
  };
  return [...new Set(cells)].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    const at = left.findIndex((part, i) => part !== right[i]);
    return at < 0 ? a.localeCompare(b) : (left[at] ?? 0) - (right[at] ?? 0);
  });
}

// Two orders of the same things: each of 1 to n once.
function areRanks(cells: readonly string[]): boolean {
  return cells.length > 2 && cells.every((_, i) => cells.includes(String(i + 1)));
}

// Two orders side by side, a line for each thing from its place in one to that in the other.
function Orders({ table, width, height }: { table: Table; width: number; height: number }) {
  const names = table.rows.map((row) => row[0] ?? '');
  const places = [1, 2].map((column) => table.rows.map((row) => Number(row[column]) - 1)) as [number[], number[]];
  const side = Math.min(width * 0.4, Math.max(...names.map((name) => widthOf(name))) + 60);
  const step = (height - 62) / names.length;
  const y = (place: number) => 54 + (place + 0.5) * step;
  const ends = [side, width - side] as const;
  const moved = (i: number) => Math.abs((places[0][i] as number) - (places[1][i] as number));
  const most = Math.max(...names.map((_, i) => moved(i)));
  return (
    <Sheet width={width} height={height} label={table.title}>
      <Label x={8} y={20} text={table.title} room={width - 16} kind="strong" side="start" />
      {ends.map((x, k) => <Label key={k} x={x} y={44} text={table.columns[k + 1] ?? ''} room={side + 60} kind="small dim" side={k ? 'start' : 'end'} />)}
      {names.map((name, i) => {
        const [a, b] = [y(places[0][i] as number), y(places[1][i] as number)];
        return (
          <g key={name} class={`slope${moved(i) > 1 ? ' is-bad' : ' is-plain'}`} data-band={name}>
            <path d={`M${ends[0] + 8} ${a}C${width / 2} ${a} ${width / 2} ${b} ${ends[1] - 8} ${b}`} style={{ strokeWidth: moved(i) === most && most ? 3 : 1.6 }} />
            {[a, b].map((at, k) => <Label key={k} x={ends[k] as number} y={at + 4} text={k ? `${(places[1][i] as number) + 1}  ${name}` : `${name}  ${(places[0][i] as number) + 1}`}
              room={side - 8} kind={`${moved(i) > 1 ? 'strong' : ''}${width < 560 ? ' small' : ''}`} side={k ? 'start' : 'end'} />)}
          </g>
        );
      })}
    </Sheet>
  );
}

export function Axis({ scene, at, width, height }: Drawing) {
  const [item] = tablesOf(scene, at);
  const table = item?.table;
  const cells = (table?.rows ?? []).map((row) => [String(row[1] ?? ''), String(row[2] ?? row[1] ?? '')] as const);
  const order = places(cells.flat());
  const placed = (cell: string) => ({ value: order?.indexOf(cell) ?? 0 });
  const from = table && (order ? cells.map(([one]) => placed(one)) : column(cells.map(([one]) => one)));
  const to = table && (order ? cells.map(([, one]) => placed(one)) : column(cells.map(([, one]) => one)));
  if (!table || !from || !to) return <Nothing width={width} height={height} text="Measuring: the result comes at the end of the scene." />;
  if (areRanks(cells.map(([one]) => one)) && areRanks(cells.map(([, one]) => one))) return <Orders table={table} width={width} height={height} />;
  // What a range has no part of says so: "from 1.2.3, below 2.0.0".
  const below = table.columns[2] === 'below';
  const values = [...from, ...to].map((one) => one?.value ?? 0);
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const air = (most - least || 1) * 0.08;
  const narrow = width < 560;
  const gutter = narrow ? 14 : Math.min(width * 0.34, Math.max(...table.rows.map((row) => widthOf(row[0] ?? ''))) + 26);
  const x = (value: number) => gutter + ((value - least + air) / (most - least + 2 * air)) * (width - gutter - 24);
  const step = Math.min(140, (height - 80) / table.rows.length);
  let free = -Infinity;
  const bottom = 46 + step * table.rows.length;
  // None that would cover the one before it.
  const unit = cells.flat().some((cell) => measured(cell)?.kind === 'bytes') ? (most < 2 ** 20 ? { name: ' KiB', size: 2 ** 10 } : { name: ' MiB', size: 2 ** 20 }) : { name: '', size: 1 };
  const ends = order ? order.map((_, i) => i) : ticks({ from: (least - air) / unit.size, to: (most + air) / unit.size }, narrow ? 4 : 9).map((tick) => tick * unit.size);
  const texts = new Map<number, string>();
  for (const tick of ends) {
    const text = order ? order[tick] ?? '' : `${Number((tick / unit.size).toPrecision(6))}${unit.name}`;
    if (x(tick) - widthOf(text, true) / 2 < free) continue;
    free = x(tick) + widthOf(text, true) / 2 + 4;
    texts.set(tick, text);
  }
  const said = (tick: number) => texts.get(tick);
  return (
    <Sheet width={width} height={height} label={table.title}>
      <Label x={8} y={20} text={table.title} room={width - 16} kind="strong" side="start" />
      {ends.map((tick) => (
        <g key={tick}>
          <line class={tick === 0 ? 'zero' : 'grid'} x1={x(tick)} x2={x(tick)} y1="36" y2={bottom} />
          {said(tick) && <text class="small dim" x={x(tick)} y={bottom + 18}>{said(tick)}</text>}
        </g>
      ))}
      {table.rows.map((row, i) => {
        const [a, b] = [x(from[i]?.value ?? 0), x(to[i]?.value ?? 0)];
        const y = 46 + i * step + step * 0.5;
        const thick = Math.min(48, step * 0.42);
        const text = row[2] === undefined || row[2] === row[1] ? row[1] ?? '' : below ? `from ${row[1]}, below ${row[2]}` : `${row[1]} to ${row[2]}`;
        const place = besides(Math.min(a, b), Math.max(a, b), widthOf(text, true), width);
        return (
          <g key={i} class="band" data-band={row[0]}>
            {narrow ? <Label x={gutter} y={y - thick / 2 - 6} text={row[0] ?? ''} room={width - 24} kind="small strong halo" side="start" />
              : <Label x={gutter - 12} y={y + 5} text={row[0] ?? ''} room={gutter - 16} kind="strong" side="end" />}
            <rect class="filled" x={Math.min(a, b)} y={y - thick / 2} width={Math.max(4, Math.abs(b - a))} height={thick} rx="4" />
            {narrow ? <text class="small dim" x={width - 8} y={y - thick / 2 - 6} style={{ textAnchor: 'end' }}>{text}</text>
              : <text class={place.kind} x={place.x} y={y + 4} style={{ textAnchor: place.side }}>{text}</text>}
          </g>
        );
      })}
      {order && <text class="small dim" x={width - 8} y="20" style={{ textAnchor: 'end' }}>in order, not to scale</text>}
    </Sheet>
  );
}

// To the right of its band; inside it or to its left where there is no room.
function besides(left: number, right: number, long: number, width: number): { x: number; side: 'start' | 'middle' | 'end'; kind: string } {
  if (right + long + 12 < width) return { x: right + 8, side: 'start', kind: 'small halo' };
  if (right - left > long + 12) return { x: (left + right) / 2, side: 'middle', kind: 'small' };
  if (left > long + 12) return { x: left - 8, side: 'end', kind: 'small halo' };
  return { x: Math.min(Math.max((left + right) / 2, long / 2 + 4), width - long / 2 - 4), side: 'middle', kind: 'small halo' };
}
