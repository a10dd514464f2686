// Plants seeded random mutations in C++ files, one at a time, and asks the unit tests whether
// they notice. tests/mutations.sh --random makes the copies of the tree and starts this.
//
//   node tests/mutations/random.mjs --copies FOLDER [--count N] [--seed S] FILE...
//
// FOLDER holds one configured copy of the tree for each worker: 0, 1, ... The lists in
// tests/**/mutations.txt say which tests judge a file and which mutants are no bugs.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { broken, lines, sites } from './sites.mjs';

const kEnough = 85;          // of 100
const kBuildTime = 600_000;  // milliseconds
const kUsage = 'tests/mutations.sh --random [--count N] [--seed S] FILE...';

function fail(text, code = 2) {
  console.error(text);
  process.exit(code);
}

// --- the lists ---

const escaped = (text) => text.replace(/[.+^${}()|\\]/g, '\\$&');
const pattern = (glob) => new RegExp(
  `^${escaped(glob).replace(/\*\*/g, '\0').replace(/\*/g, '[^/]*').replace(/\0/g, '.*')}$`);

function readLists() {
  const judges = [], equivalents = new Set();
  const folders = ['tests/common', 'tests/runner',
                   ...readdirSync('tests/labs').map((name) => `tests/labs/${name}`)];
  for (const list of folders.map((folder) => `${folder}/mutations.txt`)) {
    if (!existsSync(list)) continue;
    for (const line of readFileSync(list, 'utf8').split('\n')) {
      const [kind, first, second] = line.split('|').map((part) => part.trim());
      if (kind === 'tests') {
        judges.push({ globs: first.split(' ').map(pattern), tests: second.split(' ') });
      } else if (kind === 'equivalent') {
        const change = line.split('|').slice(3).join('|').trim();
        equivalents.add(`${first}: ${change}`);
      }
    }
  }
  return { judges, equivalents };
}

// A lab's files are judged by its unit tests: what tests/labs/NN builds with the label `unit`.
function unitTestsOfLab(file) {
  const number = /^labs\/(\d+)_/.exec(file)?.[1];
  const cmake = `tests/labs/${number}/CMakeLists.txt`;
  if (!number || !existsSync(cmake)) return [];
  return [...readFileSync(cmake, 'utf8').matchAll(/add_lab_test\((\w+)([^)]*)\)/g)]
    .filter(([, , rest]) => /LABELS[^)]*\bunit\b/.test(rest)).map(([, name]) => name);
}

function testsOf(file, judges) {
  const found = judges.find(({ globs }) => globs.some((glob) => glob.test(file)))?.tests ??
                unitTestsOfLab(file);
  if (!found.length) fail(`no list in tests/**/mutations.txt says which tests judge ${file}`);
  return found.map((text) => {  // PROGRAM or PROGRAM:FILTER
    const [program, ...filter] = text.split(':');
    return { text, program, filter: filter.join(':') || '*' };
  });
}

// --- chance ---

function random(state) {  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(list, next) {
  const all = [...list];
  for (let i = all.length - 1; i > 0; --i) {
    const j = Math.floor(next() * (i + 1));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

// --- building and running ---

const running = new Set();
function stop(signal) {
  for (const child of running) {
    try { process.kill(-child.pid, 'SIGKILL'); } catch {}
  }
  if (signal) process.exit(130);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));

// Ends with {code, late, output}; `code` is null after a signal.
function run(command, deadline, options) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1),
                        { detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    running.add(child);
    let output = '', late = false;
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.on('data', (text) => { output = (output + text).slice(-8000); });
    }
    const timer = setTimeout(() => {
      late = true;
      try { process.kill(-child.pid, 'SIGKILL'); } catch {}
    }, deadline);
    child.on('error', (error) => { output += error.message; });
    child.on('exit', (code) => {  // and not `close`: a process left behind may hold the pipe
      clearTimeout(timer);
      running.delete(child);
      try { process.kill(-child.pid, 'SIGKILL'); } catch {}
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, late, output });
    });
  });
}

const build = (copy, program, jobs) =>
  run(['cmake', '--build', `${copy}/build`, '--target', program, '--parallel', `${jobs}`],
      kBuildTime);

// A mutant may kill -1, fork for ever, or fill the memory. So its tests run as children of the
// first process of a process namespace of their own, where this machine allows one, with
// limits, and with folders of their own.
const kNamespace = [
  ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ['unshare', '--user', '--map-current-user', '--pid', '--fork', '--kill-child', '--mount-proc'],
].find((command) => spawnSync(command[0], [...command.slice(1), 'true']).status === 0) ?? [];
const kLimits = 'ulimit -c 0 -f 2000000 -v 16000000; "$@"; exit $?';

