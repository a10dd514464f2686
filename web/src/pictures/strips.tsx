// strips.tsx: one strip for each way or worker: what it did when, and when nothing came.
import { useMemo } from 'preact/hooks';
import { lowerBound } from '../trace/columns';
import { Kind, type Trace } from '../trace/trace';
import { lengthText } from '../trace/time';
import { fold } from './fold';
import { meaningOf } from './meaning';
import { casesIn, eventsIn, isUsed, lanesIn, type Scene } from './scenes';
import { fitted, Nothing, Sheet, widthOf, Words, type Drawing } from './sheet';
import { TimeAxis } from './timeaxis';

interface Strip {
  name: string;
  spans: number[];
  marks: number[];
  begin: number;
  until: number; // of what has an end
  zero: number; // where its own time begins
}

const kWindow = 10e6; // µs, of a live run
const kMost = 50;
const kUndeclared = 10; // lanes, of a scene that names no picture
const kBlocks = 1500; // drawn in one strip: what is narrower than a pixel is one
const strips_of = new WeakMap<Trace, { key: string; strips: Strip[]; aligned: boolean }>();

function stripsOf(trace: Trace, whole: Scene, since: number): { strips: Strip[]; aligned: boolean } {
  const scene = since > whole.from ? { ...whole, from: since } : whole;
  const key = `${trace.version} ${scene.index} ${scene.from}`;
  const before = strips_of.get(trace);
  if (before?.key === key) return before;
  const { feeds } = scene.picture;
  const names = feeds.length ? feeds
    : [...new Set(trace.lanes.filter((lane) => lane.kind !== 'thread' && isUsed(trace, scene, lane)).map((lane) => lane.name))].slice(0, kUndeclared);
  // What follows the takeaway is only cleared away.
  const over = scene.items.findLast((item) => item.kind === 'takeaway')?.time ?? Infinity;
  const strips = names.slice(0, kMost).flatMap((name): Strip[] => {
    const lanes = lanesIn(trace, scene, name);
    const spans = lanes.flatMap((lane) => lane.rows.flatMap((row) => eventsIn(trace, row, scene, over)))
      .sort((a, b) => trace.time.at(a) - trace.time.at(b));
    const marks = lanes.flatMap((lane) => eventsIn(trace, lane.marks, scene, over)).filter((event) => trace.kind.at(event) === Kind.instant).sort((a, b) => trace.time.at(a) - trace.time.at(b));
    if (!spans.length && !marks.length) return [];
    const begin = Math.min(...[spans[0], marks[0]].map((one) => one === undefined ? Infinity : trace.time.at(one)));
    let until = marks.length ? trace.time.at(marks[marks.length - 1] as number) : begin;
    for (const event of spans) {
      const end = trace.until.at(event);
      // A state that nobody ends says nothing of its length.
      until = Math.max(until, trace.kind.at(event) === Kind.state && end >= Math.min(scene.to, over) ? trace.time.at(event) : Math.min(end, scene.to));
    }
    return [{ name, spans, marks, begin, until, zero: begin }];
  });
  const aligned = align(strips);
  const told = { key, strips, aligned };
  strips_of.set(trace, told);
  return told;
}

// What was tried one way after the other is compared from a common beginning. What goes on
// all the while (a clock) is no way of its own.
function align(strips: Strip[]): boolean {
  const whole = Math.max(...strips.map((one) => one.until)) - Math.min(...strips.map((one) => one.begin));
  const ways = strips.filter((one) => one.until - one.begin < whole * 0.75).sort((a, b) => a.begin - b.begin);
  if (ways.length < 2) return false;
  const groups: { begin: number; until: number; strips: Strip[] }[] = [];
  for (const one of ways) {
    const last = groups[groups.length - 1];
    if (last && one.begin < last.until) {
      last.strips.push(one);
      last.until = Math.max(last.until, one.until);
    } else {
      groups.push({ begin: one.begin, until: one.until, strips: [one] });
    }
  }
  const lengths = groups.map((group) => group.until - group.begin);
  if (groups.length < 2 || Math.max(...lengths) < whole * 0.05) return false;
  for (const group of groups) for (const one of group.strips) one.zero = group.begin;
  for (const one of strips) if (!ways.includes(one)) one.zero = one.begin;
  return true;
}

