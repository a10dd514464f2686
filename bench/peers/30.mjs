// Node's emitter and the package that is said to be faster: 30.mjs NAME LISTENERS COUNT.
import { timed } from './timed.mjs';

const packages = { node: 'node:events', eventemitter3: 'eventemitter3' };
const [name, listeners, count] = process.argv.slice(2);
const { EventEmitter } = await import(packages[name]);

let heard = 0;
const emitter = new EventEmitter();
emitter.setMaxListeners?.(0);
for (let i = 0; i < Number(listeners); ++i) emitter.on('tick', (value) => { heard += value; });
await timed(Number(count), (emits) => {
  heard = 0;
  for (let i = 0; i < emits; ++i) emitter.emit('tick', 1);
  return `${heard} heard`;
});
