// transport.tsx: run and stop, and going back and forth in time.
import { signal } from '@preact/signals';
import type { Describe } from '../api';
import {
  ask, cursor, fitAll, latest, linkToNow, lookAt, notice, now, playing, run, select, selected, speed,
  startedWith, starting, togglePlay,
} from '../state';
import { Kind, type Trace } from '../trace/trace';
import { timeText } from '../trace/time';
import { wanted } from './knobs';

// The scene that the next run of a lab plays; "" is all.
const sceneOf = signal<Record<string, string>>({});

const runs = (lab: string) =>
  run.value !== null && run.value.lab === lab && run.value.goesOn && !run.value.ended.value;

export function startRun(lab: string, how: { live?: boolean } = {}): void {
  if (starting.value || runs(lab)) return;
  starting.value = true;
  notice.value = '';
  startedWith.current = { ...wanted.value };
  ask({
    do: 'run', lab, scene: (!how.live && sceneOf.value[lab]) || null, quick: false, live: how.live ?? false,
    knobs: { ...wanted.value },
  });
}

export function stopRun(): void {
  if (run.value && !run.value.ended.value) ask({ do: 'stop', run: run.value.id });
}

const anything = (trace: Trace) => (event: number) => trace.kind.at(event) !== Kind.counter;
const chapters = (trace: Trace) => (event: number) =>
  trace.kind.at(event) === Kind.scene
  || (trace.kind.at(event) === Kind.span && trace.name(event) === trace.laneName(event));

export function stepEvent(by: 1 | -1, over: 'event' | 'phase' = 'event'): void {
  const trace = run.value?.trace;
  if (!trace) return;
  const wanted = over === 'event' ? anything(trace) : chapters(trace);
  const next = trace.step(selected.value, now.value, by, wanted);
  playing.value = false;
  if (next >= 0) select(next, now.value);
}

const kSpeeds = [1, 1 / 10, 1 / 100, 1 / 1000];

export function changeSpeed(by: 1 | -1): void {
  const at = kSpeeds.indexOf(speed.value);
  speed.value = kSpeeds[Math.min(Math.max(at + by, 0), kSpeeds.length - 1)] ?? 1;
}

export function Start({ lab, describe }: { lab: string; describe: Describe | null }) {
  const running = runs(lab);
  const scene = sceneOf.value[lab] ?? '';
  return (
    <div class="start">
      {running || starting.value
        ? <button class="primary stop" onClick={stopRun} disabled={starting.value}>
            {starting.value ? 'Starting …' : '■ Stop'}</button>
        : <button class="primary" onClick={() => startRun(lab)} title="Run (r)">▶ Run</button>}
      {describe?.live && !running && (
        <button onClick={() => startRun(lab, { live: true })} title="Runs until you stop it: turn its knobs meanwhile (l)">
          ▶ Live</button>
      )}
      {describe && describe.scenes.length > 1 && (
        <select aria-label="Scene" value={scene} onChange={(event) => { sceneOf.value = { ...sceneOf.value, [lab]: event.currentTarget.value }; }}>
          <option value="">all scenes</option>
          {describe.scenes.map((scene) => <option key={scene.name} value={scene.name}>{scene.title}</option>)}
        </select>
      )}
    </div>
  );
}

export function Transport() {
  const one = run.value;
  if (!one) return null;
  void one.drawn.value; // its end moves, wherever the cursor is
  const end = Math.max(latest(), 1);
  const live = !one.ended.value;
  const atEnd = cursor.value === null;
  return (
    <footer class="transport" aria-label="Transport">
      <button onClick={() => stepEvent(-1, 'phase')} aria-label="Previous scene or phase" title="Previous scene or phase (Shift+←)"><Icon d="M3 2v12M13 2L5 8l8 6z" /></button>
      <button onClick={() => stepEvent(-1)} aria-label="Previous event" title="Previous event (←)"><Icon d="M11 2L3 8l8 6z" /></button>
      <button class="play" onClick={togglePlay} aria-label={playing.value ? 'Pause' : 'Play'} title="Play what was recorded (space)"><Icon d={playing.value ? 'M4 2v12M12 2v12' : 'M4 2l9 6-9 6z'} /></button>
      <button onClick={() => stepEvent(1)} aria-label="Next event" title="Next event (→)"><Icon d="M5 2l8 6-8 6z" /></button>
      <button onClick={() => stepEvent(1, 'phase')} aria-label="Next scene or phase" title="Next scene or phase (Shift+→)"><Icon d="M13 2v12M3 2l8 6-8 6z" /></button>
      <select aria-label="Speed" value={String(speed.value)} onChange={(event) => { speed.value = Number(event.currentTarget.value); }}>
        {kSpeeds.map((speed) => <option key={speed} value={String(speed)}>{speed === 1 ? '1×' : `1/${Math.round(1 / speed)}`}</option>)}
      </select>
      <input class="scrub" type="range" min="0" max={end} step="any" value={now.value} aria-label="Moment"
        aria-valuetext={timeText(now.value, end / 1000)}
        onInput={(event) => lookAt(Number(event.currentTarget.value))} />
      <output class="moment">{timeText(now.value, end / 5000)}</output>
      <button class={atEnd ? 'on' : ''} aria-pressed={atEnd} onClick={() => { cursor.value = null; fitAll(); }}
        title="Follow the end (f)">{live ? '● live' : 'end'}</button>
      <button onClick={fitAll} title="Show all of it (0)">Fit</button>
      <button onClick={copyLink} title="Copy a link to this moment (c)">Link</button>
    </footer>
  );
}

function Icon({ d }: { d: string }) {
  return <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={d} /></svg>;
}

export function copyLink(): void {
  const link = linkToNow(wanted.value);
  history.replaceState(null, '', link);
  notice.value = 'A link to this moment is in the address bar.';
  navigator.clipboard?.writeText(link).then(
    () => { notice.value = 'A link to this moment is in the address bar, and copied.'; }, () => {});
}