export function Strips({ trace, scene, at, width, height, live, lit, choose, act, breakable }: Drawing) {
  const { strips, aligned: inTurn } = stripsOf(trace, scene, live ? at - kWindow : 0);
  if (!strips.length) return <Nothing width={width} height={height} text="Nothing has happened yet." />;
  const aligned = inTurn && !live;
  const cases = casesIn(trace, scene);
  const narrow = width < 560;
  const gutter = narrow ? 8 : Math.min(210, Math.max(80, Math.max(...strips.map((one) => widthOf(one.name) * 0.98)) + 22), width * 0.34);
  const least = narrow ? 48 : 34;
  const row = Math.max(least, Math.min(narrow ? 72 : 104, (height - 44) / strips.length));
  const tall = Math.max(height, row * strips.length + 44);
  const bottom = row * strips.length + 8;
  const base = (one: Strip) => (aligned ? one.zero : 0);
  const ways = aligned ? strips.filter((one) => one.until - one.zero <= longest(strips) ) : strips;
  const from = aligned ? 0 : live ? Math.max(Math.min(...strips.map((one) => one.begin)), at - kWindow) : Math.min(...strips.map((one) => one.begin));
  const to = Math.max(from + 1, live ? at : aligned ? Math.max(...ways.map((one) => one.until - one.zero)) * 1.1 : lastMoment(strips, scene));
  const map = useMemo(() => {
    const busy: [number, number][] = live || aligned ? [[from, to]]
      : strips.flatMap((one) => [...one.marks.map((event): [number, number] => [trace.time.at(event), trace.time.at(event)]),
        ...one.spans.map((event): [number, number] => [trace.time.at(event), trace.kind.at(event) === Kind.state && !/wait|back-?off/.test(trace.name(event)) ? trace.time.at(event) : Math.min(trace.until.at(event), to)])])
        .sort((a, b) => a[0] - b[0]);
    return fold(busy, from, to, gutter, width - 14, { zero: aligned ? 0 : scene.from, long: 0.5 });
  }, [trace.version, scene.index, width, gutter, from, to, aligned]);
  // Words are not hidden by a folded silence.
  const content = (one: Strip, i: number, part: 'all' | 'blocks' | 'words') => (
    <Content one={one} trace={trace} scene={scene} x={(time) => map.x(time - base(one))} seen={[from + base(one), Math.min(at, to + base(one))]} part={part}
      y={6 + i * row + (narrow ? 20 : 3)} h={row - (narrow ? 24 : 8)} edges={[gutter, width - 14]} lit={lit} choose={choose} />
  );
  return (
    <Sheet width={width} height={tall} label={`When: ${strips.map((one) => one.name).join(', ')}`}>
      {aligned && <text class="small dim" x={width - 14} y={bottom + 32} style={{ textAnchor: 'end' }}>each from its own beginning</text>}
      {strips.map((one, i) => {
        const canBreak = Boolean(act && breakable?.has(one.name));
        const y = 6 + i * row;
        const until = Math.min(at - base(one), to);
        return (
          <g key={one.name} class={`strip${canBreak ? ' breakable' : ''}`} data-strip={one.name}>
            <rect class="bed" x={gutter} width={width - 14 - gutter} y={y + (narrow ? 20 : 3)} height={row - (narrow ? 24 : 8)} rx="4" />
            <g {...(canBreak ? { role: 'button', tabIndex: 0, 'aria-label': `Break ${one.name}`, onClick: () => act?.(one.name),
              onKeyDown: (key: KeyboardEvent) => { if (key.key === 'Enter') act?.(one.name); } } : {})}>
              {narrow ? <text class="small strong" x={gutter} y={y + 14} style={{ textAnchor: 'start' }}>{fitted(one.name, width - 20, true)}</text>
                : <Words x={gutter - 10} y={y + row / 2 + 3} text={one.name} room={gutter - 14} kind="strong" side="end" />}
            </g>
            {until >= from && content(one, i, map.cuts.length ? 'blocks' : 'all')}
            {cases.filter(({ time }) => time <= at && (!aligned || (time <= one.until && strips.every((other) => other.zero >= one.zero || other.until < time)))).map(({ event, time, name }, k, all) => {
              const x = map.x(Math.max(time - base(one), from));
              const next = all[k + 1];
              const end = next ? map.x(next.time - base(one)) - 8 : width - 14;
              const text = fitted(name, next ? end - x - 4 : end - gutter, true);
              const heads = aligned ? strips.find((other) => other.zero === one.zero) === one : i === 0;
              return (
                <g key={event} class="happened">
                  {k > 0 && <line x1={x} x2={x} y1={y} y2={y + row - 2} />}
                  {heads && !narrow && <text class="small halo" x={Math.min(x + 4, end - widthOf(text, true))} y={y + 12} style={{ textAnchor: 'start' }}>{text}</text>}
                </g>
              );
            })}
          </g>
        );
      })}
      <TimeAxis fold={map} y={bottom} top={4} zero={aligned ? 0 : scene.from} at={aligned ? -1 : at} />
      {map.cuts.length > 0 && strips.map((one, i) => Math.min(at - base(one), to) >= from && <g key={one.name}>{content(one, i, 'words')}</g>)}
    </Sheet>
  );
}

