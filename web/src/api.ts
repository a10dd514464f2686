// api.ts: what the studio's server answers. The protocol is told in runner/studio/pages.hpp
// and runner/studio/viewer.hpp.
import type { Bench, Contest } from './compare/figures';
import { offline, offlineAnswer } from './offline';
import type { MockTold, PlanTold, Rehearsal } from './rehearse/talk';
import type { Wire } from './trace/wire';

export interface LabCard {
  number: string;
  folder: string;
  question: string;
  section: string;
  common: string;
  hard: string;
  written: boolean;
  claims: number;
  proven: number | null;
  due: number | null;
  last_run: string | null;
  sample?: boolean; // the build recorded a run of it
  seen?: boolean; // it was run, here or in a terminal
  walked?: boolean;
  answered?: boolean; // in a mock
}

export interface Knob {
  name: string;
  help: string;
  unit: string;
  initial: number;
  least: number;
  most: number;
  whole: boolean;
  switch: boolean;
  choices: string[];
}

export interface Describe {
  watch: string;
  live: boolean;
  scenes: { name: string; title: string }[];
  knobs: Knob[];
}

export interface Step {
  number: number;
  text: string;
  file: string;
  line: number;
  until: number;
}

export interface LabFacts {
  lab: LabCard;
  describe: Describe | null;
  readme: string;
  files: string[];
  steps: Step[];
}

export interface RunCard {
  run: string;
  lab: string;
  began: number; // Unix ms
  ms: number | null;
  exit: number | null;
  knobs: Record<string, number | string | boolean>;
  claims: number;
  failed: number;
  events: number;
  live: boolean; // it runs now
  until_stopped: boolean; // its knobs can be turned meanwhile
  why?: string;
}

export interface LedgerEntry {
  lab: string;
  id: string;
  claim: string;
  holds: boolean;
  evidence: string;
  nuance: string | null;
  run: string;
  when: number;
}

// Without a studio, the answers came along with the page.
async function answer(path: string): Promise<string> {
  if (offline) return offlineAnswer(path);
  const response = await fetch(path);
  if (response.ok) return response.text();
  const told = (await response.json().catch(() => null)) as { error?: string } | null;
  throw new Error(told?.error ?? `${path}: ${response.status}`);
}

async function json<T>(path: string): Promise<T> {
  return JSON.parse(await answer(path)) as T;
}

export const catalog = async () => (await json<{ labs: LabCard[] }>('/api/catalog')).labs;
export const labFacts = (lab: string) => json<LabFacts>(`/api/lab/${lab}`);
export const runs = async () => (await json<{ runs: RunCard[] }>('/api/runs')).runs;
export const ledger = async () => (await json<{ entries: LedgerEntry[] }>('/api/ledger')).entries;

// What ./lab bench left: contests beside Node's packages, and our own variants.
export interface BenchResults {
  results: { lab: string; when: number; result: Contest }[];
  benches?: Bench[];
}
export const benchResults = () => json<BenchResults>('/api/bench');

// A question of the drill. A scenario's answer is not among it: the run gives that.
export interface DrillItem {
  id: string;
  lab: string;
  kind: 'scenario' | 'followup';
  question: string;
  is_due: boolean;
  today: boolean; // in today's mix, of all labs
  new: boolean; // never asked
  due_in: number | null; // days from today
  asked: number;
  right: number;
  predict?: 'order' | 'number' | 'choice' | 'outcome';
  shown?: string[]; // of an order or a choice, shuffled
  form?: string; // how to type a prediction
  command?: string;
  answer?: string; // of a follow-up
}
// Where in the run the answer stands: a cell, a claim, or an event's argument; "" if it
// is not that.
export interface Where {
  table: string;
  row: string[];
  column: string;
  pick: string;
  claim: string;
  event: string;
  arg: string;
}
export const drillItems = async () => (await json<{ items: DrillItem[] }>('/api/drill')).items;

// The text of a file of the tree: "labs/05_backpressure/main.cpp".
export const source = (path: string) => answer(`/api/source?path=${encodeURIComponent(path)}`);

