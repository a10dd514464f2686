// On the whiteboard: a consumer that may see a message twice.
import assert from 'node:assert/strict';

// The effect and the key of its message, in one transaction: both or neither.
const database = {charges: 0, handled: new Set()};
function chargeOnce({id, fails}) {
  if (database.handled.has(id)) return false;
  if (fails) throw new Error('no such account');  // rolls back
  database.handled.add(id);
  ++database.charges;
  return true;
}

const attempts = 3;
function take(message, attempt) {
  if (!message.id || attempt > attempts) return 'dead letter';  // its consumers died
  try {
    chargeOnce(message);  // true or false: it is done
    return 'acknowledge';
  } catch {
    return attempt < attempts ? 'retry' : 'dead letter';
  }
}

// The broker delivers until it hears an answer, and counts. A crash is no answer.
function deliver(message, crashes = 0) {
  for (let attempt = 1; ; ++attempt) {
    const verdict = take(message, attempt);
    if (crashes-- > 0 || verdict === 'retry') continue;
    return verdict;
  }
}

assert.equal(deliver({id: 'order-17'}, 2), 'acknowledge');
assert.equal(database.charges, 1);
assert.equal(deliver({id: 'order-18', fails: true}), 'dead letter');
assert.equal(database.charges, 1);
