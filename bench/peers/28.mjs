// What a Node program would read a .env file with.
import { parseEnv } from 'node:util';
import { play, timed } from './timed.mjs';

const text = Array.from({ length: 100 }, (_, i) => `NAME_${i}="a value # of ${i} with blanks" # said here\n`).join('');

const parsing = (parse) => (count) => timed(count, async (times) => {
  let found = 0;
  for (let i = 0; i < times; ++i) found += Object.keys(parse(text)).length;
  return `${found} lines`;
});

await play({
  node: parsing(parseEnv),
  dotenv: async (count) => parsing((await import('dotenv')).default.parse)(count),
});
