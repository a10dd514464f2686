// drill.tsx: a question, your prediction, and then the run that judges it.
import { signal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { drillItems, labFacts, type DrillItem, type LabFacts } from '../api';
import { Grades, Prediction } from '../drill/prediction';
import {
  asked, inDays, kNotKnown, misplaced, orderOf, placeOf, Sitting, type Place, type Scope,
} from '../drill/session';
import './drill.css';
import { Code, shown } from '../lab/code';
import { Story } from '../lab/story';
import { ask, judged, lookAway, notice, route, run, select, starting, type Run } from '../state';
import { Timeline } from '../timeline/timeline';

// What was said of the question on the screen.
const said = signal<string | null>(null);

export function DrillPage() {
  const [items, setItems] = useState<DrillItem[] | null>(null);
  const [error, setError] = useState('');
  const [all, setAll] = useState(false);
  const { lab, query } = route.value;
  const only = query.get('item');
  const load = () => drillItems().then(setItems, (reason: Error) => setError(reason.message));
  useEffect(() => { void load(); }, []);
  const scope: Scope = { lab, all };
  const sitting = useMemo(() => {
    const found = items ? asked(items, scope) : [];
    return new Sitting(only ? (items ?? []).filter((item) => item.id === only) : found);
  }, [items, lab, all, only]);
  if (error) return <main class="message"><p class="fails">{error}</p></main>;
  if (!items) return <main class="message"><p class="dim">The questions …</p></main>;
  return (
    <main class="drill">
      <header>
        <h1>The drill</h1>
        <label class="scope">Of{' '}
          <select value={lab} onChange={(event) => { location.hash = `#/drill${event.currentTarget.value ? `/${event.currentTarget.value}` : ''}`; }}>
            <option value="">all labs</option>
            {[...new Set(items.map((item) => item.lab))].map((number) => (
              <option key={number} value={number}>lab {number}: {asked(items, { lab: number, all: false }).length} due</option>
            ))}
          </select>
        </label>
        <div class="filters" role="group" aria-label="Which questions">
          <button aria-pressed={!all} onClick={() => setAll(false)}>Due <small>{asked(items, { lab, all: false }).length}</small></button>
          <button aria-pressed={all} onClick={() => setAll(true)}>All <small>{asked(items, { lab, all: true }).length}</small></button>
        </div>
      </header>
      <Asking key={`${lab} ${String(all)} ${only ?? ''} ${items.length}`} sitting={sitting} reload={load} />
    </main>
  );
}

function Asking({ sitting, reload }: { sitting: Sitting; reload: () => void }) {
  const [, turn] = useState(0);
  const item = sitting.current;
  const next = () => {
    sitting.next();
    said.value = null;
    judged.value = null;
    turn((count) => count + 1);
  };
  useEffect(() => {
    said.value = null;
    judged.value = null;
  }, [sitting]);
  if (!item) {
    return (
      <section class="done">
        {sitting.planned ? (
          <p>{sitting.answered} answered: {sitting.known} known, {sitting.answered - sitting.known} not yet.</p>
        ) : <p>Nothing is due. “All” asks all the same.</p>}
        {sitting.planned > 0 && <button class="primary" onClick={reload}>What is due now</button>}
      </section>
    );
  }
  const count = sitting.again ? `once more, ${sitting.left} left` : `${sitting.planned - sitting.left + 1 + (sitting.answered - sitting.known)} of ${sitting.planned}`;
  return <Question key={`${item.id} ${sitting.left}`} item={item} count={count} sitting={sitting} next={next} />;
}

function Question({ item, count, sitting, next }: {
  item: DrillItem; count: string; sitting: Sitting; next: () => void;
}) {
  const [facts, setFacts] = useState<LabFacts | null>(null);
  const [seen, setSeen] = useState(false); // a follow-up's answer
  const told = judged.value?.item === item.id ? judged.value : null;
  const one = told?.run || said.value !== null ? (run.value?.lab === item.lab ? run.value : null) : null;
  const playing = said.value !== null && !told;
  useEffect(() => {
    labFacts(item.lab).then((found) => {
      setFacts(found);
      shown.value = { path: `labs/${found.lab.folder}/main.cpp`, line: 0 };
    }, () => undefined);
  }, [item.lab]);
  useEffect(() => {
    if (told) sitting.note(told.right, told.again);
  }, [told]);
  // All of it has come: to the moment, and the line, where the run gives the answer.
  const whole = one?.id === told?.run && Boolean(one?.ended.value);
  const place = useMemo(() => whole && one && told && told.answer !== null
    ? placeOf(one.trace, told.where, told.answer) : null, [whole, told]);
  useEffect(() => {
    if (place && place.event >= 0) select(place.event);
  }, [place]);
  // Where all stands below each other, the code scrolls itself into sight: the verdict stays.
  useEffect(() => {
    if (!told || innerWidth > 900) return;
    const timer = setTimeout(() => document.querySelector('.verdict')?.scrollIntoView({ block: 'center' }), 400);
    return () => clearTimeout(timer);
  }, [told, place]);
  // Refused: it may be said again.
  useEffect(() => {
    if (notice.value && said.value !== null && !told) said.value = null;
  }, [notice.value]);
  const predict = (text: string) => {
    notice.value = '';
    judged.value = null;
    lookAway();
    said.value = text;
    starting.value = true;
    ask({ do: 'drill', item: item.id, answer: text });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^(INPUT|SELECT|TEXTAREA)$/.test((event.target as HTMLElement).tagName)) return;
      if (event.key === 'n' && told) next();
      else if (item.kind === 'followup' && seen && !told && /^[0-5]$/.test(event.key)) ask({ do: 'drill', item: item.id, grade: Number(event.key) });
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [told, seen]);
  return (
    <div class={`question${one ? ' with-run' : ''}`}>
      <section class="asked" aria-label="Question">
        <p class="place"><b>{count}</b> · <a href={`#/lab/${item.lab}`}>lab {item.lab}</a>
          {item.asked > 0 && <> · known {item.right} of {item.asked}</>}</p>
        <h2>{item.question}</h2>
        {notice.value && <p class="fails" role="alert">{notice.value}</p>}
        {item.kind === 'scenario' ? (
          <Prediction item={item} locked={said.value !== null} predict={predict} />
        ) : (
          <>
            {!seen && <p class="dim">Say it aloud, as you would in the interview.</p>}
            {!seen && <button class="primary" onClick={() => setSeen(true)}>Show the answer</button>}
            {seen && <blockquote>{item.answer}</blockquote>}
            {seen && !told && <Grades grade={(grade) => ask({ do: 'drill', item: item.id, grade })} />}
          </>
        )}
        <div aria-live="polite">
          {playing && <p class="dim">It runs: <code>{item.command}</code></p>}
          {told && <Verdict item={item} />}
        </div>
        {told && <button class="primary" autofocus onClick={next} title="n">Next question</button>}
        {told && one && <p><a href={`#/lab/${item.lab}?run=${one.id}`}>Look at this run with all its panes</a></p>}
      </section>
      {one ? <Judge run={one} facts={facts} place={place} /> : item.kind === 'scenario' && (
        <aside class="dim">Nothing is looked up: once you have said what you expect, the lab really runs, and its
          own events are the judge. They appear here.</aside>
      )}
    </div>
  );
}

