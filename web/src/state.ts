// state.ts: what all panes of the page share: where we are, the runs, and one cursor in time.
import { batch, computed, effect, signal } from '@preact/signals';
import { Link, type Asked, type RunCard, type Told } from './api';
import { beatsOf, restOf, sceneAt, scenesOf, type Scene } from './pictures/scenes';
import { elsewhere, offline } from './offline';
import { Trace } from './trace/trace';
import { mocked, planned } from './rehearse/talk';
import type { Wire } from './trace/wire';
import { fit, reveal, spanning, type View } from './trace/time';

// --- where we are: "#/lab/05?run=...&at=..."

export interface Route {
  page: string; // "", "lab", "ledger", ...
  lab: string;
  query: URLSearchParams;
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', lab = ''] = path.split('/');
  return { page, lab: /^\d$/.test(lab) ? `0${lab}` : lab, query: new URLSearchParams(query) };
}

const here = () => parse(location.hash || (offline?.page ?? ''));
export const route = signal(here());

// A book has a file for each page: then the browser leaves this one.
function follow(): void {
  const next = here();
  const other = elsewhere(next.page, next.lab, location.hash);
  if (other) location.replace(other);
  else route.value = next;
}
follow();
window.addEventListener('hashchange', follow);

// --- runs

export type Knobs = Record<string, number | string | boolean>;

export class Run {
  readonly trace = new Trace();
  received = 0; // events of the wire
  readonly ended = signal<{ exit: number | null; why: string | null } | null>(null);
  readonly skipped = signal(0);
  // Grows when the trace has; at most once a frame.
  readonly drawn = signal(0);
  readonly knobs = signal<Knobs>({});
  private turnedAt = -Infinity;
  // `live`: its knobs can be turned; `goesOn`: its lab was running when we began to look.
  constructor(readonly id: string, readonly lab: string, readonly live: boolean, readonly goesOn = false) {}

  static of(card: RunCard): Run {
    const made = new Run(card.run, card.lab, card.until_stopped, card.live);
    made.knobs.value = card.knobs;
    return made;
  }

  turn(name: string, value: Knobs[string]): void {
    this.turnedAt = performance.now();
    this.knobs.value = { ...this.knobs.value, [name]: value };
    ask({ do: 'knob', run: this.id, name, value });
  }

  // By another window, perhaps. What we turn ourselves comes back late, and would pull the
  // slider out of the hand.
  wasTurned(event: Wire): void {
    const value = event.args?.['value'] as Knobs[string] | undefined;
    if (value === undefined || event.args?.['refused'] || performance.now() - this.turnedAt < 500) return;
    this.knobs.value = { ...this.knobs.value, [event.name]: value };
  }
}

export const run = signal<Run | null>(null); // what is looked at
export const beside = signal<Run | null>(null); // another one, to compare
export const starting = signal(false);
export const startedWith: { current: Knobs } = { current: {} };
export const connected = signal(true);
export const stranger = signal(false); // the studio was started anew, and knows us no more
export const notice = signal('');
export const gone = signal(false); // a link led to a run that is no longer kept
// What the lab of a run has started.
export const processes = signal<Extract<Told, { is: 'processes' }> | null>(null);
// What a run said of the last prediction.
export const judged = signal<Extract<Told, { is: 'judged' }> | null>(null);

// --- time

export const view = signal<View>(fit(0));
export const cursor = signal<number | null>(null); // null: the end, wherever that is
export const selected = signal(-1);
export const playing = signal(false);
export const speed = signal(1);
export const following = signal(true); // the view is fitted to what comes

// The moment that all panes show.
export const now = computed(() => {
  run.value?.drawn.value;
  return cursor.value ?? run.value?.trace.latest ?? 0;
});

// The scene that is looked at: where the cursor is, else the one that was opened, else the
// one that plays.
const opened = signal(-1);
export const scene = computed((): Scene | undefined => {
  const one = run.value;
  if (!one) return undefined;
  void one.drawn.value;
  if (cursor.value !== null) return sceneAt(one.trace, cursor.value);
  const scenes = scenesOf(one.trace);
  return scenes[opened.value] ?? scenes[scenes.length - 1];
});

// The moment of its picture: a scene that was opened shows all that came of it.
export const moment = computed(() => {
  const at = scene.value;
  return cursor.value ?? (at ? lastMoment(at) : 0);
});

function lastMoment(at: Scene): number {
  const one = run.value;
  if (!one || (at.last && one.ended.value === null)) return at.to;
  return restOf(one.trace, at);
}

const shownAt = signal(NaN); // the cursor, when a scene was opened as a whole

// A recorded run begins with its first scene.
function openFirst(): void {
  if (opened.value < 0 && cursor.value === null) opened.value = 0;
}

// Shows what came of a scene, or (to be played) its beginning.
export function openScene(index: number, how: 'whole' | 'begin' = 'whole'): void {
  const trace = run.value?.trace;
  const at = trace && scenesOf(trace)[index];
  if (!at) return;
  zoomToScene(at.event);
  batch(() => {
    opened.value = index;
    if (how === 'whole') cursor.value = lastMoment(at);
    shownAt.value = how === 'whole' ? cursor.value ?? NaN : NaN;
    selected.value = -1;
  });
}

