// The profilers that a Node program has built in, and a stopwatch, around lab 22's work.
import { Session } from 'node:inspector/promises';
import { play, timed } from './timed.mjs';

function line(hash) {
  for (let i = 0; i < 40; ++i) hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
  return hash;
}

const alone = (count) => {
  let hash = 1;
  for (let i = 0; i < count; ++i) hash = line(hash);
  return `${hash >>> 0}`;
};

await play({
  alone: (count) => timed(count, alone),
  async inspector(count) {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await timed(count, async (part) => {
      await session.post('Profiler.start');
      const check = alone(part);
      await session.post('Profiler.stop');
      return check;
    });
    session.disconnect();
  },
  stopwatch: (count) => timed(count, (part) => {
    let hash = 1;
    let spent = 0;
    for (let i = 0; i < part; ++i) {
      const begin = performance.now();
      hash = line(hash);
      spent += performance.now() - begin;
    }
    return spent > 0 ? `${hash >>> 0}` : 'no time';
  }),
});