// The run: what happened when, what it told, and the line that did it.
function Judge({ run: one, facts, place }: { run: Run; facts: LabFacts | null; place: Place | null }) {
  void one.drawn.value;
  const { lanes } = one.trace;
  return (
    <section class="judge" aria-label="The run that judges">
      {lanes.length > 0 && <Timeline key={one.id} run={one} label="The run that judges" main={true} />}
      <div class="told">
        {place?.table && <Cell place={place} />}
        <Story run={one} />
      </div>
      {facts && <Code facts={facts} run={one} />}
    </section>
  );
}

// The table that holds the answer, which is lit.
function Cell({ place: { table, row, column } }: { place: Place }) {
  if (!table) return null;
  return (
    <div class="cell">
      <table>
        <caption>{table.title}</caption>
        <thead><tr>{table.columns.map((name, i) => <th key={i} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {table.rows.map((cells, r) => (
            <tr key={r} class={r === row ? 'lit' : ''}>
              {cells.map((cell, i) => <td key={i} class={r === row && i === column ? 'lit' : ''}>{cell}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Verdict({ item }: { item: DrillItem }) {
  const told = judged.value;
  if (!told) return null;
  const when = told.due_in === null ? '' : inDays(told.due_in);
  const due = when && (told.again ? `Once more at the end, then ${when}.` : `It comes back ${when}.`);
  const guess = said.value === kNotKnown ? '' : said.value ?? '';
  if (item.kind === 'followup') return <p class="dim">{due}</p>;
  if (told.right === null) return <p class="warning">This cannot be judged: {told.why}</p>;
  const answer = told.answer ?? '';
  return (
    <div class={`verdict ${told.right ? 'holds' : 'fails'}`}>
      <p><b>{told.right ? '✔ Right.' : '✘ Not so.'}</b>{' '}
        {item.predict !== 'order' && <>The run says <b>{answer}</b>{!told.right && guess && <>, you said {guess}</>}.</>}</p>
      {item.predict === 'order' && <Orders predicted={guess ? orderOf(guess) : []} really={orderOf(answer)} />}
      {told.because && <p class="because">{told.because}</p>}
      <p class="dim">{due}</p>
    </div>
  );
}

// What the run did, and beside each step how far off it was predicted.
function Orders({ predicted, really }: { predicted: string[]; really: string[] }) {
  const off = misplaced(really, predicted);
  return (
    <ol class="orders">
      {really.map((name, i) => {
        const by = off[i] ?? NaN;
        const about = Number.isNaN(by) ? '' : by === 0 ? 'as you said' : `you had it ${Math.abs(by)} ${by > 0 ? 'later' : 'earlier'}`;
        return <li key={name} class={by === 0 ? 'holds' : 'fails'}><code>{name}</code>{about && <small>{about}</small>}</li>;
      })}
    </ol>
  );
}
