// lanes.ts: lanes that belong together by their names.
import type { Trace } from '../trace/trace';

// "thread 1" has "thread 2" beside it.
export function trailing(trace: Trace, name: string): string[] {
  const stem = /^(.*?)\d+$/.exec(name)?.[1];
  if (stem === undefined) return [];
  return [...new Set(trace.lanes.map((lane) => lane.name))]
    .filter((other) => other.startsWith(stem) && /^\d+$/.test(other.slice(stem.length)));
}
