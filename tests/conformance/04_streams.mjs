// Plays scripts on Node's own PassThrough: a JSON list of scripts in, a list of logs out.
// The other player, with the same words, is in 04_streams_test.cpp.
import { PassThrough } from 'node:stream';
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

async function play({ mark, halfOpen, turns }) {
  const log = [];
  const stage = new PassThrough({ highWaterMark: mark, allowHalfOpen: halfOpen });
  const events = ['end', 'prefinish', 'finish', 'drain', 'pause', 'resume', 'error', 'close'];
  for (const event of events) stage.on(event, () => log.push(event));
  const readers = [];
  const read = () => {
    const chunk = stage.read();
    log.push(chunk === null ? 'null' : `read ${chunk}`);
    return chunk !== null;
  };
  const act = ([verb, argument]) => {
    switch (verb) {
      case 'write': log.push(`${stage.write(argument)} ${stage.writableLength}`); break;
      case 'end': stage.end(); break;
      case 'pause': stage.pause(); break;
      case 'resume': stage.resume(); break;
      case 'data': stage.on('data', (chunk) => log.push(`data ${chunk}`)); break;
      case 'readable': {
        const listener = () => {
          log.push('readable');
          while (read()) {}
        };
        readers.push(listener);
        stage.on('readable', listener);
        break;
      }
      case 'unreadable': if (readers.length) stage.off('readable', readers.pop()); break;
      case 'read': read(); break;
      case 'tick': process.nextTick(() => log.push('tick')); break;
      case 'destroy': stage.destroy(); break;
      case 'state': log.push(`${stage.readableLength} ${stage.readableFlowing}`); break;
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
