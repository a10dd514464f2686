// What a Node program asks graphql-js and dataloader instead of lab 17's executor and loader.
import DataLoader from 'dataloader';
import { buildSchema, execute, graphqlSync, parse } from 'graphql';
import { play, timed } from './timed.mjs';

const schema = buildSchema(`
  type Query { posts(first: Int = 10): [Post!]! }
  type Post { title: String!  author: User! }
  type User { name: String! }
`);
const resolve = (type, field, how) => { schema.getType(type).getFields()[field].resolve = how; };
resolve('Query', 'posts', (_, { first }) =>
  Array.from({ length: first }, (_, id) => ({ title: `Post ${id}`, author_id: 1 + (id % 10) })));
resolve('Post', 'author', ({ author_id }) => ({ name: `Author ${author_id}` }));

const source = '{posts(first: 10) {title author {name}}}';
const response = (run) => (count) => timed(count, (times) => {
  let last = '';
  for (let i = 0; i < times; ++i) last = JSON.stringify(run());
  return `${last.length} bytes`;
});
const document = parse(source);

await play({
  queries: response(() => graphqlSync({ schema, source })),
  // As with a cache of parsed and validated documents: it executes only.
  executed: response(() => execute({ schema, document })),
  loads: (count) => timed(count, async (times) => {
    let sum = 0, batches = 0;
    for (let i = 0; i < times; ++i) {
      const loader = new DataLoader(async (keys) => (++batches, keys));
      const values = await Promise.all(Array.from({ length: 100 }, (_, key) => loader.load(key % 10)));
      for (const value of values) sum += value;
    }
    return `${sum} in ${batches} batches`;
  }),
});
