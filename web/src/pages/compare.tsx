// compare.tsx: what ./lab bench measured here: bars, their spread, and what each is beside
// another.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { benchResults, catalog, type BenchResults, type LabCard } from '../api';
import {
  axisOf, chartOf, chartOfBench, figure, placeOn, times, type Axis, type Bar, type Chart,
} from '../compare/figures';
import { offline } from '../offline';
import { route } from '../state';
import './compare.css';

interface Chapter {
  lab: string; // "": of no lab
  title: string;
  sources: { command: string; about: string; charts: Chart[] }[];
}

const aged = (when: number) => new Date(when).toLocaleString();

export function chaptersOf(found: BenchResults, labs: readonly LabCard[]): Chapter[] {
  const chapters = new Map<string, Chapter>();
  const chapter = (lab: string) => {
    const known = labs.find((one) => one.number === lab);
    const made = chapters.get(lab) ?? { lab, title: known?.question ?? 'What tracing costs', sources: [] };
    chapters.set(lab, made);
    return made;
  };
  const short = (lab: string) => String(Number(lab));
  for (const { lab, when, result } of found.results) {
    const { cpu, cores, load, busy } = result.machine;
    chapter(lab).sources.push({
      command: `./lab bench ${short(lab)} --peers`,
      about: `${aged(when)} · ${cpu}, ${cores} cores, load ${load.toFixed(1)}${busy ? ': a busy machine' : ''}`,
      charts: result.cases.map(chartOf),
    });
  }
  for (const one of found.benches ?? []) {
    const lab = /^\d\d(?=_)/.exec(one.name)?.[0] ?? '';
    const load = one.context.load_avg?.[0];
    chapter(lab).sources.push({
      command: `./lab bench ${lab ? short(lab) : one.name}`,
      about: `${aged(one.when)} · ${one.context.num_cpus ?? '?'} cores${load === undefined ? '' : `, load ${load.toFixed(1)}`}`,
      charts: [chartOfBench(one)],
    });
  }
  return [...chapters.values()].sort((a, b) => (a.lab || '99').localeCompare(b.lab || '99'));
}

export function ComparePage() {
  const [chapters, setChapters] = useState<Chapter[] | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    Promise.all([benchResults(), catalog()])
      .then(([found, labs]) => setChapters(chaptersOf(found, labs)), (reason: Error) => setError(reason.message));
  }, []);
  if (error) return <main class="message"><p class="fails">{error}</p></main>;
  if (!chapters) return <main class="message"><p class="dim">What was measured …</p></main>;
  const wanted = route.value.lab;
  const shown = chapters.filter((chapter) => !wanted || chapter.lab === wanted);
  return (
    <main class="compare">
      <header>
        <h1>Side by side</h1>
        <p>What <code>./lab bench</code> measured on {offline ? 'the machine that made this book' : 'this machine'}. A bar is the median of all rounds; the
          line at its end is the middle half of them, a tick each round. Click a row to hold the others against it.</p>
        {chapters.length > 1 && (
          <nav class="filters" aria-label="Labs">
            <a href="#/compare" aria-current={!wanted ? 'true' : undefined}>All</a>
            {chapters.filter((chapter) => chapter.lab).map(({ lab, title }) => (
              <a key={lab} href={`#/compare/${lab}`} title={title} aria-label={`Lab ${lab}: ${title}`}
                aria-current={wanted === lab ? 'true' : undefined}>{lab}</a>
            ))}
          </nav>
        )}
      </header>
      {!shown.length && (
        <section class="empty">
          <p>Nothing was measured {wanted ? 'for this lab ' : ''}yet.</p>
          <pre><code>./lab bench {wanted ? Number(wanted) : 14}{'          '}our own variants, with a baseline{'\n'}./lab bench {wanted ? Number(wanted) : 14} --peers  beside Node's packages</code></pre>
          <p class="dim">Its figures then stand here{offline ? ', in a book that is made after it' : ''}.</p>
        </section>
      )}
      {shown.map((chapter) => (
        <section key={chapter.lab} class="chapter">
          <h2>{chapter.lab && <a href={`#/lab/${chapter.lab}`}><span class="number">{chapter.lab}</span></a>} {chapter.title}</h2>
          {chapter.sources.map((source) => (
            <div key={source.command} class="source">
              <p class="dim"><code>{source.command}</code> · {source.about}</p>
              <div class="charts">
                {source.charts.map((chart) => <ChartTable key={chart.title} chart={chart} />)}
              </div>
            </div>
          ))}
        </section>
      ))}
    </main>
  );
}

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

