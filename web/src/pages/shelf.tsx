// shelf.tsx: the thirty questions.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { catalog, recorded, type LabCard } from '../api';
import { theme } from '../state';
import { lastAtMost } from '../trace/columns';
import { Kind, Trace, type Series } from '../trace/trace';

export function Shelf() {
  const [labs, setLabs] = useState<LabCard[] | null>(null);
  const [error, setError] = useState('');
  const [sought, setSought] = useState('');
  useEffect(() => {
    catalog().then(setLabs, (reason: Error) => setError(reason.message));
  }, []);
  const found = useMemo(() => {
    const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
    return (labs ?? []).filter((lab) => {
      const text = `${lab.number} ${lab.question} ${lab.folder} ${lab.section} ${lab.common} ${lab.hard}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [labs, sought]);
  if (error) return <main class="message"><p class="fails">{error}</p></main>;
  if (!labs) return <main class="message"><p class="dim">The shelf …</p></main>;
  const sections = [...new Set(found.map((lab) => lab.section))];
  const written = labs.filter((lab) => lab.written);
  const proven = written.reduce((sum, lab) => sum + (lab.proven ?? 0), 0);
  const claims = written.reduce((sum, lab) => sum + lab.claims, 0);
  return (
    <main class="shelf">
      <header>
        <h1>Thirty questions that you can run</h1>
        <p>Pick one: it runs, and you see what happened, why, and on which line. {proven} of {claims} claims
          are proven by runs recorded here.</p>
        <input type="search" id="search" placeholder="Search (press /)" aria-label="Search the questions"
          value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
      </header>
      {sections.map((section) => (
        <section key={section} aria-label={section}>
          <h2>{section}</h2>
          <div class="cards">
            {found.filter((lab) => lab.section === section).map((lab) => <Card key={lab.number} lab={lab} />)}
          </div>
        </section>
      ))}
      {!found.length && <p class="dim">No question has “{sought}” in it.</p>}
    </main>
  );
}

function Card({ lab }: { lab: LabCard }) {
  const inside = (
    <>
      <div class="card-head">
        <span class="number">{lab.number}</span>
        <span class={`common is-${lab.common.replaceAll(' ', '-')}`}>{lab.common}</span>
        <span class={`hard is-${lab.hard}`}>{lab.hard}</span>
      </div>
      <h3>{lab.question}</h3>
      {lab.last_run && <Miniature run={lab.last_run} />}
      <div class="card-foot">
        {lab.written
          ? <span>{lab.proven === null ? `${lab.claims} claims` : `${lab.proven} of ${lab.claims} proven`}</span>
          : <span>not built yet</span>}
        {lab.due ? <span class="due">{lab.due} due</span> : null}
      </div>
      {lab.written && <progress max={lab.claims} value={lab.proven ?? 0} aria-label="Proven" />}
    </>
  );
  return lab.written
    ? <a class="card" href={`#/lab/${lab.number}`}>{inside}</a>
    : <div class="card unwritten">{inside}</div>;
}

const kMost = 8;

// The last recorded run, as small as it goes: its lanes, else its largest quantity.
function Miniature({ run }: { run: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [trace, setTrace] = useState<Trace | null>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    // Only once it is in sight: thirty runs are much to load.
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      observer.disconnect();
      recorded(run).then((events) => {
        const made = new Trace();
        made.addAll(events);
        setTrace(made);
      }, () => undefined);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [run]);
  const shade = theme.value;
  useEffect(() => {
    if (trace && canvas.current) paintMiniature(canvas.current, trace);
  }, [trace, shade]);
  return <canvas class="miniature" ref={canvas} aria-hidden="true" />;
}

function paintMiniature(canvas: HTMLCanvasElement, trace: Trace): void {
  const ratio = devicePixelRatio;
  const width = (canvas.width = canvas.clientWidth * ratio);
  const height = (canvas.height = canvas.clientHeight * ratio);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const [from, to] = busiest(trace);
  const x = (time: number) => ((time - from) / Math.max(to - from, 1e-3)) * width;
  const points = ({ time }: Series) =>
    lastAtMost(time.length, (i) => time.at(i), to) - lastAtMost(time.length, (i) => time.at(i), from);
  const series = [...trace.series].sort((a, b) => points(b) - points(a))[0];
  if (series && points(series) > 2) {
    context.fillStyle = colour('series-fill');
    context.strokeStyle = colour('series-1');
    context.lineWidth = ratio;
    const most = Math.max(series.most, 1e-9);
    context.beginPath();
    context.moveTo(0, height);
    for (let px = 0; px <= width; ++px) {
      const i = lastAtMost(series.time.length, (i) => series.time.at(i), from + (px / width) * (to - from));
      context.lineTo(px, height - (i < 0 ? 0 : series.value.at(i) / most) * height * 0.92);
    }
    context.stroke();
    context.lineTo(width, height);
    context.fill();
    return;
  }
  const lanes = [...trace.lanes].sort((a, b) => count(b) - count(a)).slice(0, kMost)
    .sort((a, b) => a.index - b.index);
  const row = height / Math.max(4, lanes.length);
  lanes.forEach((lane, i) => {
    context.fillStyle = colour(`${lane.kind}-1`);
    for (const spans of lane.rows) {
      for (let k = 0; k < spans.length; ++k) {
        const left = x(trace.time.at(spans.at(k)));
        const right = x(Math.min(trace.until.at(spans.at(k)), trace.latest));
        context.fillRect(left, i * row + ratio, Math.max(ratio, right - left), row - 2 * ratio);
      }
    }
    for (let k = 0; k < lane.marks.length; ++k) {
      context.fillRect(x(trace.time.at(lane.marks.at(k))), i * row + ratio, ratio, row - 2 * ratio);
    }
  });
}

// The scene in which most happened, from its first event to its last.
function busiest(trace: Trace): [number, number] {
  const scenes = trace.story.filter((item) => item.kind === 'scene').map((item) => item.time);
  const found = scenes.map(() => ({ count: 0, from: Infinity, to: 0 }));
  for (let event = 0; event < trace.length; ++event) {
    if (trace.kind.at(event) >= Kind.scene) continue;
    const time = trace.time.at(event);
    const scene = found[lastAtMost(scenes.length, (i) => scenes[i] as number, time)];
    if (!scene) continue;
    ++scene.count;
    scene.from = Math.min(scene.from, time);
    scene.to = Math.max(scene.to, time);
  }
  const most = found.sort((a, b) => b.count - a.count)[0];
  return most && most.to > most.from ? [most.from, most.to] : [0, trace.latest];
}

const count = (lane: { marks: { length: number }; rows: { length: number }[] }) =>
  lane.marks.length + lane.rows.reduce((sum, row) => sum + row.length, 0);
