// Node's own queues: node 02.mjs NAME COUNT. Each job queues the next.
import { play, timed } from './timed.mjs';

const chain = (queue, heads = 1) => (count) => new Promise((done) => {
  let made = 0, left = heads;
  const link = () => {
    if (made++ < count) queue(link);
    else if (--left === 0) done(`${made - heads} jobs`);
  };
  for (let i = 0; i < heads; ++i) link();
});

// A reaction of a promise, and what stands after an await.
const awaited = async (count) => {
  let made = 0;
  for (; made < count; ++made) await undefined;
  return `${made} jobs`;
};

const each = (work) => (count) => timed(count, work);
await play({
  ticks: each(chain(process.nextTick)),
  crowd: each(chain(process.nextTick, 4)),
  microtasks: each(chain(queueMicrotask)),
  awaited: each(awaited),
  turns: each(chain(setImmediate)),
});