export function lookAt(time: number): void {
  batch(() => {
    cursor.value = Math.max(0, time);
    if (!following.value) view.value = reveal(view.value, time, latest());
  });
}

// `from`: where one came from, when that shall be in view too.
export function select(event: number, from?: number): void {
  const trace = run.value?.trace;
  batch(() => {
    selected.value = event;
    if (event < 0 || !trace) return;
    const at = trace.time.at(event);
    const next = from === undefined ? reveal(view.value, at, latest())
      : spanning(view.value, from, at, latest());
    if (next !== view.value) following.value = false;
    view.value = next;
    cursor.value = at;
  });
}

// The stretch from this scene to the next.
export function zoomToScene(event: number): void {
  const trace = run.value?.trace;
  if (!trace) return;
  const scenes = trace.story.filter((item) => item.kind === 'scene');
  const at = scenes.findIndex((item) => item.event === event);
  const scene = scenes[at];
  if (!scene) return;
  const to = scenes[at + 1]?.time ?? trace.latest;
  const air = Math.max((to - scene.time) * 0.02, 1);
  batch(() => {
    selected.value = event;
    cursor.value = scene.time;
    following.value = false;
    view.value = { from: scene.time - air, to: to + air };
  });
}

export function latest(): number {
  return Math.max(run.value?.trace.latest ?? 0, beside.value?.trace.latest ?? 0);
}

export function fitAll(): void {
  following.value = true;
  view.value = fit(latest());
}

// --- the server

const changed = new Set<Run>();
let waiting = false;
let notBefore = 0;

// Drawing takes at most a third of the time while events come, so that a long run is there
// soon.
function redrawSoon(of: Run): void {
  changed.add(of);
  if (waiting) return;
  waiting = true;
  setTimeout(() => requestAnimationFrame(redraw), Math.max(0, notBefore - performance.now()));
}

function redraw(): void {
  const began = performance.now();
  waiting = false;
  batch(() => {
    for (const one of changed) one.drawn.value = one.trace.version;
    if (following.value) view.value = fit(latest());
  });
  changed.clear();
  requestAnimationFrame(() => setTimeout(() => {
    const now = performance.now();
    notBefore = now + 2 * (now - began - 16);
  }));
}

const watched = () => [run.value, beside.value].filter((one) => one !== null);

let askedFor: { run: string; at: number | null; from: number | null; to: number | null; chosen: number | null; claim: string } | null = null;

function onTold(told: Told): void {
  switch (told.is) {
    case 'started': {
      starting.value = false;
      if (route.value.query.has('run')) forgetLink();
      const begun = new Run(told.run, told.lab, told.live, true);
      begun.knobs.value = startedWith.current;
      startedWith.current = {};
      return look(begun);
    }
    case 'events': {
      const one = watched().find((one) => one.id === told.run);
      if (!one || told.first + told.events.length <= one.received) return;
      const events = told.events.slice(Math.max(0, one.received - told.first));
      one.trace.addAll(events);
      for (const event of events) if (event.cat === 'knob') one.wasTurned(event);
      one.received = told.first + told.events.length;
      return redrawSoon(one);
    }
    case 'coarser': {
      const one = watched().find((one) => one.id === told.run);
      if (!one) return;
      one.skipped.value += told.skipped;
      one.received = Math.max(one.received, told.to);
      return;
    }
    case 'ended': {
      const one = watched().find((one) => one.id === told.run);
      if (!one) return;
      one.ended.value = { exit: told.exit, why: told.why };
      redrawSoon(one);
      if (askedFor?.run === told.run) goToMoment();
      if (one === run.value && !one.goesOn) openFirst();
      return;
    }
    case 'knob':
      if (told.refused) notice.value = `${told.name}: ${told.refused}`;
      return;
    case 'processes':
      processes.value = told;
      return;
    case 'judged':
      judged.value = told;
      return;
    case 'mock':
      mocked.value = told;
      return;
    case 'plan':
      planned.value = told;
      return;
    case 'note':
      notice.value = told.text ?? told.why ?? '';
      return;
    case 'error':
      if (told.about === 'processes') return; // it has just ended
      starting.value = false;
      if (told.about === 'watch' && run.value?.received === 0) {
        run.value = null;
        forgetLink();
        gone.value = true;
        return;
      }
      notice.value = told.why;
  }
}

// The page stays, without the run that its link had.
function forgetLink(): void {
  history.replaceState(null, '', `#/${route.value.page}/${route.value.lab}`);
  route.value = here();
}

export function chooseClaim(id: string | null): void {
  const claim = run.value?.trace.story.find((item) => item.kind === 'claim' && item.id === id);
  if (claim) select(claim.event);
}

