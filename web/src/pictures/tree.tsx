// tree.tsx: nodes with parents and sizes: each as tall as its share, children to its right.
// Where the leaves are test runs, they are lights: a row for each parent. Samples of a profile
// are a flame graph.
import type { Table } from '../trace/trace';
import { Bars, tablesOf } from './bars';
import { meaningOf } from './meaning';
import { column } from './numbers';
import { valueText } from '../trace/time';
import { fitted, Label, Nothing, Sheet, widthOf, Words, wrapped, type Drawing } from './sheet';

interface Node {
  name: string;
  text: string;
  size: number;
  now?: number; // of two profiles: its samples in the second
  children: Node[];
}

// A node's size is its own, or that of its children where they need more. A circle is cut.
export function treeOf(table: Table): Node[] {
  const sizes = column(table.rows.map((row) => row[2] ?? ''));
  const later = table.columns.length > 3 ? column(table.rows.map((row) => row[3] ?? '')) : null;
  const bytes = table.columns[2] === 'bytes';
  const nodes = new Map(table.rows.map((row, i): [string, Node] => {
    const size = sizes?.[i]?.value ?? 1;
    const now = later?.[i]?.value;
    // A fourth column in words is said too.
    const text = bytes && sizes?.[i] ? valueText(size, 'bytes') : [row[2] ?? '', later ? '' : row[3] ?? ''].filter(Boolean).join(' ');
    return [row[0] ?? '', { name: row[0] ?? '', text, size: Math.max(size, now ?? 0), ...(now === undefined ? {} : { now }), children: [] }];
  }));
  const parents = new Map(table.rows.map((row) => [row[0] ?? '', row[1] ?? '']));
  const roots: Node[] = [];
  for (const [name, node] of nodes) {
    const seen = new Set([name]);
    let up = parents.get(name);
    while (up !== undefined && nodes.has(up) && !seen.has(up)) {
      seen.add(up);
      up = parents.get(up);
    }
    const parent = nodes.get(parents.get(name) ?? '');
    if (parent && parent !== node && !(up !== undefined && seen.has(up))) parent.children.push(node);
    else roots.push(node);
  }
  const grow = (node: Node): number => (node.size = Math.max(node.size, node.children.reduce((sum, one) => sum + grow(one), 0)));
  roots.forEach(grow);
  return roots;
}

const depthOf = (node: Node): number => 1 + Math.max(0, ...node.children.map(depthOf));

const kLights = new Set(['green', 'red', 'allowed', 'refused', 'same', 'moved', 'absent', 'noticed', 'missed', 'taken']);

export const areLights = (roots: readonly Node[]): boolean =>
  roots.length > 0 && roots.every(({ children }) => children.length > 0 && children.every((one) => !one.children.length && kLights.has(one.text)));

// "unit tests: wrong rule" stands in the row "unit tests", which says the first part.
const within = (name: string, parent: string): string =>
  name.startsWith(parent) ? name.slice(parent.length).replace(/^[:,./ ]+/, '') : name;

const kHead = 17; // px a line

