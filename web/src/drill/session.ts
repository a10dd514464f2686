// session.ts: in which order questions are asked, and a prediction as the server reads it.
import type { DrillItem, Where } from '../api';
import type { StoryItem, Table, Trace } from '../trace/trace';

export interface Scope {
  lab: string; // "": all
  all: boolean; // also what is not due
}

// As the studio has them: what waits longest comes first.
export function asked(items: readonly DrillItem[], scope: Scope): DrillItem[] {
  return items.filter((item) => (!scope.lab || item.lab === scope.lab) && (scope.all || (scope.lab ? item.is_due : item.today)));
}

// One sitting. What was not known comes once more at its end (step 7 of SM-2).
export class Sitting {
  private queue: DrillItem[];
  private at = 0;
  readonly planned: number;
  answered = 0;
  known = 0;

  constructor(items: readonly DrillItem[]) {
    this.queue = [...items];
    this.planned = items.length;
  }

  get current(): DrillItem | null {
    return this.queue[this.at] ?? null;
  }
  get again(): boolean {
    return this.at >= this.planned;
  }
  get left(): number {
    return this.queue.length - this.at;
  }

  // `known`: null if it could not be judged.
  note(known: boolean | null, again: boolean): void {
    const item = this.current;
    if (!item || known === null) return;
    if (!this.again) {
      ++this.answered;
      if (known) ++this.known;
    }
    if (again) this.queue.push(item);
  }

  next(): void {
    ++this.at;
  }
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const copy = [...list];
  const [one] = copy.splice(from, 1);
  if (one === undefined) return copy;
  copy.splice(Math.max(0, Math.min(to, copy.length)), 0, one);
  return copy;
}

export const kNotKnown = '?';

// As the server reads an order: "b > a".
export const orderText = (items: readonly string[]) => items.join(' > ');
export const orderOf = (text: string) => text.split(' > ');

// For each of what was predicted, where the run had it: 0 is right, 2 is two places later.
export function misplaced(predicted: readonly string[], really: readonly string[]): number[] {
  return predicted.map((item, i) => {
    const at = really.indexOf(item);
    return at < 0 ? NaN : at - i;
  });
}

export function inDays(days: number): string {
  if (days <= 0) return 'today';
  return days === 1 ? 'tomorrow' : `in ${days} days`;
}

export interface Place {
  event: number; // -1: not found
  table: Table | null;
  row: number;
  column: number;
}

// Where the run gives its answer, as runner/drill/answer.cpp reads it. Without a word about
// where: the only cell that says so, if there is one.
export function placeOf(trace: Trace, where: Where | undefined, answer: string): Place {
  const none: Place = { event: -1, table: null, row: -1, column: -1 };
  if (!where) {
    const cells = trace.story.flatMap(({ event, table }) => (table?.rows ?? []).flatMap((cells, row) =>
      cells.flatMap((cell, column) => String(cell) === answer && table ? [{ event, table, row, column }] : [])));
    return cells.length === 1 && cells[0] ? cells[0] : none;
  }
  if (where.event) {
    for (let event = trace.length - 1; event >= 0; --event) {
      if (trace.name(event) === where.event && where.arg in trace.args(event)) return { ...none, event };
    }
    return none;
  }
  if (where.claim) {
    const claim = trace.story.find((item) => item.kind === 'claim' && item.id === where.claim);
    return { ...none, event: claim?.event ?? -1 };
  }
  const found = trace.story.map((item) => cellOf(item, where, answer)).find((place) => place !== null);
  return found ?? none;
}

function cellOf(item: StoryItem, where: Where, answer: string): Place | null {
  const { table } = item;
  if (!table || (where.table && table.title !== where.table)) return null;
  const column = where.column ? table.columns.indexOf(where.column) : table.columns.length - 1;
  if (column < 0) return null;
  const row = table.rows.findIndex((cells) => where.pick
    ? String(cells[0]) === answer
    : cells.length > column && where.row.every((cell, i) => String(cells[i]) === cell));
  return row < 0 ? null : { event: item.event, table, row, column };
}
