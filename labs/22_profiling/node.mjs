// The same scenes with the profilers that Node has built in: --cpu-prof, and --prof with its
// report --prof-process. Each scene is a process of its own, in a temporary folder.
//
//   node labs/22_profiling/node.mjs
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {isMainThread, Worker} from 'node:worker_threads';

const file = fileURLToPath(import.meta.url);

function parse_rules(steps) {
  let hash = 1;
  for (let i = 0; i < steps; i++) hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
  return hash;
}

function add_tax(steps) {
  let hash = 2;
  for (let i = 0; i < steps; i++) hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
  return hash;
}

function serve_orders(orders) {
  for (let i = 0; i < orders; i++) {
    const part = 800_000 + 160_000 * (i % 7); // no beat with the sampling
    parse_rules(4 * part);
    add_tax(part);
  }
}

const played = {
  orders: () => serve_orders(60),
  async waits() {
    await sleep(300);
    add_tax(20_000_000);
  },
  async worker() {
    add_tax(40_000_000);
    await new Promise((ended) => new Worker(file, {argv: ['in-worker']}).on('exit', ended));
  },
  'in-worker': () => void parse_rules(40_000_000),
};

const scene = played[process.argv[2]];
if (scene) {
  await scene();
} else if (isMainThread) {
  tell();
}

function tell() {
  const folders = [];
  // Plays a scene under a flag, and answers its folder with what the profiler wrote.
  const play = (flags, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'));
    folders.push(folder);
    execFileSync(process.execPath, [...flags, file, name], {cwd: folder});
    return readdirSync(folder).map((found) => join(folder, found));
  };
  try {
    const orders = selfTimes(play(['--cpu-prof'], 'orders')[0]);
    console.log(`parse_rules: ${share(orders, 'parse_rules')}`);
    console.log(`add_tax: ${share(orders, 'add_tax')}`);
    const waits = selfTimes(play(['--cpu-prof'], 'waits')[0]);
    console.log(`idle (ms): ${Math.round(waits.get('(idle)') / 1000)}`);
    console.log(`sleep: ${share(waits, 'sleep')}`);

    const profiles = play(['--cpu-prof'], 'worker').map(selfTimes);
    const [worker] = profiles.filter((times) => times.has('parse_rules'));
    console.log(`profiles with a worker: ${profiles.length}`);
    console.log(`of which show parse_rules: ${profiles.filter((one) => one.has('parse_rules')).length}`);
    console.log(`and add_tax beside it: ${worker?.has('add_tax') ? 'yes' : 'no'}`);
    console.log(`--prof logs with a worker: ${play(['--prof'], 'worker').length}`);

    const [log] = play(['--prof'], 'orders');
    console.log(`report names parse_rules: ${report(log).includes('parse_rules') ? 'yes' : 'no'}`);
  } finally {
    for (const folder of folders) rmSync(folder, {recursive: true});
  }
}

function report(log) {
  return String(execFileSync(process.execPath, ['--prof-process', log], {stdio: ['ignore', 'pipe', 'ignore']}));
}

// Of a .cpuprofile: microseconds in which each function was on top.
function selfTimes(path) {
  const {nodes, samples, timeDeltas} = JSON.parse(readFileSync(path));
  const names = new Map(nodes.map(({id, callFrame}) => [id, callFrame.functionName]));
  const times = new Map();
  samples.forEach((id, i) => times.set(names.get(id), (times.get(names.get(id)) ?? 0) + timeDeltas[i]));
  return times;
}

function share(times, name) {
  const busy = ['parse_rules', 'add_tax'].reduce((sum, each) => sum + (times.get(each) ?? 0), 0);
  return `${Math.round((100 * (times.get(name) ?? 0)) / busy)} %`;
}
