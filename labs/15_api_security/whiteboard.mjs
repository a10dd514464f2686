// On the whiteboard: guards in front of a handler. Each one blocks, or lets pass with nothing.
import assert from 'node:assert/strict';
import {createHmac, timingSafeEqual} from 'node:crypto';

export const guarded = (guards, handler) => (request) => {
  for (const guard of guards) {
    const blocked = guard(request);
    if (blocked) return blocked;
  }
  return handler(request);
};

// A sliding window for each client: no edge at which twice the limit passes.
export const limit = (most, window, now = Date.now, accepted = new Map()) => ({peer}) => {
  const recent = (accepted.get(peer) ?? []).filter((time) => now() - time < window);
  accepted.set(peer, recent);
  if (recent.length >= most) return {status: 429};
  recent.push(now());
};

// The key knows its algorithm; the header of the token is not asked.
const sign = (text, key) => createHmac('sha256', key).update(text).digest();
export const token = (key, now = Date.now) => (request) => {
  const [, head, claims, signature] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(request.authorization) ?? [];
  const given = Buffer.from(signature ?? '', 'base64url'), right = sign(`${head}.${claims}`, key);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return {status: 401};
  request.user = JSON.parse(Buffer.from(claims, 'base64url'));
  if (!(request.user.exp > now() / 1000)) return {status: 401};
};
export const texts = (...names) => ({body}) =>
  names.some((name) => typeof body?.[name] !== 'string') ? {status: 400} : undefined;

const part = ['{"alg":"HS256"}', '{"sub":"ann","exp":9}'].map((json) => Buffer.from(json).toString('base64url')).join('.');
const request = {peer: 'a', authorization: `Bearer ${part}.${sign(part, 'k').toString('base64url')}`, body: {item: 'tea'}};
const api = guarded([limit(2, 600, () => 0), token('k', () => 0), texts('item')], ({user}) => ({status: 200, user}));
assert.deepEqual(api({...request}), {status: 200, user: {sub: 'ann', exp: 9}});
assert.equal(api({...request, body: {item: {$ne: 'x'}}}).status, 400);
assert.equal(api({...request}).status, 429);
assert.equal(token('other', () => 0)({...request}).status, 401);
