// Plays traces through opossum and prints, as JSON, what it answered and in which state
// it was after each step. Timers are mocked: a trace of hours takes milliseconds.
//
//   node 14_opossum.mjs traces.json
//
// A trace: {"config": {...opossum's options}, "steps": ["call a", "ok a", "tick 1000"]}
import {readFileSync} from 'node:fs';
import {mock} from 'node:test';
import CircuitBreaker from 'opossum';

mock.timers.enable({apis: ['setTimeout', 'setInterval', 'Date']});

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function play({config, steps}) {
  const inFlight = new Map();
  let name;
  let reached;
  const action = () => new Promise((resolve, reject) => {
    reached = true;
    inFlight.set(name, {ok: resolve, fail: () => reject(new Error('down'))});
  });
  const breaker = new CircuitBreaker(action, {timeout: false, ...config});
  const state = () => breaker.opened ? 'open' : breaker.halfOpen ? 'half-open' : 'closed';

  const answers = [];
  for (const step of steps) {
    const [verb, what] = step.split(' ');
    let answer = '';
    if (verb === 'call') {
      [name, reached] = [what, false];
      breaker.fire().catch(() => {});
      answer = reached ? 'allowed ' : 'refused ';
    } else if (verb === 'tick') {
      mock.timers.tick(Number(what));
    } else {
      inFlight.get(what)[verb]();
      await settled();
    }
    answers.push(answer + state());
  }
  breaker.shutdown();
  return answers;
}

const traces = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const answers = [];
for (const trace of traces) answers.push(await play(trace));
console.log(JSON.stringify(answers));