// A head for each column, where all rows have the same; in each cell the verdict, in words
// where they have room.
function Lights({ title, roots, width, height }: { title: string; roots: Node[]; width: number; height: number }) {
  const narrow = width < 560;
  const side = Math.min(190, width * (narrow ? 0.4 : 0.27), Math.max(...roots.map(({ name }) => widthOf(name, narrow))) + 24);
  const names = (root: Node) => root.children.map((one) => within(one.name, root.name));
  const heads = roots.length > 1 && roots.every((root) => names(root).join('\n') === names(roots[0] as Node).join('\n')) ? names(roots[0] as Node) : [];
  const wide = (width - side - 8) / Math.max(1, heads.length);
  const upright = heads.some((text) => wrapped(text, wide - 8, true).some((line) => widthOf(line, true) > wide - 8));
  const above = !heads.length ? 0 : upright ? Math.min(110, Math.max(...heads.map((text) => widthOf(text, true))) + 12)
    : kHead * Math.max(...heads.map((text) => wrapped(text, wide - 8, true).length)) + 4;
  const totals = heads.length > 0 && roots.length > 3 && roots.some(({ children }) => children.some(({ text }) => meaningOf(text) === 'bad'));
  const top = 32 + above;
  const word = roots.flatMap(({ children }) => children).find(({ text }) => meaningOf(text) === 'bad')?.text ?? '';
  // Without heads a cell says what it is, in two lines, and how it is.
  const least = heads.length ? 22 : width < 560 && roots.some((root) => root.children.some((one) => wrapped(within(one.name, root.name), (width - side - 8) / root.children.length - 10, true).length > 1)) ? 60 : 22;
  const h = Math.max(least, Math.min((height - top - 4) / (roots.length + (totals ? 0.8 : 0)), 110));
  return (
    <Sheet width={width} height={Math.max(height, top + h * (roots.length + (totals ? 0.8 : 0)))} label={title}>
      <Label x={8} y={20} text={title} room={width - 16} kind="strong" side="start" />
      {heads.map((text, i) => {
        const x = side + (i + 0.5) * wide - 2;
        return upright ? <text key={i} class="small dim" transform={`translate(${x + 4} ${top - 6}) rotate(-90)`} style={{ textAnchor: 'start' }}>{fitted(text, above - 4, true)}</text>
          : <Words key={i} x={x} y={top - above / 2 + 2} text={text} room={wide - 8} kind="small dim" />;
      })}
      {roots.map((root, row) => {
        const w = (width - side - 8) / root.children.length;
        const y = top + row * h;
        return (
          <g key={root.name}>
            <Words x={8} y={y + h / 2 + 4} text={root.name.replace(/:$/, '')} room={side - (narrow ? 10 : 14)} kind={narrow ? 'small' : ''} side="start" most={h > 34 ? 2 : 1} />
            {root.children.map((one, i) => {
              const mark = widthOf(one.text, true) > w - 8 ? kMarks[meaningOf(one.text)] ?? '' : one.text;
              const text = within(one.name, root.name);
              const both = !heads.length && h > 40;
              return (
                <g key={one.name} class={`light is-${meaningOf(one.text)}`} data-node={one.name} data-light={one.text}>
                  <rect x={side + i * w} y={y} width={w - 4} height={h - 4} rx="5" />
                  {!heads.length && <Words x={side + i * w + w / 2 - 2} y={y + h / 2 - (both ? 8 : 0) + 2} text={text} room={w - (narrow ? 4 : 10)} kind="small" />}
                  {(heads.length > 0 || both) && text !== one.text
                    && <Label x={side + i * w + w / 2 - 2} y={both ? y + h - 12 : y + h / 2 + 2} text={mark} room={w - 4} kind={both ? 'small dim' : 'small'} />}
                  <title>{`${one.name}: ${one.text}`}</title>
                </g>
              );
            })}
          </g>
        );
      })}
      {totals && heads.map((_, i) => {
        const bad = roots.map((root) => root.children[i]?.text ?? '').filter((text) => meaningOf(text) === 'bad');
        const text = `${bad.length} ${wide > 60 ? word : ''}`.trim();
        return <Label key={i} x={side + (i + 0.5) * wide - 2} y={top + h * roots.length + 12} text={text} room={wide} kind="small strong" />;
      })}
      {totals && <Label x={8} y={top + h * roots.length + 12} text={wide > 60 ? 'in all' : `in all, ${kMarks.bad}`} room={side} kind="small strong" side="start" />}
    </Sheet>
  );
}

// Where a word has no room.
const kMarks: Record<string, string> = { good: '✓', bad: '✗', gone: '–', waiting: '…' };

const kFrame = 150; // px, the highest

