// Node's fs: node 03.mjs NAME FILE COUNT; and a server that holds connections:
// node 03.mjs serve FD.
import { readFile, stat, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { timed } from './timed.mjs';

const [name, file, count] = process.argv.slice(2);

// So many calls, of which `atOnce` are under way.
const calls = (atOnce, start) => (all) => new Promise((resolve) => {
  let left = all, open = atOnce, sum = 0;
  const next = () => {
    if (left-- > 0) return start((value) => { sum += value; next(); });
    if (--open === 0) resolve(`${sum} in all`);
  };
  for (let i = 0; i < atOnce; ++i) next();
});

const contestants = {
  read: calls(16, (done) => readFile(file, (error, bytes) => done(error ? -1 : bytes.length))),
  stat: calls(1, (done) => stat(file, (error) => done(error ? 0 : 1))),
};

if (name === 'serve') {
  const server = createServer((socket) => {
    socket.on('data', (bytes) => socket.write(bytes)).on('error', () => {});
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
    writeSync(Number(file), `${server.address().port}\n`);
  });
} else {
  await timed(Number(count), contestants[name]);
}
