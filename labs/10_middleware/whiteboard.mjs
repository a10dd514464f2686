// On the whiteboard: compose middleware.
import assert from 'node:assert/strict';

// Koa's way: next() returns a promise for everything behind it.
function compose(stack) {
  return (context) => {
    let last = -1;
    const dispatch = async (i) => {
      if (i <= last) throw new Error('next() called twice');
      last = i;
      if (i < stack.length) await stack[i](context, () => dispatch(i + 1));
    };
    return dispatch(0);
  };
}

const log = [];
const named = (name, reply) => async (context, next) => {
  log.push(`${name}-in`);
  if (reply) context.body = reply; // ends the cycle: the rest does not run
  else await next();
  log.push(`${name}-out`);
};
const handler = async (context, next) => { // error middleware: it wraps, so here it stands first
  await next().catch((error) => { context.body = `500 ${error.message}`; });
};
const get = async (...stack) => {
  const context = {};
  log.length = 0;
  await compose(stack)(context);
  return context.body;
};

assert.equal(await get(named('A'), named('B'), named('C', 'hello'), named('D')), 'hello');
assert.equal(log.join(' > '), 'A-in > B-in > C-in > C-out > B-out > A-out');
assert.equal(await get(handler, named('A'), () => { throw new Error('sorry'); }), '500 sorry');
const twice = async (context, next) => { await next(); await next(); };
assert.equal(await get(handler, twice), '500 next() called twice');
assert.equal(await get(() => {}, named('B', 'never')), undefined); // in Express: the client waits
