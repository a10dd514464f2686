// Plays scripts on Node's own emitter: a JSON list of scripts in, a list of logs out. The
// other player, with the same words, is in 30_event_emitter_test.cpp.
import {EventEmitter} from 'node:events';
import {readFileSync} from 'node:fs';
import {setImmediate as turn} from 'node:timers/promises';

let log;
let unhandled;
process.on('uncaughtException', (error) => log.push(`uncaught ${error.message}`));
process.on('unhandledRejection', (error) => unhandled.push(error.message));
const named = (name) => (name === 'errorMonitor' ? EventEmitter.errorMonitor : name);
// Told at once instead of in a later tick, so that the log says when.
process.emitWarning = ({type, count}) => {
  log.push(`warning ${typeof type === 'symbol' ? 'errorMonitor' : type} ${count}`);
};

// Until every tick, and what the ticks have brought, is done.
async function quiet() {
  for (let before = -1, still = 0; still < 3; before = log.length) {
    await turn();
    still = log.length === before ? still + 1 : 0;
  }
  if (unhandled.length > 0) log.push(`unhandled ${unhandled.sort().join(' ')}`);
  unhandled = [];
}

async function play(script) {
  log = [];
  unhandled = [];
  let calls = 0;
  let depth = 0;
  const pending = [];
  const emitter = new EventEmitter({captureRejections: script.captures});

  const act = (op) => {
    const [verb, , argument] = op;
    const name = named(op[1]);
    switch (verb) {
      case 'emit':
      case 'fail': {
        const value = verb === 'emit' ? argument : new Error(`E${argument}`);
        log.push(`${verb} ${op[1]} ${argument} -> ${emitter.emit(name, value)}`);
        break;
      }
      case 'offAll': emitter.removeAllListeners(name); break;
      case 'offEverything': emitter.removeAllListeners(); break;
      case 'limit': emitter.setMaxListeners(argument); break;
      case 'count': log.push(`count ${op[1]} ${emitter.listenerCount(name)}`); break;
      case 'names': {
        const names = emitter.eventNames().filter((each) => typeof each === 'string');
        log.push(`names ${names.join(' ')}`);
        break;
      }
      case 'reject': pending.shift()?.reject(new Error(`R${argument}`)); break;
      case 'fulfill': pending.shift()?.resolve(); break;
      case 'on': emitter.on(name, listeners[argument]); break;
      case 'once': emitter.once(name, listeners[argument]); break;
      case 'prepend': emitter.prependListener(name, listeners[argument]); break;
      case 'prependOnce': emitter.prependOnceListener(name, listeners[argument]); break;
      case 'off': emitter.off(name, listeners[argument]); break;
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
  const heard = ({does, throws, guards}, number, value) => {
    log.push(`L${number}(${value instanceof Error ? value.message : value})`);
    if (depth >= 3 || ++calls > 300) return false;
    depth++;
    try {
      does.forEach(guards ? guarded : act);
    } finally {
      depth--;
    }
    if (throws) throw new Error(`L${number}`);
    return true;
  };
  // An async listener by hand, so that every rejection has as far to go as another.
  const listeners = script.listeners.map((each, number) => (value) => {
    if (!each.async) return void heard(each, number, value);
    try {
      if (!heard(each, number, value)) return undefined;
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => { pending.push({resolve, reject}); });
  });
  for (const op of script.ops) {
    if (op[0] === 'quiet') await quiet();
    else guarded(op);
  }
  await quiet();
  return log;
}

const logs = [];
for (const script of JSON.parse(readFileSync(process.argv[2]))) logs.push(await play(script));
console.log(JSON.stringify(logs));
