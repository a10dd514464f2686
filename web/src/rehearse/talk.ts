// talk.ts: the mock interview and the plan, as the server has them (runner/studio/mock.hpp and
// plan.hpp). It chooses, grades and reports; the page only shows.
import { signal } from '@preact/signals';
import type { DrillItem } from '../api';

// What a person ticked, by number from 1.
export interface Ticked {
  said: number[];
  senior: number[];
  wrong: boolean;
}

export interface AnswerTold {
  day: string;
  days_ago: number;
  seconds: number;
  points: string; // "4 of 5 points, 1 of 6 that a senior adds"
  score: number;
  wrong: boolean;
  typed: string;
}

export interface WeakPoint {
  lab: string;
  text: string;
  claim: string;
  command: string;
  question?: string;
}

export interface MockTold {
  is: 'mock';
  phase: 'none' | 'asked' | 'type' | 'check' | 'follow' | 'predict' | 'report';
  minutes: number;
  seconds: number; // for an answer
  section: string;
  sections: string[];
  notices: string[]; // what of the data is damaged
  number?: number; // of the question, from 1
  lab?: string;
  question?: string;
  left_ms?: number; // of the clock
  last_question?: boolean; // the minutes are over
  took?: number;
  typed?: string;
  spoken?: string;
  must_say?: string[];
  senior?: string[];
  wrong_answer?: string;
  ticked?: Ticked;
  graded?: AnswerTold;
  before?: AnswerTold | null;
  follow_up?: { question: string; answer: string };
  item?: DrillItem;
  prediction?: { right: boolean | null; answer: string; because: string; run: string };
  done?: (AnswerTold & { lab: string; question: string })[];
  report?: { lasted_minutes: number; well: string[]; weak: WeakPoint[]; file: string };
}

export interface PlanTask {
  kind: 'see' | 'walk' | 'drill' | 'mock';
  minutes: number;
  lab: string;
  command: string;
  what: string;
}

export interface SectionTold {
  section: string;
  all: number;
  run: number;
  walked: number;
  answered: number;
}

export interface PlanTold {
  is: 'plan';
  kept: boolean; // else it is what a new plan would say
  begin: string;
  last: string;
  days: number;
  minutes: number;
  day: string;
  head: string;
  tasks: PlanTask[];
  done: PlanTask[];
  missed: string;
  weak: WeakPoint[];
  sections: SectionTold[];
  outlook: string;
  notices: string[];
}

export type Rehearsal =
  | { do: 'mock'; step: 'begin'; minutes: number; seconds: number; section: string; lab: string }
  | { do: 'mock'; step: 'close' }
  | { do: 'mock'; step: 'said' | 'follow' | 'next' | 'end'; question: number }
  | { do: 'mock'; step: 'draft' | 'compare'; question: number; typed: string }
  | ({ do: 'mock'; step: 'draft' | 'grade'; question: number } & Ticked)
  | { do: 'plan'; days?: number; minutes: number }
  | { do: 'walked'; lab: string };

export const mocked = signal<MockTold | null>(null);
export const planned = signal<PlanTold | null>(null);

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path);
  const told = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(told.error ?? `${path}: ${response.status}`);
  return told;
}

export const loadMock = async () => { mocked.value = await read<MockTold>('/api/mock'); };
export const loadPlan = async () => { planned.value = await read<PlanTold>('/api/plan'); };

// Where the run that shows it can be watched.
export const linkOf = ({ lab, claim, command }: WeakPoint) =>
  command.startsWith('./lab drill') ? `#/drill/${lab}` : `#/lab/${lab}${claim ? `?claim=${claim}` : ''}`;
export const linkText = ({ lab, claim, command }: WeakPoint) =>
  command.startsWith('./lab drill') ? `Drill lab ${lab}` : claim ? `See claim ${claim} in lab ${lab}` : `Open lab ${lab}`;

// "1:05"
export const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
