// mock.tsx: an interview that you hold with yourself: a question, your answer aloud against the
// clock, the checklist, what they ask next, a prediction that runs, and at the end the report.
import { useEffect, useRef, useState } from 'preact/hooks';
import { inDays, kNotKnown } from '../drill/session';
import { Prediction } from '../drill/prediction';
import { Checklist } from '../rehearse/checklist';
import { Clock } from '../rehearse/clock';
import { Notices } from '../rehearse/notices';
import { clock, linkOf, linkText, loadMock, mocked, type AnswerTold, type MockTold } from '../rehearse/talk';
import { ask, connected, judged, notice, route } from '../state';
import './drill.css';
import '../rehearse/rehearse.css';

const kLongest = 2500; // characters of a typed answer

export function MockPage() {
  const [error, setError] = useState('');
  const load = () => { loadMock().then(() => setError(''), (reason: Error) => setError(reason.message)); };
  // Anew when the studio comes back, when it has refused a step, and when a run has judged.
  const refused = notice.value;
  useEffect(load, [connected.value, refused, judged.value]);
  useEffect(() => {
    document.title = 'Mock interview · Underloop';
    notice.value = '';
  }, []);
  const told = mocked.value;
  if (!told) return <main class="message"><p class={error ? 'fails' : 'dim'}>{error || 'The interview …'}</p></main>;
  const goesOn = told.phase !== 'none' && told.phase !== 'report';
  return (
    <main class="mock">
      <header>
        <h1>Mock interview</h1>
        {goesOn && <p class="dim">Question {told.number} · {told.minutes} minutes{told.section && ` · ${told.section}`}</p>}
        {goesOn && <button onClick={() => { ask({ do: 'mock', step: 'end', question: told.number ?? 0 }); }}>End the interview</button>}
      </header>
      {!goesOn && <Notices notices={told.notices} />}
      {(refused || error) && <p class="fails" role="alert">{refused || error}</p>}
      <Step key={`${told.number ?? 0} ${told.phase}`} told={told} />
    </main>
  );
}

