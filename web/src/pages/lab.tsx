// lab.tsx: one lab: the picture of a scene, its story, code and timeline, under one cursor in time.
import { effect, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { labFacts, ledger, runs, type LabFacts, type RunCard } from '../api';
import { beside, chooseClaim, gone, look, lookAway, lookBeside, lookFromLink, notice, route, run, Run, selected } from '../state';
import { offline, recording } from '../offline';
import { Minimap } from '../timeline/minimap';
import { Timeline } from '../timeline/timeline';
import { Code, showSource, shown, walked } from '../lab/code';
import { later } from '../later';
import { Downloads } from '../lab/downloads';
import { Faults, labChildren, useProcesses } from '../lab/faults';
import { Knobs, startValues, wanted } from '../lab/knobs';
import { columns, Splitter } from '../lab/splitter';
import { Stage } from '../lab/stage';
import { Story } from '../lab/story';
import { Start, Transport } from '../lab/transport';
import { Why } from '../lab/why';

export const facts = signal<LabFacts | null>(null);

type Tab = 'code' | 'answer' | 'knobs' | 'faults';
export const tab = signal<Tab>('code');
export const pane = signal<'story' | 'time' | 'side'>('time'); // on a small screen
export const wide = signal(false); // the picture has the place of the code, too
const drawer = signal<'' | 'timeline' | 'gauges'>(innerWidth < 900 || innerHeight < 700 ? '' : 'timeline');

const Gauges = later(async () => (await import('../timeline/gauges')).Gauges);
const Markdown = later(async () => (await import('../lab/markdown')).Markdown);

// What was chosen leads to its line.
effect(() => {
  const event = selected.value;
  if (event >= 0 && run.value) showSource(run.value.trace.source(event));
});

export function LabPage({ lab }: { lab: string }) {
  const [error, setError] = useState('');
  const [past, setPast] = useState<RunCard[]>([]);
  useEffect(() => {
    facts.value = null;
    gone.value = false;
    walked.value = -1;
    setError('');
    labFacts(lab).then((found) => {
      facts.value = found;
      const main = found.files.includes('main.cpp') ? `labs/${found.lab.folder}/main.cpp` : '';
      shown.value = { path: main, line: 0 };
      document.title = `${found.lab.number} ${found.lab.question} · Underloop`;
      wanted.value = found.describe ? startValues(found.describe, route.value.query) : {};
    }, (reason: Error) => setError(reason.message));
  }, [lab]);
  const wantedRun = route.value.query.get('run');
  const wantedClaim = route.value.query.get('claim');
  useEffect(() => {
    void openRun(lab, wantedRun, wantedClaim);
  }, [lab, wantedRun, wantedClaim]);
  const ended = run.value?.ended.value;
  useEffect(() => {
    runs().then((all) => {
      const own = all.filter((one) => one.lab === lab);
      setPast(own);
      begun.value = Object.fromEntries(own.map((one) => [one.run, one]));
    }, () => undefined);
  }, [lab, run.value?.id, ended]);

  useProcesses(run.value?.lab === lab ? run.value : null);
  const children = labChildren.value;

  const found = facts.value;
  if (error) return <main class="message"><p class="fails">{error}</p><a href="#/">All labs</a></main>;
  if (!found) return <main class="message"><p class="dim">Lab {lab} …</p></main>;
  const one = run.value?.lab === lab ? run.value : null;
  return (
    <main class={`lab on-${pane.value}${wide.value ? ' wide' : ''}`} style={{ '--left': `${columns.value.left}%`, '--side': `${columns.value.side}%` }}>
      <header class="lab-head">
        {!recording && <a class="back" href="#/" aria-label="All labs">‹</a>}
        <h1><span class="number">{found.lab.number}</span> {found.lab.question}</h1>
        {found.lab.written && !offline && <Start lab={lab} describe={found.describe} />}
        <PastRuns past={past} lab={lab} />
        {one && <Downloads run={one} facts={found} />}
        <a class="to-sheet" href={`#/sheet/${lab}`} title="This question on one printed page">Sheet</a>
      </header>
      {notice.value && (
        <p class="notice" role="status">{notice.value}
          <button class="close" aria-label="Close" onClick={() => { notice.value = ''; }}>×</button></p>
      )}
      {gone.value && (
        <p class="notice" role="status">This link led to a run that is gone: {offline ? 'the book was made anew.' : 'the studio keeps the newest ones only.'}
          {one ? ` Here is ${offline ? 'its' : 'the last'} run of this lab.` : ' Run the lab again to see it.'}
          <button class="close" aria-label="Close" onClick={() => { gone.value = false; }}>×</button></p>
      )}
      <nav class="panes" aria-label="Panes">
        {([['time', 'Picture'], ['story', 'Story'], ['side', 'Code']] as const).map(([name, title]) => (
          <button key={name} aria-current={pane.value === name} onClick={() => { pane.value = name; }}>{title}</button>
        ))}
      </nav>
      <div class="left">{one ? <Story run={one} /> : <Intro facts={found} />}</div>
      <div class="middle">
        {one ? <Runs run={one} /> : <Answer readme={found.readme} />}
      </div>
      <div class="side">
        <SideTabs facts={found} faults={children.length > 0} />
        {tab.value === 'code' && <Code facts={found} run={one} />}
        {tab.value === 'answer' && <Answer readme={found.readme} />}
        {tab.value === 'faults' && one && <Faults run={one} found={children} />}
        {tab.value === 'knobs' && found.describe && <Knobs describe={found.describe} />}
        {one && <Why run={one} />}
      </div>
      <Splitter name="left" label="Width of the story" />
      {!wide.value && <Splitter name="side" label="Width of the code" />}
      <Transport />
    </main>
  );
}

// The run of the link; else the last one that told the link's claim; else the last one of this
// lab, so that there is something to see.
async function openRun(lab: string, wantedRun: string | null, wantedClaim: string | null): Promise<void> {
  if (wantedRun) {
    if (run.value?.id === wantedRun) return chooseClaim(wantedClaim);
    const card = (await runs()).find((one) => one.run === wantedRun);
    const { query } = route.value;
    if (query.get('run') !== wantedRun) return;
    return lookFromLink(card ? Run.of(card) : new Run(wantedRun, lab, false), query);
  }
  const tells = (one: Run) => one.trace.story.some(({ kind, id }) => kind === 'claim' && id === wantedClaim);
  if (run.value?.lab === lab && (!wantedClaim || tells(run.value))) return chooseClaim(wantedClaim);
  lookAway();
  lookBeside(null);
  const told = wantedClaim && (await ledger()).find(({ id }) => id === wantedClaim)?.run;
  const last = (await runs()).find((one) => (told ? one.run === told : one.lab === lab));
  if (last && run.value === null && route.value.lab === lab) lookFromLink(Run.of(last), route.value.query);
  if (wantedClaim && !told) notice.value = `No recorded run has told claim ${wantedClaim} yet: run the lab to see it.`;
}

function Runs({ run: one }: { run: Run }) {
  const other = beside.value;
  const open = drawer.value;
  void one.drawn.value;
  const toggle = (what: 'timeline' | 'gauges') => { drawer.value = drawer.value === what ? '' : what; };
  return (
    <>
      <Stage key={one.id} run={one} />
      {other && (
        <p class="beside-title"><span>left: {runName(one)} · right: {runName(other)}<Differences one={one} other={other} /></span>
          <button class="close" aria-label="Close the other run" onClick={() => lookBeside(null)}>×</button></p>
      )}
      <div class="drawer">
        <nav aria-label="Under the picture">
          <button aria-expanded={open === 'timeline'} onClick={() => toggle('timeline')}>Timeline</button>
          {one.trace.series.length > 0 && <button aria-expanded={open === 'gauges'} onClick={() => toggle('gauges')}>Quantities</button>}
        </nav>
        {open === 'timeline' && (
          <div class="timelines">
            <Minimap run={one} />
            <Timeline key={one.id} run={one} label="Timeline" main={true} />
            {other && <Timeline key={`beside ${other.id}`} run={other} label="The other run" main={false} />}
          </div>
        )}
        {open === 'gauges' && <Gauges run={one} />}
      </div>
    </>
  );
}

const begun = signal<Record<string, RunCard>>({}); // what the list of runs knows

// As a person would tell one run from another.
function runName(one: Run): string {
  const card = begun.value[one.id];
  const turned = Object.entries(one.knobs.value).map(([name, value]) => `${name} ${String(value)}`).join(', ');
  return [card ? `run of ${new Date(card.began).toLocaleTimeString()}` : 'this run', turned].filter(Boolean).join(', ');
}

// Claims that came out otherwise.
function Differences({ one, other }: { one: Run; other: Run }) {
  void other.drawn.value;
  const verdicts = (run: Run) => new Map(run.trace.story.filter((item) => item.kind === 'claim').map((item) => [item.id ?? '', item.holds]));
  const theirs = verdicts(other);
  const differ = [...verdicts(one)].filter(([id, holds]) => theirs.has(id) && theirs.get(id) !== holds).map(([id]) => id);
  return <b>{differ.length ? ` · these claims differ: ${differ.join(', ')}` : ' · the claims agree'}</b>;
}

function SideTabs({ facts: found, faults }: { facts: LabFacts; faults: boolean }) {
  const tabs: [Tab, string, boolean][] = [
    ['code', 'Code', true],
    ['knobs', `Knobs${found.describe?.knobs.length ? ` ${found.describe.knobs.length}` : ''}`, !offline && Boolean(found.describe?.knobs.length)],
    ['faults', 'Break', faults],
    ['answer', 'Answer', true],
  ];
  if (!tabs.some(([name, , there]) => name === tab.value && there)) queueMicrotask(() => { tab.value = 'code'; });
  return (
    <nav class="tabs" role="tablist" aria-label="Beside the picture">
      {tabs.filter(([, , there]) => there).map(([name, title]) => (
        <button key={name} role="tab" aria-selected={tab.value === name} onClick={() => { tab.value = name; }}>{title}</button>
      ))}
    </nav>
  );
}

function Intro({ facts: found }: { facts: LabFacts }) {
  return (
    <section class="intro">
      <p>{found.describe?.watch ?? (found.lab.written ? 'This lab is built when it first runs.' : 'The lab that proves this answer is still to come.')}</p>
      {found.describe && found.describe.scenes.length > 0 && (
        <>
          <h3>Scenes</h3>
          <ol>{found.describe.scenes.map((scene) => <li key={scene.name}>{scene.title}</li>)}</ol>
        </>
      )}
      {found.lab.written && <p class="dim">{offline ? 'No run of it was recorded here.' : 'Nothing of it was recorded yet: run it.'}</p>}
    </section>
  );
}

// The lab's page in the repository. Its text is our own.
function Answer({ readme }: { readme: string }) {
  return <article class="answer" tabIndex={0}><Markdown text={readme} /></article>;
}

function PastRuns({ past, lab }: { past: RunCard[]; lab: string }) {
  if (past.length < (offline ? 2 : 1)) return null;
  const open = (id: string) => {
    const card = past.find((one) => one.run === id);
    if (card) look(Run.of(card));
  };
  const told = (one: RunCard) => {
    const knobs = Object.entries(one.knobs).map(([name, value]) => `${name} ${String(value)}`).join(', ');
    const verdict = one.live ? 'running' : `${one.claims - one.failed}/${one.claims}`;
    return `${new Date(one.began).toLocaleTimeString()} · ${verdict}${knobs ? ` · ${knobs}` : ''}`;
  };
  return (
    <div class="past">
      <select aria-label="Recorded runs" value={run.value?.id ?? ''}
        onChange={(event) => open(event.currentTarget.value)}>
        {!past.some((one) => one.run === run.value?.id) && <option value={run.value?.id ?? ''}>runs</option>}
        {past.map((one) => <option key={one.run} value={one.run}>{told(one)}</option>)}
      </select>
      {past.length > 1 && (
        <select aria-label="Beside it" value={beside.value?.id ?? ''}
          onChange={(event) => lookBeside(event.currentTarget.value ? new Run(event.currentTarget.value, lab, false) : null)}>
          <option value="">beside …</option>
          {past.filter((one) => one.run !== run.value?.id).map((one) => <option key={one.run} value={one.run}>{told(one)}</option>)}
        </select>
      )}
    </div>
  );
}
