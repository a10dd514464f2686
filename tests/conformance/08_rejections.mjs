// Plays scripts of rejections, and of handlers that come in time, late or not at all, on Node:
// a JSON list of scripts in, a list of logs out. The other player, with the same words, is in
// 08_uncaught_test.cpp.
import fs from 'node:fs';

const scripts = JSON.parse(fs.readFileSync(process.argv[2]));
const logs = [];
let log;
let promises;

function act(ops) {
  for (const [verb, name, does] of ops) {
    const call = () => {
      log.push(`${verb} ${name}`);
      act(does);
    };
    switch (verb) {
      case 'reject': promises[name] = Promise.reject(new Error(name)); break;
      case 'catch': promises[name]?.catch(call); break;
      case 'tick': process.nextTick(call); break;
      case 'microtask': queueMicrotask(call); break;
      case 'immediate': setImmediate(call); break;
      case 'throw': throw new Error(name);
      default: throw new TypeError(verb);
    }
  }
}

// Each time that a handler is called, it does the next thing of its list.
function handle(event, lists, line) {
  process.removeAllListeners(event);
  if (!lists) return;
  let calls = 0;
  process.on(event, (...args) => {
    log.push(line(...args));
    act(lists[calls++] ?? []);
  });
}

// From poll, and the next one when nothing is left to do: no callback of ours in between.
function next() {
  const script = scripts[logs.length];
  if (!script) return console.log(JSON.stringify(logs));
  logs.push(log = []);
  promises = {};
  handle('unhandledRejection', script.unhandled, (error) => `unhandled ${error.message}`);
  handle('rejectionHandled', script.late, () => 'late');
  handle('uncaughtException', script.uncaught,
         (error, origin) => `uncaught ${error.message} ${origin}`);
  fs.stat('/', () => act(script.ops));
}
process.on('beforeExit', next);
