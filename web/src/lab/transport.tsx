// transport.tsx: run and stop, and going back and forth in time.
import { signal } from '@preact/signals';
import type { Describe } from '../api';
import { beatsOf, scenesOf } from '../pictures/scenes';
import {
  ask, beatIndex, cursor, fitAll, linkToNow, lookAt, moment, notice, now, openScene, playing, run, scene as current,
  select, selected, speed, startedWith, starting, togglePlay,
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

// A count is a step where the picture is drawn from counts.
const anything = (trace: Trace) => {
  const at = current.value;
  const beats = at ? beatsOf(trace, at) : [];
  return (event: number) => {
    if (trace.kind.at(event) !== Kind.counter) return true;
    const time = trace.time.at(event);
    return beats[beatIndex(beats, time)] === time;
  };
};
const chapters = (trace: Trace) => (event: number) =>
  trace.kind.at(event) === Kind.scene
  || (trace.kind.at(event) === Kind.span && trace.ring !== '' && trace.laneName(event) === trace.ring);

export function stepEvent(by: 1 | -1, over: 'event' | 'phase' = 'event'): void {
  const trace = run.value?.trace;
  if (!trace) return;
  const wanted = over === 'event' ? anything(trace) : chapters(trace);
  const next = trace.step(selected.value, now.value, by, wanted);
  playing.value = false;
  if (next >= 0) select(next, now.value);
}

// The next thing that happened where the chosen event did.
export function stepLane(by: 1 | -1): void {
  const trace = run.value?.trace;
  const event = selected.value;
  if (!trace || event < 0) return;
  const lane = trace.laneName(event);
  const next = trace.step(event, now.value, by, (other) => lane !== '' && trace.laneName(other) === lane);
  playing.value = false;
  if (next >= 0) select(next, now.value);
}

const kSpeeds = [16, 4, 2, 1, 1 / 2, 1 / 4];
const told = (speed: number) => (speed >= 1 ? `${speed}×` : speed === 0.5 ? '½×' : '¼×');

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
  const at = current.value;
  if (!one || !at) return null;
  void one.drawn.value; // its end moves, wherever the cursor is
  const { trace } = one;
  const scenes = scenesOf(trace);
  const live = one.ended.value === null && at.last;
  const open = (index: number) => { playing.value = false; openScene(index); };
  return (
    <footer class="transport" aria-label="Transport">
      <button onClick={() => open(at.index - 1)} disabled={at.index === 0} aria-label="Previous scene" title="Previous scene (PageUp)"><Icon d="M3 2v12M13 2L5 8l8 6z" /></button>
      <button onClick={() => stepEvent(-1)} aria-label="Previous event" title="Previous event (←)"><Icon d="M11 2L3 8l8 6z" /></button>
      <button class="play" onClick={togglePlay} aria-label={playing.value ? 'Pause' : 'Play'} title="Play this scene, event by event (space)"><Icon d={playing.value ? 'M4 2v12M12 2v12' : 'M4 2l9 6-9 6z'} /></button>
      <button onClick={() => stepEvent(1)} aria-label="Next event" title="Next event (→)"><Icon d="M5 2l8 6-8 6z" /></button>
      <button onClick={() => open(at.index + 1)} disabled={at.index >= scenes.length - 1} aria-label="Next scene" title="Next scene (PageDown)"><Icon d="M13 2v12M3 2l8 6-8 6z" /></button>
      <select aria-label="Speed" title="How fast a scene plays (, and .)" value={String(speed.value)} onChange={(event) => { speed.value = Number(event.currentTarget.value); }}>
        {kSpeeds.map((speed) => <option key={speed} value={String(speed)}>{told(speed)}</option>)}
      </select>
      {live ? <ByTime trace={trace} from={at.from} /> : <ByEvent trace={trace} />}
      <output class="moment" title={`${timeText(now.value, 1)} since the run began`}>{timeText(moment.value - at.from, Math.max(at.to - at.from, 1) / 5000)}</output>
      {live && <button class={cursor.value === null ? 'on' : ''} aria-pressed={cursor.value === null} onClick={() => { cursor.value = null; fitAll(); }}
        title="Follow the end (f)">● live</button>}
      <button class="copy-link" onClick={copyLink} title="Copy a link to this moment (c)">Link</button>
    </footer>
  );
}

// Along the events of the scene: a silence is no way.
function ByEvent({ trace }: { trace: Trace }) {
  const at = current.value;
  if (!at) return null;
  const beats = beatsOf(trace, at);
  const index = beatIndex(beats, moment.value) + 1;
  return (
    <input class="scrub" type="range" min="0" max={Math.max(beats.length, 1)} step="1" value={index} aria-label="Moment"
      aria-valuetext={`event ${index} of ${beats.length}, ${timeText(moment.value - at.from, 1)}`}
      onInput={(event) => {
        const to = Math.round(Number(event.currentTarget.value));
        playing.value = false;
        lookAt(to === 0 ? at.from : beats[to - 1] ?? at.from);
      }} />
  );
}

// While more comes: along the time of the scene.
function ByTime({ trace, from }: { trace: Trace; from: number }) {
  void run.value?.drawn.value;
  const end = Math.max(trace.latest - from, 1);
  return (
    <input class="scrub" type="range" min="0" max={end} step="any" value={moment.value - from} aria-label="Moment"
      aria-valuetext={timeText(moment.value - from, end / 1000)}
      onInput={(event) => lookAt(from + Number(event.currentTarget.value))} />
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
