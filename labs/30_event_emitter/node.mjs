// The same small programs on Node's own emitter; one line each, "what: the order".
//
//   node labs/30_event_emitter/node.mjs
//   node labs/30_event_emitter/node.mjs --bench     what an emit costs
import {EventEmitter, once} from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {setImmediate as turn} from 'node:timers/promises';

function addFour(emitter, log) {
  emitter.on('event', () => log('L1'));
  emitter.prependListener('event', () => log('L0'));
  emitter.once('event', () => log('once'));
  emitter.on('event', () => log('L2'));
}

// An emitter that captures, and an async listener that fails behind its await.
async function rejects(log, onError) {
  const unhandled = () => log('unhandled');
  process.on('unhandledRejection', unhandled);
  const emitter = new EventEmitter({captureRejections: true});
  emitter.on('error', () => {
    log('error');
    return onError();
  });
  emitter.on('event', async () => {
    log('start');
    await null;
    throw new Error('too late');
  });
  log(emitter.emit('event'));
  await turn();
  await turn();
  process.off('unhandledRejection', unhandled);
}

const programs = {
  'on, prepend, once'(emitter, log) {
    addFour(emitter, log);
    log('before');
    emitter.emit('event');
    log('after');
  },
  'emitted again'(emitter, log) {
    const words = [];
    addFour(emitter, (word) => words.push(word));
    emitter.emit('event');
    words.length = 0;  // the first emit was shown above
    words.push(emitter.emit('event'), emitter.emit('nobody'));
    words.forEach(log);
  },
  async 'an async listener'(emitter, log) {
    emitter.on('event', () => log('L1'));
    emitter.on('event', async () => {
      log('L2 start');
      await null;
      log('L2 end');
    });
    log('before');
    emitter.emit('event');
    log('after');
    await turn();
  },
  'emit inside a listener'(emitter, log) {
    emitter.on('event', () => {
      log('p-start');
      emitter.emit('child');
      log('p-end');
    });
    emitter.on('child', () => log('c'));
    emitter.emit('event');
  },
  'f removes g, adds h'(emitter, log) {
    const g = () => log('g');
    emitter.on('event', () => {
      log('f');
      emitter.off('event', g);
      emitter.on('event', () => log('h'));
    });
    emitter.on('event', g);
    emitter.emit('event');
    log('|');
    emitter.emit('event');
  },
  'it removes itself'(emitter, log) {
    emitter.on('event', function self() {
      log('self');
      emitter.off('event', self);
    });
    emitter.on('event', () => log('behind'));
    emitter.emit('event');
    log('|');
    emitter.emit('event');
  },
  'once emits again'(emitter, log) {
    emitter.once('event', () => {
      log('once');
      log(emitter.emit('event'));
    });
    emitter.emit('event');
  },
  'a listener throws'(emitter, log) {
    emitter.on('event', () => {
      log('1');
      throw new Error('stop');
    });
    emitter.on('event', () => log('2'));
    try {
      emitter.emit('event');
    } catch (error) {
      log(`caught ${error.message}`);
    }
  },
  'error, then heard'(emitter, log) {
    try {
      emitter.emit('error', new Error('E!'));
    } catch (error) {
      log(`caught ${error.message}`);
    }
    emitter.on('error', () => log('heard'));
    log(emitter.emit('error', new Error('E!')));
  },
  'error of null'(emitter, log) {
    try {
      emitter.emit('error', null);
    } catch (error) {
      log(error.code === 'ERR_UNHANDLED_ERROR' ? 'unhandled error' : error.code);
    }
  },
  'errorMonitor'(emitter, log) {
    emitter.on(EventEmitter.errorMonitor, () => log('seen'));
    try {
      emitter.emit('error', new Error('E!'));
    } catch (error) {
      log(`caught ${error.message}`);
    }
    emitter.on('error', () => log('heard'));
    log(emitter.emit('error', new Error('E!')));
  },
  'rejection, captured'(emitter, log) {
    return rejects(log, () => {});
  },
  'an async error listener rejects'(emitter, log) {
    return rejects(log, async () => { throw new Error('again'); });
  },
  'newListener adds one'(emitter, log) {
    emitter.once('newListener', () => emitter.on('event', () => log('B')));
    emitter.on('event', () => log('A'));
    emitter.emit('event');
  },
  async 'emitted too early'(emitter, log) {
    emitter.emit('event');
    process.nextTick(() => emitter.emit('event'));
    emitter.on('event', () => log('heard'));
    log('listening');
    await turn();
  },
  async '20 listeners'(emitter, log) {
    const warned = ({count}) => log(`warned at ${count}`);
    process.on('warning', warned);
    for (let i = 0; i < 20; i++) emitter.on('event', () => {});
    await turn();
    process.off('warning', warned);
  },
  // What only Node has.
  async 'events.once'(emitter, log) {
    process.nextTick(() => emitter.emit('event', 1, 2));
    log(JSON.stringify(await once(emitter, 'event')));
  },
  'EventTarget'(emitter, log) {
    const target = new EventTarget();
    target.addEventListener('event', () => log('1'));
    target.dispatchEvent(new Event('event'));
    log('after');
    log(target instanceof EventEmitter);
  },
  'core classes'(emitter, log) {
    const stream = fs.createReadStream('/dev/null');
    const server = http.createServer();
    log(stream instanceof EventEmitter);
    log(net.createServer() instanceof EventEmitter);
    log(server instanceof EventEmitter && server instanceof net.Server);
  },
};

function bench() {
  let heard = 0;
  for (const count of [0, 1, 10, 100]) {
    const emitter = new EventEmitter().setMaxListeners(0);
    for (let i = 0; i < count; i++) emitter.on('tick', (value) => { heard += value; });
    const emits = 20_000_000 / (count + 4);
    const samples = [];
    for (let run = 0; run < 9; run++) {
      const before = process.cpuUsage();
      for (let i = 0; i < emits; i++) emitter.emit('tick', 1);
      const {user, system} = process.cpuUsage(before);
      samples.push((user + system) * 1000 / emits);
    }
    console.log(`emit to ${count}: ${samples.sort((a, b) => a - b)[4].toFixed(1)} ns`);
  }
  if (!heard) throw new Error('nobody heard anything');
}

if (process.argv.includes('--bench')) {
  bench();
} else {
  process.removeAllListeners('warning');
  for (const [name, program] of Object.entries(programs)) {
    const words = [];
    await program(new EventEmitter(), (word) => words.push(word));
    console.log(`${name}: ${words.join(' > ')}`);
  }
}
