// sequence.tsx: lanes side by side, and what went between them, in order.
import { useEffect, useRef } from 'preact/hooks';
import { lowerBound } from '../trace/columns';
import { Kind, type Trace } from '../trace/trace';
import { lengthText, timeText } from '../trace/time';
import { meaningOf } from './meaning';
import { casesIn, eventsIn, isIn, lanesIn, restOf, stretch, type Scene } from './scenes';
import { Label, Nothing, Sheet, widthOf, wrapped, Words, type Drawing } from './sheet';

interface Row {
  time: number;
  event: number;
  from: string;
  to: string; // the same: it happened there
  text: string;
  look: 'arrow' | 'dot' | 'state' | 'put' | 'take' | 'case'; // case: a heading, of what follows
  back?: boolean; // an arrow, and the answer to it
}

const kMost = 400; // rows, the last ones
const kRow = 28;
const kAir = 16.5; // px above a row's line: its label
const kHead = 28; // px, of one line
const kLine = 14;
const kLanes = 12;
const kLeast = 15; // px a row, where the whole scene has to be seen
const kDense = 24; // px: below that a label stands on its line
const kCloser = 0.72; // times a word's width, at least
const kLane = 46; // px, the narrowest
const kColumns = 3;
const kPeriod = 12; // rows

const stories = new WeakMap<Trace, { key: string; lanes: string[]; rows: Row[]; left_out: number }>();

export function rowsOf(trace: Trace, scene: Scene) {
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
  const cases = casesOf(trace, scene, merged, used);
  // Who comes up before the first case is no part of one.
  const begin = cases[0]?.text ? cases[0].time : -Infinity;
  const whole = merged.filter((row) => !cases.some(({ event }) => event === row.event) && !(row.look === 'state' && row.time < begin)).concat(cases)
    .sort((a, b) => a.time - b.time || Number(b.look === 'case') - Number(a.look === 'case') || a.event - b.event);
  const told = { key, lanes: used.filter((name) => whole.some((row) => row.from === name || row.to === name)), rows: whole.slice(-kMost), left_out: Math.max(0, whole.length - kMost) };
  stories.set(trace, told);
  return told;
}

// The cases of sequences, each as a scene of its own, the longest first: where there is no room
// for a whole one.
export function casesAsScenes(trace: Trace, scenes: readonly Scene[]): Scene[] {
  const found = scenes.filter(({ picture }) => picture.kind === 'sequence').flatMap((scene) => {
    const { rows } = rowsOf(trace, scene);
    const begins = rows.flatMap((row, i) => (row.look === 'case' ? [i] : []));
    return begins.map((begin, i) => {
      const end = begins[i + 1] ?? rows.length;
      // An index of its own: what is known of a scene is kept by it.
      const part = { ...scene, index: scene.index + (i + 1) / (begins.length + 1), from: rows[begin]?.time as number };
      const next = rows[end];
      return { length: end - begin, part: next ? { ...part, to: next.time, last: false } : part };
    });
  });
  return found.sort((a, b) => b.length - a.length).map(({ part }) => part);
}

// Where something new is tried: the lab says so, or brings somebody on stage again. Where nothing
// goes between the lanes, the first of them may say what the others do.
function casesOf(trace: Trace, scene: Scene, rows: readonly Row[], lanes: readonly string[]): Row[] {
  const heading = (event: number, text: string): Row => ({ time: trace.time.at(event), event, from: '', to: '', text, look: 'case' });
  const said = casesIn(trace, scene).map(({ event, name }) => heading(event, name));
  if (said.length) return said;
  const first = rows.filter((row) => row.from === lanes[0]);
  if (lanes.length > 2 && first.length > 1 && rows[0]?.from === lanes[0] && rows.every((row) => row.look === 'dot')
    && !rows.some((row, i) => row.from === lanes[0] && rows[i + 1]?.from === lanes[0])) return first.map((row) => heading(row.event, row.text));
  const seen = new Set<string>();
  const again = trace.actors.filter((actor) => isIn(scene, actor.time)).flatMap(({ name, time }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    seen.clear();
    seen.add(name);
    const next = rows.find((row) => row.time >= time);
    return next && next !== rows[0] ? [{ ...heading(next.event, ''), event: -next.event - 2 }] : [];
  });
  return again.filter((row, i) => row.time !== again[i - 1]?.time);
}