// The longest of the ways that are compared: a clock that goes on and on is cut to it.
function longest(strips: Strip[]): number {
  const lengths = strips.map((one) => one.until - one.zero);
  const all = Math.max(...lengths);
  if (strips[lengths.indexOf(all)]?.spans.length) return all;
  const shorter = lengths.filter((length) => length < all * 0.8);
  return shorter.length >= strips.length - 1 && shorter.length > 1 ? Math.max(...shorter) : all;
}

function lastMoment(strips: Strip[], scene: Scene): number {
  const last = Math.max(...strips.map((one) => one.until));
  const first = Math.min(...strips.map((one) => one.begin));
  return Math.min(scene.to, last + Math.max((last - first) * 0.06, 1));
}

function Content({ one, trace, scene, x, seen, y, h, edges, lit, choose, part }: {
  one: Strip; trace: Trace; scene: Scene; x: (time: number) => number; seen: [number, number]; y: number; h: number; edges: [number, number];
  lit: ReadonlySet<number>; choose: (event: number) => void; part: 'all' | 'blocks' | 'words';
}) {
  const [from, until] = seen;
  const [, edge] = edges;
  const upTo = (events: number[]) => events.slice(0, lowerBound(events.length, (i) => trace.time.at(events[i] as number), until + 1e-6));
  const spans = upTo(one.spans).filter((event) => trace.until.at(event) >= from);
  const marks = upTo(one.marks).filter((event) => trace.time.at(event) >= from);
  const blocks: { event: number; left: number; right: number; meaning: string; text: string }[] = [];
  for (const event of spans) {
    const isState = trace.kind.at(event) === Kind.state;
    const text = trace.name(event);
    const word = meaningOf(text, trace.stateNames);
    const meaning = isState ? word : word === 'waiting' || word === 'bad' ? word : 'work';
    const left = x(Math.max(trace.time.at(event), from));
    const right = x(Math.min(trace.until.at(event), until));
    const last = blocks[blocks.length - 1];
    if (last && left - last.right < 1.5 && right - left < 1.5 && last.meaning === meaning) last.right = Math.max(last.right, right);
    else if (blocks.length < kBlocks) blocks.push({ event, left, right, meaning, text });
  }
  const gap = useMemo(() => widestGap(trace, marks, one.spans, until), [one, marks.length, Math.round(x(until))]);
  const few = marks.length <= 12 && new Set(marks.map((event) => trace.name(event))).size > 1 || marks.length === 1;
  const beats: number[] = [];
  for (const event of marks) {
    const at = Math.round(x(trace.time.at(event)));
    if (beats[beats.length - 1] !== at) beats.push(at);
  }
  const pause = gap ? `${lengthText(gap.to - gap.from)} without a ${gap.name}` : '';
  const line = y + (gap && h > 40 ? 17 : h / 2 + 4);
  const aside = few ? 6 : 0; // of the cross, where a dot may stand at the same moment
  // In its block, or after it where that has the room.
  const wanted = gap && h <= 40 ? [] : blocks.map(({ left, right, meaning, text }, i) => {
    const long = widthOf(text, true);
    const next = Math.min(blocks[i + 1]?.left ?? edge, edge);
    if (meaning === 'gone') return left + 28 + long < edge ? { x: left + 18 + aside, text, side: 'start', out: true } : { x: Math.min(left, edge - 14) - 6, text, side: 'end', out: true };
    if (long + 8 <= right - left) {
      // Not under a dot, where it has room beside it.
      const after = few ? Math.max(left + 6, ...marks.map((event) => x(trace.time.at(event)) + 9).filter((dot) => dot > left && dot < left + long + 20)) : left + 6;
      return { x: after + long + 2 <= right ? after : left + 6, text, side: 'start', out: false };
    }
    if (!marks.length && right + long + 8 <= next) return { x: right + 5, text, side: 'start', out: true };
    return right - left > 44 ? { x: left + 6, text: fitted(text, right - left - 8, true), side: 'start', out: false } : null;
  });
  // None over another one; that of the longest block first.
  const kept: [number, number][] = [];
  const order = blocks.map((_, i) => i).sort((a, b) => length(blocks[b]) - length(blocks[a]));
  const texts: (NonNullable<(typeof wanted)[number]> | null)[] = blocks.map(() => null);
  for (const i of order) {
    const one = wanted[i];
    if (!one?.text) continue;
    const long = widthOf(one.text, true);
    const [from, to] = one.side === 'end' ? [one.x - long, one.x] : [one.x, one.x + long];
    if (kept.some(([a, b]) => from < b + 3 && to > a - 3)) continue;
    kept.push([from, to]);
    texts[i] = one;
  }
  return (
    <g>
      {part !== 'words' && blocks.map(({ event, left, right, meaning, text }) => (
        <g key={event} class={`block is-${meaning}${lit.has(event) ? ' lit' : ''}`} data-state={text} onClick={() => choose(event)}>
          {meaning === 'gone' ? <path class="dead" d={`M${Math.min(left + aside, edge - 14)} ${y + h / 2 - 6}l12 12m0 -12l-12 12`} />
            : <rect x={left} y={y + 3} width={Math.max(2, right - left)} height={h - 6} rx="3" />}
          <title>{`${text}, ${lengthText(Math.min(trace.until.at(event), scene.to) - trace.time.at(event))}`}</title>
        </g>
      ))}
      {part !== 'blocks' && (few ? <Named marks={marks} trace={trace} x={x} y={y} h={h} edges={edges} lit={lit} choose={choose}
          taken={line === y + h / 2 + 4 ? texts.flatMap((one): [number, number][] => (one ? [one.side === 'end' ? [one.x - widthOf(one.text, true), one.x] : [one.x, one.x + widthOf(one.text, true)]] : [])) : []} />
        : <path class="beats" d={beats.map((at) => `M${at} ${y + h * 0.16}v${h * 0.68}`).join('')} />)}
      {part !== 'blocks' && texts.map((one, i) => one && one.text && (
        <text key={i} class={`small${one.out || beats.length ? ' halo' : ''}`} x={one.x} y={line} style={{ textAnchor: one.side as 'start', pointerEvents: 'none' }}>{one.text}</text>
      ))}
      {gap && part !== 'blocks' && (
        <g class="gap">
          <path d={`M${x(gap.from) + 3} ${y + h - 4}H${x(gap.to) - 3}`} />
          <text class="small halo" x={(x(gap.from) + x(gap.to)) / 2} y={y + h / 2 + (h > 40 ? 11 : 3)}>{widthOf(pause, true) <= x(gap.to) - x(gap.from) - 6 ? pause : lengthText(gap.to - gap.from)}</text>
        </g>
      )}
    </g>
  );
}

