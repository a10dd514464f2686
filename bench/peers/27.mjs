// What a Node program asks npm's `semver` instead of lab 27's versions and ranges.
import semver from 'semver';
import { play, timed } from './timed.mjs';

const texts = Array.from({ length: 100 },
  (_, i) => `${i % 3}.${i % 7}.${i % 11}${i % 5 ? '' : '-rc.1'}`);

await play({
  // What everybody calls. semver remembers what it has parsed.
  satisfies: (count) => timed(count, (times) => {
    let allowed = 0;
    for (let i = 0; i < times; ++i) allowed += semver.satisfies(texts[i % 100], '^1.2.3 || ~2.4');
    return `${allowed} allowed`;
  }),
  parsed: (count) => timed(count, (times) => {
    const range = new semver.Range('^1.2.3 || ~2.4');
    let allowed = 0;
    for (let i = 0; i < times; ++i) allowed += range.test(texts[i % 100]);
    return `${allowed} allowed`;
  }),
  fresh: (count) => timed(count, (times) => {
    let allowed = 0;
    for (let i = 0; i < times; ++i) {
      allowed += new semver.Range(`^1.2.${i} || ~2.4`).test(texts[i % 100]);
    }
    return `${allowed} allowed`;
  }),
  compare: (count) => timed(count, (times) => {
    let less = 0;
    for (let i = 0; i < times; ++i) less += semver.lt(texts[i % 100], texts[(i * 7 + 1) % 100]);
    return `${less} less`;
  }),
});
