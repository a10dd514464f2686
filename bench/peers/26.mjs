// npm's loggers: a line of JSON with three fields into a file, and a level that is off.
import { createWriteStream, existsSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { play, timed } from './timed.mjs';

const path = join(tmpdir(), `peers_26_${process.pid}.log`);
const linesInFile = () => {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
  rmSync(path, { force: true });
  return `${lines} lines`;
};
const logging = (work) => (count) => timed(count, async (times) => (await work(times), ''), linesInFile);
const fields = (n) => ({ route: '/pay', n, ms: 12 });

const withPino = (options, call) => logging(async (count) => {
  const { default: pino } = await import('pino');
  const file = pino.destination({ dest: path, ...options });
  if (!options.sync) await once(file, 'ready');
  const log = pino({ base: null }, file);
  for (let n = 0; n < count; ++n) log[call](fields(n), 'request served');
  if (!options.sync) file.flushSync();
});

const withBunyan = (call) => logging(async (count) => {
  const { default: bunyan } = await import('bunyan');
  const stream = createWriteStream(path, { flags: 'a' });
  const log = bunyan.createLogger({ name: 'shop', streams: [{ stream }] });
  for (let n = 0; n < count; ++n) log[call](fields(n), 'request served');
  stream.end();
  await finished(stream);
});

const withWinston = (call) => logging(async (count) => {
  const { default: winston } = await import('winston');
  const stream = createWriteStream(path, { flags: 'a' });
  const log = winston.createLogger({
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Stream({ stream })],
  });
  for (let n = 0; n < count; ++n) log[call]('request served', fields(n));
  log.end();
  await once(log, 'finish');
  stream.end();
  await finished(stream);
});

await play({
  // As console.log writes to a file.
  stringify: logging((count) => {
    const fd = openSync(path, 'a');
    for (let n = 0; n < count; ++n) {
      writeSync(fd, `${JSON.stringify({ level: 30, time: Date.now(), ...fields(n), msg: 'request served' })}\n`);
    }
    closeSync(fd);
  }),
  'pino-sync': withPino({ sync: true }, 'info'),
  'pino-async': withPino({ sync: false, minLength: 4096 }, 'info'),
  'pino-off': withPino({ sync: true }, 'debug'),
  bunyan: withBunyan('info'),
  'bunyan-off': withBunyan('debug'),
  winston: withWinston('info'),
  'winston-off': withWinston('debug'),
});
