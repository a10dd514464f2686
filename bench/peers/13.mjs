// The same orders from Node over pg: node 13.mjs NAME HOST COUNT.
import pg from 'pg';
import { timed } from './timed.mjs';

const [name, host, count] = process.argv.slice(2);
const connected = [];
const connect = async (database) => {
  const client = new pg.Client({ host, user: 'lab', database });
  await client.connect();
  connected.push(client);
  return client;
};
const steps = [['orders', 'create'], ['payments', 'charge'], ['stock', 'reserve'],
  ['stock', 'ship'], ['orders', 'confirm']];
const call = (client, act, saga) =>
  client.query(`SELECT "${act}"($1, 'ann', 'lamp', 0) AS outcome`, [saga]);
const threeOf = async () => ({ orders: await connect('orders'),
  payments: await connect('payments'), stock: await connect('stock') });

const contestants = {
  async local() {
    const one = await connect('one');
    return [one, async (saga) => {
      await one.query('BEGIN');
      for (const [, act] of steps) await call(one, act, saga);
      await one.query('COMMIT');
    }];
  },
  async twoPhase() {
    const all = await threeOf();
    const log = await connect('sagas');
    return [all.orders, async (saga) => {
      for (const one of Object.values(all)) await one.query('BEGIN');
      for (const [service, act] of steps) await call(all[service], act, saga);
      for (const [key, one] of Object.entries(all))
        await one.query(`PREPARE TRANSACTION '${saga}${key}'`);
      await log.query('INSERT INTO decided VALUES ($1)', [saga]);
      for (const [key, one] of Object.entries(all))
        await one.query(`COMMIT PREPARED '${saga}${key}'`);
    }];
  },
  // A log, and in each service a mark, the effect and an event in one transaction, as ours.
  async saga() {
    const all = await threeOf();
    const log = await connect('sagas');
    const record = (saga, event, step) => log.query(
      'INSERT INTO log (saga, event, step, input) VALUES ($1, $2, $3, $4)',
      [saga, event, step, 'ann lamp 0']);
    return [all.orders, async (saga) => {
      await log.query('SELECT event FROM log WHERE saga = $1 ORDER BY id', [saga]);
      await record(saga, 0, 0);
      await log.query('SELECT event FROM log WHERE saga = $1 ORDER BY id', [saga]);
      for (const [i, [service, act]] of steps.entries()) {
        const one = all[service];
        await record(saga, 1, i);
        await one.query('BEGIN');
        await one.query('INSERT INTO handled VALUES ($1, $2, $3, $4) ' +
          'ON CONFLICT DO NOTHING RETURNING 1', [saga, act, 'done', '']);
        await call(one, act, saga);
        await one.query('INSERT INTO outbox (saga, event, input) VALUES ($1, $2, $3)',
          [saga, `${act}:done`, 'ann lamp 0']);
        await one.query('COMMIT');
        await record(saga, 2, i);
      }
      await record(saga, 6, 0);
    }];
  },
};

const [looks, place] = await contestants[name]();
let next = 0;
await timed(Number(count), async (wanted) => {
  const mine = `SELECT count(*)::int AS n FROM orders WHERE state = 'CONFIRMED'
    AND id LIKE 'node${process.pid}-%'`;
  const before = (await looks.query(mine)).rows[0].n;
  for (let i = 0; i < wanted; i++) await place(`node${process.pid}-${++next}`);
  return `${(await looks.query(mine)).rows[0].n - before} orders`;
});
await Promise.all(connected.map((client) => client.end()));
