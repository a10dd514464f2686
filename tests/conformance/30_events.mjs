// Plays scripts on Node's own emitter: a JSON list of scripts in, a list of logs out. The
// other player, with the same words, is in 30_event_emitter_test.cpp.
import {EventEmitter, errorMonitor} from 'node:events';
import {readFileSync} from 'node:fs';

let log;
// Told at once instead of in a later tick, so that the log says when.
process.emitWarning = ({type, count}) => {
  log.push(`warning ${type === errorMonitor ? 'errorMonitor' : type} ${count}`);
};

function play(script) {
  log = [];
  let calls = 0;
  let depth = 0;
  const emitter = new EventEmitter();
  const event = (name) => (name === 'errorMonitor' ? errorMonitor : name);

  const act = (op) => {
    const [verb, name, argument] = op;
    switch (verb) {
      case 'emit':
      case 'fail': {
        const value = verb === 'emit' ? argument : new Error(`E${argument}`);
        log.push(`${verb} ${name} ${argument} -> ${emitter.emit(event(name), value)}`);
        break;
      }
      case 'offAll': emitter.removeAllListeners(event(name)); break;
      case 'offEverything': emitter.removeAllListeners(); break;
      case 'limit': emitter.setMaxListeners(argument); break;
      case 'count': log.push(`count ${name} ${emitter.listenerCount(event(name))}`); break;
      case 'names': {  // without the Symbol: it stands behind all strings, however old
        const names = emitter.eventNames().filter((each) => each !== errorMonitor);
        log.push(`names ${names.join(' ')}`);
        break;
      }
      case 'watch':
        emitter.on(event(name), (what) => {
          if (what !== errorMonitor) log.push(`${name} ${what.message ?? what}`);
        });
        break;
      case 'on': emitter.on(event(name), listeners[argument]); break;
      case 'once': emitter.once(event(name), listeners[argument]); break;
      case 'prepend': emitter.prependListener(event(name), listeners[argument]); break;
      case 'prependOnce': emitter.prependOnceListener(event(name), listeners[argument]); break;
      case 'off': emitter.off(event(name), listeners[argument]); break;
      default: throw new TypeError(verb);
    }
  };
  const guarded = (op) => {
    try {
      act(op);
    } catch (error) {
      log.push(`thrown ${error.message}`);
    }
  };
  const listeners = script.listeners.map(({does, throws, guards}, number) => (value) => {
    log.push(`L${number}(${value instanceof Error ? value.message : value})`);
    if (depth >= 3 || ++calls > 300) return;
    depth++;
    try {
      does.forEach(guards ? guarded : act);
    } finally {
      depth--;
    }
    if (throws) throw new Error(`L${number}`);
  });
  script.ops.forEach(guarded);
  return log;
}

console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[2])).map(play)));
