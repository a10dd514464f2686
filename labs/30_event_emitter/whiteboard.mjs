// On the whiteboard: an event emitter, with the cases that they ask about.
import assert from 'node:assert/strict';

class Emitter {
  #listeners = new Map();
  on(event, listener) {
    this.#listeners.set(event, [...this.#of(event), listener]); // a copy: see emit
    return this;
  }
  once(event, listener) {
    const wrapper = (...args) => {
      this.off(event, wrapper); // before the call, so that an emit inside it does not find it
      listener.apply(this, args);
    };
    wrapper.listener = listener; // so that off(event, listener) finds it
    return this.on(event, wrapper);
  }
  off(event, listener) {
    const at = this.#of(event).findLastIndex((one) => [one, one.listener].includes(listener));
    if (at >= 0) this.#listeners.set(event, this.#of(event).toSpliced(at, 1));
    return this;
  }
  emit(event, ...args) { // a plain function call: nothing is queued
    const listeners = this.#of(event); // those that listen now; a change makes a new list
    if (event === 'error' && !listeners.length) throw args[0];
    for (const listener of listeners) listener.apply(this, args); // a throw stops the loop
    return listeners.length > 0;
  }
  #of(event) { return this.#listeners.get(event) ?? []; }
}

const [emitter, log] = [new Emitter(), []];
const g = () => log.push('g');
emitter.on('e', function f() { log.push('f'); emitter.off('e', g).on('e', () => log.push('h')); });
emitter.on('e', g).once('e', (x) => log.push(`once ${x}`));
assert.equal(emitter.emit('e', 7), true);
assert.deepEqual(log.splice(0), ['f', 'g', 'once 7']); // g was removed, and still called
assert.ok(emitter.emit('e') && !emitter.emit('nobody'));
assert.deepEqual(log, ['f', 'h']);
assert.throws(() => emitter.emit('error', new Error('E!')), /E!/);