const length = (block: { left: number; right: number } | undefined) => (block ? block.right - block.left : 0);

// Things with names of their own: to the right of the dot, to its left, above or below it,
// where nothing else stands.
function Named({ marks, trace, x, y, h, edges: [least, right], taken: before, lit, choose }: {
  marks: number[]; trace: Trace; x: (time: number) => number; y: number; h: number; edges: [number, number]; taken: [number, number][];
  lit: ReadonlySet<number>; choose: (event: number) => void;
}) {
  const dots = marks.map((event) => x(trace.time.at(event)));
  const taken: [number, number, number][] = [...dots.map((at): [number, number, number] => [at - 6, at + 6, 0]), ...before.map(([a, b]): [number, number, number] => [a, b, 0])];
  const lines = h > 38 ? [0, -15, 15] : [0];
  const places = marks.map((event, i) => {
    const [at, long] = [dots[i] as number, widthOf(trace.name(event), true)];
    for (const line of lines) {
      const starts = line === 0 ? [at + 9, at - 9 - long] : [Math.min(at - 4, right - long), at - long / 2, at + 4 - long];
      for (const left of starts) {
        const fits = left >= least && left + long <= right + 2 && taken.every(([a, b, other], k) => other !== line || (line === 0 && k === i) || left > b + 3 || left + long < a - 3);
        if (!fits) continue;
        taken.push([left, left + long, line]);
        return { left, line };
      }
    }
    return null;
  });
  return (
    <>
      {marks.map((event, i) => {
        const place = places[i];
        return (
          <g key={event} class={`mark${lit.has(event) ? ' lit' : ''}`} onClick={() => choose(event)}>
            <circle cx={dots[i]} cy={y + h / 2} r="5" />
            {place && <text class="small halo" x={place.left} y={y + h / 2 + 4 + place.line} style={{ textAnchor: 'start' }}>{trace.name(event)}</text>}
            <title>{trace.name(event)}</title>
          </g>
        );
      })}
    </>
  );
}

