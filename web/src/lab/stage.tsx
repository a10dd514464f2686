// stage.tsx: the middle of the page: the picture of a scene, large; what just happened; and at
// the end of the scene what to remember, and the next one.
import { computed, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { LabChild } from '../api';
import { Picture } from '../pictures/picture';
import { actorsIn, beatsOf, restOf, scenesOf, type Scene } from '../pictures/scenes';
import {
  ask, beatIndex, beside, cursor, isWhole, moment, openScene, playing, playScene, run as looked, scene as current, select,
  selected, type Run,
} from '../state';
import { Kind, type Trace } from '../trace/trace';
import { proofOf, sentence } from '../trace/words';
import { labChildren } from './faults';
import './stage.css';

// What the chosen claim rests on; else the chosen event itself.
const lit = computed((): ReadonlySet<number> => {
  const trace = looked.value?.trace;
  const event = selected.value;
  if (!trace || event < 0 || event >= trace.length) return new Set();
  return new Set(trace.kind.at(event) === Kind.claim ? proofOf(trace, event) : [event]);
});

export function Stage({ run }: { run: Run }) {
  void run.drawn.value;
  const scene = current.value;
  if (!scene) return <section class="stage"><p class="dim">{run.ended.value ? 'This run has told nothing.' : 'Starting …'}</p></section>;
  const { trace } = run;
  if (!run.goesOn && run.ended.value === null) return <section class="stage"><p class="loading dim" role="status">Reading the recorded run …</p></section>;
  const other = beside.value;
  return (
    <section class="stage" aria-label="Scene">
      <SceneHead trace={trace} scene={scene} live={run.ended.value === null} />
      <div class={`papers${other ? ' two' : ''}`}>
        <Paper run={run} scene={scene} />
        {other && <Beside run={other} like={scene} />}
      </div>
      <Now trace={trace} scene={scene} />
      <Takeaway trace={trace} scene={scene} run={run} />
    </section>
  );
}

// Processes of a run that goes on, by the names that the scene gives them.
function useBreakable(run: Run, scene: Scene): Map<string, LabChild> {
  const children = labChildren.value;
  return useMemo(() => {
    const byPid = new Map(children.map((child) => [child.pid, child]));
    const found = new Map<string, LabChild>();
    if (run.ended.value === null && scene.last) {
      for (const actor of actorsIn(run.trace, scene).values()) {
        const child = actor.pid ? byPid.get(actor.pid) : undefined;
        if (child) found.set(actor.name, child);
      }
    }
    return found;
  }, [children, run, run.trace.version, scene.index]);
}

const breaking = signal(''); // the actor whose menu is open

function Paper({ run, scene }: { run: Run; scene: Scene }) {
  const children = useBreakable(run, scene);
  const frozen = useMemo(() => new Map([...children].map(([name, child]) => [name, child.frozen])), [children]);
  const at = moment.value;
  useEffect(() => { breaking.value = ''; }, [scene.index, run.id]);
  const child = children.get(breaking.value);
  const does = (fault: 'kill' | 'freeze' | 'thaw', pid: number) => {
    breaking.value = '';
    ask({ do: 'fault', run: run.id, pid, fault });
    ask({ do: 'processes', run: run.id });
  };
  return (
    <>
      <Picture trace={run.trace} scene={scene} at={at} live={run.ended.value === null && cursor.value === null && scene.last}
        lit={lit.value} choose={(event) => select(event)}
        act={children.size ? (name) => { breaking.value = breaking.value === name ? '' : name; } : undefined} breakable={frozen} />
      {child && (
        <div class="break-menu" role="group" aria-label={`Break ${breaking.value}`}>
          <b>{breaking.value}</b>
          <button class="kill" onClick={() => does('kill', child.pid)}>Kill</button>
          {child.frozen ? <button onClick={() => does('thaw', child.pid)}>Thaw</button> : <button onClick={() => does('freeze', child.pid)}>Freeze</button>}
          <button class="close" aria-label="Leave it" onClick={() => { breaking.value = ''; }}>×</button>
        </div>
      )}
      {children.size > 0 && !child && <p class="hint dim">Click {children.size === 1 ? [...children.keys()][0] : 'a process'} to kill or freeze it.</p>}
    </>
  );
}

// The same scene of another run, as a whole.
function Beside({ run, like }: { run: Run; like: Scene }) {
  void run.drawn.value;
  const scene = scenesOf(run.trace).find((one) => one.title === like.title);
  if (!scene) return <p class="dim beside-none">The other run did not play this scene.</p>;
  const at = restOf(run.trace, scene);
  return <Picture trace={run.trace} scene={scene} at={at} live={false} lit={new Set()} choose={() => undefined} />;
}

function SceneHead({ trace, scene, live }: { trace: Trace; scene: Scene; live: boolean }) {
  const scenes = scenesOf(trace);
  const open = (index: number) => { playing.value = false; openScene(index); };
  return (
    <header class="scene-head">
      <button disabled={scene.index === 0} aria-label="The scene before" onClick={() => open(scene.index - 1)}>‹</button>
      <h2>{scene.title || 'This run'} {scenes.length > 1 && <small>{scene.index + 1} of {live ? `${scenes.length} so far` : scenes.length}</small>}</h2>
      <button disabled={scene.index >= scenes.length - 1} aria-label="The next scene" onClick={() => open(scene.index + 1)}>›</button>
    </header>
  );
}

const kTold = new Set<Kind>([Kind.say, Kind.scene, Kind.claim, Kind.nuance, Kind.table, Kind.takeaway, Kind.end]);

// The last thing that happened, in words.
function Now({ trace, scene }: { trace: Trace; scene: Scene }) {
  const goesOn = looked.value?.ended.value === null && cursor.value === null;
  const event = useMemo(() => (goesOn ? newest(trace) : lastEvent(trace, scene, moment.value)), [trace.version, scene.index, moment.value, goesOn]);
  const expected = scene.items.findLast((item) => item.kind === 'say' && item.time <= moment.value);
  return (
    <p class="now" aria-live={playing.value ? 'off' : 'polite'}>
      {expected && <span class="said">{expected.text.replaceAll('`', '')}</span>}
      {event >= 0 && <button class="link" onClick={() => select(event)}>{sentence(trace, event)}</button>}
    </p>
  );
}

// Of a run that goes on: events come in about the order of time.
function newest(trace: Trace): number {
  for (let event = trace.length - 1; event >= Math.max(0, trace.length - 200); --event) {
    if (!kTold.has(trace.kind.at(event))) return event;
  }
  return -1;
}

function lastEvent(trace: Trace, scene: Scene, at: number): number {
  const order = trace.ordered();
  const beats = beatsOf(trace, scene);
  const beat = beats[beatIndex(beats, at)];
  if (beat === undefined) return -1;
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (trace.time.at(order[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0 && trace.time.at(order[i] as number) >= scene.from; --i) {
    const event = order[i] as number;
    if (!kTold.has(trace.kind.at(event)) && (trace.kind.at(event) !== Kind.counter || trace.time.at(event) === beat)) return event;
  }
  return -1;
}

function Takeaway({ trace, scene, run }: { trace: Trace; scene: Scene; run: Run }) {
  if (!isWhole.value || playing.value) return null;
  const takeaway = scene.items.findLast((item) => item.kind === 'takeaway');
  const claims = scene.items.filter((item) => item.kind === 'claim');
  const scenes = scenesOf(trace);
  const next = scenes[scene.index + 1];
  const held = claims.filter((item) => item.holds).length;
  return (
    <div class="takeaway-card">
      <p>{takeaway ? takeaway.text.replaceAll('`', '') : claims.length ? `${held} of ${claims.length} claims of this scene hold.` : ''}</p>
      <div>
        <button onClick={() => playScene(scene.index)}>↻ Play it</button>
        {next ? <button class="primary next-scene" onClick={() => playScene(next.index)} title={next.title}>Next: {next.title}</button>
          : run.ended.value && <span class="dim">That was the last scene.</span>}
      </div>
    </div>
  );
}
