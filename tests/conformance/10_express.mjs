// Plays scripts on Express 5: a JSON list of scripts in, a list of logs out, one for each
// request. The other player, with the same words, is in 10_middleware_test.cpp.
import express from 'express';
import { readFileSync } from 'node:fs';
import http from 'node:http';

const immediate = () => new Promise((resolve) => setImmediate(resolve));

// Express 5.3 ends the process when a middleware replies after a next() that led to the 404.
process.on('uncaughtException', (error) => {
  if (error.code !== 'ERR_HTTP_HEADERS_SENT') throw error;
});

let log;

function act(op, layer, request, response, next) {
  const [verb, value] = op;
  switch (verb) {
    case 'next': return next();
    case 'fail': return next(Object.assign(new Error(`fail ${layer}`), value ? { status: value } : {}));
    case 'throw': throw Object.assign(new Error(`throw ${layer}`), value ? { status: value } : {});
    case 'status': return void response.status(value);
    case 'set': return void response.set('x-set', value);
    case 'send': return void response.send(value);
    default: throw new TypeError(verb);
  }
}

function handler(script, layer) {
  const enter = (request, error) => {
    const params = Object.keys(request.params).sort().map((key) => `${key}=${request.params[key]}`);
    log.push(`${layer} ${params.join(' ')}${error ? ` (${error.code ?? error.message})` : ''}`);
  };
  const play = (ops, ...from) => ops.forEach((op) => act(op, layer, ...from));
  const plain = (error, ...from) => {
    enter(from[0], error);
    play(script.does, ...from);
  };
  const waiting = async (error, ...from) => {
    enter(from[0], error);
    play(script.does, ...from);
    if (!script.then.length) return;
    await immediate();
    play(script.then, ...from);
  };
  const call = script.async ? waiting : plain;
  return script.takesErrors
    ? (error, request, response, next) => call(error, request, response, next)
    : (request, response, next) => call(undefined, request, response, next);
}

function build(script) {
  const app = express();
  app.set('env', 'test');
  script.layers.forEach((layer, number) => {
    app[layer.route ? 'get' : 'use'](layer.path, handler(layer, number));
  });
  return app;
}

const agent = new http.Agent({ keepAlive: true });
let serve;
const server = http.createServer((request, response) => serve(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

// What is written on the server's side: what the client would see of a connection that is
// cut is another question.
async function ask(app, { method, target }) {
  log = [];
  let reply = 'no reply';
  const done = new Promise((resolve) => {
    serve = async (request, response) => {
      const end = response.end;
      response.end = function (body, ...rest) {
        const html = response.getHeader('content-security-policy') !== undefined;
        const set = response.getHeader('x-set') ?? '';
        reply = `${response.statusCode} ${html || method === 'HEAD' ? '' : body} ${set}`;
        return end.call(this, body, ...rest);
      };
      app(request, response);
      for (let i = 0; i < 8; i++) await immediate();
      if (reply === 'no reply') response.destroy();
      resolve();
    };
  });
  const request = http.request({ port: server.address().port, agent, method, path: target });
  request.on('error', () => {});
  const closed = new Promise((resolve) => request.once('close', resolve));
  request.on('response', (response) => response.resume());
  request.end();
  await Promise.all([done, closed]);
  return [...log, reply.trimEnd()];
}

const logs = [];
for (const script of JSON.parse(readFileSync(process.argv[2]))) {
  const app = build(script);
  for (const request of script.requests) logs.push(await ask(app, request));
}
console.log(JSON.stringify(logs));
agent.destroy();
server.close();
