// What a Node program would answer requests with: node 10.mjs NAME FD. Writes its port to
// the descriptor. Ten middleware, each of which counts, and one that replies.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';

const [name, descriptor] = process.argv.slice(2);
const middleware = Array.from({ length: 10 });
let seen = 0;
const answer = () => {
  const text = `hello through ${seen}`;
  seen = 0;
  return text;
};

const bare = () => createServer((request, response) => {
  seen = 10;
  const body = answer();
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
});

const express = async () => {
  const app = (await import('express')).default();
  for (const _ of middleware) app.use((request, response, next) => { ++seen; next(); });
  app.use((request, response) => response.type('text/plain').send(answer()));
  return createServer(app);
};

// Its middleware is hooks, which it runs before the route's handler.
const fastify = async () => {
  const app = (await import('fastify')).default();
  for (const _ of middleware) app.addHook('onRequest', (request, reply, done) => { ++seen; done(); });
  app.get('/order', (request, reply) => { reply.type('text/plain').send(answer()); });
  await app.ready();
  return app.server;
};

const server = await { bare, express, fastify }[name]();
server.listen(0, '127.0.0.1', () => writeSync(Number(descriptor), `${server.address().port}\n`));
