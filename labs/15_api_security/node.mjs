// The same in Node, with the packages that people use for it, one line each: "what: result".
//
//   npm ci --prefix tests/conformance      once
//   node labs/15_api_security/node.mjs
import {createRequire} from 'node:module';
import http from 'node:http';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let cors, express, helmet, jose, joi, rateLimit, z;
try {
  cors = installed('cors');
  express = installed('express');
  helmet = installed('helmet').default ?? installed('helmet');
  jose = await import(installed.resolve('jose'));
  joi = installed('joi');
  ({rateLimit} = installed('express-rate-limit'));
  ({z} = installed('zod'));
} catch (error) {
  console.error(`a package is missing (${error.message}): npm ci --prefix tests/conformance`);
  process.exit(77);
}
const tell = (what, result) => console.log(`${what}: ${result}`);
const yes = (is) => (is ? 'yes' : 'no');

// Serves an app for as long as `use` takes.
async function served(app, use) {
  const server = app.listen(0, '0.0.0.0');
  await new Promise((listening) => server.on('listening', listening));
  const {port} = server.address();
  const send = ({from = '127.0.0.1', body, ...options} = {}) => new Promise((resolve, reject) => {
    const request = http.request({port, host: '127.0.0.1', localAddress: from, agent: false, ...options}, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({status: response.statusCode, headers: response.headers, body: text}));
    });
    request.on('error', reject).end(body);
  });
  try {
    await use(send);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
const app = (...middleware) => {
  const made = express();
  for (const one of middleware) made.use(one);
  return made;
};

// Headers.
const names = {};
for (const [name, made] of [['bare', app()], ['helmet', app(helmet())]]) {
  await served(made.get('/', (q, s) => s.send('x')), async (send) => (names[name] = Object.keys((await send()).headers)));
}
tell('headers that helmet adds', names.helmet.filter((name) => !names.bare.includes(name)).length);
tell('x-powered-by with helmet', yes(names.helmet.includes('x-powered-by')));

// Limits: 5 in a window.
const limit = 5;
const limited = (options = {}, trusts = false) =>
  app().set('trust proxy', trusts).use(rateLimit({windowMs: 60_000, limit, validate: false, ...options}))
    .get('/', (q, s) => s.send('ok'));
const passed = async (send, count, options = () => ({})) => {
  let good = 0;
  for (let i = 0; i < count; ++i) good += (await send({path: '/', ...options(i)})).status === 200;
  return good;
};
await served(limited(), async (send) => tell('one instance', await passed(send, 50)));
await served(limited(), (a) => served(limited(), async (b) =>
  tell('two instances, each its own', await passed(a, 15) + await passed(b, 15))));
const forged = (i) => ({headers: {'x-forwarded-for': `10.0.0.${i}`}});
await served(limited({}, true), async (send) => tell('X-Forwarded-For trusted', `${await passed(send, 20, forged)} of 20`));
await served(limited(), async (send) => tell('X-Forwarded-For ignored', await passed(send, 20, forged)));
let entered = 0;
await served(app((q, s, next) => next(++entered && undefined), limited()), async (send) => {
  let flood = 0;
  for (let i = 1; i <= 60; ++i) flood += await passed(send, limit, () => ({from: `127.0.1.${i}`}));
  tell('flood from 60 addresses', `${flood} of ${60 * limit}`);
  entered = 0;
  tell('from one address', await passed(send, 50, () => ({from: '127.0.2.1'})));
  tell('parsed of those 50', entered);
});

// Shapes.
const bad = {item: 'tea', quantity: '30', admin: true};
const shape = z.object({item: z.string(), quantity: z.number().int()});
const schema = joi.object({item: joi.string().required(), quantity: joi.number().integer().required()});
tell('Zod takes "30"', yes(shape.safeParse({item: 'tea', quantity: '30'}).success));
tell('Zod and an unknown key', JSON.stringify(shape.parse({...bad, quantity: 30})));
tell('strict Zod refuses an unknown key', yes(!shape.strict().safeParse({...bad, quantity: 30}).success));
tell('Joi takes "30"', yes(!schema.validate({item: 'tea', quantity: '30'}).error));
tell('Joi refuses an unknown key', yes(!!schema.validate({...bad, quantity: 30}).error));

// Tokens.
const key = new TextEncoder().encode('k'.repeat(32));
const signed = await new jose.SignJWT({sub: 'ann'}).setProtectedHeader({alg: 'HS256'}).setExpirationTime(1_800_000_000).sign(key);
const verdict = async (token, at = 1_700_000_000) => {
  try {
    await jose.jwtVerify(token, key, {algorithms: ['HS256'], currentDate: new Date(at * 1000)});
    return 'accepted';
  } catch {
    return 'blocked';
  }
};
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const [head, , signature] = signed.split('.');
tell('as it was issued', await verdict(signed));
tell('the user is changed', await verdict(`${head}.${encode({sub: 'admin'})}.${signature}`));
tell('alg none', await verdict(`${encode({alg: 'none'})}.${encode({sub: 'admin'})}.`));
tell('after it has expired', await verdict(signed, 1_800_000_000));
tell('read without a key', jose.decodeJwt(signed).sub);

// Operators, by Express 5's own parsers.
const echo = app(express.json()).all('/', (q, s) => s.json(q.method === 'GET' ? q.query : q.body));
await served(echo, async (send) => {
  tell('operator in a query string', yes(typeof JSON.parse((await send({path: '/?password[$ne]=x'})).body).password === 'object'));
  tell('operator in a JSON body', yes(typeof JSON.parse((await send({method: 'POST', path: '/', headers: {'content-type': 'application/json'}, body: '{"password":{"$ne":"x"}}'})).body).password === 'object'));
});

// Foreign pages.
let ran = 0;
const shared = app(cors({origin: ['https://shop.example']}), express.json(), express.text()).post('/login', (q, s) => s.json({ran: ++ran}));
await served(shared, async (send) => {
  for (const [who, origin] of [['our page', 'https://shop.example'], ['evil page', 'https://evil.example']]) {
    const before = ran;
    const {headers} = await send({method: 'POST', path: '/login', headers: {origin, 'content-type': 'text/plain'}, body: 'x'});
    tell(`${who}, text`, `${yes(ran > before)} > ${yes(headers['access-control-allow-origin'] === origin)}`);
  }
});
