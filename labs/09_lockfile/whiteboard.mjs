// On the whiteboard: resolve with a lock, and check the hash of what was downloaded.
import assert from 'node:assert';
import { createHash } from 'node:crypto';

const sha512 = (bytes) => createHash('sha512').update(bytes).digest('base64');

// What is locked wins over what is newest.
function resolve(names, registry, lock = {}) {
  const tree = {};
  const todo = [...names];
  for (const name of todo) {
    if (tree[name]) continue;
    tree[name] = lock[name] ?? registry[name].at(-1); // { version, hash, needs }
    todo.push(...tree[name].needs);
  }
  return tree; // write this to the lockfile
}

function check(locked, bytes) {
  if (sha512(bytes) !== locked.hash) throw new Error('EINTEGRITY');
}

const release = (version, code, needs = []) => ({ version, hash: sha512(code), needs });
const registry = { liba: [release('1.0.0', 'a', ['libb'])], libb: [release('1.0.0', 'b')] };
const lock = resolve(['liba'], registry);

registry.libb.push(release('1.1.0', 'b, but newer'));
assert.equal(resolve(['liba'], registry).libb.version, '1.1.0'); // without the lock
assert.deepEqual(resolve(['liba'], registry, lock), lock); // with it

check(lock.libb, 'b');
assert.throws(() => check(lock.libb, 'stealSecrets()'), /EINTEGRITY/);
