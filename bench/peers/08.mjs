// A service that crashes when it is told to, and PM2 that starts it again:
//   node 08.mjs pm2 FD            writes the service's port to the descriptor
//   node 08.mjs service PORT|fd   serves on that port, or on the socket it inherited as fd 3
// /count answers "pid n"; /crash throws where nobody catches.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const [what, argument] = process.argv.slice(2);

function service() {
  let count = 0;
  const server = createServer((request, response) => {
    if (request.url === '/crash') throw new Error('the service was told to crash');
    response.end(`${process.pid} ${++count}`);
  });
  server.listen(argument === 'fd' ? { fd: 3 } : { host: '127.0.0.1', port: Number(argument) });
}

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

// Without its daemon, so that nothing of it outlives this process.
async function pm2() {
  process.env.PM2_HOME = `${process.env.LAB_RUN_DIR}/pm2-${process.pid}`;
  const manager = (await import('pm2')).default;
  const port = await freePort();
  const call = (name, ...rest) => new Promise((resolve, reject) => {
    manager[name](...rest, (error) => (error ? reject(error) : resolve()));
  });
  process.on('SIGTERM', () => manager.killDaemon(() => process.exit()));
  await call('connect', true);
  await call('start', {
    script: fileURLToPath(import.meta.url), args: ['service', String(port)], name: 'service',
    autorestart: true, restart_delay: 0, max_restarts: 1_000_000,
    out_file: '/dev/null', error_file: '/dev/null', pmx: false,
  });
  writeSync(Number(argument), `${port}\n`);
}

await { pm2, service }[what]();