// Whether nothing goes between the lanes, and each had its say before the next one.
export function areApart(rows: readonly { from: string; look: string }[]): boolean {
  const order = rows.map((row) => row.from).filter((name, i, all) => name !== all[i - 1]);
  return order.length > 1 && new Set(order).size === order.length && rows.every((row) => row.look === 'dot');
}

// Before which rows a long silence lay.
function silences(rows: readonly Row[]): Set<number> {
  const gaps = rows.slice(1).map((row, i) => row.time - (rows[i] as Row).time).sort((a, b) => a - b);
  const whole = rows.length ? (rows[rows.length - 1] as Row).time - (rows[0] as Row).time : 0;
  const usual = gaps[Math.floor(gaps.length / 2)] ?? 0;
  return new Set(rows.flatMap((row, i) => {
    const gap = i ? row.time - (rows[i - 1] as Row).time : 0;
    return gap > whole * 0.15 && gap > usual * 8 && gap > 1000 ? [i] : [];
  }));
}

// What came again and again, once, with how often: up to twelve rows that follow each other.
export function folded<R extends Pick<Row, 'from' | 'to' | 'look' | 'text'>>(rows: readonly R[]): R[] {
  const found: R[] = [];
  for (let i = 0; i < rows.length;) {
    let [long, times] = [1, 1];
    for (let p = 1; p <= kPeriod && rows[i]?.look !== 'case'; ++p) {
      let n = 1;
      while (Array.from({ length: p }, (_, j) => i + (n - 1) * p + j).every((k) => comesAgain(rows[k], rows[k + p]))) ++n;
      if (n >= 3 && (n - 1) * p > (times - 1) * long) [long, times] = [p, n];
    }
    for (let j = 0; j < long; ++j) {
      const [first, last] = [rows[i + j] as R, rows[i + j + (times - 1) * long] as R];
      found.push(times === 1 ? first : { ...first, text: first.text === last.text ? `${first.text} × ${times}` : `${first.text} … ${last.text}` });
    }
    i += long * times;
  }
  return found;
}

// The same, or the next of those that are counted.
function comesAgain(a: Pick<Row, 'from' | 'to' | 'look' | 'text'> | undefined, b: typeof a): boolean {
  if (!a || !b || a.look === 'case' || a.from !== b.from || a.to !== b.to || a.look !== b.look) return false;
  if (a.text === b.text) return true;
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const [before, after] = [numbers(a.text), numbers(b.text)];
  return a.text.replace(/\d+/g, '#') === b.text.replace(/\d+/g, '#')
    && before.reduce((sum, one, i) => sum + Math.abs((after[i] as number) - one), 0) === 1;
}

// A request and the answer that comes next, "charge" and "charge:done", as one row with two tips.
export function trips<R extends Pick<Row, 'from' | 'to' | 'look' | 'text'> & { back?: boolean }>(rows: readonly R[]): R[] {
  const found: R[] = [];
  for (const row of rows) {
    const last = found[found.length - 1];
    const answers = last?.look === 'arrow' && row.look === 'arrow' && last.from === row.to && last.to === row.from && row.text.startsWith(`${last.text}:`);
    if (answers) found[found.length - 1] = { ...last, text: row.text.replace(':', ': '), back: true };
    else found.push(row);
  }
  return found;
}

// How much room rows need, in rows.
function need(rows: readonly Row[]): number {
  const cases = rows.filter(({ look, text }, i) => look === 'case' && (i > 0 || text)).length;
  return rows.length + silences(rows).size + cases * 0.35 + 0.4;
}

// As columns of about one height, cut before cases; where one case is too long for that, anywhere.
export function parted(rows: readonly Row[], columns: number): Row[][] {
  const cases = rows.flatMap((row, i) => (i && row.look === 'case' ? [i] : []));
  let best: Row[][] = [rows.slice()];
  const tallest = (parts: Row[][]) => Math.max(...parts.map((part) => need(part)));
  const attempt = (...at: number[]) => {
    const parts = [0, ...at].map((begin, i) => rows.slice(begin, at[i] ?? rows.length));
    if (tallest(parts) < tallest(best)) best = parts;
  };
  const anywhere = Array.from({ length: Math.max(0, rows.length - 1) }, (_, i) => i + 1).filter((cut) => rows[cut - 1]?.look !== 'case');
  for (const cuts of [cases, anywhere]) {
    if (tallest(best) <= (need(rows) / columns) * 1.8) break;
    const few = cuts.length > 40 ? cuts.filter((_, i) => i % Math.ceil(cuts.length / 40) === 0) : cuts;
    if (columns === 2) for (const cut of few) attempt(cut);
    if (columns === 3) for (const [i, cut] of few.entries()) for (const other of few.slice(i + 1)) attempt(cut, other);
  }
  return best;
}