// As wide as its samples, whoever called it below: the order from left to right means nothing.
// Of two profiles the outline is the first one, and what is filled is the second.
function Flames({ table, roots, width, height }: { table: Table; roots: Node[]; width: number; height: number }) {
  const levels = Math.max(1, ...roots.map(depthOf));
  const differs = roots.some((root) => root.now !== undefined);
  const top = differs ? 56 : 34;
  const h = Math.min(kFrame, (height - top - 6) / levels);
  const bottom = Math.min(height - 4, top + (height - top + h * levels) / 2);
  const whole = roots.reduce((sum, one) => sum + one.size, 0) || 1;
  const frames: { node: Node; x: number; w: number; depth: number; root: Node }[] = [];
  const lay = (node: Node, depth: number, x: number, root: Node) => {
    frames.push({ node, x, w: (node.size / whole) * (width - 8), depth, root });
    for (const child of node.children) {
      lay(child, depth + 1, x, root);
      x += (child.size / whole) * (width - 8);
    }
  };
  let x = 4;
  for (const root of roots) {
    lay(root, 0, x, root);
    x += (root.size / whole) * (width - 8);
  }
  const samples = (text: string) => Number.parseFloat(text);
  return (
    <Sheet width={width} height={height} label={table.title}>
      <Label x={8} y={20} text={table.title} room={width - 16} kind="strong" side="start" />
      {differs && <Label x={8} y={42} text="outline: before · filled: after · green: fewer samples" room={width - 16} kind="small dim" side="start" />}
      {frames.map(({ node, x, w, depth, root }, i) => {
        const y = bottom - (depth + 1) * h;
        const was = samples(node.text);
        const change = node.now === undefined ? 0 : node.now - was;
        // Less than this is chance: of a count n, the square root of n.
        const chance = 2 * Math.sqrt(was + (node.now ?? 0));
        const meaning = node.now === undefined ? '' : Math.abs(change) <= chance ? ' is-plain' : change < 0 ? ' is-good' : ' is-bad';
        const name = depth ? within(node.name, root.name) : node.name;
        const text = node.now === undefined ? node.text : `${was} → ${node.now} samples`;
        const lines = w < 46 ? [] : wrapped(text, w - 12, true);
        const two = h > 30 + 15 * lines.length;
        return (
          <g key={i} class={node.now === undefined ? `leaf depth-${depth % 4}` : `leaf differs${meaning}`} data-node={node.name}>
            <rect x={x} y={y} width={Math.max(1, w - 3)} height={h - 3} rx="4" />
            {node.now !== undefined && <rect class="now" x={x} y={y} width={Math.max(0, (w - 3) * (node.now / (node.size || 1)))} height={h - 3} rx="4" />}
            {w > 30 && <Label x={x + (w - 3) / 2} y={y + h / 2 + (two ? 4 - 7.5 * lines.length : 4)} text={name} room={w - 12} kind="strong" />}
            {two && lines.map((line, k) => <Label key={k} x={x + (w - 3) / 2} y={y + h / 2 + 4 + 15 * (k + 1) - 7.5 * lines.length} text={line} room={w - 10} kind="small" />)}
            <title>{`${name}: ${text}`}</title>
          </g>
        );
      })}
    </Sheet>
  );
}

const kLegible = 19; // px

