// Node's pipeline into a socket: node 05.mjs FROM PORT COUNT.
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { timed } from './timed.mjs';

const [from, port, count] = process.argv.slice(2);
async function send() {
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  let told = '';
  socket.setEncoding('utf8').on('data', (text) => { told += text; });
  const end = new Promise((resolve) => socket.on('close', resolve));
  await pipeline(createReadStream(from), socket);
  await end;
  return Number(told);
}
await timed(Number(count), async (times) => {
  let bytes = 0;
  for (let i = 0; i < times; ++i) bytes += await send();
  return `${bytes} bytes`;
});
