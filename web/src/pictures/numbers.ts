// numbers.ts: the cells of a lab's tables as numbers that can be compared.

export interface Measured {
  value: number;
  kind: string; // what may be compared: "bytes", "s", "%", or what stands behind the number
}

const kScales: Record<string, [number, string]> = {
  b: [1, 'bytes'], bytes: [1, 'bytes'], kib: [1024, 'bytes'], mib: [2 ** 20, 'bytes'], gib: [2 ** 30, 'bytes'],
  ns: [1e-9, 's'], us: [1e-6, 's'], 'µs': [1e-6, 's'], ms: [1e-3, 's'], s: [1, 's'], min: [60, 's'],
  '%': [1, '%'], thousand: [1e3, ''], million: [1e6, ''],
};

// "3.5 MiB", "12 thousand per second", "56.0 %"; null: not a number, or a number and more.
export function measured(cell: string): Measured | null {
  if (cell.includes('↑')) return null; // above its limit
  const found = /^[~<>≈× ]*([-+]?\d[\d,' ]*(?:\.\d+)?)\s*(thousand|million)?\s*([^\d█▏▎▍▌▋▊▉]*)[█▏▎▍▌▋▊▉ ]*$/i.exec(cell.trim());
  if (!found) return null;
  const [, digits = '', times = '', unit = ''] = found;
  const number = Number(digits.replace(/[,' ]/g, '')) * (kScales[times.toLowerCase()]?.[0] ?? 1);
  const name = unit.trim();
  if (!Number.isFinite(number) || name.split(' ').length > 3) return null;
  const scale = kScales[name.toLowerCase()];
  return scale ? { value: number * scale[0], kind: scale[1] } : { value: number, kind: name };
}

// Of a column: all numbers of one kind, or null. A cell without a word is nothing.
export function column(cells: string[]): (Measured | null)[] | null {
  const all = cells.map((cell) => (/^(-|–|)$/.test(cell.trim()) ? null : measured(cell)));
  if (all.every((one) => one === null)) return null;
  if (all.some((one, i) => one === null && !/^(-|–|)$/.test((cells[i] as string).trim()))) return null;
  const kinds = new Set(all.filter((one) => one !== null && one.value !== 0).map((one) => (one as Measured).kind));
  return kinds.size <= 1 ? all : null;
}

// What stands in a cell besides its bar of blocks.
export const plain = (cell: string) => cell.replace(/[█▏▎▍▌▋▊▉]+/g, '').trim();
