// lab.tsx: one lab: its story, timeline, gauges, pictures and code, under one cursor in time.
import { effect, signal } from '@preact/signals';
import { marked } from 'marked';
import { useEffect, useState } from 'preact/hooks';
import { labFacts, runs, type LabFacts, type RunCard } from '../api';
import { beside, look, lookAway, lookBeside, lookFromLink, notice, route, run, Run, selected } from '../state';
import { recording } from '../offline';
import { Gauges } from '../timeline/gauges';
import { Timeline } from '../timeline/timeline';
import { Code, showSource, shown, walked } from '../lab/code';
import { Downloads } from '../lab/downloads';
import { Faults, useProcesses } from '../lab/faults';
import { Knobs, startValues, wanted } from '../lab/knobs';
import { hasPictures, Pictures } from '../lab/pictures';
import { Story } from '../lab/story';
import { Start, Transport } from '../lab/transport';
import { Why } from '../lab/why';

export const facts = signal<LabFacts | null>(null);

type Tab = 'code' | 'pictures' | 'answer' | 'knobs' | 'faults';
export const tab = signal<Tab>('code');
export const pane = signal<'story' | 'time' | 'side'>('time'); // on a small screen

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
  useEffect(() => {
    void openRun(lab, wantedRun);
  }, [lab, wantedRun]);
  const ended = run.value?.ended.value;
  useEffect(() => {
    runs().then((all) => setPast(all.filter((one) => one.lab === lab)), () => undefined);
  }, [lab, run.value?.id, ended]);

  const children = useProcesses(run.value?.lab === lab ? run.value : null);

  const found = facts.value;
  if (error) return <main class="message"><p class="fails">{error}</p><a href="#/">All labs</a></main>;
  if (!found) return <main class="message"><p class="dim">Lab {lab} …</p></main>;
  const one = run.value?.lab === lab ? run.value : null;
  return (
    <main class={`lab on-${pane.value}`}>
      <header class="lab-head">
        {!recording && <a class="back" href="#/" aria-label="All labs">‹</a>}
        <h1><span class="number">{found.lab.number}</span> {found.lab.question}</h1>
        {found.lab.written && !recording && <Start lab={lab} describe={found.describe} />}
        <PastRuns past={past} lab={lab} />
        {one && <Downloads run={one} facts={found} />}
      </header>
      {notice.value && (
        <p class="notice" role="status">{notice.value}
          <button class="close" aria-label="Close" onClick={() => { notice.value = ''; }}>×</button></p>
      )}
      <nav class="panes" aria-label="Panes">
        {([['story', 'Story'], ['time', 'Timeline'], ['side', 'Code']] as const).map(([name, title]) => (
          <button key={name} aria-current={pane.value === name} onClick={() => { pane.value = name; }}>{title}</button>
        ))}
      </nav>
      <div class="left">{one ? <Story run={one} /> : <Intro facts={found} />}</div>
      <div class="middle">
        {one ? <Runs run={one} /> : <Answer readme={found.readme} />}
      </div>
      <div class="side">
        <SideTabs facts={found} run={one} faults={children.length > 0} />
        {tab.value === 'code' && <Code facts={found} run={one} />}
        {tab.value === 'pictures' && one && <Pictures run={one} />}
        {tab.value === 'answer' && <Answer readme={found.readme} />}
        {tab.value === 'faults' && one && <Faults run={one} found={children} />}
        {tab.value === 'knobs' && found.describe && <Knobs describe={found.describe} />}
        {one && <Why run={one} />}
      </div>
      <Transport />
    </main>
  );
}

// The run of the link; else the last one of this lab, so that there is something to see.
async function openRun(lab: string, wantedRun: string | null): Promise<void> {
  if (wantedRun) {
    if (run.value?.id === wantedRun) return;
    const card = (await runs()).find((one) => one.run === wantedRun);
    const { query } = route.value;
    if (query.get('run') !== wantedRun) return;
    return lookFromLink(card ? Run.of(card) : new Run(wantedRun, lab, false), query);
  }
  if (run.value?.lab === lab) return;
  lookAway();
  lookBeside(null);
  const last = (await runs()).find((one) => one.lab === lab);
  if (last && run.value === null && route.value.lab === lab) look(Run.of(last));
}

function Runs({ run: one }: { run: Run }) {
  const other = beside.value;
  return (
    <>
      <div class="timelines">
        <Timeline key={one.id} run={one} label="Timeline" main={true} />
        {other && (
          <>
            <p class="beside-title">beside it: run {other.id}
              <button class="close" aria-label="Close the other run" onClick={() => lookBeside(null)}>×</button></p>
            <Timeline key={`beside ${other.id}`} run={other} label="The other run" main={false} />
          </>
        )}
      </div>
      <Gauges run={one} />
      {other && <Gauges run={other} />}
    </>
  );
}

function SideTabs({ facts: found, run: one, faults }: { facts: LabFacts; run: Run | null; faults: boolean }) {
  void one?.drawn.value;
  const tabs: [Tab, string, boolean][] = [
    ['code', 'Code', true],
    ['pictures', 'Pictures', one !== null && hasPictures(one.trace)],
    ['knobs', `Knobs${found.describe?.knobs.length ? ` ${found.describe.knobs.length}` : ''}`, Boolean(found.describe?.knobs.length)],
    ['faults', 'Break', faults],
    ['answer', 'Answer', true],
  ];
  if (!tabs.some(([name, , there]) => name === tab.value && there)) queueMicrotask(() => { tab.value = 'code'; });
  return (
    <nav class="tabs" role="tablist" aria-label="Beside the timeline">
      {tabs.filter(([, , there]) => there).map(([name, title]) => (
        <button key={name} role="tab" aria-selected={tab.value === name} onClick={() => { tab.value = name; }}>{title}</button>
      ))}
    </nav>
  );
}

function Intro({ facts: found }: { facts: LabFacts }) {
  return (
    <section class="intro">
      <p>{found.describe?.watch ?? (found.lab.written ? 'This lab is built when it first runs.' : 'This lab is not built yet.')}</p>
      {found.describe && found.describe.scenes.length > 0 && (
        <>
          <h3>Scenes</h3>
          <ol>{found.describe.scenes.map((scene) => <li key={scene.name}>{scene.title}</li>)}</ol>
        </>
      )}
      {found.lab.written && <p class="dim">Nothing of it was recorded yet: run it.</p>}
    </section>
  );
}

// The lab's page in the repository. Its text is our own.
function Answer({ readme }: { readme: string }) {
  const html = marked.parse(readme, { async: false });
  return <article class="answer" tabIndex={0} dangerouslySetInnerHTML={{ __html: html }} />;
}

function PastRuns({ past, lab }: { past: RunCard[]; lab: string }) {
  if (!past.length) return null;
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
