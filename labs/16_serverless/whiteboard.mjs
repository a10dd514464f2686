// On the whiteboard: a handler that may get an event twice, and leaves nothing for later.
import assert from 'node:assert/strict';

// Made once for each instance, outside the handler: warm calls reuse it.
const database = {done: new Set(), async has(id) { return this.done.has(id); }, async add(id) { this.done.add(id); }};
// It keeps one message of each id, so that sending it again does nothing.
const queue = {mails: new Map(), async send(id, mail) { this.mails.set(id, mail); }};

export async function handler({key, version, owner}) {
  const id = `${key}@${version}`; // of the event, and not of the attempt
  if (await database.has(id)) return 'done before';
  await queue.send(id, {to: owner, about: key}); // awaited: after the response we are frozen
  await database.add(id); // last: whoever dies earlier is called again
  return 'done';
}

const event = {key: 'photo.jpg', version: 1, owner: 'ann'};
assert.equal(await handler(event), 'done');
assert.equal(await handler(event), 'done before', 'the platform delivers at least once');

// The function dies between its work and its mark; the platform tries again.
const add = database.add;
database.add = async () => { throw new Error('the instance is gone'); };
const next = {...event, version: 2};
await assert.rejects(handler(next));
database.add = add;
assert.equal(await handler(next), 'done');
assert.deepEqual([...queue.mails.keys()], ['photo.jpg@1', 'photo.jpg@2'], 'one mail for each event');
