// What the npm packages of lab 15's guards say to the same cases: reads
// {"tokens": {...}, "cors": {...}, ...} and prints an answer for each of these.
import cors from 'cors';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {mock} from 'node:test';
import {rateLimit} from 'express-rate-limit';
import helmet from 'helmet';
import Joi from 'joi';
import * as jose from 'jose';
import {z} from 'zod';

// It comes with express, which finds request.ip by it.
const proxyAddr = createRequire(createRequire(import.meta.url).resolve('express'))('proxy-addr');

function responseTo(middleware, request) {
  const headers = {};
  const response = {
    statusCode: 0,
    setHeader: (name, value) => (headers[name.toLowerCase()] = String(value)),
    getHeader: (name) => headers[name.toLowerCase()],
    removeHeader: (name) => delete headers[name.toLowerCase()],
    end: () => {},
  };
  let passed = false;
  middleware(request, response, () => (passed = true));
  return {status: passed ? 0 : response.statusCode, headers};
}

const answers = {
  helmet: () => responseTo(helmet(), {method: 'GET', headers: {}}).headers,

  tokens: ({key, now, issuer, audience, tokens}) => Promise.all(tokens.map(async (token) => {
    const options = {algorithms: ['HS256'], currentDate: new Date(now * 1000), issuer, audience};
    try {
      return (await jose.jwtVerify(token, Buffer.from(key), options)).payload;
    } catch {
      return null;
    }
  })),

  cors: ({policy, requests}) => requests.map(({method, origin}) =>
    responseTo(cors(policy), {method, headers: origin === null ? {} : {origin}})),

  addresses: ({proxies, requests}) => requests.map(({peer, forwarded}) =>
    proxyAddr({headers: {'x-forwarded-for': forwarded}, socket: {remoteAddress: peer}}, (address) => proxies.includes(address))),

  async limits({limit, window, histories}) {
    mock.timers.enable({apis: ['Date', 'setInterval'], now: 1_000_000});
    const results = [];
    for (const history of histories) {
      const guard = rateLimit({windowMs: window, limit, validate: false, standardHeaders: false,
        legacyHeaders: false, keyGenerator: ({client}) => client, handler: (request, response) => response.end()});
      const passed = [];
      for (const {client, wait} of history) {
        mock.timers.tick(wait);
        let through = false;
        await guard({client, app: {get: () => false}, headers: {}}, {setHeader() {}, end() {}, headersSent: false}, () => (through = true));
        passed.push(through);
      }
      results.push(passed);
    }
    mock.timers.reset();
    return results;
  },

  shapes(values) {
    const strict = z.strictObject({
      name: z.string().min(1).max(5), note: z.string().max(3).optional(), agrees: z.boolean(),
      items: z.array(z.strictObject({id: z.number().int().min(1).max(9)})).max(3)});
    const joi = Joi.object({
      name: Joi.string().min(1).max(5).required(), note: Joi.string().max(3).allow(''), agrees: Joi.boolean().required(),
      items: Joi.array().items(Joi.object({id: Joi.number().integer().min(1).max(9).required()})).max(3).required(),
    }).required();
    const paths = (issues) => [...new Set(issues.flatMap(({path, keys}) =>
      (keys ?? [null]).map((key) => [...path, ...(key === null ? [] : [key])].join('.'))))].sort();
    return values.map((value) => {
      const checked = strict.safeParse(value);
      const {error} = joi.validate(value, {abortEarly: false, convert: false});
      return {zod: checked.success ? [] : paths(checked.error.issues), joi: error ? paths(error.details.map(({path}) => ({path}))) : []};
    });
  },
};

const asked = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const told = {};
for (const [name, cases] of Object.entries(asked)) told[name] = await answers[name](cases);
console.log(JSON.stringify(told));
