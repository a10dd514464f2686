// shelf.tsx: the thirty questions.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { catalog, eventsOf, labFacts, ledger, type LabCard } from '../api';
import { claimLink, offline } from '../offline';
import { Picture } from '../pictures/picture';
import { bestScenes, restOf } from '../pictures/scenes';
import { Trace } from '../trace/trace';

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
  const inside = useInside(labs, sought);
  if (error) return <main class="message"><p class="fails">{error}</p></main>;
  if (!labs) return <main class="message"><p class="dim">The shelf …</p></main>;
  const sections = [...new Set(found.map((lab) => lab.section))];
  return (
    <main class="shelf">
      <header>
        <h1>Thirty questions that you can run</h1>
        <p>{offline ? 'Pick one: you see what a real run of it did, on the machine that made this book, why, and on which line.'
          : 'Pick one: it runs, and you see what happened, why, and on which line.'}</p>
        <Progress labs={labs} />
        {!offline && <First labs={labs} />}
        <input type="search" id="search" placeholder="Search (press /)" aria-label="Search the questions"
          value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
      </header>
      {sections.map((section) => (
        <section key={section} aria-label={section}>
          <h2>{section} {!offline && <SectionProgress labs={labs.filter((lab) => lab.section === section)} />}</h2>
          <div class="cards">
            {found.filter((lab) => lab.section === section).map((lab) => <Card key={lab.number} lab={lab} />)}
          </div>
        </section>
      ))}
      {inside.length > 0 && (
        <section aria-label="Inside the labs">
          <h2>Inside the labs</h2>
          <ul class="inside">
            {inside.map((hit) => <li key={`${hit.lab} ${hit.what} ${hit.text}`}><a href={hit.href}>{hit.lab} · {hit.what}</a> {hit.text}</li>)}
          </ul>
        </section>
      )}
      {!found.length && !inside.length && <p class="dim">No question, claim or step has “{sought}” in it.</p>}
    </main>
  );
}

type Stage = 'unwritten' | 'unseen' | 'partly' | 'proven';

const stageOf = (lab: LabCard): Stage => !lab.written ? 'unwritten' : !isSeen(lab) && lab.last_run === null ? 'unseen'
  : (lab.proven ?? 0) >= lab.claims ? 'proven' : 'partly';
const kStages: Record<Stage, string> = {
  unwritten: 'answer only', unseen: 'not run yet', partly: 'run, but not every claim is proven here', proven: 'every claim proven',
};

// As the plan counts it: also what was run in a terminal, and not what only the drill ran.
const isSeen = (lab: LabCard) => lab.seen ?? lab.last_run !== null;

function SectionProgress({ labs }: { labs: LabCard[] }) {
  const count = (is: (lab: LabCard) => boolean | undefined) => labs.filter(is).length;
  return (
    <small class="section-progress">run {count(isSeen)} of {labs.length} · walked {count((lab) => lab.walked)} · answered
      in a mock {count((lab) => lab.answered)}</small>
  );
}

// How far one is with all of them, each a cell that leads to its lab.
function Progress({ labs }: { labs: LabCard[] }) {
  const seen = labs.filter(isSeen).length;
  const proven = labs.reduce((sum, lab) => sum + (lab.proven ?? 0), 0);
  const claims = labs.reduce((sum, lab) => sum + (lab.written ? lab.claims : 0), 0);
  return (
    <div class="progress">
      <nav aria-label="Progress">
        {labs.map((lab) => {
          const stage = stageOf(lab);
          const title = `${lab.number} ${lab.question}: ${kStages[stage]}`;
          return lab.written ? <a key={lab.number} class={`cell is-${stage}`} href={`#/lab/${lab.number}`} title={title} aria-label={title} />
            : <span key={lab.number} class={`cell is-${stage}`} title={title} />;
        })}
      </nav>
      <span>{offline ? `${seen} of ${labs.length} have a recorded run` : `You have run ${seen} of ${labs.length}`}; {proven} of {claims} claims
        are proven by {offline ? 'these' : 'your'} runs.</span>
    </div>
  );
}

const kOften = ['very common', 'common', 'medium'];
const kHard = ['easy', 'medium', 'hard'];

