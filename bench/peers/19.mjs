// Node's pools of connections: node 19.mjs NAME CLIENTS CONNECTIONS HOST COUNT.
import pg from 'pg';
import * as tarn from 'tarn';
import { timed } from './timed.mjs';

const [name, clients, connections, host, count] = process.argv.slice(2);
const where = { host, user: 'lab', database: 'postgres' };

const pools = {
  pg() {
    const pool = new pg.Pool({ ...where, max: Number(connections) });
    return { query: (text) => pool.query(text), end: () => pool.end() };
  },
  tarn() {
    const pool = new tarn.Pool({
      min: 0,
      max: Number(connections),
      async create() {
        const client = new pg.Client(where);
        await client.connect();
        return client;
      },
      destroy: (client) => client.end(),
    });
    return {
      async query(text) {
        const client = await pool.acquire().promise;
        try {
          return await client.query(text);
        } finally {
          pool.release(client);
        }
      },
      end: () => pool.destroy(),
    };
  },
};

const pool = pools[name]();
await timed(Number(count), async (queries) => {
  let left = queries, sum = 0;
  const client = async () => {
    while (left-- > 0) {
      const { rows } = await pool.query('SELECT 1');  // sum is read after it, not before
      sum += rows[0]['?column?'];
    }
  };
  await Promise.all(Array.from({ length: Number(clients) }, client));
  return `${sum} ones`;
});
await pool.end();
