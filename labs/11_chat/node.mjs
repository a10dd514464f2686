// The same scenes in Node, with ws: what a connection is, what a hostile peer gets, and
// what a relay loses.
//
//   npm ci --prefix tests/conformance          once: installs ws
//   LAB_REDIS_URL=... node labs/11_chat/node.mjs     (./lab services env prints one)
import {once} from 'node:events';
import {createRequire} from 'node:module';
import net from 'node:net';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let WebSocket, WebSocketServer;
try {
  ({WebSocket, WebSocketServer} = installed('ws'));
} catch {
  console.error('ws is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}
const redisUrl = process.env.LAB_REDIS_URL;
if (!redisUrl) {
  console.error('LAB_REDIS_URL is not set: ./lab services up, then ./lab services env');
  process.exit(77);
}

const key = 'dGhlIHNhbXBsZSBub25jZQ==';  // RFC 6455's

setTimeout(() => { throw new Error('it took more than 20 s'); }, 20_000).unref();
await duplex();
await hostile();
await slowReader();
await alone();
await relay();
process.exit(0);

async function serve(onConnection, options = {}) {
  const server = new WebSocketServer({host: '127.0.0.1', port: 0, ...options});
  server.on('connection', onConnection);
  await once(server, 'listening');
  return server;
}

async function join(server) {
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/`);
  client.read = [];
  client.on('message', (data) => client.read.push(data.toString()));
  await once(client, 'open');
  return client;
}

async function until(done) {
  while (!done()) await new Promise((later) => setTimeout(later, 1));
}

// --- one connection, both directions

async function duplex() {
  const each = 50;
  let there = 0;
  const talk = (socket) => {
    let left = each;
    const clock = setInterval(() => (left-- ? socket.send('hi') : clearInterval(clock)), 1);
  };
  const server = await serve((socket) => {
    socket.on('message', () => there++);
    talk(socket);
  });
  const client = await join(server);
  talk(client);
  await until(() => client.read.length === each && there === each);
  console.log(`both ends by their own clocks: ${there} up, ${client.read.length} down`);
}

// --- what no WebSocket library would send

function frame(opcode, payload, {masked = true, claims = payload.length} = {}) {
  const bit = masked ? 0x80 : 0;
  const head = [0x80 | opcode];
  if (claims < 126) head.push(bit | claims);
  else if (claims < 65536) head.push(bit | 126, claims >> 8, claims & 255);
  else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(claims));
    head.push(bit | 127, ...length);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  const mask = [0x12, 0x34, 0x56, 0x78];
  const hidden = payload.map((byte, i) => byte ^ mask[i % 4]);
  return Buffer.concat([Buffer.from([...head, ...mask]), hidden]);
}

function handshake({keys = [key], version = '13'} = {}) {
  return 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + keys.map((one) => `Sec-WebSocket-Key: ${one}\r\n`).join('')
    + `Sec-WebSocket-Version: ${version}\r\n\r\n`;
}

// What the server answers to a handshake, and to the bytes that come with it or behind it.
async function answer(server, greeting, {early = '', late} = {}) {
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(Buffer.concat([Buffer.from(greeting), Buffer.from(early)]));
  let received = Buffer.alloc(0);
  socket.on('data', (data) => { received = Buffer.concat([received, data]); });
  await until(() => received.includes('\r\n\r\n'));
  const status = received.toString('latin1', 9, 12);
  received = received.subarray(received.indexOf('\r\n\r\n') + 4);
  if (late) socket.write(late);
  if (early || late) await until(() => received.length >= 2);
  socket.destroy();
  if (!early && !late) return status;
  return received[0] === 0x88 ? received.readUInt16BE(2) : 'taken';
}

async function hostile() {
  const server = await serve((socket) => {
    socket.on('error', () => {});
    socket.on('message', () => socket.send('taken'));
  }, {maxPayload: 64 << 10});
  const text = 1;
  const attacks = {
    'a message of 70 KB': frame(text, Buffer.alloc(70_000, 'x')),
    'one that claims 4 EB': frame(text, Buffer.from('x'), {claims: 2 ** 62}),
    'bad UTF-8': frame(text, Buffer.from([0xc3, 0x28])),
    'a frame without a mask': frame(text, Buffer.from('x'), {masked: false}),
    'a reserved opcode': frame(3, Buffer.from('x')),
    'a binary message': frame(2, Buffer.from('x')),
    'a reserved bit': Buffer.concat([Buffer.from([0xa1]), frame(text, Buffer.from('x')).subarray(1)]),
    'a continuation of nothing': frame(0, Buffer.from('x')),
    'a ping of 126 bytes': frame(9, Buffer.alloc(126)),
    'a ping in pieces': Buffer.concat([Buffer.from([0x09]), frame(9, Buffer.from('x')).subarray(1)]),
    'a close with half a code': frame(8, Buffer.from('1')),
    'a close with 1005': frame(8, Buffer.from([0x03, 0xed])),
    'a close with 4999': frame(8, Buffer.from([0x13, 0x87])),
  };
  for (const [name, bytes] of Object.entries(attacks)) {
    console.log(`${name}: ${await answer(server, handshake(), {late: bytes})}`);
  }
  const early = {
    'a frame with the handshake': frame(text, Buffer.from('x')),
    'one without a mask there': frame(text, Buffer.from('x'), {masked: false}),
  };
  for (const [name, bytes] of Object.entries(early)) {
    console.log(`${name}: ${await answer(server, handshake(), {early: bytes})}`);
  }
  const handshakes = {
    'a handshake': {},
    'a key of one letter': {keys: ['x']},
    'a key of 15 bytes': {keys: ['dGhlIHNhbXBsZSBub25j']},
    'a key of 17 bytes': {keys: ['dGhlIHNhbXBsZSBub25jZWU=']},
    'a key with a blank': {keys: ['dGhlIHNhbXBs SBub25jZQ==']},
    'two keys': {keys: [key, key]},
    'no key': {keys: []},
  };
  for (const [name, lines] of Object.entries(handshakes)) {
    console.log(`${name}: ${await answer(server, handshake(lines))}`);
  }
}

// --- a reader who does not read

async function slowReader() {
  const limit = 64 << 10;
  let most = 0;
  const server = await serve((socket) => {
    const message = 'x'.repeat(4000);
    while (socket.bufferedAmount + message.length <= limit) socket.send(message);
    most = socket.bufferedAmount;
    socket.close(4008);
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/`);
  const [code] = await once(client, 'close');
  console.log(`a slow reader: ${0 < most && most <= limit ? 'bounded' : 'not bounded'}, closed with ${code}`);
}

// --- two servers

function chat(publish) {
  return (socket) => socket.on('message', (data) => publish(data.toString()));
}

function tell(server) {
  return (text) => server.clients.forEach((client) => client.send(text));
}

async function alone() {
  const a = await serve(chat((text) => tell(a)(text)));
  const b = await serve(chat((text) => tell(b)(text)));
  const ann = await join(a), bob = await join(b);
  ann.send('hi');
  await until(() => ann.read.length === 1);
  console.log(`two servers, nothing between them: A read [${ann.read}], B read [${bob.read}]`);
}

// As much of a Redis client as this needs: it sends words, and hears lines.
function redis(onLine) {
  const socket = redisUrl.startsWith('unix://')
    ? net.connect(redisUrl.slice(7))
    : net.connect(Number(new URL(redisUrl).port || 6379), new URL(redisUrl).hostname);
  let rest = '';
  socket.on('data', (data) => {
    const lines = (rest + data).split('\r\n');
    rest = lines.pop();
    lines.forEach((line) => onLine(line));
  });
  return socket;
}

function subscribe(channel, onMessage) {
  let heard;
  const subscribed = new Promise((resolve) => { heard = resolve; });
  const lines = [];
  const socket = redis((line) => {
    if (/^[*$]/.test(line)) return;  // how long what follows is
    lines.push(line);
    if (lines.length < 3) return;
    const [kind, , text] = lines.splice(0);
    kind === 'message' ? onMessage(text) : heard();
  });
  socket.write(`SUBSCRIBE ${channel}\r\n`);
  return {subscribed, end: () => socket.destroy()};
}

async function relay() {
  const channel = `twin-${process.pid}`;
  let receivers;
  const publisher = redis((line) => { receivers = Number(line.slice(1)); });
  const publish = async (text) => {
    receivers = undefined;
    publisher.write(`PUBLISH ${channel} ${text}\r\n`);
    await until(() => receivers !== undefined);
  };
  const a = await serve(chat(publish)), b = await serve(chat(publish));
  const toA = subscribe(channel, tell(a));
  let toB = subscribe(channel, tell(b));
  await Promise.all([toA.subscribed, toB.subscribed]);
  const ann = await join(a), bob = await join(b);

  ann.send('one');
  await until(() => ann.read.length === 1 && bob.read.length === 1);
  console.log(`a relay between them: A read [${ann.read}], B read [${bob.read}]`);

  toB.end();
  do await publish('anybody?'); while (receivers !== 1);  // Redis has seen that it went
  ann.read.length = bob.read.length = 0;
  ann.send('two');
  await until(() => ann.read.includes('two'));
  console.log(`B's subscription is away: PUBLISH told ${receivers} server`);
  toB = subscribe(channel, tell(b));
  await toB.subscribed;
  ann.send('three');
  await until(() => bob.read.includes('three'));
  console.log(`it is back: B read [${bob.read}]`);
}
