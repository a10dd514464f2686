// The same in Node, one line each: "what: result". A small host, and instances that are Node.
//
//   node labs/16_serverless/node.mjs
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const tell = (what, result) => console.log(`${what}: ${result}`);
const hosts = [];
const folders = [];
const folder = () => folders[folders.push(mkdtempSync(join(tmpdir(), 'serverless-'))) - 1];
const until = async (isSo) => { while (!isSo()) await sleep(5); };

class Host {
  starts = 0;
  free = [];
  work = folder();
  given = new Map();
  deadLetters = [];
  instances = new Set();

  constructor({freezes = true, idle} = {}) {
    Object.assign(this, {freezes, idle});
    hosts.push(this);
  }
  async start() {
    ++this.starts;
    const instance = {};
    const api = createServer(async (request, reply) => {
      if (request.method === 'GET') {
        instance.next = (event) => reply.setHeader('lambda-runtime-aws-request-id', '1').end(event);
        if (instance.call) return this.handOut(instance);
        this.free.push(instance);
        if (this.freezes) instance.process.kill('SIGSTOP');
        if (this.idle) instance.timer = setTimeout(() => instance.process.kill('SIGKILL'), this.idle);
        return;
      }
      let body = '';
      for await (const piece of request) body += piece;
      reply.writeHead(202).end();
      const {resolve} = instance.call;
      instance.call = null;
      resolve(JSON.parse(body));
    });
    await once(api.listen(0, '127.0.0.1'), 'listening');
    instance.process = spawn(process.execPath, [new URL('functions/handler.cjs', import.meta.url).pathname],
      {stdio: 'ignore', cwd: this.work, env: {...process.env, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.address().port}`}});
    this.instances.add(instance);
    instance.process.on('exit', () => {
      api.closeAllConnections();
      api.close();
      this.instances.delete(instance);
      this.free = this.free.filter((one) => one !== instance);
      instance.call?.reject(new Error('the instance ended'));
    });
    return instance;
  }
  handOut(instance) {
    const {call, next} = instance;
    clearTimeout(instance.timer);
    this.given.set(call.event, (this.given.get(call.event) ?? 0) + 1);
    instance.process.kill('SIGCONT');
    next(call.event);
  }
  async invoke(event = '{}') {
    const warm = this.free.pop();
    const instance = warm ?? await this.start();
    return new Promise((resolve, reject) => {
      instance.call = {event, resolve, reject};
      if (warm) this.handOut(instance);
    });
  }
  async deliver(event, attempts = 3) {
    for (let attempt = 1; attempt <= attempts; ++attempt) {
      try {
        return await this.invoke(event);
      } catch {
        await sleep(50 * 2 ** (attempt - 1));
      }
    }
    this.deadLetters.push(event);
  }
  isIdle = () => this.free.length === this.instances.size;
  processed(what) {
    const file = `${this.work}/processed`;
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line === what).length : 0;
  }
}

process.on('exit', () => {
  for (const host of hosts) for (const {process: one} of host.instances) one.kill('SIGKILL');
  for (const one of folders) rmSync(one, {recursive: true});
});

// One instance is warm; then six requests at once, and six in a row.
const api = new Host();
await api.invoke();
await until(api.isIdle);
await Promise.all(Array.from({length: 6}, () => api.invoke('{"path":"/work"}')));
await until(api.isIdle);
tell('at once', api.starts - 1);
const before = api.starts;
for (let i = 0; i < 6; ++i) {
  await api.invoke();
  await until(api.isIdle);
}
tell('one after another', api.starts - before);

// Four files in a folder.
const keys = ['photo.jpg', 'flaky.jpg', 'twice.jpg', 'corrupt.jpg'];
const uploads = new Host();
const bucket = folder();
const seen = new Set();
const delivered = [];
const watcher = watch(bucket, (_, key) => { // it tells of every change: here one file is one event
  if (seen.has(key)) return;
  seen.add(key);
  delivered.push(uploads.deliver(JSON.stringify({key})));
});
for (const key of keys) writeFileSync(join(bucket, key), 'a picture');
await until(() => delivered.length === keys.length);
await Promise.all(delivered);
watcher.close();
for (const key of keys) tell(key, `${uploads.given.get(JSON.stringify({key}))} > ${uploads.processed(key)}`);

// A second without a request.
const frozen = new Host();
const awake = new Host({freezes: false});
const expired = new Host({idle: 200});
await Promise.all([expired.invoke('{"path":"/later"}'), awake.invoke('{"path":"/later"}'), frozen.invoke()]);
await until(() => [frozen, awake].every((host) => host.isIdle()));
const ticks = async () => Promise.all([frozen, awake].map(async (host) => (await host.invoke()).ticks));
const first = await ticks();
await sleep(1000);
await until(() => expired.instances.size === 0 && awake.processed('later') === 1);
const then = await ticks();
tell('ticks of its timer', then.map((count, i) => count - first[i]).join(' > '));
tell('work left for later and done', `${expired.processed('later')} > ${awake.processed('later')}`);
process.exit();