// What to do first: what is due, else the question that is asked most and not yet seen, the
// easiest of those.
function First({ labs }: { labs: LabCard[] }) {
  const due = labs.reduce((sum, lab) => sum + (lab.due ?? 0), 0);
  const rank = (list: string[], name: string) => (list.indexOf(name) + list.length + 1) % (list.length + 1);
  const next = labs.filter((lab) => stageOf(lab) === 'unseen').sort((a, b) =>
    rank(kOften, a.common) - rank(kOften, b.common) || rank(kHard, a.hard) - rank(kHard, b.hard))[0];
  const none = !labs.some(isSeen);
  if (!next && !due) return null;
  return (
    <p class="first">
      {due > 0 && <>Today: <a href="#/drill">{due} {due === 1 ? 'question is' : 'questions are'} due in the drill</a>. </>}
      {next && <>{none ? 'Start here: ' : 'Next: '}<a class="first-lab" href={`#/lab/${next.number}`}>{next.question}</a> Asked: {next.common}. Difficulty: {next.hard}.</>}
    </p>
  );
}

interface Hit {
  lab: string;
  what: string;
  text: string;
  href: string;
}

const kHits = 30;
let everything: Promise<Hit[]> | null = null;

// Claims with their evidence, the steps of each walk, and the sentences of each answer.
async function readAll(labs: LabCard[]): Promise<Hit[]> {
  const claims = (await ledger()).map((entry): Hit => ({
    lab: entry.lab, what: `claim ${entry.id}`, text: `${entry.claim} ${entry.nuance ?? ''}`, href: claimLink(entry),
  }));
  const pages = await Promise.all(labs.filter((lab) => lab.written).map(async ({ number }): Promise<Hit[]> => {
    const facts = await labFacts(number).catch(() => null);
    const href = `#/lab/${number}`;
    const sentences = (facts?.readme ?? '').split(/\n{2,}|(?<=[.?!])\s+(?=[A-Z])/).filter((text) => text.length > 20 && text.length < 600);
    return [
      ...(facts?.steps ?? []).map((step) => ({ lab: number, what: `step ${step.number}`, text: step.text, href })),
      ...sentences.map((text) => ({ lab: number, what: 'answer', text: text.replace(/[#*|`]+/g, ' ').trim(), href })),
    ];
  }));
  return [...claims, ...pages.flat()];
}

// What has all the words, once there are enough letters to look for.
function useInside(labs: LabCard[] | null, sought: string): Hit[] {
  const [all, setAll] = useState<Hit[]>([]);
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const looks = labs !== null && sought.trim().length > 2;
  useEffect(() => {
    if (!looks || !labs) return;
    everything ??= readAll(labs);
    everything.then(setAll, () => { everything = null; });
  }, [looks]);
  if (!looks) return [];
  return all.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word))).slice(0, kHits);
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
      {(lab.last_run || lab.sample) && <Miniature lab={lab} />}
      <div class="card-foot">
        {lab.written
          ? <span>{lab.proven === null ? `${lab.claims} claims` : `${lab.proven} of ${lab.claims} proven`}</span>
          : <span>answer only</span>}
        {lab.due ? <span class="due">{lab.due} due</span> : null}
      </div>
      {lab.written && <progress max={lab.claims} value={lab.proven ?? 0} aria-label="Proven" />}
    </>
  );
  return <a class={lab.written ? 'card' : 'card unwritten'} href={`#/lab/${lab.number}`}>{inside}</a>;
}

// The best picture of the lab, small.
function Miniature({ lab }: { lab: LabCard }) {
  const place = useRef<HTMLDivElement>(null);
  const [trace, setTrace] = useState<Trace | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    // Only once it is in sight: thirty runs are much to load.
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      observer.disconnect();
      eventsOf(lab).then((events) => {
        const made = new Trace();
        made.addAll(events);
        setTrace(made);
      }, () => undefined);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [lab.number, lab.last_run]);
  const scene = trace && bestScenes(trace)[0];
  return (
    <div class="miniature" ref={place} aria-hidden="true" inert>
      {trace && scene && <div><Picture trace={trace} scene={scene} at={restOf(trace, scene)} live={false} lit={kNone} choose={() => undefined} /></div>}
    </div>
  );
}

const kNone: ReadonlySet<number> = new Set();
