// The same orders by Node's packages: node 12.mjs NAME WHERE COUNT.
import { fileURLToPath } from 'node:url';
import { timed } from './timed.mjs';

const [name, where, count] = process.argv.slice(2);
const order = { id: 'order-17', item: 'book', count: 2, cents: 1999 };
const body = JSON.stringify(order);
const atOnce = 32;

// Calls `one` so many times, 32 at once; how many it accepted.
async function together(calls, one) {
  let left = calls, accepted = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      const more = await one();  // accepted is read after it, not before
      accepted += more;
    }
  }));
  return `${accepted} accepted`;
}

const ways = {
  async undici() {
    const { Pool } = await import('undici');
    const pool = new Pool(`http://127.0.0.1:${where}`, { connections: atOnce });
    await timed(Number(count), (calls) => together(calls, async () => {
      const reply = await pool.request({ path: '/', method: 'POST', body });
      return (await reply.body.json()).accepted ? 1 : 0;
    }));
    await pool.close();
  },
  async grpc() {
    const grpc = await import('@grpc/grpc-js');
    const loader = await import('@grpc/proto-loader');
    const proto = fileURLToPath(
      new URL('../../labs/12_service_communication/world/orders.proto', import.meta.url));
    const { Orders } = grpc.loadPackageDefinition(loader.loadSync(proto)).lab12.wire;
    const client = new Orders(`127.0.0.1:${where}`, grpc.credentials.createInsecure());
    const place = () => new Promise((resolve, reject) =>
      client.Place(order, (error, receipt) => (error ? reject(error) : resolve(receipt.accepted ? 1 : 0))));
    await timed(Number(count), (calls) => together(calls, place));
    client.close();
  },
  async amqplib() {
    const amqplib = await import('amqplib');
    const connection = await amqplib.connect(where);
    const channel = await connection.createConfirmChannel();
    const queue = `peers-${process.pid}`;
    await channel.assertQueue(queue);
    const depth = async () => (await channel.checkQueue(queue)).messageCount;
    await timed(Number(count), async (messages) => {
      const before = await depth(), bytes = Buffer.from(body);
      for (let i = 0; i < messages; ++i) {
        channel.sendToQueue(queue, bytes, { persistent: true, mandatory: true, messageId: 'order-17' });
      }
      await channel.waitForConfirms();
      return `${await depth() - before} wait`;
    });
    await channel.deleteQueue(queue);
    await connection.close();
  },
  async kafkajs() {
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    const producer = new Kafka({ brokers: [where], logLevel: logLevel.NOTHING }).producer();
    const topic = `peers-${process.pid}`;
    await producer.connect();
    await timed(Number(count), async (records) => {
      for (let sent = 0; sent < records; sent += 1000) {
        const size = Math.min(1000, records - sent);
        const messages = Array.from({ length: size }, (_, i) => ({ key: `customer-${i % 10}`, value: body }));
        await producer.send({ topic, messages });
      }
      return `${records} appended`;
    });
    await producer.disconnect();
  },
};
await ways[name]();