// One step; its heading has the focus when it comes, so that a screen reader reads it, and Enter
// goes on from there.
function Step({ told }: { told: MockTold }) {
  const box = useRef<HTMLElement>(null);
  const [began] = useState(() => performance.now());
  useEffect(() => {
    if (told.phase !== 'none') box.current?.querySelector<HTMLElement>('h2')?.focus();
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const inText = target.matches('textarea') && (event.ctrlKey || event.metaKey);
      if (event.key !== 'Enter' || event.repeat || performance.now() - began < 200) return;
      if (!inText && !target.matches('h2, body')) return;
      event.preventDefault();
      box.current?.querySelector<HTMLButtonElement>('button.primary:not(:disabled)')?.click();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <section class={`step is-${told.phase}`} ref={box} aria-label="This step">
      {told.phase === 'none' && <Begin told={told} />}
      {told.phase === 'asked' && <Asked told={told} />}
      {told.phase === 'type' && <Typed told={told} />}
      {told.phase === 'check' && <Check told={told} />}
      {told.phase === 'follow' && <Follow told={told} />}
      {told.phase === 'predict' && <Predict told={told} />}
      {told.phase === 'report' && <Report told={told} />}
    </section>
  );
}

function Begin({ told }: { told: MockTold }) {
  const { query } = route.value;
  const given = (name: string, otherwise: number) => Number(query.get(name)) || otherwise;
  const [minutes, setMinutes] = useState(given('minutes', told.minutes));
  const [seconds, setSeconds] = useState(given('seconds', told.seconds));
  const [section, setSection] = useState(query.get('section') ?? told.section);
  const lab = query.get('lab') ?? '';
  return (
    <form class="begin" onSubmit={(event) => {
      event.preventDefault();
      ask({ do: 'mock', step: 'begin', minutes, seconds, section: lab ? '' : section, lab });
    }}>
      <p>An interviewer asks one of the thirty, and what you are weak in more often. Answer aloud,
        against the clock. Then tick what you said on the checklist, answer what they ask next, and
        predict what a run does.</p>
      <div class="fields">
        <label>Minutes
          <input type="number" min={1} max={600} required value={minutes} onInput={(event) => setMinutes(event.currentTarget.valueAsNumber)} />
          <small>no new question after that</small></label>
        <label>Seconds for an answer
          <input type="number" min={5} max={3600} required value={seconds} onInput={(event) => setSeconds(event.currentTarget.valueAsNumber)} />
          <small>120 is two minutes</small></label>
        {lab ? <p>About <a href={`#/lab/${lab}`}>lab {lab}</a> only</p> : (
          <label>Questions
            <select value={section} onChange={(event) => setSection(event.currentTarget.value)}>
              <option value="">all thirty</option>
              {told.sections.map((name) => <option key={name} value={name}>{name}</option>)}
            </select></label>
        )}
      </div>
      <button class="primary" type="submit">Begin the interview</button>
      <p class="dim">You can leave at any time: what you have answered is kept, and nothing leaves this machine.
        In a terminal: <code>./lab mock</code></p>
    </form>
  );
}

const Heading = ({ children }: { children: preact.ComponentChildren }) => <h2 tabIndex={-1}>{children}</h2>;

function Asked({ told }: { told: MockTold }) {
  const said = () => { ask({ do: 'mock', step: 'said', question: told.number ?? 0 }); };
  return (
    <>
      <Heading>{told.question}</Heading>
      <Clock left={told.left_ms ?? 0} of={told.seconds} over={said} />
      <p class="dim">Answer aloud, as you would to the interviewer.</p>
      <button class="primary" onClick={said}>I have answered <kbd>Enter</kbd></button>
    </>
  );
}

function Typed({ told }: { told: MockTold }) {
  const [typed, setTyped] = useState(told.typed ?? '');
  const question = told.number ?? 0;
  const kept = useRef(typed);
  const now = useRef(typed);
  now.current = typed;
  const keep = () => {
    if (kept.current === now.current) return;
    kept.current = now.current;
    ask({ do: 'mock', step: 'draft', question, typed: now.current });
  };
  useEffect(() => {
    const timer = setTimeout(keep, 400);
    return () => clearTimeout(timer);
  }, [typed]);
  // Whoever leaves the page loses nothing.
  useEffect(() => {
    window.addEventListener('pagehide', keep);
    return () => {
      window.removeEventListener('pagehide', keep);
      keep();
    };
  }, []);
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      kept.current = typed;
      ask({ do: 'mock', step: 'compare', question, typed: typed.trim() });
    }}>
      <Heading>{told.question}</Heading>
      <p>{(told.took ?? 0) >= told.seconds ? 'The time is over.' : `You took ${clock(told.took ?? 0)}.`}</p>
      <label class="typed">Type your answer if you want to keep it, or only its key words. The next time it stands beside the new one.
        <textarea rows={6} maxLength={kLongest} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></label>
      <button class="primary" type="submit">Show what one must say <kbd>Enter</kbd></button>
    </form>
  );
}

function Check({ told }: { told: MockTold }) {
  const question = told.number ?? 0;
  return (
    <>
      <Heading>{told.question}</Heading>
      <div class={told.typed ? 'side-by-side' : ''}>
        {told.typed && <figure><figcaption>You typed</figcaption><p class="kept">{told.typed}</p></figure>}
        <figure><figcaption>An answer in 30 seconds</figcaption><p>{told.spoken}</p></figure>
      </div>
      <Checklist told={told} keep={(ticked) => { ask({ do: 'mock', step: 'draft', question, ...ticked }); }}
        grade={(ticked) => { ask({ do: 'mock', step: 'grade', question, ...ticked }); }} />
    </>
  );
}

// What was ticked, beside the last time.
function Graded({ graded, before }: { graded: AnswerTold; before: AnswerTold | null }) {
  return (
    <div class="graded">
      <p><b>{graded.points}.</b>{graded.wrong && <span class="fails"> And the usual wrong answer.</span>}</p>
      {before && <p class="dim">The last time, {inDays(-before.days_ago) === 'today' && before.days_ago < 1 ? 'today' : before.days_ago === 1 ? 'yesterday' : `${before.days_ago} days ago`}: {before.points}{before.wrong && ', and the usual wrong answer'}.</p>}
      {before?.typed && (
        <div class="side-by-side">
          {graded.typed && <figure><figcaption>Now</figcaption><p class="kept">{graded.typed}</p></figure>}
          <figure><figcaption>The last time</figcaption><p class="kept">{before.typed}</p></figure>
        </div>
      )}
    </div>
  );
}

