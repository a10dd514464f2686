// What npm checks a tarball with: ssri, and what that is made of.
import { createHash } from 'node:crypto';
import { play, timed } from './timed.mjs';

const tarball = Buffer.alloc(1024, 'x');

const checking = (check) => (count) => timed(count, async (times) => {
  let good = 0;
  for (let i = 0; i < times; ++i) good += check() ? 1 : 0;
  return `${good} good`;
});
const integrity = () => `sha512-${createHash('sha512').update(tarball).digest('base64')}`;

await play({
  crypto: (count) => {
    const locked = integrity();
    return checking(() => integrity() === locked)(count);
  },
  async ssri(count) {
    const { default: ssri } = await import('ssri');
    const locked = integrity();
    await checking(() => ssri.checkData(tarball, locked))(count);
  },
});
