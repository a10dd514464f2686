// synthetic.mjs: a trace as large as any, of all kinds of events.

export function synthetic(count) {
  const events = [];
  const base = { pid: 1, tid: 1 };
  let seed = 1;
  const below = (limit) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  let ts = 1_000_000;
  let id = 0;
  const told = (cat, name, args) => events.push({ ...base, name, ph: 'i', s: 'g', ts, cat, args });
  events.push({ ...base, name: 'thread_name', ph: 'M', ts: 0, cat: '__metadata', args: { name: 'main' } });
  const phases = ['timers', 'pending', 'poll', 'check', 'closing'];
  let scenes = 0;
  while (events.length < count - 2) {
    if (events.length >= scenes * 20_000) told('scene', `Scene ${++scenes}`, {});
    ts += 1 + below(12);
    const src = `labs/05_backpressure/main.cpp:${10 + below(60)}`;
    const what = below(10);
    if (what < 4) {
      const phase = phases[id % 5];
      const key = `0x${(++id).toString(16)}`;
      events.push({ ...base, name: phase, ph: 'b', ts, cat: phase, id: key, args: { event: id, src } });
      ts += 1 + below(30);
      events.push({ ...base, name: phase, ph: 'e', ts, cat: phase, id: key });
    } else if (what < 8) {
      const cause = id > 3 && below(4) === 0 ? { cause: id - below(3) } : {};
      ++id;
      events.push({ ...base, name: `callback ${below(9)}`, ph: 'n', ts, cat: `worker ${below(6)}`, id: `0x${id.toString(16)}`, args: { event: id, src, ...cause, bytes: below(65536) } });
    } else {
      events.push({ ...base, name: 'queue', ph: 'C', ts, event: ++id, lane: 'sink', unit: 'bytes', src, args: { queue: below(1 << 20) } });
    }
  }
  told('claim', 'It holds', { id: '05.1', claim: 'It holds', holds: true, evidence: `${events.length} events` });
  told('run', 'end', { exit: 0, killed_by: 0, stopped: false, claims: 1, failed: 0, events: events.length, dropped: 0 });
  return events;
}
