// The function under Node: see handler.cpp. $MODULES is what it loads besides: a folder of
// modules or one bundle. With $CODE_CACHE the bundle's compiled code is kept in that file, as
// Node's compile cache (module.enableCompileCache, from Node 22.1) keeps it.
const main = process.hrtime.bigint();
const http = require('node:http');
const fs = require('node:fs');
const {MODULES, CODE_CACHE, AWS_LAMBDA_RUNTIME_API} = process.env;

function loadCached(file) {
  const {Script} = require('node:vm');
  const cachedData = fs.existsSync(CODE_CACHE) ? fs.readFileSync(CODE_CACHE) : undefined;
  const source = `(function (require, module) {${fs.readFileSync(file, 'utf8')}\n})`;
  const script = new Script(source, {filename: file, cachedData});
  script.runInThisContext()(require, {});
  if (!cachedData || script.cachedDataRejected) fs.writeFileSync(CODE_CACHE, script.createCachedData());
}
if (MODULES) CODE_CACHE ? loadCached(MODULES) : require(MODULES);
const loaded = process.hrtime.bigint();

let ticks = 0;
setInterval(() => ++ticks, 10);
const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));
const processed = (what) => fs.appendFileSync('processed', `${what}\n`);

async function handle({path, key}) {
  if (path === '/work') await sleep(300);
  if (path === '/later') setTimeout(() => processed('later'), 200);
  if (!key) return;
  let isFirst = true;
  try {
    fs.mkdirSync(`seen-${key}`);
  } catch {
    isFirst = false;
  }
  if (key.startsWith('corrupt') || (key.startsWith('flaky') && isFirst)) process.exit(1);
  processed(key);
  if (key.startsWith('twice') && isFirst) process.exit(1);
}

const agent = new http.Agent({keepAlive: true, maxSockets: 1});
const exchange = (method, path, body = '') => new Promise((resolve, reject) => {
  const url = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`;
  http.request(url, {method, agent, headers: {'content-length': Buffer.byteLength(body)}}, (reply) => {
    let text = '';
    reply.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => resolve({headers: reply.headers, text}));
  }).on('error', reject).end(body);
});

(async () => {
  for (;;) {
    const {headers, text} = await exchange('GET', 'next');
    const begin = process.hrtime.bigint();
    await handle(JSON.parse(text));
    const reply = {pid: process.pid, main, loaded, begin, ticks, end: process.hrtime.bigint()};
    await exchange('POST', `${headers['lambda-runtime-aws-request-id']}/response`,
      JSON.stringify(reply, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
  }
})().catch(() => process.exit(1));  // the host has gone