// All that a scene told, so that it is seen as a whole: as one column, or several.
function whole(rows: readonly Row[], lanes: readonly string[], width: number, height: number): { parts: Row[][]; row: number } {
  const tell = need(rows) * kRow > height - kHead - kLine - 24 ? folded(rows) : rows.slice();
  const found = inColumns(tell, lanes, width, height);
  return found.row > kLeast ? found : inColumns(trips(tell), lanes, width, height, 17);
}

// As few columns as leave each row `enough` px.
function inColumns(tell: Row[], lanes: readonly string[], width: number, height: number, enough = 19): { parts: Row[][]; row: number } {
  const room = height - kHead - kLine - 24;
  const longest = Math.max(...tell.map(({ text, look }) => widthOf(text, true) + (look === 'put' ? 60 : look === 'case' ? 10 : 26)));
  let best = { parts: [tell], row: room / need(tell) };
  for (let columns = 2; columns <= kColumns && best.row < enough; ++columns) {
    const wide = width / columns;
    if (wide < Math.min(width * 0.8, longest) || wide < 190) break;
    const parts = parted(tell, columns);
    if (parts.some((part) => usedBy(part, lanes).length * kLane > wide)) continue;
    const row = room / Math.max(...parts.map((part) => need(part)));
    if (row > best.row + 1) best = { parts, row };
  }
  return { parts: best.parts, row: Math.max(kLeast, Math.min(44, best.row)) };
}

// Words that are far too long are broken in the middle.
const broken = (name: string, room: number, small: boolean) => name.split(' ')
  .map((word) => (widthOf(word, small) * kCloser > room ? `${word.slice(0, Math.ceil(word.length / 2))}- ${word.slice(Math.ceil(word.length / 2))}` : word)).join(' ');

const usedBy = (rows: readonly Row[], lanes: readonly string[]) => lanes.filter((name) => rows.some((row) => row.from === name || row.to === name));

export function Sequence(drawing: Drawing) {
  const { trace, scene, at, width, height, live } = drawing;
  const { lanes, rows, left_out } = rowsOf(trace, scene);
  const apart = areApart(rows.filter((row) => row.look !== 'case'));
  const rests = !live && at + 1e-6 >= restOf(trace, scene);
  if (!rests || apart) return <Paper {...drawing} lanes={lanes} rows={rows} left_out={left_out} apart={apart} least={rests ? kLeast : kRow} rests={rests} />;
  const { parts, row } = whole(rows, lanes, width, height);
  if (parts.length < 2) return <Paper {...drawing} lanes={lanes} rows={parts[0] as Row[]} left_out={left_out} apart={false} least={Math.min(kRow, row)} rests />;
  return (
    <div class="columns">
      {parts.map((part, i) => (
        <div key={i}>
          <Paper {...drawing} width={width / parts.length - 6} lanes={usedBy(part, lanes)} rows={part} left_out={i ? 0 : left_out} apart={false} least={row} most={row} rests />
        </div>
      ))}
    </div>
  );
}

