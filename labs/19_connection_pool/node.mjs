// The same in Node, with pg.Pool: who answers, waves of queries, a transaction that is not
// one, what a borrower leaves behind, and one that waits.
//
//   npm ci --prefix tests/conformance        once: installs pg
//   eval "$(./lab services up)"
//   node labs/19_connection_pool/node.mjs
import {createRequire} from 'node:module';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let pg;
try {
  pg = installed('pg');
} catch {
  console.error('pg is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}
const url = process.env.LAB_POSTGRES_URL;
if (!url) {
  console.error('where is PostgreSQL? eval "$(./lab services up)" says it');
  process.exit(77);
}
// pg wants an object where libpq takes "host=... user=... dbname=...".
const words = Object.fromEntries([...url.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]));
const server = url.includes('://') ? {connectionString: url}
  : {host: words.host, port: words.port, user: words.user, database: words.dbname};

const pool = new pg.Pool({...server, max: 10});
const pids = new Set();
for (let i = 0; i < 100; i++) {
  pids.add((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid);
}
console.log(`100 queries, one after the other: ${pids.size} process`);

const waves = Array.from({length: 40}, () => pool.query('SELECT pg_sleep(0.1)'));
await new Promise(setImmediate);  // those that find a place have left the line
const waiting = pool.waitingCount;
await Promise.all(waves);
console.log(`40 queries at once, a pool of 10: ${waiting} in line`);

await pool.query('CREATE TABLE IF NOT EXISTS node19 (id int)');
await pool.query('TRUNCATE node19');
const client = await pool.connect();
await client.query('BEGIN');
await pool.query('INSERT INTO node19 VALUES (1)');  // another connection
await client.query('ROLLBACK');
client.release();
const {rows} = await pool.query('SELECT count(*)::int AS left FROM node19');
console.log(`BEGIN on one, INSERT on another, ROLLBACK: ${rows[0].left} row left`);
await pool.query('DROP TABLE node19');
await pool.end();

const one = new pg.Pool({...server, max: 1});
await one.query("SET statement_timeout = '7s'");
const {rows: [left]} = await one.query('SHOW statement_timeout');
console.log(`SET statement_timeout, the next borrower's: ${left.statement_timeout}`);
await one.end();

const small = new pg.Pool({...server, max: 2, connectionTimeoutMillis: 200});
const leaked = [await small.connect(), await small.connect()];
const third = await small.connect().then(() => 'served', (error) => error.message);
console.log(`two clients never released, the third: ${third}`);
leaked.forEach((one) => one.release());
await small.end();
