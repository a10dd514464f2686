// Plays scripts on Node's own streams: a JSON list of scripts in, a list of logs out. A
// script has some streams, named a, b, c by their place, and what is done to them in each
// turn of the loop. The other player, with the same words, is in 04_stream_player.hpp.
import { Duplex, PassThrough, Readable, Transform, Writable, pipeline } from 'node:stream';
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

const boom = (why = 'boom') => Object.assign(new Error(why), { code: why });

// What is read, as text or, if it is none, in hex.
const shown = (chunk) => {
  const bytes = Buffer.from(chunk);
  return bytes.every((byte) => byte < 128) ? bytes.toString() : bytes.toString('hex');
};

// A source that gives what it was given, then does what it was told; or waits for `push`.
function reading(stream, { chunks = [], then = 'waits' }) {
  const left = [...chunks];
  return function read() {
    if (left.length) return void this.push(left.shift());
    if (then === 'ends') this.push(null);
    if (then === 'fails') this.destroy(boom());
    if (then === 'goes on') this.push('x');
  };
}

function make(name, spec, log) {
  const due = {};  // what only the script answers: write, open, close
  const { kind, mark: highWaterMark, halfOpen: allowHalfOpen, readable, writable } = spec;
  let written = 0;
  const write = (chunk, encoding, done) => {
    log.push(`${name}<${shown(chunk)}`);
    if (++written === spec.failsAt) return done(boom());
    if (spec.atOnce) return done();
    due.answer = done;
  };
  const rest = {};
  if (spec.opens) rest.construct = (done) => { due.open = done; };
  if (spec.closes)
    rest.destroy = (error, done) => { due.close = (failed) => done(failed ?? error); };
  if (spec.final) rest.final = (done) => { due.answer = done; };
  const read = reading(name, spec);
  let passed = 0;
  const stream =
    kind === 'source' ? new Readable({ highWaterMark, read, ...rest })
    : kind === 'sink' ? new Writable({ highWaterMark, write, ...rest })
    : kind === 'duplex'
      ? new Duplex({ highWaterMark, allowHalfOpen, readable, writable, read, write, ...rest })
    : kind === 'pass' ? new PassThrough({ highWaterMark, allowHalfOpen })
    : new Transform({  // ends its output by itself
        highWaterMark,
        allowHalfOpen,
        transform(chunk, encoding, done) {
          this.push(chunk);
          if (++passed === spec.failsAt) this.push(null);
          done();
        },
      });
  const events = ['end', 'prefinish', 'finish', 'drain', 'pause', 'resume', 'error', 'close'];
  for (const event of events) stream.on(event, () => log.push(`${name}.${event}`));
  return { stream, due, name, data: [], readers: [] };
}

const reasons = {
  ERR_STREAM_PREMATURE_CLOSE: 'premature close',
  ERR_STREAM_WRITE_AFTER_END: 'write after end',
  ERR_STREAM_PUSH_AFTER_EOF: 'push after end',
};

async function play({ streams, turns }) {
  const log = [];
  const all = streams.map((spec, i) => make('abcdef'[i], spec, log));
  const read = ({ stream, name }) => {
    const chunk = stream.read();
    log.push(chunk === null ? `${name} null` : `${name} read ${shown(chunk)}`);
    return chunk !== null;
  };
  const act = ([verb, at, argument]) => {
    const one = all[at];
    const { stream, name, due, data, readers } = one;
    switch (verb) {
      case 'write': log.push(`${name} ${stream.write(argument)} ${stream.writableLength}`); break;
      case 'push': log.push(`${name} ${stream.push(argument)}`); break;
      case 'push hex': stream.push(Buffer.from(argument, 'hex')); break;
      case 'push end': stream.push(null); break;
      case 'end': stream.end(); break;
      case 'destroy': stream.destroy(); break;
      case 'fail': stream.destroy(boom()); break;
      case 'pause': stream.pause(); break;
      case 'resume': stream.resume(); break;
      case 'text': stream.setEncoding('utf8'); break;
      case 'data': {
        const listener = (chunk) => log.push(`${name} data ${shown(chunk)}`);
        data.push(listener);
        stream.on('data', listener);
        break;
      }
      case 'no data': if (data.length) stream.off('data', data.pop()); break;
      case 'readable': {
        const listener = () => {
          log.push(`${name} readable`);
          while (read(one)) {}
        };
        readers.push(listener);
        stream.on('readable', listener);
        break;
      }
      case 'unreadable': if (readers.length) stream.off('readable', readers.pop()); break;
      case 'read': read(one); break;
      case 'answer': case 'open': case 'close': {
        const done = due[verb];
        delete due[verb];
        if (done) done(argument === 'fails' ? boom(`no ${verb}`) : undefined);
        break;
      }
      case 'pipe': stream.pipe(all[argument].stream); break;
      case 'pipeline': {
        const stages = [at, ...argument].map((i) => all[i].stream);
        pipeline(stages, (error) =>
          log.push(error ? `failed: ${reasons[error.code] ?? error.code}` : 'done'));
        break;
      }
      case 'tick': process.nextTick(() => log.push('tick')); break;
      case 'state': {
        const of = [name, stream.destroyed];
        if (stream.read) of.push(stream.readableLength, stream.readableFlowing, stream.readableEnded);
        if (stream.write) of.push(stream.writableLength, stream.writableEnded, stream.writableFinished);
        log.push(of.join(' '));
        break;
      }
      default: throw new TypeError(verb);
    }
  };
  for (const ops of turns) {
    ops.forEach(act);
    await turn();
    log.push('|');
  }
  return log;
}

const logs = [];
for (const script of JSON.parse(readFileSync(process.argv[2]))) logs.push(await play(script));
console.log(JSON.stringify(logs));
