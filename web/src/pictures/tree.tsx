// tree.tsx: nodes with parents and sizes: each as tall as its share, children to its right.
// Where the leaves are test runs, they are lights: a row for each parent.
import type { Table } from '../trace/trace';
import { Bars, tablesOf } from './bars';
import { meaningOf } from './meaning';
import { column } from './numbers';
import { Label, Nothing, Sheet, Words, type Drawing } from './sheet';

interface Node {
  name: string;
  text: string;
  size: number;
  children: Node[];
}

// A node's size is its own, or that of its children where they need more. A circle is cut.
export function treeOf(table: Table): Node[] {
  const sizes = column(table.rows.map((row) => row[2] ?? ''));
  const nodes = new Map(table.rows.map((row, i): [string, Node] =>
    [row[0] ?? '', { name: row[0] ?? '', text: row[2] ?? '', size: sizes?.[i]?.value ?? 1, children: [] }]));
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

const kLights = new Set(['green', 'red', 'allowed', 'refused', 'same', 'moved', 'absent']);

export const areLights = (roots: readonly Node[]): boolean =>
  roots.length > 0 && roots.every(({ children }) => children.length > 0 && children.every((one) => !one.children.length && kLights.has(one.text)));

// "unit tests: wrong rule" stands in the row "unit tests", which says the first part.
const within = (name: string, parent: string): string =>
  name.startsWith(parent) ? name.slice(parent.length).replace(/^[:, ]+/, '') : name;

function Lights({ title, roots, width, height }: { title: string; roots: Node[]; width: number; height: number }) {
  const side = Math.min(170, width * 0.25);
  const h = Math.min((height - 40) / roots.length, 84);
  return (
    <Sheet width={width} height={height} label={title}>
      <Label x={8} y={20} text={title} room={width - 16} kind="strong" side="start" />
      {roots.map((root, row) => {
        const w = (width - side - 8) / root.children.length;
        const y = 34 + row * h;
        return (
          <g key={root.name}>
            <Words x={8} y={y + h / 2 + 4} text={root.name.replace(/:$/, '')} room={side - 14} side="start" />
            {root.children.map((one, i) => (
              <g key={one.name} class={`light is-${meaningOf(one.text)}`} data-node={one.name} data-light={one.text}>
                <rect x={side + i * w} y={y} width={w - 4} height={h - 4} rx="5" />
                <Words x={side + i * w + w / 2 - 2} y={y + h / 2 - (h > 40 ? 8 : 0) + 2} text={within(one.name, root.name)} room={w - 10} kind="small" />
                <title>{`${one.name}: ${one.text}`}</title>
              </g>
            ))}
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
  const whole = roots.reduce((sum, one) => sum + one.size, 0) || 1;
  const w = (width - 8) / Math.max(1, ...roots.map(depthOf));
  const boxes: { node: Node; x: number; y: number; w: number; h: number; depth: number }[] = [];
  const lay = (node: Node, depth: number, y: number) => {
    const h = (node.size / whole) * (height - 40);
    boxes.push({ node, x: 4 + depth * w, y, w, h, depth });
    let down = y;
    // Leaves that would be too flat to read stand in several columns.
    const across = Math.min(node.children.length, Math.ceil((kLegible * node.children.length) / Math.max(h, 1)));
    if (across > 1 && node.children.every((child) => !child.children.length)) {
      const rows = Math.ceil(node.children.length / across);
      node.children.forEach((child, i) => boxes.push({
        node: child, x: 4 + (depth + 1) * w + (i % across) * (w / across), y: y + Math.floor(i / across) * (h / rows), w: w / across, h: h / rows, depth: depth + 1,
      }));
      return;
    }
    for (const child of node.children) {
      lay(child, depth + 1, down);
      down += (child.size / whole) * (height - 40);
    }
  };
  let y = 34;
  for (const root of roots) {
    lay(root, 0, y);
    y += (root.size / whole) * (height - 40);
  }
  return (
    <Sheet width={width} height={height} label={item.table.title}>
      <Label x={8} y={20} text={item.table.title} room={width - 16} kind="strong" side="start" />
      {boxes.map(({ node, x, y, w, h, depth }, i) => (
        <g key={i} class={`leaf depth-${depth % 4}${/\b(red|green)\b/.test(node.text) ? ` is-${meaningOf(node.text)}` : ''}`} data-node={node.name}>
          <rect x={x} y={y} width={w - 3} height={Math.max(1, h - 2)} rx="4" />
          {h > 16 && <Label x={x + 8} y={y + Math.min(h / 2, 20) + 4} text={`${node.name}  ${node.text}`} room={w - 14} kind="small" side="start" />}
          <title>{`${node.name}: ${node.text}`}</title>
        </g>
      ))}
    </Sheet>
  );
}
