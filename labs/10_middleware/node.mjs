// The scene `order` in Node, with Express 5. Each line: "request: reply | the log".
//
//   npm ci --prefix tests/conformance              once: installs Express
//   node labs/10_middleware/node.mjs
//   node labs/10_middleware/node.mjs --bench       what each of 1 to 50 middleware costs
import { createRequire } from 'node:module';
import http from 'node:http';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let express;
try {
  express = installed('express');
} catch {
  console.error('express is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const listen = (app) =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server));
  });

function exampleApp(log) {
  const app = express();
  app.use((request, response, next) => {
    log('A-in');
    request.user = 'ann';
    next();
    log('A-out');
  });
  app.get('/order',
    (request, response, next) => { log('B'); next(); },
    (request, response) => { log('C:' + request.user); response.send('hello ' + request.user); });
  app.get('/stop', (request, response) => { log('stop'); response.send('done'); });
  app.get('/stop', () => log('NEVER'));
  app.use('/scoped', (request, response, next) => { log('scoped'); next(); });
  app.get('/u/:id', (request, response, next) => { log('param:' + request.params.id); next(); });
  app.get('/u/me', (request, response) => { log('me'); response.send('me'); });
  app.get('/sync', () => { log('sync'); throw new Error('thrown'); });
  app.get('/async', async () => { log('async'); throw new Error('rejected'); });
  app.get('/slow', async (request, response) => {
    log('slow');
    await pause(5);
    log('reply');
    response.send('late');
  });
  app.get('/twice',
    (request, response, next) => { log('T1'); next(); next(); },
    (request, response) => { log('T2'); response.send('once'); });
  app.get('/first',
    (request, response, next) => { log('F1'); response.send('first'); next(); },
    (request, response) => { log('F2'); response.send('again'); });
  app.get('/hang', () => log('hang'));
  app.use((request, response, next) => { log('tail'); next(); });
  app.use((error, request, response, next) => {
    log('error:' + (error.code ?? error.message));
    if (!response.headersSent) response.status(500).send('sorry');
  });
  return app;
}

async function play() {
  let entries = [];
  const app = exampleApp((entry) => entries.push(entry));
  const server = await listen(app);
  const url = `http://127.0.0.1:${server.address().port}`;
  const requests = [
    'GET /order', 'POST /order', 'GET /order/', 'GET /order?a=1', 'GET /stop', 'GET /scoped',
    'GET /scoped/deep', 'GET /scopedx', 'GET /u/me', 'GET /u/7', 'GET /sync', 'GET /async',
    'GET /slow', 'GET /twice', 'GET /first', 'GET /hang', 'GET /none',
  ];
  for (const request of requests) {
    entries = [];
    const [method, path] = request.split(' ');
    const reply = await fetch(url + path, { method, signal: AbortSignal.timeout(path === '/hang' ? 300 : 10_000) }).then(
      async (response) => {
        const html = response.headers.get('content-type').startsWith('text/html');
        const text = await response.text();
        return `${response.status} ${text.startsWith('<') && html ? '' : text}`.trim();
      },
      () => 'no reply');
    await pause(10);
    console.log(`${request}: ${reply} | ${entries.join(' > ')}`);
  }
  process.exit();
}

// The time from the first middleware to the handler, without HTTP around it; and the whole.
async function bench() {
  for (const count of [0, 1, 2, 5, 10, 20, 50]) {
    const app = express();
    let start;
    const inside = [];
    app.use((request, response, next) => { start = process.hrtime.bigint(); next(); });
    for (let i = 0; i < count; i++) app.use((request, response, next) => next());
    app.use((request, response) => {
      inside.push(Number(process.hrtime.bigint() - start));
      response.end('hello');
    });
    const server = await listen(app);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => new Promise((resolve) => {
      http.get({ port: server.address().port, host: '127.0.0.1', agent },
        (response) => response.resume().on('end', resolve));
    });
    for (let i = 0; i < 2000; i++) await ask();
    inside.length = 0;
    const began = process.hrtime.bigint();
    const requests = 3000;
    for (let i = 0; i < requests; i++) await ask();
    const whole = Number(process.hrtime.bigint() - began) / requests / 1000;
    console.log(`${count} middleware: ${inside.sort((a, b) => a - b)[requests / 2]} ns in the chain, ` +
      `${whole.toFixed(0)} us for the request`);
    agent.destroy();
    server.close();
  }
}

await (process.argv.includes('--bench') ? bench() : play());
