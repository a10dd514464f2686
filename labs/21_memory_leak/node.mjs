// The same questions in Node, one line each: "what: answer".
//
//   node labs/21_memory_leak/node.mjs
import {spawnSync} from 'node:child_process';
import v8 from 'node:v8';

// Three snapshots. V8 gives each object an id that it keeps, so we can follow it.
async function snapshot() {
  let text = '';
  for await (const chunk of v8.getHeapSnapshot()) text += chunk;
  const {snapshot: {meta}, nodes, strings} = JSON.parse(text);
  const width = meta.node_fields.length, types = meta.node_types[0];
  const [type, name, id] = ['type', 'name', 'id'].map((field) => meta.node_fields.indexOf(field));
  const objects = new Map();
  for (let i = 0; i < nodes.length; i += width) {
    if (types[nodes[i + type]] === 'object') objects.set(nodes[i + id], strings[nodes[i + name]]);
  }
  return objects;
}
class Forgotten {}
class InBatch {}
const kept = [];
let batch = [];
const requests = () => {
  for (let i = 0; i < 300; ++i) {
    kept.push(new Forgotten());
    batch.push(new InBatch(), new InBatch());
  }
};
const tell = (what, names) => {
  const counts = {Forgotten: 0, InBatch: 0};
  for (const name of names) if (name in counts) counts[name] += 1;
  const [first] = Object.entries(counts).sort((left, right) => right[1] - left[1]);
  console.log(`${what}: ${first[0]} ${first[1]}`);
};
const one = await snapshot();
requests();
const two = await snapshot();
batch = [];
requests();
const three = await snapshot();
const fresh = [...two].filter(([id]) => !one.has(id));
tell('two', fresh.map(([, name]) => name));
tell('three', fresh.filter(([id]) => three.has(id)).map(([, name]) => name));

// Which gauge rises? The control holds nothing.
const gauges = ['heapUsed', 'arrayBuffers'];
function risen(hold) {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const held = hold();
  const after = process.memoryUsage();
  const [most] = gauges.map((name) => [after[name] - before[name], name]).sort((a, b) => b[0] - a[0]);
  return held && most[0] > 8 << 20 ? most[1] : 'none';
}
console.log(`objects rise in: ${risen(() => Array.from({length: 500_000}, (_, i) => ({i})))}`);
console.log(`buffers rise in: ${risen(() => Array.from({length: 32}, () => Buffer.alloc(1 << 20)))}`);
console.log(`nothing rises in: ${risen(() => [])}`);

// Two ways to fill 160 MB with a heap of 40.
function death(name, hold) {
  const code = `process.on('exit', () => require('fs').writeSync(1, 'exit handler'));
    const held = []; for (let i = 0; i < 160; ++i) held.push(${hold});`;
  const {signal, status, stdout, stderr} = spawnSync('bash', ['-c', 'ulimit -c 0; exec "$@"', '-',
    process.execPath, '--max-old-space-size=40', '-e', code], {encoding: 'utf8'});
  console.log(`${name}: ${signal ?? `exit ${status}`}, handlers ${
    stdout.includes('exit handler') ? 'ran' : 'did not run'}, last words ${
    stderr.includes('out of memory') ? 'yes' : 'none'}`);
}
death('heap', 'Array.from({length: 131072}, (_, j) => j + 0.5)');
death('buffers', 'Buffer.alloc(1 << 20, 1)');
