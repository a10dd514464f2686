// The same in Node, with graphql-js and dataloader: who makes how many queries, what a field
// that fails takes along, and what a hostile query may do.
//
//   npm ci --prefix tests/conformance        once: installs graphql and dataloader
//   node labs/17_graphql_rest/node.mjs
import { createRequire } from 'node:module';

const installed = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
let graphql, DataLoader;
try {
  graphql = installed('graphql');
  DataLoader = installed('dataloader');
} catch {
  console.error('graphql is not installed: npm ci --prefix tests/conformance');
  process.exit(77);
}

// The lab's blog, in memory. What would be a query of the database is counted.
let queries = 0;
const query = async (answer) => (++queries, answer());
const post = (id) => ({ id, title: `Post ${id}`, author_id: 1 + (id % 10) });
const posts = (ids) => ids.map(post);
const newest = (first) => posts(Array.from({ length: first }, (_, i) => 100 - i));
const user = (id) => ({ id, name: `Author ${id}` });
const ofAuthor = (id) => posts(Array.from({ length: 100 }, (_, i) => 100 - i).filter((post) => 1 + (post % 10) === id));

const schema = graphql.buildSchema(`
  type Query { posts(first: Int = 10): [Post!]! }
  type Post { id: Int!  title: String!  author: User! }
  type User { id: Int!  name: String!  posts(first: Int = 10): [Post!]! }
`);
const resolve = (type, field, how) => { schema.getType(type).getFields()[field].resolve = how; };
resolve('Query', 'posts', (_, { first }) => query(() => newest(first)));
resolve('Post', 'author', ({ author_id }, _, { users }) => users.load(author_id));
resolve('User', 'posts', ({ id }, _, { written }) => written.load(id));

const batched = () => ({
  users: new DataLoader((ids) => query(() => ids.map(user))),
  written: new DataLoader((ids) => query(() => ids.map(ofAuthor))),
});
const naive = () => ({
  users: { load: (id) => query(() => user(id)) },
  written: { load: (id) => query(() => ofAuthor(id)) },
});
async function play(name, source, contextValue) {
  queries = 0;
  const result = await graphql.graphql({ schema, source, contextValue });
  if (result.errors) throw result.errors[0];
  console.log(`${name}: 1 > 1 > ${queries}`);
}
const screen = '{posts(first: 10) {title author {name}}}';
await play('GraphQL, a query each', screen, naive());
await play('GraphQL, a loader', screen, batched());
const deep = '{posts {author {posts {author {posts {author {posts {id}}}}}}}}';
await play('deep', deep, naive());

for (const type of ['Int', 'Int!']) {
  const failing = graphql.buildSchema(`type Query { a: T  b: T }  type T { id: Int!  n: ${type} }`);
  const rootValue = { a: { id: 1, n: () => { throw new Error('out of stock'); } }, b: { id: 1, n: 2 } };
  const { data } = await graphql.graphql({ schema: failing, source: '{a {id n} b {id}}', rootValue });
  console.log(`${type}: ${JSON.stringify(data)}`);
}
