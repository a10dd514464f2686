// The streams of this lab, played by node:stream: one line for each, "name: what came".
// tests/conformance/05_streams_test.cpp plays the same and compares.
// Run: node labs/05_backpressure/node.mjs [chunks]
import { Readable, Transform, Writable, getDefaultHighWaterMark, pipeline } from 'node:stream';

const chunks = Number(process.argv[2] ?? 127);
const settled = async () => {  // in turns, not in time: no scene takes so many
  for (let turn = 0; turn < 2000; ++turn) await new Promise((next) => setImmediate(next));
};
const tell = (name, log) => console.log(`${name}: ${log.join(' > ')}`);

// A source of `count` chunks of `size` bytes, then its end, or an error.
const source = (count, size, fails = false) =>
  new Readable({
    highWaterMark: size,
    read() {
      if (count-- > 0) this.push(Buffer.alloc(size, 'x'));
      else if (fails) this.destroy(new Error('boom'));
      else this.push(null);
    },
  });

// A sink that needs a turn of the loop for each chunk; it fails at chunk `failsAt`.
const sink = (mark, failsAt = 0) => {
  let written = 0;
  return new Writable({
    highWaterMark: mark,
    write(chunk, _, done) {
      written += 1;
      const error = written === failsAt ? new Error('boom') : null;
      setImmediate(done, error);
    },
  });
};

const note = (log, name, stream, events) => {
  for (const event of events) stream.on(event, () => log.push(`${name}.${event}`));
};

// 1. Five writes of 5 bytes to a sink that never gets anything done, mark 10.
{
  const stuck = new Writable({ highWaterMark: 10, write() {} });
  const log = [];
  for (let i = 0; i < 5; i++) log.push(`${stuck.write('12345')} ${stuck.writableLength}`);
  tell('five writes', log);
}

// 2. A sink that writes at once has an empty queue: no false, no drain. (Node 18 looked
// before the write, and answered false with a drain in the next tick.)
{
  const log = [];
  const quick = new Writable({ highWaterMark: 1, write: (chunk, _, done) => done() });
  quick.on('drain', () => log.push('drain'));
  log.push(quick.write('12345'));
  log.push('caller goes on');
  await settled();
  tell('a synchronous write', log);
}

// 3. Finish comes after the last byte; there is no drain once the sink is ending.
{
  const log = [];
  const last = sink(5);
  note(log, 'sink', last, ['drain', 'finish', 'error', 'close']);
  log.push(last.write('12345'));
  last.end();
  await settled();
  tell('write and end', log);
}

// 4. A write after the end.
{
  const log = [];
  const ended = sink(10);
  note(log, 'sink', ended, ['finish', 'error', 'close']);
  ended.end();
  log.push(ended.write('12345'));
  await settled();
  tell('write after end', log);
}

// 5. Paused by its own listener, then resumed: nothing is lost.
{
  const log = [];
  const paused = source(3, 4);
  paused.on('data', () => {
    log.push('data');
    if (log.length === 2) paused.pause();
  });
  note(log, 'source', paused, ['pause', 'resume', 'end', 'close']);
  await settled();
  log.push('later');
  paused.resume();
  await settled();
  tell('pause in data', log);
}

// 6. The same transfer by hand, with pipe and with pipeline: 64 KiB chunks, mark 256 KiB.
const join = {
  'by hand': (from, to) => {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
  },
  pipe: (from, to) => from.pipe(to),
  pipeline: (from, to) => pipeline(from, to, () => {}),
};
for (const [name, carry] of Object.entries(join)) {
  const from = source(chunks, 64 * 1024);
  const to = sink(256 * 1024);
  const count = { pause: 0, drain: 0, resume: 0 };
  let peak = 0;
  let least = Infinity;
  carry(from, to);
  from.on('data', () => (peak = Math.max(peak, to.writableLength)));
  from.on('pause', () => {
    if (from.readableEnded) return; // see 7
    count.pause += 1;
    least = Math.min(least, to.writableLength);
  });
  from.on('resume', () => (count.resume += 1));
  to.on('drain', () => (count.drain += 1));
  await new Promise((resolve) => to.on('close', resolve));
  tell(`transfer ${name}`, [
    `pauses ${count.pause}`, `drains ${count.drain}`, `resumes ${count.resume}`,
    `peak ${peak}`, `least at a pause ${least}`,
  ]);
}

// 7. Node alone: when the sink finishes, pipe lets go of it, and pauses the ended source.
{
  let late = 0;
  const from = source(5, 4);
  from.on('pause', () => (late += from.readableEnded));
  from.pipe(sink(16));
  await settled();
  tell('pauses after the end', [late]);
}

// 8. Three stages, one of which fails at its third chunk or after two.
for (const how of ['pipe', 'pipeline']) {
  for (const fails of ['none', 'source', 'stage', 'sink']) {
    const log = [];
    let steps = 0;
    const from = source(fails === 'source' ? 2 : 6, 4, fails === 'source');
    const stage = new Transform({
      highWaterMark: 4,
      transform(chunk, _, done) {
        steps += 1;
        if (fails === 'stage' && steps === 3) done(new Error('boom'));
        else done(null, chunk);
      },
    });
    const to = sink(4, fails === 'sink' ? 3 : 0);
    note(log, 'source', from, ['end', 'error', 'close']);
    note(log, 'stage', stage, ['end', 'finish', 'error', 'close']);
    note(log, 'sink', to, ['finish', 'error', 'close']);
    if (how === 'pipe') from.pipe(stage).pipe(to);
    else pipeline(from, stage, to, (error) => log.push(error ? 'failed' : 'done'));
    await settled();
    const destroyed = [from, stage, to].map((stream) => stream.destroyed);
    tell(`${how}, ${fails} fails`, [...log, `destroyed ${destroyed.join(' ')}`]);
  }
}

// 9. Two sinks on one source: how far the quick one gets ahead of the other, in bytes.
{
  const got = { quick: 0, slow: 0 };
  let apart = 0;
  const quick = new Writable({
    highWaterMark: 5,
    write(chunk, _, done) {
      got.quick += chunk.length;
      apart = Math.max(apart, got.quick - got.slow);
      done();
    },
  });
  const slow = new Writable({
    highWaterMark: 5,
    write(chunk, _, done) {
      got.slow += chunk.length;
      setImmediate(done);
    },
  });
  const from = source(40, 5);
  from.pipe(quick);
  from.pipe(slow);
  await settled();
  tell('two sinks', [`quick ${got.quick}`, `slow ${got.slow}`, `apart ${apart}`]);
}

// 10. The default mark of bytes: 16 KiB up to Node 20, 64 KiB from Node 22 on.
tell('default mark', [getDefaultHighWaterMark(false)]);
