// The same in Node, one line each: "what: result". SIGTERM while a request is under way.
//
//   node labs/29_deployment/node.mjs
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer, get} from 'node:http';
import {fileURLToPath} from 'node:url';

const ways = {
  nothing: () => {},
  exit: () => process.on('SIGTERM', () => process.exit(0)),
  drain: (server) => process.on('SIGTERM', () => {
    server.close(); // no new connections; since Node 19 it closes idle ones, too
    server.closeIdleConnections();
  }),
};

function serve(way) {
  const server = createServer((request, reply) => {
    process.send({underWay: true});
    setTimeout(() => reply.setHeader('Connection', 'close').end('slow done'), 100);
  });
  ways[way](server);
  server.listen(0, '127.0.0.1', () => process.send({port: server.address().port}));
  process.channel.unref(); // it may end while its parent listens
}

async function terminated(way) {
  const app = spawn(process.execPath, [fileURLToPath(import.meta.url), way],
    {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
  const [{port}] = await once(app, 'message');
  const reply = new Promise((resolve) => {
    get({port, host: '127.0.0.1', agent: false}, (response) => {
      response.resume().on('end', () => resolve('reply'));
    }).on('error', () => resolve('lost'));
  });
  await once(app, 'message'); // the request is under way
  app.kill('SIGTERM');
  const [code, signal] = await once(app, 'exit');
  return `${await reply}, ${signal ?? `exit ${code}`}`;
}

if (process.argv[2]) {
  serve(process.argv[2]);
} else {
  for (const way of Object.keys(ways)) console.log(`${way}: ${await terminated(way)}`);
}