function goToMoment(): void {
  const wanted = askedFor;
  askedFor = null;
  if (!wanted) return;
  batch(() => {
    if (wanted.from !== null && wanted.to !== null) {
      following.value = false;
      view.value = { from: wanted.from, to: wanted.to };
    }
    if (wanted.at !== null) cursor.value = wanted.at;
    const trace = run.value?.trace;
    if (trace && wanted.chosen !== null && wanted.chosen >= 0 && wanted.chosen < trace.length) selected.value = Math.floor(wanted.chosen);
    else chooseClaim(wanted.claim);
  });
}

const link = new Link(onTold, (open) => {
  if (!open && connected.value) starting.value = false; // whether it was heard is not known
  connected.value = open;
  if (open) for (const one of watched()) ask({ do: 'watch', run: one.id, from: one.received });
}, () => { stranger.value = true; });

export const ask = (asked: Asked) => link.send(asked);

// The studio ends a live run that everybody has left.
export function lookAway(): void {
  const before = run.value;
  if (before && before.id !== beside.value?.id) ask({ do: 'leave', run: before.id });
  run.value = null;
}

// Shows this run from its beginning.
export function look(at: Run): void {
  batch(() => {
    lookAway();
    run.value = at;
    cursor.value = null;
    opened.value = -1;
    selected.value = -1;
    playing.value = false;
    following.value = true;
    notice.value = '';
  });
  ask({ do: 'watch', run: at.id, from: 0 });
}

// As a link has it: a run, and the moment and the stretch of it.
export function lookFromLink(at: Run, query: URLSearchParams): void {
  const number = (name: string) => query.has(name) ? Number(query.get(name)) : null;
  askedFor = { run: at.id, at: number('at'), from: number('from'), to: number('to'), chosen: number('chosen'), claim: query.get('claim') ?? '' };
  look(at);
}

export function lookBeside(at: Run | null): void {
  const before = beside.value;
  if (before && before.id !== run.value?.id) ask({ do: 'leave', run: before.id });
  beside.value = at;
  if (at) ask({ do: 'watch', run: at.id, from: 0 });
}

// With the knobs, for who runs it again.
export function linkToNow(knobs: Knobs): string {
  const one = run.value;
  if (!one) return location.href;
  const query = new URLSearchParams({ run: one.id });
  query.set('at', (cursor.value ?? moment.value).toFixed(3));
  if (selected.value >= 0) query.set('chosen', String(selected.value));
  if (!following.value) {
    query.set('from', view.value.from.toFixed(3));
    query.set('to', view.value.to.toFixed(3));
  }
  for (const [name, value] of Object.entries({ ...knobs, ...one.knobs.value })) query.set(`knob.${name}`, String(value));
  return `${location.href.replace(/#.*/, '')}#/lab/${one.lab}?${query}`;
}

// --- playing a scene, event by event

const kLongest = 24; // s that a scene plays at most, at speed 1
const kSlowest = 3; // events a second
// How often a second something happens while this scene plays at speed 1.
export const paceOf = (beats: number) => Math.max(kSlowest, beats / kLongest);

effect(() => {
  if (!playing.value) return;
  let last = performance.now();
  let due = 0;
  let handle = requestAnimationFrame(function turn(at) {
    const trace = run.peek()?.trace;
    const current = scene.peek();
    if (!trace || !current) {
      playing.value = false;
      return;
    }
    const beats = beatsOf(trace, current);
    due += ((at - last) / 1000) * paceOf(beats.length) * speed.peek();
    last = at;
    const now = beatIndex(beats, cursor.peek() ?? -1);
    const next = Math.min(now + Math.floor(due), beats.length - 1);
    due -= Math.floor(due);
    if (next > now) lookAt(beats[next] as number);
    if (next >= beats.length - 1) {
      playing.value = false;
      return;
    }
    handle = requestAnimationFrame(turn);
  });
  return () => cancelAnimationFrame(handle);
});

// The last beat until `at`; -1: none yet.
export function beatIndex(beats: readonly number[], at: number): number {
  let low = 0;
  let high = beats.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((beats[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function togglePlay(): void {
  const trace = run.value?.trace;
  const current = scene.value;
  if (!trace || !current) return;
  if (!playing.value) {
    const beats = beatsOf(trace, current);
    const atEnd = cursor.value === null || cursor.value === shownAt.value || beatIndex(beats, cursor.value) >= beats.length - 1;
    if (atEnd) openScene(current.index, 'begin');
  }
  playing.value = !playing.value;
}

export function playScene(index: number): void {
  playing.value = false;
  openScene(index, 'begin');
  playing.value = true;
}

// Whether all that this scene has is seen.
export const isWhole = computed(() => {
  const trace = run.value?.trace;
  const current = scene.value;
  if (!trace || !current || (run.value?.ended.value === null && current.last)) return false;
  if (cursor.value === null || cursor.value === shownAt.value) return true;
  const beats = beatsOf(trace, current);
  return beatIndex(beats, cursor.value) >= beats.length - 1;
});

// --- looks

export type Theme = 'dark' | 'light';
const preferred = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
export const theme = signal<Theme>((localStorage.getItem('theme') as Theme | null) ?? preferred);
effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});
export function changeTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', theme.value);
}
