// The same in Node, one line each: "what: result".
//
//   node labs/28_environment/node.mjs
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Worker} from 'node:worker_threads';

const tell = (what, result) => console.log(`${what}: ${result}`);
const yes = (is) => (is ? 'yes' : 'no');
const folder = mkdtempSync(join(tmpdir(), 'environment-'));
process.on('exit', () => rmSync(folder, {recursive: true}));

// Everything is text.
for (const value of [false, 0, 'no']) {
  process.env.DEBUG = value;
  tell(`DEBUG=${value}`, process.env.DEBUG ? 'true' : 'false');
}
process.env.NOTHING = undefined;
tell('undefined becomes', JSON.stringify(process.env.NOTHING));

// Who sets the port.
const file = join(folder, '.env');
writeFileSync(file, "# for a developer's machine\nPORT=3000\n");
const port = (env, ...args) => spawnSync(process.execPath, [...args, '-p', 'process.env.PORT'],
  {env: {PATH: process.env.PATH, ...env}, encoding: 'utf8'}).stdout.trim();
tell('only the file', port({}, `--env-file=${file}`));
tell('the file and the shell', port({PORT: '9999'}, `--env-file=${file}`));

// Who sees the password.
const service = spawn('sleep', ['30'], {env: {...process.env, DB_PASSWORD: 'hush'}});
const block = readFileSync(`/proc/${service.pid}/environ`, 'latin1');
service.kill();
tell('/proc, by a neighbour', yes(block.includes('DB_PASSWORD=hush')));
process.env.SET_LATER = 'yes';
tell('/proc of the service', yes(readFileSync('/proc/self/environ', 'latin1').includes('SET_LATER=')));
tell('a child of the service', yes(execFileSync('env', {encoding: 'utf8'}).includes('SET_LATER=')));

// A Worker has a copy.
const worker = new Worker('process.env.OF_THE_WORKER = "yes"', {eval: true});
worker.on('exit', () => tell("the main thread sees a Worker's variable", yes(process.env.OF_THE_WORKER)));
