// The same small programs with Node's own streams; one line each, "what: the order".
//
//   node labs/04_streams/node.mjs
//   node labs/04_streams/node.mjs --bench    what a pipeline carries, by chunk size
import { Duplex, PassThrough, Readable, Writable, pipeline } from 'node:stream';
import { pipeline as joined } from 'node:stream/promises';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { setImmediate as turn } from 'node:timers/promises';

// Listeners that write their event's name.
const says = (log, stream, ...events) => {
  for (const event of events) {
    stream.on(event, (value) => log(event === 'data' ? `${value}` : event));
  }
};
const all = ['data', 'end', 'prefinish', 'finish', 'error', 'close'];

// Pushes its words when it is asked, one for each time, and then its end.
const words = (list) =>
  new Readable({
    highWaterMark: 1,
    read() {
      this.push(list.length ? list.shift() : null);
    },
  });
const pushed = () => new Readable({ highWaterMark: 1, read() {} });
const sink = (options) =>
  new Writable({ highWaterMark: 16, write: (chunk, _, done) => done(), ...options });
const halves = (allowHalfOpen) =>
  new Duplex({ allowHalfOpen, read() {}, write: (chunk, _, done) => done() });

function throughPassThrough(log, stage) {
  log(`${stage.write('a')}`);
  stage.write('b');
  stage.end();
  log('sync');
  process.nextTick(() => log('tick'));
}

const programs = {
  now(log) {
    const stage = new PassThrough({ highWaterMark: 16 });
    says(log, stage, ...all);
    throughPassThrough(log, stage);
  },
  later(log) {
    const stage = new PassThrough({ highWaterMark: 16 });
    const listener = () => {};
    stage.on('readable', listener);
    says(log, stage, ...all);
    stage.off('readable', listener);
    throughPassThrough(log, stage);
  },
  async 'late listener'(log) {
    const source = pushed();
    source.push('early');
    await new Promise((resolve) => setTimeout(resolve, 20));
    log('later');
    says(log, source, 'data');
  },
  async 'after resume'(log) {
    const source = pushed();
    source.push('early');
    source.resume();
    await turn();
    says(log, source, 'data');
    source.push('late');
  },
  async 'pause in data'(log) {
    const source = words(['x', 'y']);
    source.on('data', (chunk) => {
      log(`${chunk}`);
      if (`${chunk}` !== 'x') return;
      source.pause();
      log('paused');
    });
    says(log, source, 'end');
    log('listening');
    await turn();
    log('resume');
    source.resume();
  },
  'read()'(log) {
    const source = words(['ab', 'cd']);
    source.on('readable', () => {
      log('readable');
      for (let chunk; (chunk = source.read()) !== null; ) log(`${chunk}`);
      log('null');
    });
    says(log, source, 'end', 'error', 'close');
  },
  'write, end'(log) {
    const quick = sink();
    says(log, quick, 'prefinish', 'finish', 'error', 'close');
    quick.write('a');
    process.nextTick(() => log('tick'));
    quick.end();
    log('sync');
  },
  'two objects'(log) {
    const slow = sink({ objectMode: true, highWaterMark: 2, write() {} });
    for (let i = 0; i < 3; i++) {
      const answer = slow.write({ text: 'x'.repeat(100) });
      log(`${answer} ${slow.writableLength}`);
    }
  },
  async 'half-open'(log) {
    const both = halves(true);
    says(log, both, ...all);
    both.push(null);
    log('sync');
    await turn();
    log('later');
    both.end();
  },
  async 'no half-open'(log) {
    const both = halves(false);
    says(log, both, ...all);
    both.push(null);
    log('sync');
    await turn();
    log('later');
  },
  async 'destroyed'(log) {
    let answer;
    const slow = sink({ write: (chunk, _, done) => (answer = done) });
    says(log, slow, 'prefinish', 'finish', 'error', 'close');
    slow.write('a');
    slow.end();
    slow.destroy(new Error('boom'));
    slow.destroy(new Error('again'));
    log('sync');
    await turn();
    answer();
  },
  async 'end, push'(log) {
    const source = pushed();
    says(log, source, 'data', 'end', 'error', 'close');
    source.push('a');
    await turn();
    source.push(null);
    log(`${source.push('b')}`);
  },
  async 'split in 4'(log) {
    const source = pushed();
    source.setEncoding('utf8');
    says(log, source, 'data');
    for (const part of [[0xe2], [0x82], [0xac], [0xf0, 0x9f]]) {
      source.push(Buffer.from(part));
      await turn();
    }
    source.push(null);
  },
  async 'A | B | C'(log) {
    const source = words(['a', 'b']);
    const stage = new PassThrough({ highWaterMark: 16 });
    const last = sink();
    source.on('close', () => log('A close'));
    stage.on('close', () => log('B close'));
    last.on('finish', () => log('C finish'));
    last.on('close', () => log('C close'));
    pipeline(source, stage, last, (error) => log(error ? 'failed' : 'done'));
  },
};

// Words in random order, as bench/04_streams.cpp makes them.
function text(size) {
  const word = () => {
    let letters = '';
    for (let i = Math.floor(Math.random() * 9); i > 0; i--) {
      letters += String.fromCharCode(97 + Math.floor(Math.random() * 12));
    }
    return letters;
  };
  const block = Array.from({ length: 300_000 }, word).join(' ').slice(0, 2 ** 20);
  return Buffer.alloc(size, block);
}

async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'streams-'));
  const file = join(folder, 'file');
  const mib = 64;
  writeFileSync(file, text(mib << 20));
  for (const gzip of [false, true]) {
    for (const highWaterMark of [4, 16, 64, 256, 1024].map((kib) => kib << 10)) {
      const times = [];
      for (let i = 0; i < 3; i++) {
        const began = process.hrtime.bigint();
        const target = createWriteStream('/dev/null', { highWaterMark });
        const stages = gzip ? [createGzip({ level: 1 })] : [];
        await joined(createReadStream(file, { highWaterMark }), ...stages, target);
        times.push(Number(process.hrtime.bigint() - began) / 1e9);
      }
      const rate = (mib / Math.min(...times)).toFixed(0);
      console.log(`${gzip ? 'gzip ' : 'copy '}${highWaterMark >> 10} KiB: ${rate} MiB/s`);
    }
  }
  rmSync(folder, { recursive: true });
}

if (process.argv[2] === '--bench') {
  await bench();
} else {
  for (const [what, play] of Object.entries(programs)) {
    const order = [];
    await play((word) => order.push(word));
    for (let i = 0; i < 3; i++) await turn();
    console.log(`${what}: ${order.join(' > ')}`);
  }
}
