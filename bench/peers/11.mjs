// Node's chats: node 11.mjs ws|socket.io REDIS NAME FD. Writes its port to the descriptor.
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const [kind, redis, , descriptor] = process.argv.slice(2);
const link = () => new Redis({ path: redis.replace('unix://', '') });
const http = createServer();

// A room is a channel of Redis; who is in it here gets what comes there.
async function chat() {
  const { WebSocketServer } = await import('ws');
  const [publisher, subscriber] = [link(), link()];
  const rooms = new Map();
  subscriber.on('message', (room, text) => {
    for (const socket of rooms.get(room) ?? []) socket.send(text);
  });
  const obey = {
    hello: (socket) => socket.send('{"is":"welcome"}'),
    async join(socket, { room }) {
      if (!rooms.has(room)) rooms.set(room, new Set());
      rooms.get(room).add(socket);
      await subscriber.subscribe(room);
      socket.send('{"is":"joined"}');
      socket.on('close', () => rooms.get(room).delete(socket));
    },
    say(socket, message) {
      publisher.publish(message.room, JSON.stringify({ is: 'said', ...message }));
    },
  };
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      obey[message.do](socket, message);
    });
  });
}

async function socketIo() {
  const { Server } = await import('socket.io');
  const { createAdapter } = await import('@socket.io/redis-adapter');
  const subscriber = link();
  const io = new Server(http, { transports: ['websocket'], adapter: createAdapter(link(), subscriber) });
  io.on('connection', (socket) => {
    socket.on('join', async (room) => {
      await socket.join(room);
      socket.emit('joined');
    });
    socket.on('say', (message) => io.to(message.room).emit('said', message));
  });
  await subscriber.subscribe('behind-those-of-the-adapter');
}

await { ws: chat, 'socket.io': socketIo }[kind]();
http.listen(0, '127.0.0.1', () => writeSync(Number(descriptor), `${http.address().port}\n`));