export function Tree(drawing: Drawing) {
  const { scene, at, width, height } = drawing;
  const [item] = tablesOf(scene, at);
  if (!item?.table) return <Nothing width={width} height={height} text="The tree is not known yet." />;
  const roots = treeOf(item.table);
  if (areLights(roots)) return <Lights title={item.table.title} roots={roots} width={width} height={height} />;
  if (roots.every((node) => !node.children.length)) return <Bars {...drawing} />; // a list
  if (item.table.rows.every((row) => / samples$/.test(row[2] ?? ''))) return <Flames table={item.table} roots={roots} width={width} height={height} />;
  const whole = roots.reduce((sum, one) => sum + one.size, 0) || 1;
  // What has no size is as high as its text needs.
  const tall = item.table.rows.some((row) => /^[\d.,]+( |$)/.test(row[2] ?? '')) ? height : Math.max(height, 40 + whole * (width < 560 ? 36 : kLegible));
  const said = (node: Node, parent: string) => `${within(node.name, parent) || node.name}  ${node.text}`;
  // Each column as wide as its texts, as far as that goes.
  const needs: number[] = [];
  const measure = (node: Node, depth: number, parent: string) => {
    needs[depth] = Math.max(needs[depth] ?? 60, widthOf(said(node, parent), true) + 20);
    node.children.forEach((child) => measure(child, depth + 1, node.name));
  };
  roots.forEach((root) => measure(root, 0, ''));
  const fair = (width - 8) / needs.length;
  const spare = needs.reduce((sum, need) => sum + Math.max(0, fair - need), 0);
  const over = needs.reduce((sum, need) => sum + Math.max(0, need - fair), 0) || 1;
  const wide = needs.map((need) => (need <= fair ? (over > 1 ? need : fair) : fair + Math.min(need - fair, (spare * (need - fair)) / over)));
  const stretch = (width - 8) / wide.reduce((sum, one) => sum + one, 0);
  const lefts = wide.map((_, i) => 4 + wide.slice(0, i).reduce((sum, one) => sum + one, 0) * stretch);
  const boxes: { node: Node; parent: string; x: number; y: number; w: number; h: number; depth: number }[] = [];
  const lay = (node: Node, depth: number, y: number, parent: string) => {
    const h = (node.size / whole) * (tall - 40);
    boxes.push({ node, parent, x: lefts[depth] ?? 4, y, w: (wide[depth] ?? fair) * stretch, h, depth });
    let down = y;
    // Leaves that would be too flat to read stand in several columns.
    const across = Math.min(node.children.length, Math.ceil((kLegible * node.children.length) / Math.max(h, 1)));
    if (across > 1 && node.children.every((child) => !child.children.length)) {
      const rows = Math.ceil(node.children.length / across);
      const w = (wide[depth + 1] ?? fair) * stretch;
      node.children.forEach((child, i) => boxes.push({
        node: child, parent: node.name, x: (lefts[depth + 1] ?? 4) + (i % across) * (w / across), y: y + Math.floor(i / across) * (h / rows), w: w / across, h: h / rows, depth: depth + 1,
      }));
      return;
    }
    for (const child of node.children) {
      lay(child, depth + 1, down, node.name);
      down += (child.size / whole) * (tall - 40);
    }
  };
  let y = 34;
  for (const root of roots) {
    lay(root, 0, y, '');
    y += (root.size / whole) * (tall - 40);
  }
  return (
    <Sheet width={width} height={tall} label={item.table.title}>
      <Label x={8} y={20} text={item.table.title} room={width - 16} kind="strong" side="start" />
      {boxes.map(({ node, parent, x, y, w, h, depth }, i) => (
        <g key={i} class={`leaf depth-${depth % 4}${/\b(red|green)\b/.test(node.text) ? ` is-${meaningOf(node.text)}` : ''}`} data-node={node.name}>
          <rect x={x} y={y} width={w - 3} height={Math.max(1, h - 2)} rx="4" />
          {h > 32 && widthOf(said(node, parent), true) > w - 14
            ? wrapped(said(node, parent), w - 14, true).map((line, k) => <Label key={k} x={x + 8} y={y + 14 + k * 14} text={line} room={w - 12} kind="small" side="start" />)
            : h > 16 && <Label x={x + 8} y={y + Math.min(h / 2, 20) + 4} text={said(node, parent)} room={w - 12} kind="small" side="start" />}
          <title>{`${node.name}: ${node.text}`}</title>
        </g>
      ))}
    </Sheet>
  );
}
