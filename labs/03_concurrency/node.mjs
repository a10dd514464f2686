// The scenes `held` and `trips` in Node, one line each: "call: while held > after".
// Run: node labs/03_concurrency/node.mjs
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lab03-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

// Threads of the pool, held: opening a FIFO to read blocks until somebody writes.
const hold = (threads) => {
  const fifos = Array.from({ length: threads }, (_, i) => path.join(folder, `fifo${i}`));
  for (const fifo of fifos) {
    execFileSync('mkfifo', [fifo]);
    fs.open(fifo, 'r', () => {});
  }
  return () => fifos.forEach((fifo) => fs.openSync(fifo, 'r+'));
};

// Answers every query for a name with 10.1.2.3.
const nameServer = () =>
  new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (query, from) => {
      const end = query.indexOf(0, 12) + 5;
      const flags = Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
      const address = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3]);
      const parts = [query.subarray(0, 2), flags, query.subarray(12, end), address];
      socket.send(Buffer.concat(parts), from.port, from.address);
    });
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });

const echoServer = () =>
  new Promise((resolve) => {
    const server = net.createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

const names = await nameServer();
const server = await echoServer();
dns.setServers([`127.0.0.1:${names.address().port}`]);
const file = path.join(folder, 'a-file');
fs.writeFileSync(file, 'some text');

const calls = {
  'fs.stat': (done) => fs.stat('/', done),
  'fs.readFile': (done) => fs.readFile(file, done),
  'dns.lookup': (done) => dns.lookup('localhost', done),
  'a job, as crypto and zlib': (done) => crypto.pbkdf2('a', 'b', 1, 8, 'sha256', done),
  'zlib.gzip': (done) => zlib.gzip('x', done),
  'dns.resolve4': (done) => dns.resolve4('example.test', done),
  'TCP to 127.0.0.1': (done) => {
    const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write('!'));
    socket.on('data', () => done(socket.destroy()));
  },
  setTimeout: (done) => setTimeout(done, 20),
};
const needNoThread = ['dns.resolve4', 'TCP to 127.0.0.1', 'setTimeout'];

const release = hold(4);
const done = new Set();
const under_way = Object.entries(calls).map(([name, call]) => ({
  name,
  result: new Promise((resolve) => call(() => resolve(done.add(name)))),
}));
await Promise.all(
  under_way.filter(({ name }) => needNoThread.includes(name)).map(({ result }) => result));
const meanwhile = new Set(done);
release();
await Promise.all(under_way.map(({ result }) => result));
for (const { name } of under_way)
  console.log(`${name}: ${meanwhile.has(name) ? 'done' : 'waits'} > done`);

const order = [];
let turns = 0;
await new Promise((resolve) => {
  const finished = (name) => () => order.push(name) === 2 && resolve();
  fs.readFile(file, finished('readFile'));
  fs.stat(file, finished('stat'));
  const next = () => order.length < 2 && setImmediate(next, ++turns);
  next();
});
console.log(`stat and readFile: ${order.join(' > ')}`);
process.exit();