async function judge(copy, { program, filter }, deadline) {
  const folder = `${copy}/t`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const command = [...kNamespace, 'bash', '-c', kLimits, 'tests', `${copy}/build/tests/${program}`,
                   `--gtest_filter=${filter}`, '--gtest_fail_fast', '--gtest_brief=1'];
  const env = { ...process.env, TMPDIR: folder, HOME: folder };
  const began = performance.now();
  const end = await run(command, deadline, { env, cwd: copy });
  return { ...end, passed: end.code === 0 && !end.late, took: performance.now() - began };
}

// --- the campaign ---

let values, files;
try {
  ({ values, positionals: files } = parseArgs({
    allowPositionals: true,
    options: { copies: { type: 'string' }, count: { type: 'string', default: '15' },
               seed: { type: 'string', default: '1' } },
  }));
} catch (error) {
  fail(`${error.message}\n${kUsage}`);
}
const count = Number(values.count), seed = Number(values.seed);
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed) && files.length)) fail(kUsage);

const { judges, equivalents } = readLists();
const subjects = files.map((file, i) => {
  if (!existsSync(file)) fail(`there is no file ${file}`);
  const text = readFileSync(file, 'utf8');
  const all = sites(text).filter((site) => !equivalents.has(`${file}: ${lines(text, site).after}`));
  return { file, text, tests: testsOf(file, judges), queue: shuffled(all, random(seed + i)),
           compiled: 0, noticed: 0, open: 0, unnoticed: [] };
});

const copies = readdirSync(values.copies).filter((name) => /^\d+$/.test(name))
  .map((name) => `${values.copies}/${name}`);

// Proves that the tests pass while nothing is broken, and how long they take.
const deadlines = new Map();
for (const test of subjects.flatMap(({ tests }) => tests)) {
  if (deadlines.has(test.text)) continue;
  for (const copy of copies) {
    const built = await build(copy, test.program, copies.length);
    if (built.code !== 0) fail(`${built.output}\n${test.program} does not build`, 1);
  }
  const end = await judge(copies[0], test, kBuildTime);
  if (!end.passed) fail(`${end.output}\n${test.text} fails while nothing is broken`, 1);
  deadlines.set(test.text, 5000 + 4 * end.took);
  console.log(`${test.text} passes unbroken in ${(end.took / 1000).toFixed(1)} s`);
}

async function verdict(copy, { tests }) {
  for (const test of tests) {
    if ((await build(copy, test.program, 1)).code !== 0) return 'does not compile';
    const end = await judge(copy, test, deadlines.get(test.text));
    if (end.late) return 'noticed, late';
    if (!end.passed) return 'noticed';
  }
  return 'UNNOTICED';
}

// A file's next mutant, as long as fewer than `count` have compiled or are being tried: so the
// seed alone decides which are tried, not the speed of the workers.
function take() {
  const subject = subjects.find((one) => one.queue.length && one.compiled + one.open < count);
  if (!subject) return undefined;
  ++subject.open;
  return { subject, site: subject.queue.shift() };
}

async function work(copy) {
  for (;;) {
    const mutant = take();
    if (!mutant) {
      if (!subjects.some((one) => one.open && one.queue.length)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));  // another may not compile
      continue;
    }
    const { subject, site } = mutant;
    const { number, before, after } = lines(subject.text, site);
    const began = performance.now();
    writeFileSync(`${copy}/${subject.file}`, broken(subject.text, site));
    const end = await verdict(copy, subject);
    writeFileSync(`${copy}/${subject.file}`, subject.text);
    --subject.open;
    if (end !== 'does not compile') ++subject.compiled;
    if (end.startsWith('noticed')) ++subject.noticed;
    if (end === 'UNNOTICED') subject.unnoticed.push({ number, before, after });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${end.padEnd(17)} ${seconds.padStart(3)} s  ${subject.file}:${number}: ${after}`);
  }
}
await Promise.all(copies.map(work));
stop();

// --- the report ---

const score = ({ noticed, compiled }) => (compiled ? Math.round((100 * noticed) / compiled) : 100);
const width = Math.max(...files.map((file) => file.length));
console.log('');
for (const one of subjects) {
  const low = score(one) < kEnough ? `  below ${kEnough}` : '';
  console.log(`${one.file.padEnd(width)}  ${`${one.noticed}/${one.compiled}`.padStart(7)}` +
              `  ${`${score(one)}`.padStart(3)} %${low}`);
}
for (const { file, unnoticed } of subjects) {
  for (const { number, before, after } of unnoticed.sort((a, b) => a.number - b.number)) {
    console.log(`\n${file}:${number}, not noticed\n-${before}\n+${after}`);
  }
}
process.exitCode = subjects.some((one) => score(one) < kEnough) ? 1 : 0;
