// On the whiteboard: typed configuration that refuses to start.
import assert from 'node:assert/strict';

export function readConfig(env = process.env) {
  const problems = [];
  const read = (name, parse, expected, fallback) => {
    const text = env[name];
    if (text === undefined && fallback !== undefined) return fallback;
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) problems.push(`${name} is ${JSON.stringify(text)}, but must be ${expected}`);
    return value;
  };
  const port = (text) => (/^\d+$/.test(text) && text >= 1 && text <= 65535 ? Number(text) : undefined);
  const flag = (text) => ({true: true, false: false})[text];
  const url = (text) => (URL.canParse(text) ? text : undefined);

  const config = {
    port: read('PORT', port, 'a port from 1 to 65535', 3000),
    debug: read('DEBUG', flag, 'true or false', false),
    database: read('DATABASE_URL', url, 'a URL'),
  };
  if (problems.length) throw new Error(problems.join('\n')); // every problem at once
  return Object.freeze(config);
}

assert.deepEqual({...readConfig({PORT: '80', DEBUG: 'false', DATABASE_URL: 'postgres://db/shop'})},
  {port: 80, debug: false, database: 'postgres://db/shop'});
assert.throws(() => readConfig({PORT: '80a', DEBUG: '0'}), /PORT.*\nDEBUG.*\nDATABASE_URL/);
