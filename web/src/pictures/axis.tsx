// axis.tsx: a number line with bands and points.
import { tablesOf } from './bars';
import { column } from './numbers';
import { Label, Nothing, Sheet, widthOf, type Drawing } from './sheet';
import { ticks } from '../trace/time';

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

export function Axis({ scene, at, width, height }: Drawing) {
  const [item] = tablesOf(scene, at);
  const table = item?.table;
  const cells = (table?.rows ?? []).map((row) => [String(row[1] ?? ''), String(row[2] ?? row[1] ?? '')] as const);
  const order = places(cells.flat());
  const placed = (cell: string) => ({ value: order?.indexOf(cell) ?? 0 });
  const from = table && (order ? cells.map(([one]) => placed(one)) : column(cells.map(([one]) => one)));
  const to = table && (order ? cells.map(([, one]) => placed(one)) : column(cells.map(([, one]) => one)));
  if (!table || !from || !to) return <Nothing width={width} height={height} text="Measuring: the result comes at the end of the scene." />;
  const values = [...from, ...to].map((one) => one?.value ?? 0);
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const air = (most - least || 1) * 0.08;
  const narrow = width < 560;
  const gutter = narrow ? 14 : Math.min(width * 0.34, Math.max(...table.rows.map((row) => widthOf(row[0] ?? ''))) + 26);
  const x = (value: number) => gutter + ((value - least + air) / (most - least + 2 * air)) * (width - gutter - 24);
  const step = Math.min(96, (height - 96) / table.rows.length);
  const bottom = 46 + step * table.rows.length;
  return (
    <Sheet width={width} height={height} label={table.title}>
      <Label x={8} y={20} text={table.title} room={width - 16} kind="strong" side="start" />
      {(order ? order.map((_, i) => i) : ticks({ from: least - air, to: most + air }, narrow ? 4 : 9)).map((tick) => (
        <g key={tick}>
          <line class={tick === 0 ? 'zero' : 'grid'} x1={x(tick)} x2={x(tick)} y1="36" y2={bottom} />
          <text class="small dim" x={x(tick)} y={bottom + 18}>{order ? order[tick] : Number(tick.toPrecision(6))}</text>
        </g>
      ))}
      {table.rows.map((row, i) => {
        const [a, b] = [x(from[i]?.value ?? 0), x(to[i]?.value ?? 0)];
        const y = 46 + i * step + step * 0.5;
        const thick = Math.min(34, step * 0.42);
        return (
          <g key={i} class="band" data-band={row[0]}>
            {narrow ? <Label x={gutter} y={y - thick / 2 - 6} text={row[0] ?? ''} room={width - 24} kind="small strong" side="start" />
              : <Label x={gutter - 12} y={y + 5} text={row[0] ?? ''} room={gutter - 16} kind="strong" side="end" />}
            <rect class="filled" x={Math.min(a, b)} y={y - thick / 2} width={Math.max(4, Math.abs(b - a))} height={thick} rx="4" />
            <text class="small halo" x={Math.max(a, b) + (Math.max(a, b) > width - 110 ? -8 : 8)} y={y + 4} style={{ textAnchor: Math.max(a, b) > width - 110 ? 'end' : 'start', fill: 'var(--text)' }}>{row[1]}{row[2] !== undefined && row[2] !== row[1] ? ` to ${row[2]}` : ''}</text>
          </g>
        );
      })}
    </Sheet>
  );
}