// The longest pause of what otherwise comes regularly, while something else ran.
function widestGap(trace: Trace, marks: number[], spans: number[], until: number): { from: number; to: number; name: string } | null {
  if (marks.length < 3) return null;
  const names = new Map<string, number>();
  for (const event of marks) names.set(trace.name(event), (names.get(trace.name(event)) ?? 0) + 1);
  const [name, count] = [...names].sort((a, b) => b[1] - a[1])[0] as [string, number];
  if (count < 3) return null;
  const times = marks.filter((event) => trace.name(event) === name).map((event) => trace.time.at(event));
  const work = spans.filter((event) => trace.kind.at(event) === Kind.span);
  const ends = work.map((event) => Math.min(trace.until.at(event), until));
  const last = Math.max(...ends, times[times.length - 1] as number); // what never beat again
  const gaps = [...times.slice(1), last].map((time, i) => time - (times[i] as number));
  const widest = Math.max(...gaps);
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor((gaps.length - 1) / 2)] as number;
  if (widest < usual * 3 || widest < 1000 || usual < 500) return null;
  const i = gaps.indexOf(widest);
  const gap = { from: times[i] as number, to: (times[i] as number) + widest, name };
  return work.some((event, k) => trace.time.at(event) < gap.to && (ends[k] as number) > gap.from) ? gap : null;
}