function ChartTable({ chart }: { chart: Chart }) {
  const [base, setBase] = useState(chart.base);
  const [logarithmic, setLogarithmic] = useState<boolean | undefined>(undefined);
  const axis = useMemo(() => axisOf(chart.bars, logarithmic), [chart, logarithmic]);
  const standard = chart.bars[base];
  return (
    <figure class="chart">
      <figcaption>
        <h3>{chart.title}</h3>
        <span>{chart.measured}, {chart.moreIsBetter ? 'more is better' : 'less is better'}
          {' · '}<button class="link" onClick={() => setLogarithmic(!axis.logarithmic)}>
            {axis.logarithmic ? 'by powers of ten' : 'from zero'}</button>
        </span>
      </figcaption>
      <table aria-label={chart.title}>
        <thead>
          <tr>
            <th scope="col">who</th><th scope="col"><Ticks axis={axis} /></th>
            <th scope="col">median</th><th scope="col">beside {standard?.name}</th>
          </tr>
        </thead>
        <tbody>
          {chart.bars.map((bar, i) => (
            <tr key={bar.name} class={`is-${bar.kind}${i === base ? ' base' : ''}`}
              onClick={() => { if (!bar.missing) setBase(i); }}>
              <th scope="row">
                {bar.missing ? bar.name : (
                  <button aria-pressed={i === base} title="Hold the others against it"
                    onClick={(event) => { event.stopPropagation(); setBase(i); }}>{bar.name}</button>
                )}
              </th>
              {bar.missing ? <td colSpan={3} class="dim">{bar.missing}</td> : (
                <>
                  <td class="track"><Drawn axis={axis} bar={bar} /></td>
                  <td class="value">{figure(bar.value)}
                    {bar.rounds.length > 1 && <small> ± {figure((bar.to - bar.from) / 2)}</small>}
                  </td>
                  <td class="ratio">
                    {i === base || !standard ? '1' : times(bar.value / standard.value)}
                    {bar.note && <small>{bar.note}</small>}
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {chart.goals.length > 0 && (
        <ul class="goals">
          {chart.goals.map((goal) => (
            <li key={goal.text} class={!goal.sure ? 'unsure' : goal.met ? 'holds' : 'fails'}>
              <span aria-label={!goal.sure ? 'not sure' : goal.met ? 'met' : 'missed'}>{!goal.sure ? '?' : goal.met ? '✔' : '✘'}</span>
              {' '}goal: {goal.text}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

function Ticks({ axis }: { axis: Axis }) {
  return (
    <span class="ticks" aria-hidden="true">
      {axis.ticks.map((tick, i) => {
        const last = i === axis.ticks.length - 1;
        const every = Math.ceil(axis.ticks.length / 6);
        if (i % every && !last) return null;
        return <span key={tick} style={{ left: percent(placeOn(axis, tick)) }}>{tickText(tick)}</span>;
      })}
    </span>
  );
}

function tickText(tick: number): string {
  if (tick >= 1e9) return `${tick / 1e9}G`;
  if (tick >= 1e6) return `${tick / 1e6}M`;
  if (tick >= 1e4) return `${tick / 1e3}k`;
  return String(Number(tick.toPrecision(3)));
}

function Drawn({ axis, bar }: { axis: Axis; bar: Bar }) {
  const from = placeOn(axis, bar.from);
  const to = placeOn(axis, bar.to);
  return (
    <span class="drawn" aria-hidden="true">
      {axis.ticks.map((tick) => <i key={tick} class="tick" style={{ left: percent(placeOn(axis, tick)) }} />)}
      <i class="bar" style={{ width: percent(placeOn(axis, bar.value)) }} />
      {bar.rounds.length > 1 && <i class="spread" style={{ left: percent(from), width: percent(Math.max(to - from, 0.002)) }} />}
      {bar.rounds.length > 1 && bar.rounds.map((round, i) =>
        <i key={i} class="round" style={{ left: percent(placeOn(axis, round)) }} />)}
    </span>
  );
}
