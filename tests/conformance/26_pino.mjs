// What npm's loggers make of it, as JSON.
//
//   node 26_pino.mjs input.json
//
// The input: {"lines": [{"redact", "fields", "msg"}, ...], "killed": FILE}
import {spawnSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import bunyan from 'bunyan';
import pino from 'pino';
import winston from 'winston';

const {lines, killed} = JSON.parse(readFileSync(process.argv[2], 'utf8'));

function line({redact, fields, msg}) {
  let written = '';
  pino({base: undefined, timestamp: () => ',"time":1', redact}, {write: (text) => (written += text)}).info(fields, msg);
  return written;
}

// 500 lines to a file, and SIGKILL at once: how many are kept?
function kept(options) {
  rmSync(killed, {force: true});
  const script = `const log = require('pino')(require('pino').destination(${options}));
    for (let i = 0; i < 500; ++i) log.info('line ' + i);
    process.kill(process.pid, 'SIGKILL');`;
  const {signal} = spawnSync(process.execPath, ['-e', script], {cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'inherit']});
  if (signal !== 'SIGKILL') throw new Error('it did not come to the SIGKILL');
  return readFileSync(killed, 'utf8').split('\n').length - 1;
}

let fromWinston = '';
const transport = new winston.transports.Console({log: (info, done) => (fromWinston = info[Symbol.for('message')], done())});
winston.createLogger({transports: [transport]}).error('declined', {route: '/pay'});

let fromBunyan = '';
bunyan.createLogger({name: 'shop', streams: [{stream: {write: (text) => (fromBunyan += text)}}]}).error({route: '/pay'}, 'declined');

console.log(JSON.stringify({
  lines: lines.map(line),
  levels: {pino: pino.levels.values, bunyan: Object.fromEntries(Object.entries(bunyan.nameFromLevel).map(([n, name]) => [name, Number(n)]))},
  errors: {winston: JSON.parse(fromWinston), bunyan: JSON.parse(fromBunyan)},
  kept: {async: kept(JSON.stringify({dest: killed, sync: false})), sync: kept(JSON.stringify({dest: killed, sync: true}))},
}));