function Paper({ trace, scene, at, width, height, lit, choose, live, lanes, rows: all, left_out, apart, least, most: largest = 44, rests }: Drawing & {
  lanes: readonly string[]; rows: readonly Row[]; left_out: number; apart: boolean; least: number; most?: number; rests: boolean;
}) {
  void trace;
  const here = useRef<SVGGElement>(null);
  const scrolled = useRef(-1); // the scene whose paper it was
  // Programs that ran one after the other stand side by side, each from its top.
  const rows = apart ? all.filter((row) => row.look !== 'case') : all;
  const shown = lowerBound(rows.length, (i) => (rows[i] as Row).time, at + 1e-6);
  const quiet = apart ? new Set<number>() : silences(rows);
  const timeRoom = width < 560 || apart ? 0 : 72;
  const step = (width - timeRoom - 16) / Math.max(1, lanes.length);
  const x = (name: string) => timeRoom + 8 + (lanes.indexOf(name) + 0.5) * step;
  const heads = new Map(lanes.map((name) => [name, broken(name, step - 8, step < 90)]));
  const headLines = Math.max(1, ...[...heads.values()].map((text) => wrapped(text, step - 8, step < 90, 3).length));
  const head = kHead + (headLines - 1) * kLine;
  const top = head + 10; // of the paper under the heads
  const tall_of = (i: number) => (quiet.has(i) ? row_height * (row_height < kDense ? 1 : 0.9) : 0) + (rows[i]?.look === 'case' && i ? row_height * 0.35 : 0);
  const starts = new Map(lanes.map((name) => [name, rows.findIndex((row) => row.from === name)]));
  const most = apart ? Math.max(...lanes.map((name) => rows.filter((row) => row.from === name).length)) : rows.length;
  const cases = rows.filter((row) => row.look === 'case').length;
  const row_height = Math.max(least, Math.min(largest, (height - top - 14) / (most + quiet.size + cases * 0.35)));
  let y = top + 18;
  const ys = rows.map((row, i) => {
    if (apart) {
      const own = top + 18 + (i - (starts.get(row.from) as number)) * row_height;
      y = Math.max(y, own + row_height);
      return own;
    }
    y += tall_of(i);
    const own = y;
    y += row_height * (row.look === 'case' && !row.text ? 0.35 : 1);
    return own;
  });
  const dense = row_height < kDense;
  const tall = rests ? Math.max(height, y - row_height + 14) : y > height ? y + row_height * 2.4 : height;
  // So far down that the last row is seen, and that none is half under the heads.
  useEffect(() => {
    const box = here.current?.closest('.picture-paper');
    if (!box || shown < 1 || rests || !(live || at < scene.to)) return;
    const seen = ys[shown - 1] as number;
    const fresh = scrolled.current !== scene.index;
    scrolled.current = scene.index;
    if (!fresh && seen + 14 <= box.scrollTop + box.clientHeight && seen - kAir >= box.scrollTop + top) return;
    const wanted = seen + 14 - box.clientHeight;
    const first = wanted <= 0 ? 0 : ys.findIndex((own, i) => own - tall_of(i) - kAir - top >= wanted);
    box.scrollTop = first <= 0 ? (first < 0 ? wanted : 0) : (ys[first] as number) - tall_of(first) - kAir - top;
  }, [shown, live, height, width, scene.index]);
  if (!rows.length) return <Nothing width={width} height={height} text="Nothing has gone from one to another yet." />;
  // Counted from where it began, or began again.
  const zeros = rows.map((row, i) => (i === 0 || row.look === 'case' || quiet.has(i) ? row.time : NaN));
  for (let i = 1; i < zeros.length; ++i) if (Number.isNaN(zeros[i])) zeros[i] = zeros[i - 1] as number;
  const since = (i: number) => (rows[i] as Row).time - (zeros[i] as number);
  // With more digits where it would look like the time of the row beside it.
  const alike = (i: number, k: number) => k >= 0 && k < rows.length && zeros[i] === zeros[k] && since(i) !== since(k) && lengthText(since(i)) === lengthText(since(k));
  const timeOf = (i: number) => (since(i) <= 0 ? '0' : alike(i, i - 1) || alike(i, i + 1) ? timeText(since(i), since(i) / 1000) : lengthText(since(i)));
  return (
    <>
    <svg class="sheet lane-names" width={width} height={top} aria-hidden="true">
      {lanes.map((name) => {
        // A word that is a little too long is set closer.
        const text = heads.get(name) ?? name;
        const widest = Math.max(...wrapped(text, step - 8, step < 90, 3).map((line) => widthOf(line, step < 90)));
        const closer = Math.max(kCloser * 0.9, Math.min(1, (step - 10) / widest));
        return (
          <g key={name} class="lifeline" data-lane={name}>
            <rect x={x(name) - step / 2 + 3} width={step - 6} y="4" height={head} rx="7" />
            <g transform={`translate(${x(name)} 0) scale(${closer} 1)`}>
              <Words x={0} y={4 + head / 2 + 5} text={text} room={(step - 8) / closer} kind={step < 90 ? 'strong small' : 'strong'} line={kLine} most={3} />
            </g>
          </g>
        );
      })}
    </svg>
    <Sheet width={width} height={tall - top} top={top} label={`Between ${lanes.join(', ')}, in order`}>
      {lanes.map((name) => (
        <g key={name} class="lifeline">
          <line x1={x(name)} x2={x(name)} y1={top} y2={tall - 4} />
        </g>
      ))}
      {left_out > 0 && <text class="small dim" x={width - 8} y={top + 10} style={{ textAnchor: 'end' }}>{left_out} earlier are not drawn</text>}
      {rows.slice(0, shown).map((row, i) => {
        const [a, b, line] = [x(row.from), x(row.to), ys[i] as number];
        const current = i === shown - 1 && !rests && at < scene.to;
        const before = rows[i - 1];
        return (
          <g key={`${row.event} ${row.look}`} ref={i === shown - 1 ? here : null} data-row={row.look}
            class={`row of-${row.look}${current ? ' here' : ''}${lit.has(row.event) ? ' lit' : ''}`} onClick={() => { if (row.event >= 0) choose(row.event); }}>
            {quiet.has(i) && before && (
              <text class="small dim" x={timeRoom + (width - timeRoom) / 2} y={line - row_height * 0.85}>
                · · ·  {lengthText(row.time - before.time)} later  · · ·</text>
            )}
            {row.look === 'case' ? (
              <>
                <line class="rule" x1="4" x2={width - 4} y1={line - Math.max(12, row_height * 0.6)} y2={line - Math.max(12, row_height * 0.6)} />
                <Label x={8} y={line + 4} text={row.text} room={width - 16} kind={dense || widthOf(row.text) > width - 16 ? 'strong small halo' : 'strong halo'} side="start" />
              </>
            ) : (
              <>
                {timeRoom > 0 && !apart && <text class="small dim" x={timeRoom - 8} y={line + 4} style={{ textAnchor: 'end' }}>{timeOf(i)}</text>}
                <Mark row={row} a={a} b={b} y={line} room={step} width={width} margin={timeRoom} apart={apart} tall={row_height} />
              </>
            )}
          </g>
        );
      })}
    </Sheet>
    </>
  );
}

