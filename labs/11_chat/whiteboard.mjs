// On the whiteboard: store first, then publish; the numbers reveal what the relay has lost.
import assert from 'node:assert/strict';

class Store { // of one room
  log = [];
  epoch = Math.random(); // a store that has lost its data gets another one
  append(message) { // recognizes a message that its author sends again
    const again = this.log.find(({ from, n }) => from === message.from && n === message.n);
    return again ?? this.log[this.log.push({ ...message, offset: this.log.length + 1 }) - 1];
  }
}
class Server {
  offset = 0; // of the last message that its clients have got
  constructor(store) { Object.assign(this, { store, clients: [] }); }
  arrive({ offset }) { if (offset > this.offset) this.catchUp(); } // else it is repeated
  catchUp() { // sends one message, or all that the relay has lost
    for (const message of this.store.log.slice(this.offset)) {
      this.offset = message.offset;
      for (const client of this.clients) client.push(message.text);
    }
  }
  join(client, { epoch, offset }) {
    this.catchUp();
    if (epoch !== this.store.epoch) return 'cannot resume'; // never leave a gap in silence
    for (const message of this.store.log.slice(offset)) client.push(message.text);
    this.clients.push(client);
  }
}

const store = new Store();
const [a, b, ann, bob, eve] = [new Server(store), new Server(store), [], [], []];
a.join(ann, { epoch: store.epoch, offset: 0 });
b.join(bob, { epoch: store.epoch, offset: 0 });
for (const [n, ...listening] of [[1, a, b], [2, a], [2, a], [3, a, b]]) { // 2 is sent twice
  const message = store.append({ from: 'ann', n, text: n });
  for (const server of listening) server.arrive(message); // what the relay does
}
b.join(eve, { epoch: store.epoch, offset: 1 }); // she has seen 1, on another server
assert.deepEqual([ann, bob, eve], [[1, 2, 3], [1, 2, 3], [2, 3]]); // B was away for 2
assert.equal(b.join([], { epoch: 'before the crash', offset: 1 }), 'cannot resume');
