// Node's streams: node 04.mjs NAME FROM TO COUNT.
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import { timed } from './timed.mjs';

const [name, from, to, count] = process.argv.slice(2);
const large = { highWaterMark: 1 << 20 };
const copies = {
  copy: () => pipeline(createReadStream(from), createWriteStream(to)),
  large: () => pipeline(createReadStream(from, large), createWriteStream(to, large)),
  gzip: () => pipeline(createReadStream(from), createGzip({ level: 1 }), createWriteStream(to)),
};
const wanted = readFileSync(from);
const whole = () => {
  const out = readFileSync(to);
  return wanted.equals(name === 'gzip' ? gunzipSync(out) : out) ? ', whole' : ', not whole';
};
await timed(Number(count), async (times) => {
  for (let i = 0; i < times; ++i) await copies[name]();
  return `${times} copies`;
}, whole);
