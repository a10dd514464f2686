// On the whiteboard: copy a fast source to a slow destination, and obey what write() returns.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';

async function copy(source, sink) {
  sink.once('error', (error) => source.destroy(error)); // ends the loop below, too
  try {
    for await (const chunk of source) {
      if (!sink.write(chunk)) await once(sink, 'drain'); // full: wait, or fail with the sink
    }
    sink.end();
    await once(sink, 'finish');
  } catch (error) {
    sink.destroy(); // what pipe() forgets: an error must close both ends
    throw error;
  }
}

const slowSink = (failsAt) => {
  let count = 0;
  return new Writable({
    highWaterMark: 40,
    write(chunk, encoding, done) {
      this.longest = Math.max(this.longest ?? 0, this.writableLength);
      setImmediate(done, ++count === failsAt ? new Error('disk full') : null);
    },
  });
};
const source = (chunks = 500) => Readable.from(Array.from({ length: chunks }, () => 'ten bytes!'));

const [obeyed, ignored] = [slowSink(), slowSink()];
await copy(source(), obeyed);
for await (const chunk of source()) ignored.write(chunk);
assert.ok(obeyed.longest <= 40 && ignored.writableLength > 1_000);

const [from, to] = [source(), slowSink(3)];
await assert.rejects(copy(from, to), /disk full/);
assert.ok(from.destroyed && to.destroyed);
