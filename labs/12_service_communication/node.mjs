// The same in Node, one line each: "what: result".
//
//   npm ci --prefix tests/conformance      once
//   LAB_AMQP_URL=... LAB_KAFKA_BROKERS=... node labs/12_service_communication/node.mjs
//
// Without an address it leaves out what needs it.
import {createServer as httpServer, Agent, request} from 'node:http';
import {createServer as tcpServer, connect} from 'node:net';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let grpc, loader, amqplib, kafka;
try {
  grpc = installed('@grpc/grpc-js');
  loader = installed('@grpc/proto-loader');
  amqplib = installed('amqplib');
  kafka = installed('kafkajs');
} catch {
  console.error('@grpc/grpc-js, amqplib or kafkajs is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}
setTimeout(() => { throw new Error('it took more than 50 s'); }, 50_000).unref();

const tell = (what, ...results) => console.log(`${what}: ${results.join(' > ')}`);
const listen = (server) => new Promise((resolve) =>
  server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const order = {id: 'order-17', item: 'book', count: 2, cents: 1999};

// A door to a port that counts who comes through.
async function counting(port) {
  const door = {connections: 0};
  const server = tcpServer((from) => {
    ++door.connections;
    const to = connect(port, '127.0.0.1');
    from.pipe(to).pipe(from);
    for (const end of [from, to]) end.on('error', () => end.destroy());
  });
  door.port = await listen(server);
  return door;
}

// 50 calls at once, none answered before all have arrived.
const together = (count) => {
  const held = [];
  return (reply) => { if (held.push(reply) === count) held.forEach((each) => each()); };
};
{
  const arrive = together(50);
  const door = await counting(await listen(httpServer((_, response) => arrive(() => response.end('{}')))));
  const agent = new Agent({keepAlive: true});
  await Promise.all(Array.from({length: 50}, () => new Promise((resolve, reject) =>
    request({port: door.port, host: '127.0.0.1', method: 'POST', agent}, (response) => response.resume().on('end', resolve))
      .on('error', reject).end(JSON.stringify(order)))));
  tell('50 calls at once over HTTP/1.1, connections', door.connections);
}
const proto = grpc.loadPackageDefinition(loader.loadSync(
  fileURLToPath(new URL('world/orders.proto', import.meta.url)))).lab12.wire;
const place = (client, deadline) => new Promise((resolve, reject) =>
  client.Place(order, {deadline}, (error, receipt) => error ? reject(error) : resolve(receipt)));
{
  const arrive = together(50);
  const server = new grpc.Server();
  server.addService(proto.Orders.service, {Place: ({request: {id}}, reply) => arrive(() => reply(null, {id, accepted: true}))});
  const port = await new Promise((resolve, reject) => server.bindAsync('127.0.0.1:0',
    grpc.ServerCredentials.createInsecure(), (error, bound) => error ? reject(error) : resolve(bound)));
  const door = await counting(port);
  const client = new proto.Orders(`127.0.0.1:${door.port}`, grpc.credentials.createInsecure());
  await Promise.all(Array.from({length: 50}, () => place(client, Date.now() + 20_000)));
  tell('50 calls at once over gRPC, connections', door.connections);
  const late = await place(client, Date.now() + 30).catch((error) => grpc.status[error.code]);
  tell('a gRPC call whose deadline passes', late);
}
// The lab's own server, if a test gives its port.
if (process.env.LAB_GRPC_PORT) {
  const client = new proto.Orders(`127.0.0.1:${process.env.LAB_GRPC_PORT}`, grpc.credentials.createInsecure());
  const receipt = await place(client, Date.now() + 20_000);
  tell("a call to the lab's gRPC server", receipt.id, receipt.accepted);
}

if (process.env.LAB_AMQP_URL) {
  const connection = await amqplib.connect(process.env.LAB_AMQP_URL);
  const sender = await connection.createConfirmChannel();
  const queue = `lab12-node-${process.pid}`, dead = `${queue}-dead`;
  await sender.assertQueue(dead, {expires: 600_000});
  await sender.assertQueue(queue, {durable: true, expires: 600_000, arguments: {'x-queue-type': 'quorum',
    'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead}});
  const publish = (id) => { sender.sendToQueue(queue, Buffer.from(JSON.stringify(order)), {persistent: true, messageId: id}); };
  const depth = async (name) => (await sender.checkQueue(name)).messageCount;

  // The consumer is down.
  for (let i = 0; i < 100; ++i) publish(`order-${i}`);
  await sender.waitForConfirms();
  tell('100 confirmed orders without a consumer, waiting', await depth(queue));
  const take = async (handle, connected = connection) => {
    const channel = await connected.createChannel();
    await channel.prefetch(1);
    return new Promise((resolve) => channel.consume(queue, (message) => {
      if (handle(channel, message)) channel.close().then(resolve);
    }));
  };
  let got = 0;
  await take((channel, message) => { channel.ack(message); return ++got === 100; });
  tell('the consumer came, orders that it got', got);

  // One that dies with an order in its hands, and the next consumer.
  publish('order-17');
  await sender.waitForConfirms();
  const doomed = await amqplib.connect(process.env.LAB_AMQP_URL);
  doomed.on('error', () => {});
  await new Promise((resolve) => doomed.createChannel().then((channel) =>
    channel.consume(queue, () => { doomed.connection.stream.destroy(); resolve(); })));
  let again;
  await take((channel, message) => { again = message.fields.redelivered; channel.ack(message); return true; });
  tell('killed before the acknowledgement, redelivered', again ? 'yes' : 'no');

  // One that always fails: three attempts, then a dead letter.
  publish('poison');
  let tries = 0;
  await take((channel, message) => {
    ++tries;
    const last = (message.properties.headers['x-delivery-count'] ?? 0) + 1 === 3;
    channel.nack(message, false, !last);
    return last;
  });
  while (await depth(dead) === 0) await sleep(5);
  tell('an order that always fails, tries before it is a dead letter', tries);
  await sender.deleteQueue(queue);
  await sender.deleteQueue(dead);

  // Events: two listeners, and one that joins between them.
  await sender.assertExchange(`${queue}-placed`, 'fanout', {autoDelete: true});
  const joined = [];
  const join = async () => {
    const {queue: own} = await sender.assertQueue('', {exclusive: true});
    await sender.bindQueue(own, `${queue}-placed`, '');
    joined.push(own);
  };
  const emit = async () => { sender.publish(`${queue}-placed`, '', Buffer.from('placed')); await sender.waitForConfirms(); };
  await join();
  await join();
  await emit();
  await join();
  await emit();
  const copies = [];
  for (const own of joined) copies.push(await depth(own));
  tell('two events, copies for mail, stock and statistics', ...copies);
  await connection.close();
}

if (process.env.LAB_KAFKA_BROKERS) {
  const client = new kafka.Kafka({brokers: [process.env.LAB_KAFKA_BROKERS], logLevel: kafka.logLevel.NOTHING});
  const topic = process.env.LAB_KAFKA_TOPIC ?? `lab12-node-${process.pid}`;
  const producer = client.producer();
  await producer.connect();
  await producer.send({topic, messages: Array.from({length: 100}, (_, i) => ({key: `customer-${i % 10}`, value: `${i}`}))});
  await producer.disconnect();
  const read = [];
  for (const groupId of ['mail', 'statistics']) {
    const consumer = client.consumer({groupId});
    await consumer.connect();
    await consumer.subscribe({topics: [topic], fromBeginning: true});
    let count = 0;
    await new Promise((resolve) => consumer.run({eachMessage: async () => { if (++count === 100) resolve(); }}));
    read.push(count);
    await consumer.disconnect();
  }
  tell('100 records, read by mail and by statistics', ...read);
}
process.exit(0);