function Follow({ told }: { told: MockTold }) {
  const [seen, setSeen] = useState(false);
  const next = () => { ask({ do: 'mock', step: 'follow', question: told.number ?? 0 }); };
  return (
    <>
      {told.graded && <Graded graded={told.graded} before={told.before ?? null} />}
      <p class="dim">They ask next</p>
      <Heading>{told.follow_up?.question}</Heading>
      <div aria-live="polite">{seen && <blockquote>{told.follow_up?.answer}</blockquote>}</div>
      {seen ? <button class="primary" onClick={next}>Go on <kbd>Enter</kbd></button>
        : <button class="primary" onClick={() => setSeen(true)}>I have said it: show yours <kbd>Enter</kbd></button>}
    </>
  );
}

function Predict({ told }: { told: MockTold }) {
  const { item, prediction } = told;
  const [said, setSaid] = useState<string | null>(null);
  if (!item) return null;
  const next = () => { ask({ do: 'mock', step: 'next', question: told.number ?? 0 }); };
  const guess = said === kNotKnown ? '' : said;
  const refused = notice.value !== '';
  return (
    <>
      {told.graded && !told.follow_up && <Graded graded={told.graded} before={told.before ?? null} />}
      <p class="dim">Predict what <a href={`#/lab/${item.lab}`}>lab {item.lab}</a> does; then it runs</p>
      <Heading>{item.question}</Heading>
      {!prediction && <Prediction item={item} locked={said !== null && !refused} predict={(text) => {
        notice.value = '';
        setSaid(text);
        ask({ do: 'drill', item: item.id, answer: text });
      }} />}
      <div aria-live="polite">
        {said !== null && !prediction && !refused && <p class="dim">It runs: <code>{item.command}</code></p>}
        {prediction && (
          <div class={`verdict ${prediction.right ? 'holds' : prediction.right === null ? 'warning' : 'fails'}`}>
            {prediction.right === null ? <p>This cannot be judged: {prediction.because}</p> : (
              <>
                <p><b>{prediction.right ? '✔ Right.' : '✘ Not so.'}</b> The run says <b>{prediction.answer}</b>{!prediction.right && guess && <>, you said {guess}</>}.</p>
                {prediction.because && <p class="because">{prediction.because}</p>}
              </>
            )}
          </div>
        )}
      </div>
      {prediction?.run && <p><a href={`#/lab/${item.lab}?run=${prediction.run}`}>Look at this run</a></p>}
      <button class={prediction ? 'primary' : ''} onClick={next}>
        {!prediction ? 'Skip it' : told.last_question ? 'To the report' : 'Next question'}{prediction && <> <kbd>Enter</kbd></>}</button>
    </>
  );
}

function Report({ told }: { told: MockTold }) {
  const { report } = told;
  const done = told.done ?? [];
  if (!report) return null;
  return (
    <>
      <Heading>{done.length === 1 ? '1 question' : `${done.length} questions`} answered in {report.lasted_minutes} min</Heading>
      {done.length > 0 && (
        <ol class="answers">
          {done.map((one) => (
            <li key={`${one.lab} ${one.day}`}>
              <a href={`#/lab/${one.lab}`}>{one.question}</a>
              <span>{one.points} · {clock(one.seconds)}{one.wrong && <b class="fails"> · red flag</b>}</span>
            </li>
          ))}
        </ol>
      )}
      {report.well.length > 0 && (
        <>
          <h3>What went well</h3>
          <ul class="well">{report.well.map((good) => <li key={good} class="holds"><span>{good}</span></li>)}</ul>
        </>
      )}
      {report.weak.length > 0 && (
        <>
          <h3>Your weakest points, and what shows each</h3>
          <ol class="weak">
            {report.weak.map((point) => (
              <li key={point.lab + point.text}>
                <p>{point.text}</p>
                <p class="dim"><a href={linkOf(point)}>{linkText(point)}</a>
                  {' '}or type <code>{point.command}</code></p>
              </li>
            ))}
          </ol>
        </>
      )}
      {done.length > 0 && <p class="dim">Kept in {report.file}</p>}
      <div class="say">
        <button class="primary" onClick={() => { ask({ do: 'mock', step: 'close' }); }}>Another interview</button>
        <a href="#/plan">What is left for today</a>
      </div>
    </>
  );
}
