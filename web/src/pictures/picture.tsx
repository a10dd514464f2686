// picture.tsx: the picture of a scene at a moment, on paper as large as its place, with the
// meaning of its colours in sight.
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Kind, type Trace } from '../trace/trace';
import { Axis } from './axis';
import { Bars } from './bars';
import { Curves } from './curves';
import { Machine } from './machine';
import { kMeanings, meaningOf, type Meaning } from './meaning';
import { Nodes } from './nodes';
import './pictures.css';
import { Ring } from './ring';
import { actorsIn, statesIn, type Scene } from './scenes';
import { rowsOf, Sequence } from './sequence';
import type { Drawing } from './sheet';
import { Slots } from './slots';
import { Strips } from './strips';
import { Tank } from './tank';
import { Tree } from './tree';

export const kKinds: Record<string, ComponentType<Drawing>> = {
  nodes: Nodes, sequence: Sequence, ring: Ring, tank: Tank, machine: Machine, slots: Slots, strips: Strips,
  bars: Bars, curves: Curves, tree: Tree, axis: Axis,
};

// What one run had to say cannot take the page with it.
class Safely extends Component<{ children: ComponentChildren }, { why: string }> {
  override state = { why: '' };
  override componentDidCatch(error: unknown) {
    console.error(error);
    this.setState({ why: String(error) });
  }
  override render() {
    return this.state.why ? <p class="fails">This picture cannot be drawn: {this.state.why}</p> : this.props.children;
  }
}

export type Shown = Omit<Drawing, 'width' | 'height'>;

export function Picture(shown: Shown) {
  const paper = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = paper.current as HTMLDivElement;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  const [hidden, setHidden] = useState('');
  useEffect(() => {
    const element = paper.current as HTMLDivElement;
    const look = () => setHidden([element.scrollTop > 4 && 'above', element.scrollTop + element.clientHeight < element.scrollHeight - 4 && 'below'].filter(Boolean).join(' '));
    look();
    element.addEventListener('scroll', look, { passive: true });
    return () => element.removeEventListener('scroll', look);
  });
  // Before a sequence looks for its last row.
  useLayoutEffect(() => { (paper.current as HTMLDivElement).scrollTop = 0; }, [shown.scene.index, shown.trace]);
  const { picture } = shown.scene;
  const Draw = kKinds[picture.kind] ?? Strips;
  return (
    <figure class="picture" data-kind={picture.kind}>
      <div class="picture-frame" data-hidden={hidden}>
      <div class="picture-paper" ref={paper} tabIndex={0} role="group" aria-label="Picture">
        {size.width > 40 && size.height > 40 && (
          <Safely key={`${shown.scene.index} ${picture.kind}`}><Draw {...shown} width={size.width} height={size.height - 4} /></Safely>
        )}
      </div>
      {hidden.includes('below') && <button class="more-below" tabIndex={-1} aria-hidden="true" onClick={() => paper.current?.scrollBy({ top: paper.current.clientHeight * 0.7, behavior: 'smooth' })}>more ▾</button>}
      </div>
      <Legend trace={shown.trace} scene={shown.scene} />
    </figure>
  );
}

// Only what this picture has.
function Legend({ trace, scene }: { trace: Trace; scene: Scene }) {
  const { kind, feeds } = scene.picture;
  if (!['nodes', 'machine', 'slots', 'strips', 'ring', 'sequence'].includes(kind)) return null;
  const used = new Set<Meaning | 'work'>();
  for (const name of new Set([...feeds, ...actorsIn(trace, scene).keys()])) {
    const states = kind === 'sequence' ? rowsOf(trace, scene).rows.filter(({ look, from }) => look === 'state' && from === name).map(({ text }) => text)
      : statesIn(trace, scene, name).map((event) => trace.name(event));
    for (const state of new Set(states)) used.add(meaningOf(state, trace.stateNames));
    for (const lane of trace.lanesNamed(name)) {
      if (lane.kind === 'queue' && lane.rows.length) used.add('waiting');
      if (kind === 'strips' && lane.kind === 'lane' && lane.rows.some((row) => row.length && trace.kind.at(row.at(0)) === Kind.span)) used.add('work');
    }
  }
  if (!used.size) return null;
  return (
    <figcaption class="legend" aria-label="What the colours mean">
      {used.has('work') && <span class="key is-work">runs</span>}
      {kMeanings.filter(([meaning]) => used.has(meaning)).map(([meaning, text]) => <span key={meaning} class={`key is-${meaning}`}>{text}</span>)}
    </figcaption>
  );
}
