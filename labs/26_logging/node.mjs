// The same in Node, one line each: "what: result".
//
//   node labs/26_logging/node.mjs
import {AsyncLocalStorage} from 'node:async_hooks';
import {spawn, spawnSync} from 'node:child_process';
import {appendFileSync, closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync,
  truncateSync, writeSync} from 'node:fs';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const tell = (what, result) => console.log(`${what}: ${result}`);
const folder = mkdtempSync(join(tmpdir(), 'logging-'));
process.on('exit', () => rmSync(folder, {recursive: true}));
const file = (name) => join(folder, name);
const lines = (path) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);

// 400 KiB to a pipe that nobody reads yet.
const flood = `for (let i = 0; i < 400; ++i) console.log('x'.repeat(1023));
  require('fs').writeSync(2, String(process.stdout.writableLength));`;
const child = spawn(process.execPath, ['-e', flood], {stdio: ['ignore', 'pipe', 'pipe']});
const closed = once(child, 'close');
const [queued] = await once(child.stderr, 'data');
tell('pipe', Number(queued) > 0 ? 'returned, the rest in memory' : 'returned, nothing in memory');
child.stdout.resume();
await closed;

// What survives an ending that is not orderly.
const kept = (script) => {
  const log = openSync(file('end.log'), 'w');
  spawnSync(process.execPath, ['-e', script], {stdio: ['ignore', log, 'ignore']});
  closeSync(log);
  return lines(file('end.log'));
};
const logged = 'for (let i = 0; i < 500; ++i) console.log(i);';
const gathered = 'let queue = ""; for (let i = 0; i < 500; ++i) queue += i + "\\n";';
const flushed = `${gathered} fs.writeSync(1, queue);`;
for (const [ending, end] of [['exits at once', 'process.exit()'], ['abort', 'process.abort()'],
  ['SIGSEGV', 'process.kill(process.pid, "SIGSEGV")'], ['SIGKILL', 'process.kill(process.pid, "SIGKILL")']]) {
  const noCore = (script) => kept(`${script} ${end}; for (;;);`);
  tell(ending, [logged, flushed, gathered].map(noCore).join(' > '));
}

// A newline in a name.
const name = 'mallory\nerror /pay ann';
tell('lines of one plain message', `user ${name}`.split('\n').length);
tell('lines of one JSON message', JSON.stringify({user: name}).split('\n').length);

// The context of a request, taken along and not.
const request = new AsyncLocalStorage();
const found = [];
const log = () => found.push(request.getStore()?.requestId === 'r-7');
const serve = (later) => request.run({requestId: 'r-7'}, () => (log(), later()));
const ofTwo = async (later) => (found.length = 0, await serve(later), found.filter(Boolean).length);
let wake;
const someoneElses = new Promise((resolve) => (wake = resolve)).then(() => log());
tell('takes the context along', await ofTwo(async () => (await null, log())));
tell('starts without it', await ofTwo(() => (wake(), someoneElses)));

// Rotation in the middle of 30 lines.
const ten = (write) => { for (let i = 0; i < 10; ++i) write('line\n'); };
const [path, old] = [file('service.log'), file('service.log.1')];
let fd = openSync(path, 'a');
ten((line) => writeSync(fd, line));
renameSync(path, old);
ten((line) => writeSync(fd, line));
closeSync(fd);
fd = openSync(path, 'a');
ten((line) => writeSync(fd, line));
closeSync(fd);
tell('rename, then reopen', lines(path) + lines(old));
rmSync(path);
const append = (line) => appendFileSync(path, line);
ten(append);
copyFileSync(path, old);
ten(append);
truncateSync(path);
ten(append);
tell('copy, then truncate', lines(path) + lines(old));
