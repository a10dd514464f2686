// wire.ts: an event as a lab prints it: one object of the Trace Event Format, whose args
// hold our own fields. See common/src/trace_json.cpp.

export type Value = string | number | boolean;

export interface Args {
  event?: number;
  cause?: number;
  lane?: string;
  src?: string;
  [key: string]: unknown;
}

export interface Wire {
  name: string;
  ph: string;
  ts: number; // µs of the steady clock
  pid: number;
  tid: number;
  cat?: string;
  id?: string;
  args?: Args;
  // A counter keeps these beside its args: each member of those is a series.
  src?: string;
  event?: number;
  lane?: string;
  unit?: string;
}
