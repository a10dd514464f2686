// columns.ts: arrays of numbers that grow, and searches in them.

type Numbers = Float64Array | Int32Array | Uint8Array;

export class Column<T extends Numbers> {
  length = 0;
  constructor(public data: T) {}

  push(value: number): number {
    if (this.length === this.data.length) this.grow();
    this.data[this.length] = value;
    return this.length++;
  }

  // Keeps what lies behind: rare, for an event that comes late.
  insert(at: number, value: number): void {
    this.push(0);
    this.data.copyWithin(at + 1, at, this.length - 1);
    this.data[at] = value;
  }

  at(index: number): number {
    return this.data[index] as number;
  }

  last(): number {
    return this.data[this.length - 1] as number;
  }

  private grow(): void {
    const Type = this.data.constructor as new (length: number) => T;
    const more = new Type(Math.max(64, this.data.length * 2));
    more.set(this.data as never);
    this.data = more;
  }
}

export const floats = () => new Column(new Float64Array(64));
export const ints = () => new Column(new Int32Array(64));
export const bytes = () => new Column(new Uint8Array(64));

// The first index in [0, length) for which `value(index) >= limit`; length if none.
// `value` must not fall.
export function lowerBound(
  length: number, value: (index: number) => number, limit: number, from = 0,
): number {
  let low = from;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value(middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The last index for which `value(index) <= limit`; -1 if none.
export function lastAtMost(
  length: number, value: (index: number) => number, limit: number,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