function Mark({ row, a, b, y, room, width, margin, apart, tall }: {
  row: Row; a: number; b: number; y: number; room: number; width: number; margin: number; apart: boolean; tall: number;
}) {
  const { text, look } = row;
  if (look === 'dot' || look === 'state' || a === b) {
    const meaning = look === 'state' ? meaningOf(text) : 'plain';
    // Its row is its own, so a long text may reach over the lanes beside it.
    const least = margin + 4;
    const w = Math.min(widthOf(text, true) + 18, apart ? room - 6 : width - least - 2);
    const high = Math.min(22, tall - 1);
    const left = Math.min(Math.max(a - w / 2, least), width - w - 2);
    return (
      <g class={`chip is-${meaning}`}>
        <rect x={left} y={y - high / 2} width={w} height={high} rx={look === 'state' ? 5 : 11} />
        <Label x={left + w / 2} y={y + 4} text={text} room={w - 8} kind="small" />
      </g>
    );
  }
  const to = b + (b > a ? -4 : 4);
  const dashed = look === 'put' ? ' waits' : '';
  const said = look === 'put' ? `${text}: queued` : look === 'take' ? `${text}: runs` : text;
  const long = Math.min(widthOf(said, true), width - margin - 8); // a row is its own: it may reach over other lanes
  // Where rows are low, the label stands on its line, or beside one that is too short for that.
  const dense = tall < kDense;
  const right = Math.max(a, b) + 8 + long <= width - 2;
  const beside = dense && Math.abs(b - a) < long + 24 && (right || Math.min(a, b) - 10 - long >= margin);
  const middle = !beside ? (a + b) / 2 : right ? Math.max(a, b) + 8 + long / 2 : Math.min(a, b) - 8 - long / 2;
  return (
    <>
      <line class={`message${dashed}`} x1={row.back ? a + (a < b ? 4 : -4) : a} x2={to} y1={y} y2={y} marker-end="url(#tip)" marker-start={row.back ? 'url(#tip)' : undefined} />
      {!row.back && <circle class="tail" cx={a} cy={y} r="3.5" />}
      <Label x={Math.min(Math.max(middle, margin + long / 2 + 4), width - long / 2 - 4)} y={dense ? y + 4 : y - 6} text={said} room={width - margin - 8} kind="small halo" />
    </>
  );
}
