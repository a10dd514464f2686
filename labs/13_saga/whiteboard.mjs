// On the whiteboard: a saga whose orchestrator may die at any record of its log.
import assert from 'node:assert/strict';

// All it knows is in the log. A repetition is for the services to recognize.
function run(steps, log, send) {
  const done = log.filter(({event}) => event === 'done').length;
  let undo = log.findLast(({event}) => event !== 'done')?.undo ?? null; // null: forward
  const record = (entry) => { log.push(entry); crash(); };
  for (let i = done; undo === null && i < steps.length; i++) {
    const outcome = send(steps[i].act);
    if (outcome === 'done') record({event: 'done'});
    else record({event: outcome, undo: undo = outcome === 'unknown' ? i + 1 : i});
  }
  for (; undo > 0; undo--) { // last step first; a compensation is retried until it is done
    send(steps[undo - 1].undo);
    record({event: 'undone', undo: undo - 1});
  }
}

// A service: the key of a step decides, and an undo leaves a mark for a command that is late.
const [money, handled] = [{ann: 100}, new Map()];
const services = {
  create: () => 'done', cancel() {},
  charge() { if (!handled.has('charge')) handled.set('charge', 'done'), money.ann -= 60;
    return handled.get('charge'); },
  refund() { if (handled.get('charge') === 'done') money.ann += 60;
    handled.set('charge', 'refused'); },
  reserve: () => 'refused', release() {},
};
const steps = [{act: 'create', undo: 'cancel'}, {act: 'charge', undo: 'refund'},
  {act: 'reserve', undo: 'release'}];
let left = 0;
const crash = () => { if (--left === 0) throw new Error('killed'); };
for (let cut = 1; cut <= 5; cut++) { // killed after each record, then resumed
  const log = [];
  Object.assign(money, {ann: 100}); handled.clear(); left = cut;
  for (let runs = 0; runs < 2; runs++) try { run(steps, log, (name) => services[name]()); } catch {}
  services.charge(); // once more, too late
  assert.deepEqual([money.ann, log.length], [100, 5]);
}