const lines = (text: string) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Wire);

export const recordedText = (run: string) => answer(`/api/runs/${run}`);
export const recorded = async (run: string) => lines(await recordedText(run));
// What shows a lab to who has not run it: what the build recorded, for a run of one's own may be
// of one scene only, or have a million events; the last run, where the build has none.
export async function eventsOf({ number, sample, last_run }: LabCard): Promise<Wire[]> {
  if (sample) return lines(await answer(`/api/sample/${number}`));
  return last_run ? recorded(last_run) : [];
}

// --- the socket

// A process that the lab has started.
export interface LabChild {
  pid: number;
  parent: number;
  name: string;
  frozen: boolean;
}

export type Told =
  | { is: 'started'; run: string; lab: string; live: boolean }
  | { is: 'events'; run: string; first: number; events: Wire[] }
  | { is: 'coarser'; run: string; skipped: number; from: number; to: number }
  | { is: 'ended'; run: string; exit: number | null; events: number; claims: number;
      failed: number; why: string | null }
  | { is: 'knob'; run: string; name: string; value: unknown; refused: string | null }
  | { is: 'processes'; run: string; processes: LabChild[] }
  | { is: 'judged'; item: string; run: string | null; right: boolean | null; said: string | null;
      answer: string | null; why: string | null; due_in: number | null; again: boolean; where?: Where;
      because?: string }
  | MockTold
  | PlanTold
  | { is: 'note'; run?: string; text?: string; why?: string }
  | { is: 'error'; about?: string; why: string };

export type Asked =
  | { do: 'run'; lab: string; scene: string | null; quick: boolean; live: boolean;
      knobs: Record<string, number | string | boolean> }
  | { do: 'watch'; run: string; from: number }
  | { do: 'leave'; run: string }
  | { do: 'stop'; run: string }
  | { do: 'drill'; item: string; answer: string } // "?": I do not know
  | { do: 'drill'; item: string; grade: number } // of a follow-up: 0 to 5
  | Rehearsal
  | { do: 'processes'; run: string }
  | { do: 'fault'; run: string; pid: number; fault: 'kill' | 'freeze' | 'thaw' }
  | { do: 'knob'; run: string; name: string; value: number | string | boolean };

// One WebSocket, opened anew after it was lost, with a wait that doubles.
export class Link {
  private socket: WebSocket | null = null;
  private wait = 250;
  private unsent: Asked[] = [];

  constructor(
    private onTold: (told: Told) => void,
    private onOpen: (open: boolean) => void,
    private onStranger: () => void = () => {},
  ) {
    if (offline) queueMicrotask(() => onOpen(true));
    else this.connect();
  }

  send(asked: Asked): void {
    if (offline) return void this.answerFromRecording(asked);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(asked));
    else if (asked.do !== 'watch') this.unsent.push(asked);
  }

  private async answerFromRecording(asked: Asked): Promise<void> {
    if (asked.do === 'run') {
      this.onTold({ is: 'error', why: 'This is a recording: the studio runs labs (./lab studio).' });
    }
    if (asked.do !== 'watch') return;
    const card = (await runs()).find(({ run }) => run === asked.run);
    if (!card) return this.onTold({ is: 'error', about: 'watch', why: 'This run is not in the recording.' });
    try {
      this.onTold({ is: 'events', run: card.run, first: 0, events: await recorded(card.run) });
      this.onTold({ ...card, is: 'ended', why: card.why ?? null });
    } catch (reason) {
      this.onTold({ is: 'error', why: (reason as Error).message });
    }
  }

  private connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/socket`);
    this.socket = socket;
    socket.onopen = () => {
      this.wait = 250;
      this.onOpen(true);
      for (const asked of this.unsent.splice(0)) this.send(asked);
    };
    socket.onmessage = (message) => this.onTold(JSON.parse(String(message.data)) as Told);
    socket.onclose = () => {
      this.onOpen(false);
      // A socket does not tell why it was refused.
      fetch('/api/health').then(({ status }) => { if (status === 401) this.onStranger(); }, () => {});
      setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 2, 5000);
    };
  }
}
