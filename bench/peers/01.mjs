// Node's own loop: node 01.mjs NAME COUNT.
import { play, timed } from './timed.mjs';

const turns = (count) => new Promise((done) => {
  let made = 0;
  const link = () => (made++ < count ? setImmediate(link) : done(`${made - 1} turns`));
  link();
});

const batch = (size) => new Promise((done) => {
  let left = size;
  for (let i = 0; i < size; ++i) {
    setTimeout(() => { if (--left === 0) done(size); }, 1 + (i % 3));
  }
});

const timers = async (count) => {
  let fired = 0;
  for (let left = count; left > 0; left -= 1000) fired += await batch(Math.min(left, 1000));
  return `${fired} fired`;
};

await play({
  turns: (count) => timed(count, turns),
  timers: (count) => timed(count, timers),
});
