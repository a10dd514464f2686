// plan.tsx: what to do today until the interview, what was missed, and how far one is.
import { useEffect, useState } from 'preact/hooks';
import { Notices } from '../rehearse/notices';
import { linkOf, linkText, loadPlan, planned, type PlanTask, type PlanTold, type SectionTold } from '../rehearse/talk';
import { ask, connected, notice } from '../state';
import '../rehearse/rehearse.css';

export function PlanPage() {
  const [error, setError] = useState('');
  const load = () => { loadPlan().then(() => setError(''), (reason: Error) => setError(reason.message)); };
  useEffect(load, [connected.value]);
  // A tab that was left open shows the day that it is now.
  useEffect(() => {
    document.title = 'Plan · Underloop';
    notice.value = '';
    const onSight = () => { if (document.visibilityState === 'visible') load(); };
    document.addEventListener('visibilitychange', onSight);
    return () => document.removeEventListener('visibilitychange', onSight);
  }, []);
  const told = planned.value;
  if (!told) return <main class="message"><p class={error ? 'fails' : 'dim'}>{error || 'The plan …'}</p></main>;
  return (
    <main class="plan">
      <header>
        <h1>{told.kept ? told.head : 'Make a plan until your interview'}</h1>
        <p class="dim">{told.kept ? `From ${told.begin} to ${told.last}, ${told.minutes} minutes a day.`
          : 'Say how many days you have, and how many minutes a day. Below is how the first day would look.'}</p>
      </header>
      <Notices notices={told.notices} />
      {(error || notice.value) && <p class="fails" role="alert">{error || notice.value}</p>}
      {!told.kept && <Terms key="new" told={told} />}
      <section aria-label="Today">
        <h2>{told.kept ? `Today, ${told.day}` : 'The first day'}</h2>
        <ul class="tasks">
          {told.done.map((task) => <Task key={task.command} task={task} done={true} />)}
          {told.tasks.map((task) => <Task key={task.command} task={task} done={false} />)}
        </ul>
        {!told.tasks.length && <p>Nothing is left for today.</p>}
        {told.missed && <p class="missed">{told.missed}</p>}
        {told.outlook && <p class="dim">{told.outlook}</p>}
      </section>
      {told.weak.length > 0 && (
        <section aria-label="Missed in your last mocks">
          <h2>Missed in your last mocks</h2>
          <ul class="weak">
            {told.weak.map((point) => (
              <li key={point.lab + point.text}><p>{point.text}</p>
                <p class="dim"><a href={linkOf(point)}>{linkText(point)}</a>
                  {' '}or type <code>{point.command}</code></p></li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="So far">
        <h2>So far</h2>
        <Sections sections={told.sections} />
      </section>
      {told.kept && (
        <section aria-label="The plan">
          <h2>Change the plan</h2>
          <Terms key={`${told.begin} ${told.days} ${told.minutes}`} told={told} />
        </section>
      )}
    </main>
  );
}

const kVerbs: Record<PlanTask['kind'], string> = { see: 'Watch', walk: 'Walk', drill: 'Drill', mock: 'Mock' };

function hrefOf({ kind, lab, minutes }: PlanTask): string {
  if (kind === 'drill') return '#/drill';
  if (kind === 'mock') return `#/mock?minutes=${minutes}`;
  return `#/lab/${lab}${kind === 'walk' ? '?walk=1' : ''}`;
}

function Task({ task, done }: { task: PlanTask; done: boolean }) {
  const walk = task.kind === 'walk';
  return (
    <li class={`task is-${task.kind}${done ? ' is-done' : ''}`}>
      <span class="minutes">{done ? <><span aria-hidden="true">✔</span><span class="unseen">done</span></> : `${task.minutes} min`}</span>
      <a href={hrefOf(task)}><b>{kVerbs[task.kind]}</b> {walk ? `lab ${task.lab}: ${task.what}` : task.what}</a>
      <code>{task.command}</code>
    </li>
  );
}

function Sections({ sections }: { sections: SectionTold[] }) {
  const cell = (count: number, all: number) => (
    <td><span>{count} of {all}</span><progress max={all} value={count} aria-hidden="true" /></td>
  );
  const sum = (name: 'all' | 'run' | 'walked' | 'answered') => sections.reduce((total, one) => total + one[name], 0);
  const whole: SectionTold = { section: 'All', all: sum('all'), run: sum('run'), walked: sum('walked'), answered: sum('answered') };
  return (
    <table class="so-far">
      <thead><tr><th scope="col">Section</th><th scope="col">Run</th><th scope="col">Walked</th><th scope="col">Answered in a mock</th></tr></thead>
      <tbody>
        {[...sections, whole].map((one) => (
          <tr key={one.section}><th scope="row">{one.section}</th>
            {cell(one.run, one.all)}{cell(one.walked, one.all)}{cell(one.answered, one.all)}</tr>
        ))}
      </tbody>
    </table>
  );
}

function Terms({ told }: { told: PlanTold }) {
  const [days, setDays] = useState(told.days);
  const [minutes, setMinutes] = useState(told.minutes);
  return (
    <form class="begin" onSubmit={(event) => {
      event.preventDefault();
      notice.value = '';
      ask({ do: 'plan', days, minutes });
    }}>
      <div class="fields">
        <label>Days until the interview
          <input type="number" min={1} max={365} required value={days} onInput={(event) => setDays(event.currentTarget.valueAsNumber)} /></label>
        <label>Minutes a day
          <input type="number" min={10} max={600} required value={minutes} onInput={(event) => setMinutes(event.currentTarget.valueAsNumber)} /></label>
      </div>
      <div class="say">
        <button class="primary" type="submit">{told.kept ? 'A new plan from today' : 'Make the plan'}</button>
        {told.kept && <button type="button" disabled={minutes === told.minutes || !(minutes >= 10 && minutes <= 600)}
          onClick={() => { ask({ do: 'plan', minutes }); }}>Only change the minutes</button>}
      </div>
    </form>
  );
}
