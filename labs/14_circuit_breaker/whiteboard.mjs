// On the whiteboard: a circuit breaker.
import assert from 'node:assert/strict';

class CircuitBreaker {
  state = 'closed';
  #failed = []; // one entry per call, and a new array for each state
  #openedAt = 0;
  constructor({ size = 10, minimum = 4, limit = 0.5, openFor = 1000, now = Date.now } = {}) {
    Object.assign(this, { size, minimum, limit, openFor, now });
  }
  async call(work, fallback) {
    const waited = this.state === 'open' && this.now() - this.#openedAt >= this.openFor;
    if (waited) this.#to('half-open'); // and this call is the one trial
    else if (this.state !== 'closed') return fallback();
    const asked = this.#failed;
    const report = (failed) => asked === this.#failed && this.#count(failed); // not a late one
    const result = await work().then((value) => ({ value }), () => null); // with a timeout!
    report(result === null);
    return result ? result.value : fallback();
  }
  #count(failed) {
    if (this.state === 'half-open') return this.#to(failed ? 'open' : 'closed');
    if (this.#failed.push(failed) > this.size) this.#failed.shift();
    const rate = this.#failed.filter(Boolean).length / this.#failed.length;
    if (this.#failed.length >= this.minimum && rate >= this.limit) this.#to('open');
  }
  #to(state) { Object.assign(this, { state }); this.#failed = []; this.#openedAt = this.now(); }
}

let [time, up, reached] = [0, false, 0];
const breaker = new CircuitBreaker({ now: () => time });
const pay = async () => { reached++; if (!up) throw new Error('down'); return 'paid'; };
const tenAtOnce = () => Promise.all(Array(10).fill().map(() => breaker.call(pay, () => 'later')));
for (let i = 0; i < 100; i++) await breaker.call(pay, () => 'later');
assert.deepEqual([breaker.state, reached], ['open', 4]); // 96 calls never left
[time, up] = [time + 1000, true];
assert.equal((await tenAtOnce()).filter((result) => result === 'paid').length, 1); // one trial
assert.equal(breaker.state, 'closed');
