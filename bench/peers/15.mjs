// What a Node program would use instead of lab 15's guards.
import { createHmac } from 'node:crypto';
import { play, timed } from './timed.mjs';

const secret = Buffer.alloc(32, 'k');
const part = ['{"alg":"HS256","typ":"JWT"}', '{"exp":1800000000,"sub":"ann"}']
  .map((json) => Buffer.from(json).toString('base64url')).join('.');
const token = `${part}.${createHmac('sha256', secret).update(part).digest('base64url')}`;
const order = { item: 'tea', quantity: 2, gift: false };
const clients = Array.from({ length: 1000 }, (_, i) => `10.0.0.${i}`);

const counting = (check) => (count) => timed(count, async (times) => {
  let good = 0;
  for (let i = 0; i < times; ++i) good += check(i);
  return `${good} good`;
});
// Of checks that are promises.
const waiting = (check) => (count) => timed(count, async (times) => {
  let good = 0;
  for (let i = 0; i < times; ++i) if (await check(i)) ++good;
  return `${good} good`;
});

await play({
  async jose(count) {
    const { jwtVerify } = await import('jose');
    const options = { algorithms: ['HS256'], currentDate: new Date(1_700_000_000_000) };
    await waiting(() => jwtVerify(token, secret, options))(count);
  },
  async jsonwebtoken(count) {
    const { default: jwt } = await import('jsonwebtoken');
    const options = { algorithms: ['HS256'], clockTimestamp: 1_700_000_000 };
    await counting(() => Boolean(jwt.verify(token, secret, options)))(count);
  },
  async 'express-rate-limit'(count) {
    const { MemoryStore } = await import('express-rate-limit');
    const store = new MemoryStore();
    store.init({ windowMs: 3_600_000 });
    await waiting(async (i) => (await store.increment(clients[i % 1000])).totalHits <= 1e9)(count);
    store.shutdown();
  },
  async zod(count) {
    const { z } = await import('zod');
    const shape = z.strictObject({ item: z.string().min(1).max(64), quantity: z.number().int().min(1).max(100), gift: z.boolean() });
    await counting(() => shape.safeParse(order).success)(count);
  },
  async joi(count) {
    const { default: Joi } = await import('joi');
    const shape = Joi.object({ item: Joi.string().min(1).max(64).required(), quantity: Joi.number().integer().min(1).max(100).required(), gift: Joi.boolean().required() });
    await counting(() => !shape.validate(order, { convert: false }).error)(count);
  },
});
